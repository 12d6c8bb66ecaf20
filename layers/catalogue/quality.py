"""How good a layer is: what is filled, what is missing, what its import had to mend or refuse."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import shapely
from django.db.models import Count, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from layers.crs import to_wgs84
from layers.exports.tables import BYTE_ORDER_MARK, safe_cell
from layers.map_addresses import map_address
from layers.models import ImportIssue, LandUseClass, Layer, LayerVersion, Run
from layers.property_names import property_title
from layers.quality.making import was_made_by_rule_of
from layers.quality.models import QualityIssue, QualityReport
from layers.quality.vocab import QualityKind
from layers.vocab import IssueKind, Lifecycle, RunState

LISTED_ISSUES = 200
_ZOOMS = ((100.0, 20), (2_000.0, 19), (20_000.0, 17))  # ground below so many [m2], zoom
_FARTHEST_ZOOM = 15


@dataclass(frozen=True, slots=True)
class FillRate:
    """How many features carry an attribute."""

    name: str
    title: str
    kind: str
    filled: int
    share: float


@dataclass(frozen=True, slots=True)
class Places:
    """What is wrong of one kind, with the first places of it."""

    kind: str
    title: str
    count: int
    forbidden: int  # how many of them the layer's rule forbids
    listed: list["ListedPlace"]


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """One issue with the way to it on the map."""

    issue: QualityIssue
    on_map: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What a version's report says, in the reader's language."""

    report: QualityReport
    features: int
    by_class: list[tuple[str, str, int]]  # code, name, features; '' without a class
    by_lifecycle: list[tuple[str, int]]
    by_shape: list[tuple[str, int]]
    without_class_share: float
    points: int
    most_points: int
    fill_rates: list[FillRate]
    identical_groups: int
    identical_features: int
    places: list[Places]
    tolerance_source: str
    is_outdated: bool  # the layer's rule for its areas is another one now


def quality_of(report: QualityReport) -> Quality:
    """Return what a kept report says."""
    counts, layer = report.counts, report.version.layer
    features = int(counts["features"])
    without_class = sum(n for code, n in counts["by_class"] if not code)
    return Quality(
        report=report,
        features=features,
        by_class=_named_classes(counts["by_class"]),
        by_lifecycle=[(str(Lifecycle(code).label), n) for code, n in counts["by_lifecycle"]],
        by_shape=[(shape, n) for shape, n in counts["by_shape"]],
        without_class_share=without_class / features if features else 0.0,
        points=counts["points"],
        most_points=counts["most_points"],
        fill_rates=_fill_rates(layer, counts["attributes"], features),
        identical_groups=counts["identical_groups"],
        identical_features=counts["identical_features"],
        places=[_places(report, kind) for kind in QualityKind.values],
        tolerance_source=_(report.tolerance_source) if report.tolerance_source else "–",
        is_outdated=not was_made_by_rule_of(report, layer),
    )


def _places(report: QualityReport, kind: str) -> Places:
    found = report.issues.filter(kind=kind)
    listed = [ListedPlace(issue, place_on_map(issue)) for issue in found[:LISTED_ISSUES]]
    forbidden = found.filter(is_forbidden=True).count()
    return Places(kind, str(QualityKind(kind).label), found.count(), forbidden, listed)


def place_on_map(issue: QualityIssue) -> str:
    """Return the address of the map at an issue, its features marked."""
    slug = issue.report.version.layer.slug
    names = [name for name in (issue.stable_id, issue.other) if name]
    longitude, latitude = to_wgs84(shapely.Point(issue.place.x, issue.place.y)).coords[0]
    return map_address(slug, names, (longitude, latitude), zoom=_zoom(issue.area_m2 or 0.0))


def _zoom(area_m2: float) -> int:
    """Return the zoom at which ground of so many square metres is seen with what lies around."""
    return next((zoom for limit, zoom in _ZOOMS if area_m2 < limit), _FARTHEST_ZOOM)


def last_import(version: LayerVersion) -> Run | None:
    """Return the newest import that filled this layer, None where it came otherwise."""
    runs = Run.objects.filter(kind="import", parameters__layer=version.layer.slug)
    return runs.filter(state=RunState.SUCCEEDED).order_by("-pk").first()


def issues_of(run: Run) -> QuerySet[ImportIssue]:
    """Return what an import noted of the rows of its file, in the file's order."""
    return ImportIssue.objects.filter(run=run).order_by("row", "pk")


def standing_of(run: Run, layer: Layer) -> set[str]:
    """Return which of the features named in the first notes of an import stand now."""
    named = {issue.stable_id for issue in issues_of(run)[:LISTED_ISSUES] if issue.stable_id}
    rows = layer.features.filter(retired_in=None, stable_id__in=named)
    return set(rows.values_list("stable_id", flat=True))


def issue_counts(run: Run) -> list[tuple[str, int]]:
    """Return how many rows an import noted of each kind, most first."""
    counted = ImportIssue.objects.filter(run=run).values_list("kind").annotate(n=Count("id"))
    return [
        (str(IssueKind(kind).label) if kind in IssueKind.values else kind, n)
        for kind, n in counted.order_by("-n", "kind")
    ]


def issue_lines(run: Run, language: str) -> Iterator[bytes]:
    """Yield an import's notes as a table for a spreadsheet, in a language."""
    rows = csv.writer(_Echo())
    head = ["row", "stable_id", "kind", "value", "message", "action"]
    yield (BYTE_ORDER_MARK + rows.writerow(head)).encode()
    for issue in issues_of(run).iterator():
        with translation.override(language):
            message = issue.message
        told = (issue.stable_id, issue.kind, issue.value, message, issue.action)
        yield rows.writerow([issue.row, *map(safe_cell, told)]).encode()


class _Echo:
    """Hands a written line back."""

    def write(self, line: str) -> str:
        return line


def _named_classes(counted: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    codes = [code for code, _n in counted]
    names = {row.code: row.name for row in LandUseClass.objects.filter(code__in=codes)}
    return [(code, names.get(code, ""), n) for code, n in counted]


def _fill_rates(layer: Layer, counted: list[tuple[str, str, int]], features: int) -> list[FillRate]:
    fields: dict[str, dict[str, str]] = layer.attribute_schema.get("fields", {})
    known = {name: (kind, filled) for name, kind, filled in counted}
    names = [*fields, *(name for name in known if name not in fields)]
    rates = []
    for name in names:
        kind, filled = known.get(name, ("", 0))
        share = filled / features if features else 0.0
        title = property_title(name, fields.get(name, {}))
        rates.append(FillRate(name=name, title=title, kind=kind, filled=filled, share=share))
    return rates


PLACE_COLUMNS = ("kind", "forbidden", "stable_id", "other", "area_m2", "easting_m", "northing_m")


def place_lines(report: QualityReport) -> Iterator[bytes]:
    """Yield all places a report points to as a table for a spreadsheet."""
    rows = csv.writer(_Echo())
    yield (BYTE_ORDER_MARK + rows.writerow(PLACE_COLUMNS)).encode()
    for issue in report.issues.iterator():
        names = [safe_cell(issue.stable_id), safe_cell(issue.other)]
        area = "" if issue.area_m2 is None else f"{issue.area_m2:.4f}"
        told = ["yes" if issue.is_forbidden else "no", *names, area]
        place = [f"{issue.place.x:.3f}", f"{issue.place.y:.3f}"]
        yield rows.writerow([issue.kind, *told, *place]).encode()
