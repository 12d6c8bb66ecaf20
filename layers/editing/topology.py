"""Areas that share the ground without overlaps and gaps, judged with a stated tolerance [m]."""

from collections.abc import Iterator
from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.editing.models import Draft, LayerTopology
from layers.editing.problems import Problem
from layers.editing.vocab import ProblemKind, Severity
from layers.errors import UserFacingError
from layers.models import Layer
from layers.sql_files import load_sql

# Up to this many tolerances wide, open ground between neighbours is taken for a slip of the hand,
# not for a street: a convention of this program, without legal force.
SLIVER_WIDTHS = 20
PROJECT_DEFAULT = "project default, without legal force; to be set from the survey's accuracy"


def set_topology(
    *,
    layer: Layer,
    must_not_overlap: bool,
    tolerance_m: float | None = None,
    tolerance_source: str = "",
    must_cover: BaseGeometry | None = None,
) -> LayerTopology:
    """State what the areas of a layer must keep to; the project's tolerance unless one is given.

    Raises
    ------
    UserFacingError
        The tolerance is not above 0 m, or the extent to cover holds no area.
    """
    tolerance = settings.KRONG_TOPOLOGY_TOLERANCE_M if tolerance_m is None else tolerance_m
    if not tolerance > 0:
        raise UserFacingError(
            _("A tolerance of %(tolerance)s m tells nothing apart.") % {"tolerance": tolerance},
            remedy=_("Give a tolerance above 0 m."),
        )
    source = tolerance_source or (PROJECT_DEFAULT if tolerance_m is None else "")
    stated, _created = LayerTopology.objects.update_or_create(
        layer=layer,
        defaults={
            "must_not_overlap": must_not_overlap,
            "tolerance_m": tolerance,
            "tolerance_source": source,
            "must_cover": None if must_cover is None else _cover(must_cover),
        },
    )
    return stated


def topology_of(layer: Layer) -> LayerTopology | None:
    """Return what the areas of a layer must keep to, or None when they are free."""
    return LayerTopology.objects.filter(layer=layer).first()


def topology_problems(draft: Draft) -> list[Problem]:
    """Return the overlaps and gaps beside the areas a draft changes, worst first.

    The cost is that of the edits and their neighbours, however large the layer is.
    """
    stated = topology_of(draft.layer)
    if stated is None or not stated.must_not_overlap:
        return []
    return [*_overlaps(draft, stated), *_gaps(draft, stated)]


def _overlaps(draft: Draft, stated: LayerTopology) -> Iterator[Problem]:
    for name, other, shape, point, area_m2, is_new in _asked("overlaps.sql", draft, stated):
        told = {"id": name, "other": other, "area": round(area_m2, 2), "m": stated.tolerance_m}
        message = _("'%(id)s' overlaps '%(other)s' by %(area)s m² (tolerance %(m)s m).")
        if not is_new:
            message = _("'%(id)s' overlapped '%(other)s' before: %(area)s m² (tolerance %(m)s m).")
        yield Problem(
            kind=ProblemKind.OVERLAP,
            severity=Severity.REFUSES if is_new else Severity.WARNS,
            stable_id=name,
            other=other,
            message=message % told,
            geometry=shapely.from_wkb(bytes(shape)),
            point=shapely.from_wkb(bytes(point)),
            measured=area_m2,
            tolerance_m=stated.tolerance_m,
        )


def _gaps(draft: Draft, stated: LayerTopology) -> Iterator[Problem]:
    for name, is_required, shape, point, area_m2 in _asked("gaps.sql", draft, stated):
        told = {"id": name, "area": round(area_m2, 2), "m": stated.tolerance_m}
        message = _("A gap of %(area)s m² lies beside '%(id)s' (tolerance %(m)s m).")
        if is_required:
            message = _(
                "%(area)s m² beside '%(id)s' stay uncovered, where the layer must cover all "
                "(tolerance %(m)s m)."
            )
        yield Problem(
            kind=ProblemKind.GAP,
            severity=Severity.REFUSES if is_required else Severity.WARNS,
            stable_id=name,
            message=message % told,
            geometry=shapely.from_wkb(bytes(shape)),
            point=shapely.from_wkb(bytes(point)),
            measured=area_m2,
            tolerance_m=stated.tolerance_m,
        )


def _asked(name: str, draft: Draft, stated: LayerTopology) -> list[tuple[Any, ...]]:
    parameters = {
        "draft_id": draft.pk,
        "layer_id": draft.layer_id,
        "srid": PROJECT_SRID,
        "tolerance_m": stated.tolerance_m,
        "reach_m": stated.tolerance_m * SLIVER_WIDTHS,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, name), parameters)
        return list(cursor.fetchall())


def _cover(extent: BaseGeometry) -> MultiPolygon:
    whole = shapely.union_all([p for p in shapely.get_parts(extent) if p.geom_type == "Polygon"])
    if whole.is_empty:
        raise UserFacingError(
            _("The extent that must be covered holds no area."),
            remedy=_("Draw it as a polygon."),
        )
    joined = shapely.MultiPolygon(list(shapely.get_parts(whole)))
    stored = GEOSGeometry(memoryview(shapely.to_wkb(joined)), srid=PROJECT_SRID)
    if not isinstance(stored, MultiPolygon):
        raise TypeError(stored.geom_type)
    return stored
