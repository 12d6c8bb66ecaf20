"""A study in the reader's words, and as a table for other programs."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conflicts.explanations import basis_sentence
from conflicts.rule_parts import Provision
from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.publication import layer_slug
from conflicts.service_study.services import THE_CITY
from conflicts.service_study.standards import ServiceStandard, standards
from conflicts.service_study.vocab import (
    COVERAGE_THEME,
    Along,
    Catchment,
    Doubt,
    Horizon,
    Lack,
    Measure,
    PeopleFrom,
)
from layers.models import Layer
from layers.numbers import number, percent, quantity
from layers.vocab import Answer

BYTE_ORDER_MARK = "\ufeff"
UNITS = {Measure.AREA: "m2"}
COLUMNS = (
    "service", "horizon", "area", "area_km", "area_en", "counted", "people", "measure", "answer",
    "served", "not_served", "cannot_tell", "provided", "required", "short", "missing", "along",
    "limit_m", "basis", "source",
)  # fmt: skip
Data = Mapping[str, Any]


def study_tables(kept: ServiceStudy) -> dict[str, Any]:
    """Return what the page of an answered study shows."""
    result = kept.result or {}
    by_service: dict[str, dict[str, Data]] = {}
    for each in result["services"]:
        by_service.setdefault(each["code"], {})[each["horizon"]] = each
    return {
        "services": [_service(standards()[code], at, result) for code, at in by_service.items()],
        "people_from": PeopleFrom(result["people_from"]).label,
        "counts_people": result["people_from"] != PeopleFrom.BUILDINGS,
        "homes": _pair(result["homes"]),
        "totals": _pair(result["totals"]),
        "homes_layers": ", ".join(result["homes_layers"]),
        "street_layers": ", ".join(result["street_layers"]),
        "streets": result["street_lines"],
        "parts": result["street_parts"][Horizon.TODAY],
        "outside": result["outside"],
        "square_m": result["square_m"],
        "household": _household(result),
        "used": ", ".join(
            f"{slug} v{version}"
            for slug, version in sorted(kept.data_versions.items())
            if slug not in result["layers"]
        ),
        "has_changed": sorted(_changed(kept)),
        "is_newest": not ServiceStudy.objects.filter(pk__gt=kept.pk, result__isnull=False).exists(),
    }


def _pair(by_horizon: Data) -> tuple[str, str]:
    today, planned = (number(by_horizon[horizon], 0) for horizon in Horizon)
    return today, planned


def _household(result: Data) -> str:
    if result["people_from"] not in {PeopleFrom.DWELLINGS, PeopleFrom.HOUSEHOLDS}:
        return ""
    kept = result["household"]
    size = number(kept["size"])
    return (
        _("%(size)s people in an average household.") % {"size": size}
        + " "
        + basis_sentence(kept["basis"], Provision())
    )


def _changed(kept: ServiceStudy) -> Iterator[str]:
    """Yield the layers that have another version now than the study used, or are new or gone."""
    studies = Layer.objects.filter(theme=COVERAGE_THEME).values_list("slug", flat=True)
    published = Layer.objects.exclude(published_number=None)
    now = dict(published.values_list("slug", "published_number"))
    for slug in (now.keys() | kept.data_versions.keys()) - set(studies):
        if now.get(slug) != kept.data_versions.get(slug):
            yield slug


def _service(standard: ServiceStandard, at: Mapping[str, Data], result: Data) -> dict[str, Any]:
    today, planned = at[Horizon.TODAY], at[Horizon.PLANNED]
    return {
        "code": standard.code,
        "title": standard.title,
        "limit": quantity(standard.catchment_m, "m", 0) if standard.catchment_m else "",
        "catchment": standard.catchment.label,
        "is_driven": standard.catchment == Catchment.DRIVE,
        "basis": basis_sentence(standard.basis, Provision()),
        "source": standard.source,
        "note": standard.note,
        "sites": (today["sites"], planned["sites"]),
        "unsure_sites": today["unsure_sites"],
        "off_street_sites": today["off_street_sites"],
        "layer": layer_slug(standard.code) if layer_slug(standard.code) in result["layers"] else "",
        "rows": [
            _row(_area_name(now["area"], result["areas"]), now, then)
            for now, then in zip(today["areas"], planned["areas"], strict=True)
        ],
        "doubts": _doubts(today["areas"][0]["coverage"]),
    }


def _area_name(area: int | str, areas: Sequence[Data]) -> str:
    if area == THE_CITY:
        return _("The whole city")
    language = "km" if (get_language() or "").startswith("km") else "en"
    return str(areas[int(area)][language])


def _row(name: str, now: Data, then: Data) -> dict[str, Any]:
    return {
        "name": name,
        "people": number(now["people"], 0),
        "coverage": _covered(now["coverage"], then["coverage"]),
        "balances": [
            _balanced(today, later)
            for today, later in zip(now["balances"], then["balances"], strict=True)
        ],
    }


def _covered(now: Data | None, then: Data | None) -> dict[str, Any] | None:
    if now is None or then is None:
        return None
    return {
        "answer": now["answer"],
        "label": Answer(now["answer"]).label,
        "share": share_text(now),
        "not_served": number(now["not_served"], 0),
        "cannot_tell": number(now["cannot_tell"], 0),
        "along": Along(now["along"]).label if now["along"] else "",
        "why": [Lack(lack).label for lack in now["lacks"]],
        "planned": share_text(then),
        "planned_answer": then["answer"],
        "planned_label": Answer(then["answer"]).label,
    }


def share_text(covered: Data) -> str:
    """Return the share served; from the least to the greatest where nobody can tell."""
    least, greatest = covered["share_least"], covered["share_greatest"]
    if least is None or greatest is None:
        return "–"
    if not covered["along"] or (least == 0.0 and greatest == 1.0):
        return "?"
    return percent(least) if least == greatest else f"{percent(least)} – {percent(greatest)}"


def _balanced(now: Data, then: Data) -> dict[str, Any]:
    measure = Measure(now["measure"])
    return {
        "measure": measure.label,
        "answer": now["answer"],
        "label": Answer(now["answer"]).label,
        "provided": _amount(measure, now["provided"]),
        "required": _amount(measure, now["required"]),
        "short": _short(measure, now),
        "planned": _short(measure, then),
        "why": [Lack(lack).label for lack in now["lacks"]],
    }


def _amount(measure: Measure, value: float | None) -> str:
    if value is None:
        return "?"
    return quantity(value, UNITS[measure], 0) if measure in UNITS else number(value, most=1)


def _short(measure: Measure, found: Data) -> str:
    """Return what is missing; "at most" where not all that is there was found."""
    if found["answer"] == Answer.NOT_APPLICABLE:
        return "–"
    short = _amount(measure, found["short"])
    is_bound = found["answer"] == Answer.CANNOT_TELL and found["short"]
    return _("at most %(amount)s") % {"amount": short} if is_bound else short


def _doubts(covered: Data | None) -> list[dict[str, str]]:
    found = (covered or {}).get("doubts", {})
    return [
        {"why": str(Doubt(doubt).label), "count": number(count, 0)}
        for doubt, count in found.items()
    ]


def as_csv(kept: ServiceStudy) -> str:
    """Return a study as one table: a row for each service, time, area and measure."""
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n", restval="")
    writer.writeheader()
    for service in (kept.result or {})["services"]:
        for row in service["areas"]:
            writer.writerows(_records(kept.result or {}, service, row))
    return text.getvalue()


def _records(result: Data, service: Data, row: Data) -> Iterator[dict[str, Any]]:
    standard = standards()[service["code"]]
    is_city = row["area"] == THE_CITY
    area = {"id": THE_CITY, "km": "", "en": ""} if is_city else result["areas"][row["area"]]
    named = {
        "service": standard.code,
        "horizon": service["horizon"],
        "area": area["id"],
        "area_km": area["km"],
        "area_en": area["en"],
        "counted": result["people_from"],
        "people": row["people"],
        "limit_m": standard.catchment_m or "",
        "basis": str(standard.basis),
        "source": standard.source,
    }
    told = ("answer", "served", "not_served", "cannot_tell", "along")
    if covered := row["coverage"]:
        measured = {key: covered[key] for key in told}
        missing = "; ".join(covered["lacks"])
        yield {**named, **measured, "measure": str(Measure.COVERAGE), "missing": missing}
    for each in row["balances"]:
        measured = {key: each[key] for key in ("measure", "answer", "provided")}
        asked = {key: "" if each[key] is None else each[key] for key in ("required", "short")}
        yield {**named, **measured, **asked, "missing": "; ".join(each["lacks"])}
