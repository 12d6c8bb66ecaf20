"""Files as a city receives them, made on the spot: vectors, OpenStreetMap extracts, grids."""

import struct
import zipfile

import geopandas
import numpy as np
import rasterio
from rasterio.transform import from_origin

from tests.factories import EAST, NORTH

UTM48 = 32648


def vector_file(path, geometries, *, crs=UTM48, layer=None, append=False, **columns):
    """A vector file in the format of its ending; returns the path."""
    frame = geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs)
    options = {"layer": layer} if layer else {}
    frame.to_file(path, mode="a" if append else "w", engine="pyogrio", **options)
    return path


def zipped_shapefile(path, geometries, *, without=(), crs=UTM48, encoding="UTF-8", **columns):
    """A zip archive with one Shapefile, some of its parts left out."""
    folder = path.with_suffix("")
    folder.mkdir()
    frame = geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs)
    frame.to_file(folder / f"{path.stem}.shp", engine="pyogrio", encoding=encoding)
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            if part.suffix not in without:
                archive.write(part, part.name)
    return path


def kml(path, content):
    """A KML document around some places or folders."""
    space = 'xmlns="http://www.opengis.net/kml/2.2"'
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><kml {space}><Document>{content}</Document></kml>',
        encoding="utf-8",
    )
    return path


def drawing(path, lines, *, layer="0", closed=False, blocks="", entities=""):
    """A DXF drawing (AutoCAD 2007 and later: UTF-8) of polylines on one layer."""
    groups = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1021", "0", "ENDSEC"]
    if blocks:
        groups += ["0", "SECTION", "2", "BLOCKS", *blocks.split("\n"), "0", "ENDSEC"]
    groups += ["0", "SECTION", "2", "ENTITIES"]
    for corners in lines:
        groups += ["0", "LWPOLYLINE", "8", layer, "90", str(len(corners)), "70", str(int(closed))]
        for x, y in corners:
            groups += ["10", str(x), "20", str(y)]
    groups += entities.split("\n") if entities else []
    path.write_text("\n".join([*groups, "0", "ENDSEC", "0", "EOF", ""]), encoding="utf-8")
    return path


def grid_file(path, cells, *, crs=UTM48, nodata=-9999.0, cell_m=10.0, west=EAST, north=NORTH):
    """A GeoTIFF whose north-west corner lies at (west, north)."""
    cells = np.atleast_3d(np.asarray(cells)).transpose(2, 0, 1)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cells.shape[2],
        height=cells.shape[1],
        count=cells.shape[0],
        dtype=cells.dtype,
        crs=f"EPSG:{crs}" if crs else None,
        nodata=nodata,
        transform=from_origin(west, north, cell_m, cell_m),
    ) as target:
        target.write(cells)
    return path


def osm_file(path, *, nodes=(), ways=(), relations=()):
    """An uncompressed .osm.pbf after wiki.openstreetmap.org/wiki/PBF_Format.

    nodes: (id, longitude, latitude, tags); ways: (id, node ids, tags);
    relations: (id, [(role, way id)], tags).
    """
    texts = _Texts()
    groups = (  # a group holds elements of one type only
        b"".join(_field(1, _node(texts, *node)) for node in nodes),
        b"".join(_field(3, _way(texts, *way)) for way in ways),
        b"".join(_field(4, _relation(texts, *relation)) for relation in relations),
    )
    block = _field(1, texts.table()) + b"".join(_field(2, group) for group in groups if group)
    header = _field(4, b"OsmSchema-V0.6")
    path.write_bytes(_blob(b"OSMHeader", header) + _blob(b"OSMData", block))
    return path


class _Texts:
    def __init__(self):
        self.known = {"": 0}

    def number(self, text):
        return self.known.setdefault(text, len(self.known))

    def table(self):
        return b"".join(_field(1, text.encode()) for text in self.known)


def _blob(kind, content):
    blob = _field(1, content)
    header = _field(1, kind) + _number(3, len(blob))
    return struct.pack(">I", len(header)) + header + blob


def _node(texts, number, longitude, latitude, tags):
    place = _number(8, _zigzag(round(latitude * 1e7))) + _number(9, _zigzag(round(longitude * 1e7)))
    return _number(1, _zigzag(number)) + _tags(texts, tags) + place


def _way(texts, number, node_numbers, tags):
    return _number(1, number) + _tags(texts, tags) + _field(8, _deltas(node_numbers))


def _relation(texts, number, members, tags):
    roles = b"".join(_varint(texts.number(role)) for role, _ in members)
    ways = _deltas([way for _, way in members])
    body = _field(8, roles) + _field(9, ways) + _field(10, b"\x01" * len(members))
    return _number(1, number) + _tags(texts, tags) + body


def _tags(texts, tags):
    if not tags:
        return b""
    keys = b"".join(_varint(texts.number(key)) for key in tags)
    return _field(2, keys) + _field(3, b"".join(_varint(texts.number(v)) for v in tags.values()))


def _deltas(numbers):
    steps = np.diff([0, *numbers])
    return b"".join(_varint(_zigzag(int(step))) for step in steps)


def _field(number, content):
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number, value):
    return _varint(number << 3) + _varint(value)


def _zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])
