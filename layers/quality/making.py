"""Making the report of a version: counted by the database, areas compared strip by strip."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection, transaction

from layers.crs import PROJECT_SRID
from layers.editing.models import LayerTopology
from layers.editing.topology import PROJECT_DEFAULT, SLIVER_WIDTHS, topology_of
from layers.exports.contents import Contents, contents_of
from layers.models import Layer, LayerVersion
from layers.quality.models import QualityIssue, QualityReport
from layers.quality.vocab import QualityKind
from layers.sql_files import load_sql
from layers.topology.areas import areas_of_version
from layers.topology.contested import Contested, contested
from layers.topology.gaps import Bare

# A list that nobody can work through by hand helps nobody; the report says that there is more.
MOST_LISTED = 5_000
_LOCK_FAMILY = 0x4B51  # "KQ": keeps these locks apart from any other numbers
Tell = Callable[[float], None]


@transaction.atomic
def make_report(version: LayerVersion, tell: Tell = lambda _share: None) -> QualityReport:
    """Make the report of a version anew; the one before stands until this one is whole.

    ``tell`` hears how far it is (0 to 1); what it raises leaves everything as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_FAMILY, version.pk])
    tell(0.0)
    contents = contents_of(version)
    tell(0.1)
    stated, identical = topology_of(version.layer), _identical(version)
    tell(0.2)
    bare = _measures(stated)
    has_areas = any(shape.endswith("POLYGON") for shape in contents.shapes) or (
        "GEOMETRYCOLLECTION" in contents.shapes
    )
    found = _compared(version, bare, contents.features, tell) if has_areas else Contested()
    QualityReport.objects.filter(version=version).delete()
    report = QualityReport.objects.create(
        version=version,
        counts=_counts(contents) | _counted_alike(identical),
        must_not_overlap=_is_exclusive(stated),
        must_cover=bare.must_cover is not None,
        tolerance_m=bare.tolerance_m,
        tolerance_source=stated.tolerance_source if stated else PROJECT_DEFAULT,
        reach_m=bare.reach_m,
        rule_digest=_rule_digest(stated, bare),
        compares_areas=has_areas,
        is_cut=found.is_cut,
    )
    issues = [*_contested_issues(report, found), *_identical_issues(report, identical)]
    QualityIssue.objects.bulk_create(issues, batch_size=1_000)
    return report


def was_made_by_rule_of(report: QualityReport, layer: Layer) -> bool:
    """Tell whether a report was made by the rule for areas that its layer has now."""
    stated = topology_of(layer)
    return report.rule_digest == _rule_digest(stated, _measures(stated))


def _rule_digest(stated: LayerTopology | None, bare: Bare) -> str:
    cover = b"" if bare.must_cover is None else shapely.to_wkb(bare.must_cover)
    told = f"{_is_exclusive(stated)} {bare.tolerance_m!r} {bare.reach_m!r} ".encode()
    return hashlib.sha256(told + cover).hexdigest()


def _is_exclusive(stated: LayerTopology | None) -> bool:
    return stated is not None and stated.must_not_overlap


def _measures(stated: LayerTopology | None) -> Bare:
    """Return with what areas are compared: the layer's rule, else the project's tolerance."""
    tolerance_m = stated.tolerance_m if stated else settings.KRONG_TOPOLOGY_TOLERANCE_M
    cover = stated.must_cover if stated and stated.must_not_overlap else None
    return Bare(
        tolerance_m=tolerance_m,
        reach_m=tolerance_m * SLIVER_WIDTHS,
        must_cover=None if cover is None else shapely.from_wkb(bytes(cover.wkb)),
    )


def _compared(version: LayerVersion, bare: Bare, features: int, tell: Tell) -> Contested:
    return contested(
        areas_of_version(version.layer_id, version.number),
        bare=bare,
        most=MOST_LISTED,
        tell=lambda done: tell(0.2 + 0.75 * min(done / max(features, 1), 1.0)),
    )


def _counts(contents: Contents) -> dict[str, Any]:
    """Return what is counted, by code: names are told in the reader's language later."""
    by_class = contents.counted("class_code")
    return {
        "features": contents.features,
        "by_class": [[code or "", n] for code, n in by_class.items()],
        "by_lifecycle": [[code, n] for code, n in contents.counted("lifecycle").items()],
        "by_shape": [[shape, n] for shape, n in contents.counted("shape").items()],
        "points": sum(group.points for group in contents.groups),
        "most_points": max((group.most_points for group in contents.groups), default=0),
        "attributes": [[found.name, found.kind, found.filled] for found in contents.attributes],
    }


def _identical(version: LayerVersion) -> list[tuple[Any, ...]]:
    asked = {"layer_id": version.layer_id, "number": version.number, "most": MOST_LISTED}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "identical_shapes.sql"), asked)
        return list(cursor.fetchall())


def _counted_alike(rows: list[tuple[Any, ...]]) -> dict[str, int]:
    groups, features = rows[0][4:6] if rows else (0, 0)
    return {"identical_groups": groups, "identical_features": features}


def _identical_issues(report: QualityReport, rows: list[tuple[Any, ...]]) -> Iterable[QualityIssue]:
    for first, name, east_m, north_m, _groups, _features in rows:
        yield QualityIssue(
            report=report,
            kind=QualityKind.IDENTICAL,
            is_forbidden=False,
            stable_id=name,
            other=first,
            place=Point(east_m, north_m, srid=PROJECT_SRID),
        )


def _contested_issues(report: QualityReport, found: Contested) -> Iterable[QualityIssue]:
    for overlap in found.overlaps:
        yield QualityIssue(
            report=report,
            kind=QualityKind.OVERLAP,
            is_forbidden=report.must_not_overlap,
            stable_id=overlap.stable_id,
            other=overlap.other,
            area_m2=overlap.area_m2,
            place=_inside(overlap.core),
        )
    for gap in found.gaps:
        yield QualityIssue(
            report=report,
            kind=QualityKind.GAP,
            is_forbidden=gap.is_required,
            stable_id=gap.stable_id,
            area_m2=gap.area_m2,
            place=_inside(gap.core),
        )


def _inside(core: shapely.geometry.base.BaseGeometry) -> Point:
    point = core.point_on_surface()
    return Point(point.x, point.y, srid=PROJECT_SRID)
