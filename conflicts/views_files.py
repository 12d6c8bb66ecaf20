"""Findings as files, each with what every rule answered beside them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conflicts.errors import RuleFieldError
from conflicts.exports import Report, as_geojson, as_json, as_zip
from conflicts.filters import refuse_unknown_words
from conflicts.queries import findings, latest_detection
from conflicts.review.geopackage import geopackage_of
from conflicts.review.stocktaking import keep_up, refuse_unplaced
from conflicts.rule_answers import detection_record, rule_records
from conflicts.views import finding_filter
from layers.numbers import number

# More is for the shell: './krong findings' writes any number.
MOST_FINDINGS = 20_000


class FileKind(NamedTuple):
    """How one kind of file is written and named."""

    write: Callable[[Report], str | bytes]
    content_type: str
    name: str


KINDS: Mapping[str, FileKind] = {
    "csv": FileKind(as_zip, "application/zip", "findings-csv.zip"),
    "geojson": FileKind(as_geojson, "application/geo+json", "findings.geojson"),
    "gpkg": FileKind(geopackage_of, "application/geopackage+sqlite3", "findings.gpkg"),
    "json": FileKind(as_json, "application/json", "findings.json"),
}


@require_GET
def findings_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Return the findings of a filter as a file, with the answer of every rule."""
    if kind not in KINDS:
        raise RuleFieldError(
            "",
            _("'%(kind)s' is no kind of file.") % {"kind": kind},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(KINDS)},
        )
    wanted = finding_filter(request)
    refuse_unknown_words(request.GET, "view", "page")
    refuse_unplaced(wanted, is_placed=keep_up())
    found = findings(wanted, reader=request.user)
    if (count := found.count()) > MOST_FINDINGS:
        raise RuleFieldError(
            "",
            _("%(count)s findings are more than a page hands out.") % {"count": number(count)},
            remedy=_("Filter them, or ask the office for './krong findings --output FILE'."),
        )
    detection = latest_detection(wanted.rulebook)
    report = Report(
        findings=list(found),
        rules=rule_records(detection, wanted.rule, reader=request.user),
        detection=detection_record(detection, reader=request.user),
    )
    written = KINDS[kind]
    response = HttpResponse(written.write(report), content_type=written.content_type)
    response["Content-Disposition"] = f'attachment; filename="{written.name}"'
    response["Cache-Control"] = "private, no-cache"
    return response
