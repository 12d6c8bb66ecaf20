"""What may happen to a layer: it is opened, filled with a new version, surveyed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

import shapely
from django.contrib.auth.models import User
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection, transaction
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from layers.copying import EncodedBatch, copy_row, joined
from layers.crs import PROJECT_SRID
from layers.editing.survey_log import end_statement, record_added
from layers.errors import NotFoundError, UnknownLandUseError, UserFacingError
from layers.listening import tell_of_change
from layers.models import LandUseClass, Layer, LayerVersion, RasterLayer, SurveyedArea
from layers.queries import class_branches
from layers.raster_files import leaving_no_files, save_file, sweep_files
from layers.retold import gettext as _
from layers.sql_files import load_sql
from layers.storing import store
from layers.vocab import Completeness, GeometryKind, Lifecycle, VersionState

ENCODED_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFeature:
    """A feature as it is to stand in the next version of a layer (geometry in PROJECT_SRID)."""

    stable_id: str
    geometry: BaseGeometry | bytes  # bytes: EWKB with PROJECT_SRID
    land_use: str | None = None
    lifecycle: str = Lifecycle.EXISTING
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a version comes from, who publishes it and why."""

    source_name: str = ""
    source_digest: str = ""
    captured_on: date | None = None
    published_by: User | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What a new version changed against the one before."""

    version: LayerVersion
    added: int
    changed: int
    removed: int
    unchanged: int
    ended_surveys: int = 0  # complete statements that spoke of the content before

    @property
    def is_new(self) -> bool:
        """False when the content equalled the published version and nothing was written."""
        return bool(self.added or self.changed or self.removed)


def open_layer(*, slug: str, geometry_kind: str, **described: Any) -> Layer:  # noqa: ANN401
    """Return the layer of that name, made with the description given if it is new.

    A layer that exists keeps its description; its shape must agree.
    """
    described.setdefault("title_en", slug.replace("-", " ").capitalize())
    layer, _created = Layer.objects.get_or_create(
        slug=slug, defaults={"geometry_kind": geometry_kind, **described}
    )
    is_raster = GeometryKind.RASTER in {layer.geometry_kind, geometry_kind}
    if is_raster and layer.geometry_kind != geometry_kind:
        raise UserFacingError(
            _("Layer '%(slug)s' holds %(get_geometry_kind_display)s, not %(label)s.")
            % {
                "slug": slug,
                "get_geometry_kind_display": layer.get_geometry_kind_display(),
                "label": GeometryKind(geometry_kind).label,
            },
            remedy=_("Choose another layer name."),
        )
    return layer


@transaction.atomic
def publish_features(
    *,
    layer: Layer,
    features: Iterable[NewFeature | EncodedBatch],
    provenance: Provenance | None = None,
    replaces_all: bool = True,
) -> Publication:
    """Publish a new version of a layer; cost is what changed, not what stands.

    Features equal to the published ones keep their row. With ``replaces_all`` the layer holds
    exactly these features afterwards; without it, others stay as they are. When nothing differs
    no version is made. Either the whole version is published or none of it.

    Raises
    ------
    UnknownLandUseError
        A feature names a class that does not exist.
    """
    layer = Layer.objects.select_for_update().get(pk=layer.pk)
    number, before = next_number(layer), _standing(layer)
    stored = store(_encoded(features), layer_id=layer.pk, number=number, replaces_all=replaces_all)
    counts = asdict(stored) | {"unchanged": before - stored.changed - stored.removed}
    if not any(asdict(stored).values()) and layer.published_number:
        return Publication(version=published_version(layer), **counts)
    total = before + stored.added - stored.removed
    version = publish_number(layer, number, provenance or Provenance(), total)
    return Publication(version=version, **counts)


@transaction.atomic
def retire_features(*, layer: Layer, stable_ids: Iterable[str]) -> Publication:
    """Publish a version without the named features.

    Raises
    ------
    NotFoundError
        The layer was never published.
    """
    layer = Layer.objects.select_for_update().get(pk=layer.pk)
    if layer.published_number is None:
        raise NotFoundError(
            _("Layer '%(layer)s' has no published version.") % {"layer": layer.slug},
            remedy=_("Publish features first."),
        )
    number, before = next_number(layer), _standing(layer)
    named = layer.features.filter(retired_in=None, stable_id__in=list(stable_ids))
    gone = named.update(retired_in=number)
    counts = {"added": 0, "changed": 0, "removed": gone, "unchanged": before - gone}
    if not gone:
        return Publication(version=published_version(layer), **counts)
    version = publish_number(layer, number, Provenance(), before - gone)
    return Publication(version=version, **counts)


@transaction.atomic
def publish_changes(
    layer: Layer,
    changed: Iterable[NewFeature],
    removed: Iterable[str],
    provenance: Provenance | None = None,
) -> Publication:
    """Publish one version with some features added or changed and others removed.

    The cost is that of the changes, however large the layer is. Features equal to the published
    ones keep their row; when nothing differs no version is made.

    Raises
    ------
    UnknownLandUseError
        A feature names a class that does not exist.
    """
    layer = Layer.objects.select_for_update().get(pk=layer.pk)
    number = next_number(layer)
    arrays = _change_arrays(changed)
    _refuse_unknown(set(arrays["land_uses"]) - {None})
    parameters: dict[str, Any] = {"layer_id": layer.pk, "number": number, **arrays}
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "retire_changed.sql"), parameters | {"removed": list(removed)}
        )
        changed_count, gone, kept = cursor.fetchone()
        written = set(arrays["ids"]) - set(kept)
        parameters["written"] = list(written)
        cursor.execute(load_sql(__file__, "insert_changed.sql"), parameters)
    counts = {"added": len(written) - changed_count, "changed": changed_count, "removed": gone}
    before = _standing(layer)
    counts["unchanged"] = before - changed_count - gone
    if not any(counts[key] for key in ("added", "changed", "removed")) and layer.published_number:
        return Publication(version=published_version(layer), **counts)
    total = before + counts["added"] - gone
    version = publish_number(layer, number, provenance or Provenance(), total)
    return Publication(version=version, **counts)


def published_version(layer: Layer) -> LayerVersion:
    """Return the published version of a layer that has one."""
    return layer.versions.get(state=VersionState.PUBLISHED)


@leaving_no_files()
def publish_raster(
    *, layer: Layer, path: Path, provenance: Provenance, described: Mapping[str, Any]
) -> RasterLayer:
    """Publish a checked GeoTIFF in PROJECT_SRID as the new version of a raster layer.

    ``described`` holds the fields of RasterLayer except the file. The same source digest under
    the same description published again changes nothing.
    """
    layer = Layer.objects.select_for_update().get(pk=layer.pk)
    same_values = {name: value for name, value in described.items() if name != "footprint"}
    same = RasterLayer.objects.filter(
        version__layer=layer,
        version__number=layer.published_number or 0,
        version__source_digest=provenance.source_digest,
        **same_values,
    ).exclude(version__source_digest="")
    if known := same.first():
        return known
    sweep_files()
    version = publish_number(layer, next_number(layer), provenance, 1)
    raster = RasterLayer(version=version, **described)
    save_file(raster, path, f"{layer.slug}-v{version.number}")
    raster.save()
    return raster


@transaction.atomic
def set_surveyed_area(
    *,
    layer: Layer,
    geometry: BaseGeometry,
    completeness: str = Completeness.COMPLETE,
    source: str = "",
    captured_on: date | None = None,
    classes: Iterable[str] = (),
) -> SurveyedArea:
    """State where a layer was surveyed, replacing an earlier statement from the same source.

    ``classes`` are those that were looked for, each with its whole branch; without any, those the
    layer holds or has held. Stated again word for word, nothing changes; else it is put on record.

    Raises
    ------
    UserFacingError
        The geometry holds no area, or a class is unknown.
    """
    looked_for = sorted(class_branches(dict.fromkeys(classes)))
    polygons = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    whole = shapely.union_all(polygons)
    if whole.is_empty:
        raise UserFacingError(
            _("What is stated as surveyed for layer '%(layer)s' holds no area.")
            % {"layer": layer.slug},
            remedy=_("Draw the surveyed area as a polygon."),
        )
    joined = shapely.MultiPolygon(list(shapely.get_parts(whole)))
    stored = GEOSGeometry(memoryview(shapely.to_wkb(joined)), srid=PROJECT_SRID)
    area = SurveyedArea(
        layer=layer,
        geometry=cast("MultiPolygon", stored),
        completeness=completeness,
        captured_on=captured_on,
        source=source,
        classes=looked_for,
    )
    return _restated(area)


def _restated(area: SurveyedArea) -> SurveyedArea:
    """Store a statement in place of those from its source; keep one that says the same."""
    earlier = list(area.layer.surveyed_areas.filter(source=area.source).order_by("pk"))
    if len(earlier) == 1 and _says_the_same(earlier[0], area):
        return earlier[0]
    for statement in earlier:
        end_statement(statement, why=_("The same source was stated anew."))
    area.save()
    record_added(area)
    return area


def _says_the_same(one: SurveyedArea, other: SurveyedArea) -> bool:
    facts = ("completeness", "captured_on", "classes")
    same_facts = all(getattr(one, name) == getattr(other, name) for name in facts)
    return same_facts and bool(one.geometry.equals_exact(other.geometry))


def _encoded(features: Iterable[NewFeature | EncodedBatch]) -> Iterator[EncodedBatch]:
    class_ids = dict(LandUseClass.objects.values_list("code", "pk"))
    waiting: list[NewFeature] = []
    for feature in features:
        if isinstance(feature, EncodedBatch):
            yield feature
            continue
        waiting.append(feature)
        if len(waiting) >= ENCODED_AT_ONCE:
            yield _batch(waiting, class_ids)
            waiting.clear()
    yield _batch(waiting, class_ids)


def _batch(features: Sequence[NewFeature], class_ids: Mapping[str, int]) -> EncodedBatch:
    if unknown := {row.land_use for row in features if row.land_use} - class_ids.keys():
        raise UnknownLandUseError(list(unknown))
    return joined(
        copy_row(
            row.stable_id,
            class_ids[row.land_use] if row.land_use else None,
            row.lifecycle,
            _ewkb(row),
            json.dumps(dict(row.properties), ensure_ascii=False),
        )
        for row in features
    )


def _ewkb(feature: NewFeature) -> bytes:
    if isinstance(feature.geometry, bytes):
        return feature.geometry
    marked = shapely.set_srid(feature.geometry, PROJECT_SRID)
    return shapely.to_wkb(marked, include_srid=True)


def _change_arrays(changed: Iterable[NewFeature]) -> dict[str, list[Any]]:
    rows = list(changed)
    return {
        "ids": [row.stable_id for row in rows],
        "land_uses": [row.land_use for row in rows],
        "lifecycles": [row.lifecycle for row in rows],
        "geometries": [_ewkb(row).hex() for row in rows],
        "properties": [json.dumps(dict(row.properties), ensure_ascii=False) for row in rows],
    }


def _refuse_unknown(named: set[str]) -> None:
    known = set(LandUseClass.objects.filter(code__in=named).values_list("code", flat=True))
    if unknown := named - known:
        raise UnknownLandUseError(list(unknown))


def _standing(layer: Layer) -> int:
    """Return how many features the published version holds; the version itself knows."""
    return published_version(layer).feature_count if layer.published_number else 0


def next_number(layer: Layer) -> int:
    """Return the number of the version that comes next; hold the layer's lock."""
    newest = layer.versions.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1


def publish_number(
    layer: Layer, number: int, provenance: Provenance, feature_count: int
) -> LayerVersion:
    """Store a version whose features are written, and retire the one published before."""
    version = LayerVersion.objects.create(
        layer=layer,
        number=number,
        state=VersionState.PUBLISHED,
        captured_on=provenance.captured_on,
        source_name=provenance.source_name[:255],
        source_digest=provenance.source_digest,
        published_at=timezone.now(),
        feature_count=feature_count,
        published_by=provenance.published_by,
        message=provenance.message,
    )
    layer.versions.filter(state=VersionState.PUBLISHED).exclude(pk=version.pk).update(
        state=VersionState.RETIRED
    )
    layer.published_number = number
    layer.save(update_fields=["published_number"])
    tell_of_change()
    return version
