"""What may happen to a siting study: asked, carried out, kept, and shown as layers."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE

from conflicts.models import RuleBook
from conflicts.siting.models import SitingStudy
from conflicts.siting.publication import publish_study
from conflicts.siting.question import SitingQuestion
from conflicts.siting.study import CheckedSite, SitingAnswer, class_lineage, study
from conflicts.siting.tellings import Telling
from conflicts.siting.verdicts import areas_m2
from layers.models import LandUseClass, Layer
from layers.runs import Progress, executing, queue_run

RUN_KIND = "siting"
PAUSE_S = 0.5


@transaction.atomic
def ask(*, question: SitingQuestion, book: RuleBook, asked_by: User | None = None) -> SitingStudy:
    """Write down a question that is to be answered.

    Raises
    ------
    SitingQuestionError
        There is no such use.
    """
    class_lineage(question.use)
    run = queue_run(
        kind=RUN_KIND,
        title=f"Siting: {question.use}",
        parameters={"use": question.use, "rulebook": str(book)},
    )
    return SitingStudy.objects.create(
        run=run,
        rulebook=book,
        use=LandUseClass.objects.get(code=question.use),
        question=question.as_json(),
        asked_by=asked_by,
    )


def carry_out(kept: SitingStudy, on_progress: Progress | None = None) -> SitingStudy:
    """Answer a question and publish the answer as layers: all of it or nothing.

    Raises
    ------
    SitingQuestionError
        No rule speaks of the use, or nothing says where the city ends.
    RunCancelledError
        Someone asked the run to stop.
    """
    question = SitingQuestion.from_json(kept.question)
    with executing(kept.run, echo=on_progress) as report, transaction.atomic():
        while (versions := held_versions()) is None:
            report(0.01, "Waiting for a publication to end")
            time.sleep(PAUSE_S)
        answer = study(question, kept.rulebook, report)
        report(0.95, "Publishing the areas and sites")
        publish_study(kept, answer)
        kept.result, kept.data_versions = result_data(answer), versions
        kept.save(update_fields=["result", "data_versions"])
    return kept


def held_versions() -> dict[str, int] | None:
    """Return the version of each layer and let none be published or born until we are done.

    All is taken at once or nothing (None): whoever waits while it holds a part may wait for ever
    for one who waits for that part.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE layers_layer IN SHARE ROW EXCLUSIVE MODE NOWAIT")
            layers = list(Layer.objects.select_for_update(no_key=True, nowait=True).order_by("pk"))
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        return None
    return {layer.slug: layer.published_number for layer in layers if layer.published_number}


def result_data(answer: SitingAnswer) -> dict[str, Any]:
    """Return what is kept of an answer besides its layers."""
    return {
        "cell_m": answer.cells.size_m,
        "areas_m2": {
            str(siting): area
            for siting, area in areas_m2(answer.verdicts, answer.cells.size_m).items()
        },
        "rules": [_rule_data(answer, number) for number in range(len(answer.tellings))],
        "set_aside": [_told(telling) for telling in answer.set_aside],
        "criteria": {
            str(criterion): {
                "is_measured": measured.values is not None,
                "layers": list(measured.layers),
            }
            for criterion, measured in answer.measured.items()
        },
        "sites": [_site_data(rank, each) for rank, each in enumerate(answer.sites, start=1)],
    }


def _told(telling: Telling) -> dict[str, Any]:
    concern = telling.concern
    return {
        "rule": concern.rule.code,
        "side": concern.side,
        "gaps": [dict(gap) for gap in telling.gaps],
        "is_untold_everywhere": telling.is_untold_everywhere,
    }


def _rule_data(answer: SitingAnswer, number: int) -> dict[str, Any]:
    verdicts, cell_m2 = answer.verdicts, answer.cells.size_m**2
    decided = verdicts.verdict[verdicts.binding == number]
    counts = {code: int((decided == code).sum()) for code in set(decided.tolist())}
    return {
        **_told(answer.tellings[number]),
        "decides_m2": {str(code): count * cell_m2 for code, count in counts.items()},
    }


def _site_data(rank: int, checked: CheckedSite) -> dict[str, Any]:
    site = checked.site
    west, south, east, north = checked.geometry.bounds
    return {
        "rank": rank,
        "bounds": [west, south, east, north],
        "siting": str(site.verdict),
        "known": str(site.known),
        "score": round(site.score, 4),
        "room_m2": site.room_m2,
        "values": {str(name): value for name, value in site.values.items()},
        "broken": list(checked.broken),
        "untold": list(checked.untold),
    }
