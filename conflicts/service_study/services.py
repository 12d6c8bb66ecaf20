"""What may happen to a service study: asked, carried out, kept, and shown as layers."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from conflicts.service_study.balance import Balance
from conflicts.service_study.coverage import Coverage
from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.publication import publish_study
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.standards import household_size
from conflicts.service_study.study import CITY, AreaRow, ServiceAnswer, ServiceRow, study
from conflicts.service_study.vocab import Horizon
from conflicts.siting.services import held_versions
from layers.models import Feature
from layers.runs import Progress, executing, queue_run

RUN_KIND = "services"
PAUSE_S = 0.5
THE_CITY = "city"


@transaction.atomic
def ask(*, question: ServiceQuestion, asked_by: User | None = None) -> ServiceStudy:
    """Write down a study that is to be made."""
    run = queue_run(
        kind=RUN_KIND,
        title="Services: " + (", ".join(question.services) or "all"),
        parameters={"services": list(question.services)},
    )
    return ServiceStudy.objects.create(run=run, question=question.as_json(), asked_by=asked_by)


def carry_out(kept: ServiceStudy, on_progress: Progress | None = None) -> ServiceStudy:
    """Make a study and publish its layers: all of it or nothing.

    Raises
    ------
    ServiceQuestionError
        No layer shows homes or areas, or the people are not known the way that was asked for.
    RunCancelledError
        Someone asked the run to stop.
    """
    question = ServiceQuestion.from_json(kept.question)
    with executing(kept.run, echo=on_progress) as report, transaction.atomic():
        while (versions := held_versions()) is None:
            report(0.01, "Waiting for a publication to end")
            time.sleep(PAUSE_S)
        answer = study(question, report)
        report(0.92, "Publishing the layers")
        square_m, layers = publish_study(kept, answer)
        kept.result = {**result_data(answer), "layers": layers, "square_m": square_m}
        kept.data_versions = versions
        kept.save(update_fields=["result", "data_versions"])
    return kept


def result_data(answer: ServiceAnswer) -> dict[str, Any]:
    """Return what is kept of an answer besides its layers."""
    people = answer.people
    size, basis, note = household_size()
    inside = answer.area_of >= 0
    return {
        "people_from": str(people.by),
        "household": {"size": size, "basis": str(basis), "note": note},
        "totals": {
            str(horizon): float(people.of_home[horizon][inside].sum()) for horizon in Horizon
        },
        "homes": {
            str(horizon): int((answer.homes.at(horizon) & inside).sum()) for horizon in Horizon
        },
        "homes_layers": list(answer.homes.layers),
        "outside": answer.outside,
        "areas_layer": answer.areas.layer,
        "areas": [_area_names(each) for each in answer.areas.features],
        "street_layers": list(answer.streets.layers),
        "street_lines": len(answer.streets.lines),
        "street_parts": {str(horizon): count for horizon, count in answer.parts.items()},
        "services": [_service_data(row) for row in answer.rows],
    }


def _area_names(feature: Feature) -> dict[str, str]:
    given = feature.properties
    name = given.get("name") or feature.stable_id
    return {
        "id": feature.stable_id,
        "km": str(given.get("name_km") or name),
        "en": str(given.get("name_en") or name),
    }


def _service_data(row: ServiceRow) -> dict[str, Any]:
    return {
        "code": row.standard.code,
        "horizon": str(row.horizon),
        "sites": row.site_count,
        "unsure_sites": row.unsure_count,
        "off_street_sites": row.off_street,
        "areas": [_area_data(each) for each in row.areas],
    }


def _area_data(row: AreaRow) -> dict[str, Any]:
    return {
        "area": THE_CITY if row.area == CITY else row.area,
        "people": row.people,
        "coverage": None if row.coverage is None else _coverage_data(row.coverage),
        "balances": [_balance_data(each) for each in row.balances],
    }


def _coverage_data(found: Coverage) -> dict[str, Any]:
    share = found.share
    return {
        "served": found.served,
        "not_served": found.not_served,
        "cannot_tell": found.cannot_tell,
        "share_least": share[0] if share else None,
        "share_greatest": share[1] if share else None,
        "doubts": {str(doubt): number for doubt, number in found.doubts.items()},
        "answer": str(found.answer),
        "lacks": [str(lack) for lack in found.lacks],
        "along": str(found.along) if found.along else "",
    }


def _balance_data(found: Balance) -> dict[str, Any]:
    return {
        "measure": str(found.measure),
        "provided": found.provided,
        "required": found.required,
        "short": found.short,
        "answer": str(found.answer),
        "lacks": [str(lack) for lack in found.lacks],
    }
