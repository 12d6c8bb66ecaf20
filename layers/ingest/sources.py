"""Any file of rows, opened: where its rows come from, in which CRS, and what had to be guessed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pyproj import CRS

from layers.crs import PROJECT_SRID, CoordinateFunction, crs_of, transformer
from layers.ingest.archives import DESCRIPTION, FIELDS, shapefile_layers, unpack
from layers.ingest.class_data import ClassData
from layers.ingest.confined.limits import Limits
from layers.ingest.drawings import drawing_encoding
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.json_texts import AS_WRITTEN, collected
from layers.ingest.kml import DRAWING_COLUMNS, check_markup
from layers.ingest.options import ImportOptions
from layers.ingest.osm import open_osm
from layers.ingest.parquet import open_parquet
from layers.ingest.tables import open_table
from layers.ingest.told_columns import Told, as_told, told_by_fields, told_by_metadata
from layers.ingest.vectors import RowSource, open_source, source_crs, stated_crs
from layers.ingest.vocab import ImportText, Sentence
from layers.ingest.zipped import text_encoding, unpack_kml
from layers.vocab import GeometryKind

_KINDS = {
    "Point": GeometryKind.POINT,
    "LineString": GeometryKind.LINE,
    "Polygon": GeometryKind.POLYGON,
    "CurvePolygon": GeometryKind.POLYGON,
    "CompoundCurve": GeometryKind.LINE,
    "CircularString": GeometryKind.LINE,
    "MultiCurve": GeometryKind.LINE,
    "MultiSurface": GeometryKind.POLYGON,
}
# GDAL writes "Polygon Z", or "PolygonZ" and "3D Polygon" elsewhere.
_DIMENSIONS = frozenset({"Z", "M", "ZM"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a reading was asked: which file, how, and what is known where it is asked."""

    path: Path
    name: str
    folder: Path  # its own, to unpack and write into
    source_format: SourceFormat
    options: ImportOptions = field(default_factory=ImportOptions)
    classes: ClassData = field(default_factory=ClassData)
    layer_kind: str = ""  # of the layer it is to go into; empty: a new one
    keeps_hull: bool = False
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Self:
        """Return what came as JSON."""
        return cls(
            path=Path(request["path"]),
            name=request["name"],
            folder=Path(request["folder"]),
            source_format=SourceFormat[request["source_format"]],
            options=ImportOptions.of(request.get("options", {})),
            classes=ClassData.of(request.get("classes") or ClassData().as_fields()),
            layer_kind=request.get("layer_kind", ""),
            keeps_hull=bool(request.get("keeps_hull")),
            limits=Limits.of(request["limits"]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A file of rows, opened."""

    source: RowSource
    srid: int | None  # what the user says
    notes: tuple[Sentence, ...] = ()
    id_prefix: str = "row-"

    @property
    def crs(self) -> CRS:
        """The coordinate system; raises where nobody states it or two contradict each other."""
        return source_crs(self.source, self.srid)

    @property
    def geometry_kind(self) -> str:
        """What the file holds, as far as it says."""
        words = [w for w in self.source.geometry_type.split(" ") if w not in _DIMENSIONS]
        flat = "".join(words[-1:]).removesuffix("Z").removesuffix("M").removesuffix("Z")
        return _KINDS.get(flat, _KINDS.get(flat.removeprefix("Multi"), GeometryKind.MIXED))

    @property
    def project(self) -> CoordinateFunction | None:
        """How coordinates become PROJECT_SRID, None when they are so already."""
        project = crs_of(PROJECT_SRID)
        if self.crs.to_epsg() == PROJECT_SRID or self.crs.equals(project, ignore_axis_order=True):
            return None
        return transformer(self.crs, project).transform


def opened_rows(asked: Asked) -> Opened:
    """Open a file of rows.

    Raises
    ------
    UserFacingError
        Damaged, or of several layers and none chosen.
    """
    return _OPENERS[asked.source_format](asked)


def _open_plain(asked: Asked) -> Opened:
    source = open_source(
        asked.path,
        name=asked.name,
        source_format=asked.source_format,
        layer=asked.options.source_layer,
    )
    prefix = "fid-" if asked.source_format is SourceFormat.GEOPACKAGE else "row-"
    return Opened(source=source, srid=asked.options.srid, id_prefix=prefix)


def _open_geojson(asked: Asked) -> Opened:
    path = asked.path
    if asked.source_format is SourceFormat.GEOJSON_SEQUENCE:
        path = collected(asked.path, asked.folder)
    source = open_source(
        path,
        name=asked.name,
        source_format=asked.source_format,
        layer=asked.options.source_layer,
        options=AS_WRITTEN,
    )
    return Opened(source=source, srid=asked.options.srid)


def _open_archive(asked: Asked) -> Opened:
    """Open the Shapefile of an archive, or the one file of another format that it holds."""
    if not shapefile_layers(asked.path):
        return opened_rows(inside_archive(asked))
    path = unpack(
        asked.path,
        asked.folder,
        layer=asked.options.source_layer,
        max_bytes=asked.limits.unpacked_bytes,
    )
    return _open_shapefile(asked, path)


def inside_archive(asked: Asked) -> Asked:
    """Return the same question about the one file, of another format, that an archive holds."""
    path = unpack(asked.path, asked.folder, max_bytes=asked.limits.unpacked_bytes)
    return replace(asked, path=path, source_format=identify(path))


def _open_shapefile(asked: Asked, path: Path) -> Opened:
    guessed = "" if asked.options.encoding else text_encoding(path)
    encoding = asked.options.encoding or guessed
    notes = (Sentence(ImportText.ENCODING, {"encoding": guessed}),)
    source = open_source(
        path,
        name=asked.name,
        source_format=asked.source_format,
        options={"encoding": encoding} if encoding else {},
    )
    return Opened(
        source=as_told(source, told_by_fields(_beside(replace(asked, path=path), FIELDS))),
        srid=asked.options.srid,
        notes=notes if guessed else (),
    )


def _open_kml(asked: Asked) -> Opened:
    path = asked.path
    if asked.source_format is SourceFormat.KMZ:
        path = unpack_kml(asked.path, asked.folder, max_bytes=asked.limits.unpacked_bytes)
    check_markup(path, asked.name)
    source = open_source(
        path,
        name=asked.name,
        source_format=SourceFormat.KML,
        layer=asked.options.source_layer,
        left_out=DRAWING_COLUMNS,
    )
    return Opened(source=source, srid=asked.options.srid)


def _open_drawing(asked: Asked) -> Opened:
    """Open a DXF; for a layer of areas its closed lines are the areas, as draughtsmen mean them."""
    wants_areas = GeometryKind.POLYGON in {asked.layer_kind, asked.options.geometry_kind}
    encoding = asked.options.encoding or drawing_encoding(asked.path)
    source = open_source(
        asked.path,
        name=asked.name,
        source_format=asked.source_format,
        options={"CLOSED_LINE_AS_POLYGON": "YES" if wants_areas else "NO"}
        | ({"ENCODING": encoding} if encoding else {}),
        left_out=frozenset({"SubClasses", "PaperSpace"}),
    )
    told = Told(crs=stated_crs(_beside(asked, f"{asked.path.stem}.prj")))
    return Opened(source=as_told(source, told), srid=asked.options.srid)


def _open_table(asked: Asked) -> Opened:
    told = told_by_metadata(_beside(asked, f"{asked.path.name}{DESCRIPTION}"))
    source = open_table(asked.path, asked.name, asked.options, kind_of=told.kind_of)
    notes = [Sentence(ImportText.READ_FROM, {"columns": ", ".join(source.coordinates)})]
    if source.form.is_guessed:
        title = source.form.encoding_title
        notes.append(Sentence(ImportText.ENCODING, {"encoding": title}))
    if source.punctuation.is_decimal_comma:
        notes.append(Sentence(ImportText.DECIMAL_COMMA, {}))
    if source.punctuation.is_otherwise:
        notes.append(Sentence(ImportText.WRITTEN_NUMBERS, {}))
    return Opened(source=as_told(source, told), srid=asked.options.srid, notes=tuple(notes))


def _beside(asked: Asked, name: str) -> bytes:
    """Return what stands in a file that came along in an archive; nothing else may be opened."""
    path = asked.folder / name
    return path.read_bytes() if asked.path.parent == asked.folder and path.exists() else b""


def _open_parquet(asked: Asked) -> Opened:
    source = open_parquet(asked.path, asked.name)
    return Opened(source=source, srid=asked.options.srid)


def _open_osm(asked: Asked) -> Opened:
    source = open_osm(asked.path, name=asked.name, layer=asked.options.source_layer)
    return Opened(source=source, srid=asked.options.srid, id_prefix="")


_OPENERS: dict[SourceFormat, Callable[[Asked], Opened]] = {
    SourceFormat.GEOPACKAGE: _open_plain,
    SourceFormat.GEOJSON: _open_geojson,
    SourceFormat.GEOJSON_SEQUENCE: _open_geojson,
    SourceFormat.FLATGEOBUF: _open_plain,
    SourceFormat.SHAPEFILE: _open_archive,
    SourceFormat.KML: _open_kml,
    SourceFormat.KMZ: _open_kml,
    SourceFormat.DXF: _open_drawing,
    SourceFormat.CSV: _open_table,
    SourceFormat.GEOPARQUET: _open_parquet,
    SourceFormat.OSM_PBF: _open_osm,
}
