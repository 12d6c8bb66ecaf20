"""Layers to take away, and what comes back when their files are read again."""

import csv
import io
import zipfile

import pyogrio

from layers.models import Feature
from layers.queries import layer_named
from layers.services import open_layer
from tests.factories import feature, filled_layer, land_use, line, outline, square

MARKET = "ផ្សារលើ"


def described(slug, *features, **more):
    """A published layer with everything a description may hold."""
    return filled_layer(
        slug,
        *features,
        title_km="ផ្សារ និងសាលា",
        title_en="Markets and schools",
        source="Survey of the city hall",
        licence="CC BY 4.0",
        steward="Department of Land Management",
        theme="facility",
        **more,
    )


def areas(slug="zones"):
    """Areas with and without class, Khmer, a hole, several parts, values of every type."""
    land_use("R1", scheme="zone", colour="#FFD37F")
    yard = square(0, 0, 100).difference(square(40, 40, 20))
    two = square(200, 0, 50).union(square(300, 0, 50))
    return described(
        slug,
        feature("Z-1", yard, "R1", name_km=MARKET, floors=3, height_m=12.5, approved=True),
        feature("Z-2", two, None, "planned", name_km="=SUM(A1)", tags={"a": [1, "ខ"]}, floors=-2),
        feature("ដី-៣", outline((0, 200), (10, 200), (5, 210)), "R1", "closed", height_m=3),
        geometry_kind="polygon",
    )


def content_of(layer):
    """Identifier -> class, lifecycle, attributes and shape of what stands now."""
    rows = Feature.objects.filter(layer=layer, retired_in=None).select_related("land_use")
    return {
        row.stable_id: (
            row.land_use.code if row.land_use else None,
            row.lifecycle,
            row.properties,
            row.geometry,
        )
        for row in rows
    }


def taken(client, slug, code, **asked):
    """The bytes of a download."""
    response = client.get(f"/layers/{slug}/download", {"format": code, **asked})
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def opened(content):
    """The files of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def table_in(content):
    """The rows of a CSV by identifier."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return {row["stable_id"].removeprefix("'"): row for row in rows}


def frame(path, **options):
    """A vector file as GDAL reads it, by identifier."""
    return pyogrio.read_dataframe(path, **options).set_index("stable_id")


def streets(slug="streets"):
    return described(
        slug,
        feature("S-1", line((0, 0), (100, 0), (100, 50)), "road", name="ផ្លូវ ១"),
        feature("S-2", line((0, 10), (100, 10)), None, width_m=6),
        geometry_kind="line",
    )


def empty_layer(slug):
    layer = open_layer(slug=slug, geometry_kind="point")
    return layer_named(layer.slug)
