"""Findings on paper: what was asked, what cannot be told, a map of all, and a map of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from conflicts.explanations import basis_sentence, object_name, rule_of, subject_name
from conflicts.exports import sangkats_of
from conflicts.filters import FindingFilter
from conflicts.forms import FindingFilterForm
from conflicts.models import DetectionRun, Finding
from conflicts.queries import (
    in_turn,
    latest_detection,
    narrowed,
    untold_outcomes,
    with_evidence,
)
from conflicts.review.geopackage import COLOURS
from conflicts.review.report_maps import AROUND, EVIDENCE, OBJECT, SUBJECT, city_map, finding_map
from conflicts.rows import finding_row
from conflicts.vocab import Severity
from layers.catalogue.places import sangkat_choices
from layers.models import LayerVersion
from layers.numbers import number
from layers.paper.fonts import SheetFonts, fonts
from layers.runs import Progress
from layers.visibility import Reader, visible_layers

# A page of four maps each: longer ones are for the screen, or for GeoPackage and CSV.
MOST_PRINTED = 500
# Printed while the reader waits; more is work for the worker.
MOST_AT_ONCE = 24
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedReport:
    """A report and of how many findings it speaks."""

    pdf: bytes
    printed: int
    left_out: int
    pages: int


def _silent(_share: float, _message: str) -> None:
    """Tell nobody how far the printing is."""


def matching(wanted: FindingFilter, reader: Reader) -> QuerySet[Finding]:
    """Return the findings a report is about, without their evidence."""
    return narrowed(wanted, reader=reader)


def print_report(
    wanted: FindingFilter,
    *,
    reader: Reader,
    language: str,
    on_progress: Progress = _silent,
    most: int = MOST_PRINTED,
) -> PrintedReport:
    """Return the findings of a filter as a PDF, every rule in turn; of more than ``most`` so many.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop.
    UserFacingError
        The fonts are not installed.
    """
    with translation.override(language):
        found = matching(wanted, reader)
        count = found.count()
        chosen = list(in_turn(with_evidence(found))[:most])
        context = {
            **_cover(wanted, reader, chosen, count),
            "rows": list(_printed_findings(chosen, reader, on_progress)),
            "fonts": fonts(),
        }
        html = render_to_string("conflicts/review/report.html", context)
        on_progress(0.9, _("Setting the pages"))
        document = HTML(string=html, url_fetcher=SheetFonts()).render(
            font_config=FontConfiguration()
        )
        return PrintedReport(
            pdf=document.write_pdf(),
            printed=len(chosen),
            left_out=count - len(chosen),
            pages=len(document.pages),
        )


def _cover(
    wanted: FindingFilter, reader: Reader, chosen: Sequence[Finding], count: int
) -> dict[str, Any]:
    detection = latest_detection(wanted.rulebook)
    asked_rules = 0 if detection is None else detection.standing_outcomes.count()
    untold = [] if detection is None else untold_outcomes(detection)
    around = _visible(reader)
    severities = Counter(finding.severity for finding in chosen)
    return {
        "asked": asked_in_words(wanted, reader),
        "detection": detection,
        "data": data_dates(detection, reader),
        "count": count,
        "printed": len(chosen),
        "left_out": count - len(chosen),
        "most": MOST_PRINTED,
        "untold": len(untold),
        "rules": asked_rules,
        "untold_share": number(100 * len(untold) / asked_rules, 0) if asked_rules else "",
        "severities": [
            (severity.label, COLOURS[severity], severities[severity])
            for severity in reversed(list(Severity))
        ],
        "city": city_map(chosen, around),
        "legend": (("subject", SUBJECT), ("object", OBJECT), ("evidence", EVIDENCE)),
        "made_at": timezone.now(),
    }


def _visible(reader: Reader) -> list[str]:
    names = [slug for slug, _style in AROUND]
    return list(visible_layers(reader).filter(slug__in=names).values_list("slug", flat=True))


def asked_in_words(wanted: FindingFilter, reader: Reader) -> list[tuple[str, str]]:
    """Return what was asked for as names and values in the reader's language."""
    form = FindingFilterForm(wanted.as_query(), reader=reader)
    said = []
    for name, value in wanted.as_query().items():
        field = form.fields[name]
        label = str(field.label or name.replace("_", " "))
        choices = dict(getattr(field, "choices", ()) or ())
        said.append((label, str(choices.get(value, value))))
    return said


def data_dates(detection: DetectionRun | None, reader: Reader) -> list[dict[str, Any]]:
    """Return the versions of the layers a reader may see that were asked, and of which day."""
    if detection is None:
        return []
    visible = visible_layers(reader).filter(slug__in=list(detection.data_versions))
    versions = LayerVersion.objects.filter(layer__in=visible).select_related("layer")
    asked = detection.data_versions
    return [
        {
            "title": version.layer.title,
            "number": version.number,
            "captured_on": version.captured_on,
            "published_at": version.published_at,
        }
        for version in versions.order_by("layer__slug")
        if asked.get(version.layer.slug) == version.number
    ]


def _printed_findings(
    chosen: Sequence[Finding], reader: Reader, on_progress: Progress
) -> Iterator[dict[str, Any]]:
    around, names = _visible(reader), dict(sangkat_choices(reader))
    for done, finding in enumerate(chosen):
        on_progress(0.05 + 0.85 * done / len(chosen), f"{done} / {len(chosen)}")
        yield _printed(finding, around, names)


def _printed(finding: Finding, around: Sequence[str], names: dict[str, str]) -> dict[str, Any]:
    lies_in = [names.get(each, each) for each in (sangkats_of(finding) or "").split(", ") if each]
    row = {
        **finding_row(finding),
        "sangkats": ", ".join(lies_in),
        "map": finding_map(finding, around),
    }
    seen = finding.current
    if seen is None or seen.outcome is None:
        return row
    rule = rule_of(seen)
    return {
        **row,
        "subject": subject_name(finding),
        "object": object_name(finding),
        "provision": rule.provision,
        "basis_sentence": basis_sentence(rule.basis, rule.provision),
        "colour": COLOURS[Severity(finding.severity)],
    }
