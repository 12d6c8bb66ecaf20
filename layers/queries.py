"""Questions about layers that one ORM query answers."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.db.models import QuerySet

from layers.errors import NotFoundError, UnknownLandUseError, UnknownLayerError
from layers.models import Feature, LandUseClass, Layer, RasterLayer, SurveyedArea
from layers.retold import gettext as _
from layers.sql_files import load_sql


def layer_named(slug: str) -> Layer:
    """Return a layer of the catalogue, or raise UnknownLayerError with the names there are."""
    layer = Layer.objects.filter(slug=slug).first()
    if layer is None:
        raise UnknownLayerError(slug, list(Layer.objects.values_list("slug", flat=True)))
    return layer


def current_features(*slugs: str) -> QuerySet[Feature]:
    """Return the published features of these layers (of all layers when none is named)."""
    found = Feature.objects.filter(retired_in=None).select_related("layer", "land_use")
    return found.filter(layer__slug__in=slugs) if slugs else found


def features_in_version(layer: Layer, number: int) -> QuerySet[Feature]:
    """Return the features of a layer as they stood in one of its versions."""
    current = layer.features.filter(introduced_in__lte=number)
    return current.filter(retired_in=None) | current.filter(retired_in__gt=number)


def feature_named(slug: str, stable_id: str) -> Feature:
    """Return one published feature by its identifier."""
    feature = current_features(slug).filter(stable_id=stable_id).first()
    if feature is None:
        raise NotFoundError(
            _("Layer '%(slug)s' holds no '%(stable_id)s'.")
            % {"slug": slug, "stable_id": stable_id},
            remedy=_("Check the identifier; './krong layers' lists the layers."),
        )
    return feature


def current_raster(slug: str) -> RasterLayer:
    """Return the published grid of a raster layer."""
    raster = RasterLayer.objects.filter(version__layer__slug=slug).select_related("version")
    published = raster.filter(version__state="published").first()
    if published is None:
        raise NotFoundError(
            _("There is no raster '%(slug)s'.") % {"slug": slug},
            remedy=_("Import one: ./krong import dem.tif --layer NAME"),
        )
    return published


def class_branches(codes: Iterable[str]) -> dict[str, list[str]]:
    """Return for each class its whole branch: itself and every class below it."""
    children: dict[int | None, list[LandUseClass]] = defaultdict(list)
    by_code = {}
    for row in LandUseClass.objects.all():
        children[row.parent_id].append(row)
        by_code[row.code] = row
    asked = list(codes)
    if unknown := [code for code in asked if code not in by_code]:
        raise UnknownLandUseError(unknown)
    return {code: _branch(by_code[code], children) for code in asked}


def all_branches() -> dict[str, list[str]]:
    """Return every class there is with its whole branch."""
    return class_branches(LandUseClass.objects.values_list("code", flat=True))


def _branch(root: LandUseClass, children: dict[int | None, list[LandUseClass]]) -> list[str]:
    codes, waiting = [], [root]
    while waiting:
        row = waiting.pop()
        codes.append(row.code)
        waiting.extend(children[row.pk])
    return sorted(codes)


def classes_looked_for() -> dict[int, list[str]]:
    """Return by layer the names of the classes its complete surveys say they looked for."""
    names = {row.code: row.name for row in LandUseClass.objects.all()}
    found: dict[int, list[str]] = defaultdict(list)
    stated = SurveyedArea.objects.filter(completeness="complete").order_by("pk")
    for layer, codes in stated.values_list("layer_id", "classes"):
        found[layer] += [names.get(code, code) for code in codes]
    return {layer: list(dict.fromkeys(classes)) for layer, classes in found.items()}


def surveyed_share(slug: str, area: GEOSGeometry, classes: Iterable[str] = ()) -> float:
    """Return which share (0 to 1) of an area was completely surveyed for a layer.

    With ``classes``: surveyed for all of these, each with its whole branch. Only inside it does
    "nothing found" mean "nothing there".
    """
    asked = sorted({code for branch in class_branches(classes).values() for code in branch})
    parameters: dict[str, Any] = {"layer": layer_named(slug).pk, "asked": asked, "area": area.ewkb}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "surveyed_share.sql"), parameters)
        return float(cursor.fetchone()[0])
