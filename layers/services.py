"""What may happen to a layer: it is opened, filled with a new version, surveyed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import shapely
from django.contrib.auth.models import User
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.core.files import File
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.copying import EncodedBatch, copy_row
from layers.crs import PROJECT_SRID
from layers.errors import NotFoundError, UnknownLandUseError, UserFacingError
from layers.models import LandUseClass, Layer, LayerVersion, RasterLayer, SurveyedArea
from layers.queries import class_branches
from layers.sql_files import load_sql
from layers.vocab import Completeness, GeometryKind, Lifecycle, VersionState

STAGED_AT_ONCE = 5_000


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
    _stage(features)
    _refuse_unknown_classes()
    number = next_number(layer)
    counts = _merge_stage(layer, number, replaces_all=replaces_all)
    if not any(counts[key] for key in ("added", "changed", "removed")) and layer.published_number:
        return Publication(version=published_version(layer), **counts)
    total = counts["added"] + counts["changed"] + counts["unchanged"]
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
    gone = list(layer.features.filter(retired_in=None, stable_id__in=list(stable_ids)))
    left = layer.features.filter(retired_in=None).count() - len(gone)
    if not gone:
        none = {"added": 0, "changed": 0, "removed": 0, "unchanged": left}
        return Publication(version=published_version(layer), **none)
    number = next_number(layer)
    layer.features.filter(pk__in=[feature.pk for feature in gone]).update(retired_in=number)
    version = publish_number(layer, number, Provenance(), left)
    return Publication(version=version, added=0, changed=0, removed=len(gone), unchanged=left)


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
    before = published_version(layer).feature_count if layer.published_number else 0
    counts["unchanged"] = before - changed_count - gone
    if not any(counts[key] for key in ("added", "changed", "removed")) and layer.published_number:
        return Publication(version=published_version(layer), **counts)
    total = before + counts["added"] - gone
    version = publish_number(layer, number, provenance or Provenance(), total)
    return Publication(version=version, **counts)


def published_version(layer: Layer) -> LayerVersion:
    """Return the published version of a layer that has one."""
    return layer.versions.get(state=VersionState.PUBLISHED)


@transaction.atomic
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
    version = publish_number(layer, next_number(layer), provenance, 1)
    raster = RasterLayer(version=version, **described)
    with path.open("rb") as content:
        raster.file.save(f"{layer.slug}-v{version.number}.tif", File(content), save=False)
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
    layer holds or has held.

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
    layer.surveyed_areas.filter(source=source).delete()
    return SurveyedArea.objects.create(
        layer=layer,
        geometry=cast("MultiPolygon", stored),
        completeness=completeness,
        captured_on=captured_on,
        source=source,
        classes=looked_for,
    )


def _stage(features: Iterable[NewFeature | EncodedBatch]) -> None:
    """Copy the features into a temporary table that ends with the transaction.

    The features are made between the COPYs, not within: their errors reach the caller as they are,
    and whoever makes them may use the same connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS layer_stage")
        cursor.execute(load_sql(__file__, "create_stage.sql"))
        for lines in _copy_lines(features):
            with connection.wrap_database_errors:
                cursor.copy_expert(load_sql(__file__, "copy_stage.sql"), BytesIO(lines))
        cursor.execute("ANALYZE layer_stage")


def _copy_lines(features: Iterable[NewFeature | EncodedBatch]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    for feature in features:
        if isinstance(feature, EncodedBatch):
            yield feature.lines
            continue
        waiting.append(_copy_line(feature))
        if len(waiting) >= STAGED_AT_ONCE:
            yield b"".join(waiting)
            waiting.clear()
    yield b"".join(waiting)


def _copy_line(feature: NewFeature) -> bytes:
    properties = json.dumps(dict(feature.properties), ensure_ascii=False, sort_keys=True)
    return copy_row(
        feature.stable_id, feature.land_use, feature.lifecycle, _ewkb(feature).hex(), properties
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


def _refuse_unknown_classes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT land_use FROM layer_stage WHERE land_use IS NOT NULL")
        _refuse_unknown({row[0] for row in cursor.fetchall()})


def _refuse_unknown(named: set[str]) -> None:
    known = set(LandUseClass.objects.filter(code__in=named).values_list("code", flat=True))
    if unknown := named - known:
        raise UnknownLandUseError(list(unknown))


def _merge_stage(layer: Layer, number: int, *, replaces_all: bool) -> dict[str, int]:
    parameters = {"layer_id": layer.pk, "number": number, "replaces_all": replaces_all}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "merge_stage.sql"), parameters)
        added, changed, removed, unchanged = cursor.fetchone()
        cursor.execute(load_sql(__file__, "insert_stage.sql"), parameters)
    return {"added": added, "changed": changed, "removed": removed, "unchanged": unchanged}


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
    return version
