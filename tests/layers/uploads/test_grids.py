"""A terrain model comes onto the map by the web: what it states and what must be said."""

import base64
import io
import zlib

import numpy as np
import pytest
import rasterio
from django.urls import reverse
from rasterio.transform import from_origin

from layers.crs import to_wgs84
from layers.models import Layer, RasterLayer
from layers.queries import current_raster
from layers.uploads.models import SavedMapping, Upload
from layers.uploads.pictures import shown_picture
from layers.uploads.vocab import Step
from layers.vocab import RunState
from tests.factories import EAST, NORTH, feature, filled_layer, square
from tests.layers.sources import grid_file
from tests.layers.uploads.conftest import brought_in, imported, send, work

pytestmark = pytest.mark.django_db

FORM = {
    "target": "", "slug": "terrain", "title_km": "កម្ពស់ដី", "title_en": "Terrain", "theme": "terrain",
    "visibility": "public", "surveyed": "", "quantity": "elevation", "units": "m", "action": "try",
}  # fmt: skip


def slope(rows=40, columns=30):
    """Ground rising 1 m a row to the south, 10 m cells; the north-west cell is unknown."""
    cells = np.repeat(np.arange(rows, dtype="float32")[:, None], columns, axis=1)
    cells[0, 0] = -9999
    return cells


def upload_of(page, folder, cells=None, name="dem.tif", **stated):
    path = grid_file(folder / "made.tif", slope() if cells is None else cells, **stated)
    return brought_in(page, path.read_bytes(), name)


def address(name, upload):
    return reverse(f"layer-import-{name}", args=[upload.token])


def choices_page(page, upload):
    return page.get(address("file", upload)).content.decode()


def tried(page, upload, **typed):
    answer = page.post(address("file", upload), FORM | typed)
    assert answer.status_code == 302, answer.context["form"].errors
    return work(upload, Step.TRIAL)


def opened_picture(picture):
    """Read the PNG of a page as a program would; return its grey and its opacity."""
    head, _comma, content = picture["url"].partition(",")
    assert head == "data:image/png;base64"
    with rasterio.open(io.BytesIO(base64.b64decode(content))) as png:
        return png.read(1), png.read(2)


def test_a_terrain_goes_from_the_file_to_a_published_grid(page, tmp_path):
    upload = upload_of(page, tmp_path)
    told = choices_page(page, upload)

    # 30 x 40 cells of 10 m
    assert "30 × 40 cells" in told
    assert "300 × 400 m" in told
    assert "(EPSG:32648)" in told
    assert "-9999" in told
    assert 'name="srid"' not in told  # the file says it
    assert 'name="nodata"' not in told
    assert 'name="band"' not in told

    upload = tried(page, upload, vertical_datum="Hà Tiên 1960")
    assert not Layer.objects.exists()
    told = page.get(address("trial", upload)).content.decode()
    assert "Lowest value</dt><dd>0 m" in told
    assert "Highest value</dt><dd>39 m" in told

    upload = imported(page, upload)
    assert upload.import_run.state == RunState.SUCCEEDED
    raster = current_raster("terrain")
    assert (raster.minimum, raster.maximum, raster.resolution_m) == (0, 39, 10)
    assert (raster.quantity, raster.units, raster.nodata) == ("elevation", "m", -9999)
    assert raster.vertical_datum == "Hà Tiên 1960"
    assert raster.version.layer.title_km == "កម្ពស់ដី"
    assert raster.footprint.extent == (EAST, NORTH - 400, EAST + 300, NORTH)
    told = page.get(address("result", upload)).content.decode()
    assert "is published as version 1" in told
    assert "refused" not in told  # a grid has no rows


def test_the_map_before_the_trial_shows_the_cells_where_they_lie(page, tmp_path):
    upload = upload_of(page, tmp_path)

    placed = page.get(address("places", upload)).json()

    assert set(placed) == {"32648"}
    picture = placed["32648"]["picture"]
    west, south, east, north = to_wgs84(square(0, -400, 400)).bounds
    # the grid is 300 m wide and 400 m high, its axes 0.3 degrees off north: 2 m at its corners
    assert picture["extent"][0] == pytest.approx(west, abs=3e-5)
    assert picture["extent"][1] == pytest.approx(south, abs=3e-5)
    assert picture["extent"][3] == pytest.approx(north, abs=3e-5)
    assert picture["extent"][2] < east
    grey, opacity = opened_picture(picture)
    rows, columns = grey.shape
    assert rows == 400
    assert columns == pytest.approx(300, abs=3)
    # row 10 of 40 is 10 m of 39 m, dark; row 30 is bright; the north-west cell holds nothing
    assert grey[105, 150] < 80
    assert grey[305, 150] > 170
    assert opacity[5, 5] == 0
    assert opacity[200, 150] == 255


def test_the_map_of_the_trial_shows_what_would_be_stored(page, tmp_path):
    upload = tried(page, upload_of(page, tmp_path))

    shown = page.get(address("places", upload) + "?of=trial").json()["trial"]

    assert shown["features"][0]["geometry"]["type"] == "Polygon"
    grey, opacity = opened_picture(shown["picture"])
    assert (grey[opacity == 255].min(), grey[opacity == 255].max()) == (0, 255)


def test_a_grid_far_from_the_city_is_told_to_lie_there(page, tmp_path):
    filled_layer("lots", feature("A", square(0, 0, 1_000)), geometry_kind="polygon")
    near = upload_of(page, tmp_path)
    far = upload_of(page, tmp_path, north=NORTH + 60_000)

    assert "city&#x27;s maps" in choices_page(page, near)
    told = choices_page(page, far)
    assert "km to the north of the city" in told


def test_a_grid_without_a_system_is_shown_under_each_and_must_be_given_one(page, tmp_path):
    upload = upload_of(page, tmp_path, crs=None)
    told = choices_page(page, upload)

    assert "The file does not say it: choose below." in told
    assert 'role="alert"' not in told  # the page itself can mend it
    placed = page.get(address("places", upload)).json()
    assert placed["32648"]["picture"]
    assert placed["4326"]["picture"] is None  # 330,000 degrees east are nowhere
    assert placed["3148"]["picture"] is None  # only a guess leads from there
    answer = page.post(address("file", upload), FORM)
    assert answer.status_code == 400
    assert "Choose where the file lies" in answer.content.decode()

    upload = tried(page, upload, srid="32648")
    upload = imported(page, upload)
    assert current_raster("terrain").footprint.extent[0] == EAST


def test_a_no_data_value_that_the_file_does_not_state_must_be_said(page, tmp_path):
    upload = upload_of(page, tmp_path, nodata=None)

    answer = page.post(address("file", upload), FORM)
    assert answer.status_code == 400
    assert "else holes and sea would count as ground" in answer.content.decode()

    upload = tried(page, upload, nodata="-៩៩៩៩")
    assert upload.trial["grid"]["minimum"] == 0
    imported(page, upload)
    assert current_raster("terrain").nodata == -9999


def test_without_the_no_data_value_a_hole_would_be_the_lowest_ground_and_is_refused(page, tmp_path):
    cells = slope()
    cells[0, 0] = -32_768
    upload = upload_of(page, tmp_path, cells, nodata=None)

    upload = tried(page, upload, nodata="0")

    assert upload.trial_run.state == RunState.FAILED
    told = page.get(address("trial", upload)).content.decode()
    assert "no ground on Earth lies" in told


def test_one_of_several_bands_must_be_chosen(page, tmp_path):
    both = np.dstack([slope(), slope() + 100])
    upload = upload_of(page, tmp_path, both)

    assert page.post(address("file", upload), FORM).status_code == 400
    assert page.post(address("file", upload), FORM | {"band": "3"}).status_code == 400
    upload = tried(page, upload, band="2")

    assert upload.trial["grid"]["maximum"] == 139


def test_degrees_are_refused_at_the_first_look_with_what_to_do(page, tmp_path):
    path = tmp_path / "degrees.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=9, height=9, count=1, dtype="float32", crs="EPSG:4326",
        nodata=-1, transform=from_origin(103.5, 10.6, 0.001, 0.001),
    ) as target:  # fmt: skip
        target.write(np.ones((1, 9, 9), "float32"))
    upload = brought_in(page, path.read_bytes(), "dem.tif")

    told = choices_page(page, upload)

    assert "is in degrees" in told
    assert "gdalwarp" in told


def test_the_old_system_is_refused_for_grids_too(page, tmp_path):
    """Read as if it were known, it would lie 459 m off at Sihanoukville."""
    told = choices_page(page, upload_of(page, tmp_path, crs=3148))

    assert "No accurate transformation" in told
    assert 'role="alert"' in told


def test_a_grid_goes_only_into_a_layer_of_grids(page, tmp_path):
    filled_layer("lots", feature("A", square(0, 0, 1_000)), geometry_kind="polygon")
    upload = upload_of(page, tmp_path)

    answer = page.post(address("file", upload), FORM | {"target": "lots"})

    assert answer.status_code == 400
    assert "target" in answer.context["form"].errors


def test_a_newer_terrain_is_the_next_version_and_the_same_one_none(page, tmp_path):
    imported(page, tried(page, upload_of(page, tmp_path)))
    imported(page, tried(page, upload_of(page, tmp_path), target="terrain"))
    assert RasterLayer.objects.count() == 1

    imported(page, tried(page, upload_of(page, tmp_path, slope() + 1), target="terrain"))

    assert current_raster("terrain").version.number == 2
    assert current_raster("terrain").maximum == 40


def test_who_goes_back_from_the_trial_finds_what_was_chosen(page, tmp_path):
    upload = upload_of(page, tmp_path, nodata=None)
    tried(page, upload, nodata="-9999", vertical_datum="Hà Tiên 1960", slug="hills")

    form = page.get(address("file", upload)).context["form"]

    shown = {name: form[name].value() for name in ("slug", "title_km", "vertical_datum", "nodata")}
    assert shown == {
        "slug": "hills", "title_km": "កម្ពស់ដី", "vertical_datum": "Hà Tiên 1960", "nodata": -9999,
    }  # fmt: skip


def test_what_was_said_of_a_grid_is_proposed_for_the_next_of_its_kind_only(page, tmp_path):
    upload = upload_of(page, tmp_path)
    imported(page, tried(page, upload, vertical_datum="Hà Tiên 1960"))
    assert SavedMapping.objects.count() == 1

    again = choices_page(page, upload_of(page, tmp_path, slope() + 2))
    assert "The same choices are proposed." in again
    assert "Hà Tiên 1960" in again
    coarser = choices_page(page, upload_of(page, tmp_path, cell_m=30.0))
    assert "The same choices are proposed." not in coarser


def test_a_raster_that_states_640_gb_is_refused_at_the_first_look(page, tmp_path):
    path = tmp_path / "made.tif"
    profile = {"driver": "GTiff", "width": 400_000, "height": 400_000, "count": 1,
               "dtype": "float32", "nodata": -9999, "crs": "EPSG:32648", "tiled": True,
               "SPARSE_OK": True, "BIGTIFF": "YES", "blockxsize": 256, "blockysize": 256,
               "transform": from_origin(EAST, NORTH, 10, 10)}  # fmt: skip
    with rasterio.open(path, "w", **profile):
        pass
    # 1,563 x 1,563 tiles of 256 cells, each with an offset and a length: 400,000² x 4 B = 640 GB
    assert 25_000_000 < path.stat().st_size < 45_000_000

    upload = brought_in(page, path.read_bytes(), "dem.tif")
    told = choices_page(page, upload)

    assert "declares 400000 x 400000 cells" in told
    assert 'role="alert"' in told
    assert page.get(address("places", upload)).json()["32648"]["picture"] is None
    page.post(address("file", upload), FORM)
    upload = work(upload, Step.TRIAL)
    assert upload.trial_run.state == RunState.FAILED
    assert not Layer.objects.exists()


@pytest.mark.parametrize("content", [b"II*\x00", b"II*\x00" + b"\xff" * 400, b"MM\x00*\x00\x00"])
def test_what_only_begins_like_a_grid_is_told_as_damaged(page, content):
    send(page, content, "dem.tif")
    upload = work(Upload.objects.get(), Step.LOOK)

    assert upload.look_run.state == RunState.FAILED
    assert "damaged or incomplete" in upload.look_run.message


def told_picture(width=2, height=1, planes=bytes((0, 255, 255, 0)), **other):
    """Two cells: the left one black and shown, the right one white and hidden."""
    cells = base64.b64encode(zlib.compress(planes)).decode()
    extent = [103.5, 10.6, 103.6, 10.7]
    return {"width": width, "height": height, "extent_wgs84": extent, "cells": cells} | other


def test_a_picture_is_a_png_of_the_cells():
    grey, opacity = opened_picture(shown_picture(told_picture()))

    assert grey.tolist() == [[0, 255]]
    assert opacity.tolist() == [[255, 0]]


@pytest.mark.parametrize(
    "told",
    [
        None,
        "picture",
        {},
        told_picture(width=3),
        told_picture(width=0),
        told_picture(width=10**9),
        told_picture(height="tall"),
        told_picture(planes=bytes(3)),
        told_picture(planes=bytes(500_000)),
        told_picture(cells="no base 64 at all"),
        told_picture(cells=base64.b64encode(b"not packed").decode()),
        told_picture(extent_wgs84=[103.5, 10.6]),
        told_picture(extent_wgs84=[103.6, 10.6, 103.5, 10.7]),
        told_picture(extent_wgs84=[float("nan")] * 4),
        told_picture(extent_wgs84=[0, 0, 1e308, 1]),
    ],
)
def test_a_picture_that_is_none_is_not_shown(told):
    assert shown_picture(told) is None
