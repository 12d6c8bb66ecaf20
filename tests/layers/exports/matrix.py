"""Every kind of shape and of value a layer may hold, and what each format makes of them.

``left_of`` is the whole list of losses: docs/exports.md tells the same in words.
"""

import csv
import io
import json

import pyogrio
import pyogrio.raw
import shapely
from shapely.geometry import MultiLineString, MultiPoint

from layers.crs import reproject
from layers.ingest import ImportOptions, import_file
from layers.models import Feature
from layers.queries import layer_named
from tests.factories import at, feature, land_use, line, square
from tests.layers.exports.taken import described, opened, taken

POINT, POINTS = at(1, 2), MultiPoint([at(10, 10), at(20, 20)])
STREET = line((0, 0), (100, 0), (100, 50))
STREETS = MultiLineString([line((0, 5), (50, 5)), line((0, 9), (50, 9))])
YARD = square(0, 0, 100).difference(square(40, 40, 20))
TWO = square(200, 0, 50).union(square(300, 0, 50).difference(square(310, 10, 10)))
KINDS = {
    "points": ("point", (POINT, at(5, 6))),
    "groups of points": ("point", (POINTS, POINTS)),
    "points and groups": ("point", (POINT, POINTS)),
    "lines": ("line", (STREET, STREET)),
    "lines of one and of several parts": ("line", (STREETS, STREET)),
    "areas with holes": ("polygon", (YARD, square(0, 200, 5))),
    "areas of one and of several parts": ("polygon", (TWO, YARD)),
    "all kinds together": ("mixed", (POINT, POINTS, STREET, STREETS, YARD, TWO)),
}
# The first row holds a value of every sort; the second mostly nothing, or another one.
VALUES = (
    {
        "ឈ្មោះ": "ផ្សារលើ",
        "name_km": "ផ្សារលើ",
        "long": "ភូមិ" * 100,  # 1,200 bytes in UTF-8
        "empty": "",
        "floors": 3,
        "plot": 12_345_678_901_234_567,  # 17 digits: beyond what a double tells apart
        "height_m": 12.5,
        "tenth": 0.1,
        "tiny": 1e-9,
        "huge": 10**300,  # how PostgreSQL keeps 1e300
        "open": True,
        "day": "2026-11-23",
        "day_written_otherwise": "2026/11/23",
        "hour": "07:30:00",
        "moment_z": "2026-11-23T10:00:00Z",
        "moment": "2026-11-23T10:00:00+07:00",
        "code": "007",
        "digits": "123",
        "formula": "=SUM(A1)",
        "quoted": '\'a "b", c; d\ne',
        "spaced": "  x ",
        "name": "ផ្លូវជាតិលេខ ៣",
        "Description": "National Road 3",
        "tags": {"a": [1, "ខ"], "b": None},
        "either": 1,
        "a_name_longer_than_dbase_has": 1,
        "a_name_longer_than_dbase_knows": 2,
    },
    {
        "ឈ្មោះ": None,
        "day": "2026-01-02",
        "moment_z": "2026-11-23T10:00:00.123Z",
        "floors": -2,
        "height_m": 3.0,
        "open": False,
        "either": "x",
        "digits": "5",
    },
)
# Metres by which a corner may lie aside: half a unit of the last decimal kept, on both axes.
WITHIN_M = {"geojson": 0.008, "geojsonseq": 0.008, "kml": 0.0008, "csv": 0.0008}
ENDINGS = {"shp": "zip", "csv": "zip", "dxf": "zip", "geojsonseq": "geojsons"}
LABELLED = {"class_field": "class", "lifecycle_field": "lifecycle"}
# Columns that a format or its reader adds to the attributes.
ADDED = {
    "geojson": {"id"},
    "geojsonseq": {"id"},
    "kml": {"id", "Name", "description"},
}


def published(kind, slug="plan"):
    """A layer of one kind of shapes, its features labelled and valued in turn."""
    geometry_kind, shapes = KINDS[kind]
    land_use("R1", scheme="zone", colour="#FFD37F")
    features = (
        feature(
            f"ដី-{n}", shape, "R1" if n % 2 == 0 else None,
            "planned" if n % 2 else "existing", **VALUES[n % 2],
        )
        for n, shape in enumerate(shapes)
    )  # fmt: skip
    return described(slug, *features, geometry_kind=geometry_kind)


def left_of(code, properties):
    """What a format leaves of attributes when Krong reads its own file again."""
    kept = {name: value for name, value in properties.items() if value is not None}
    if code in {"shp", "csv", "kml"}:  # no sign but letters at the ends of a text
        kept = {n: v.strip() if isinstance(v, str) else v for n, v in kept.items()}
    if code in {"shp", "csv"}:  # no empty text
        kept = {name: value for name, value in kept.items() if value != ""}
    if code in {"fgb", "kml"}:  # no lists, objects, or columns of several types
        kept = {n: as_json(v) if n in {"tags", "either"} else v for n, v in kept.items()}
    if code == "kml":  # GDAL's own columns are called so
        kept = {
            f"{n}2" if n.lower() in {"name", "id", "description"} else n: v for n, v in kept.items()
        }
    if code == "kml" and "plot" in kept:  # whole numbers of 16 digits and more are texts
        kept["plot"] = str(kept["plot"])
    if code == "shp":
        kept.pop("huge", None)
        if "long" in kept:
            kept["long"] = kept["long"].encode()[:254].decode(errors="ignore")
    return kept


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def rows_of(layer):
    """Identifier -> class, lifecycle, attributes and shape of what stands now."""
    found = Feature.objects.filter(layer=layer, retired_in=None).select_related("land_use")
    return {
        row.stable_id: (
            row.land_use.code if row.land_use else None,
            row.lifecycle,
            row.properties,
            shapely.from_wkb(bytes(row.geometry.wkb)),
        )
        for row in found
    }


def file_of(client, tmp_path, code, slug="plan", **asked):
    """A download under a name by which Krong knows its format."""
    path = tmp_path / f"{slug}.{ENDINGS.get(code, code)}"
    path.write_bytes(taken(client, slug, code, **asked))
    return path


def brought_back(path, code, into="again", **options):
    """What stands in a new layer after a downloaded file was imported into it."""
    left_out = dict.fromkeys({"class"} | ADDED.get(code, set()))
    chosen = LABELLED | {"fields": left_out} | options
    report = import_file(path=path, layer=into, options=ImportOptions(**chosen))
    return rows_of(layer_named(into)), report


def read_by_gdal(path, srid=32648, **options):
    """A vector file as GDAL alone reads it: identifier -> class, lifecycle, attributes, shape."""
    meta, table = pyogrio.raw.read_arrow(path, layer=0, **options)
    shape_name = meta["geometry_name"] or "wkb_geometry"
    found = {}
    for row in table.to_pylist():
        shape = shapely.from_wkb(row.pop(shape_name))
        labels = [row.pop(name) or None for name in ("stable_id", "class", "lifecycle")]
        found[labels[0]] = (*labels[1:], row, reproject(shapely.force_2d(shape), srid, 32648))
    return found


def shapefiles_read(path, folder):
    """All Shapefiles of a download as GDAL reads them, their columns by their long names."""
    files = opened(path.read_bytes())
    for name, content in files.items():
        (folder / name).write_bytes(content)
    names = {row["column"]: row["attribute"] for row in cells(files["fields.csv"])}
    found = {}
    for part in sorted(folder.glob("*.shp")):
        for key, (land_use_code, lifecycle, values, shape) in read_by_gdal(part).items():
            longer = {names[name]: value for name, value in values.items()}
            found[key] = (land_use_code, lifecycle, longer, shape)
    return found


def cells(content):
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
