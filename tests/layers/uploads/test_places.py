"""Does it fit? Where a file would lie under each coordinate system, in words and metres."""

import numpy as np
import pytest
import shapely
from django.urls import reverse

from layers import crs
from layers.crs import to_wgs84
from layers.queries import current_features
from layers.uploads.comparison import looks_like_indian_1960, shift_sentence
from layers.uploads.directions import distance, towards
from layers.uploads.places import as_geojson, placements, stated_placement
from tests.factories import EAST, NORTH, feature, filled_layer, square
from tests.layers.uploads.conftest import brought_in, frame, tried, zipped, zipped_shapefile

CITY = tuple(to_wgs84(square(-2_000, -2_000, 5_000)).bounds)


@pytest.fixture
def no_memory():
    for kept in (crs.transformer, crs._between):
        kept.cache_clear()
    yield
    for kept in (crs.transformer, crs._between):
        kept.cache_clear()


def layer_of(*shapes, **told):
    return {"shapes": list(shapely.to_wkb(np.array(shapes), hex=True)), "crs": None, **told}


def by_srid(found):
    return {one["srid"]: one for one in found}


@pytest.mark.parametrize(
    ("east", "north", "word"),
    [(0, 1, "north"), (1, 1, "north-east"), (1, 0, "east"), (1, -1, "south-east"),
     (0, -1, "south"), (-1, -1, "south-west"), (-1, 0, "west"), (-1, 1, "north-west"),
     (419, -323, "south-east"), (0.1, 1, "north")],
)  # fmt: skip
def test_a_direction_is_the_nearest_of_eight(east, north, word):
    assert towards(east, north) == word


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (459.4, "459 m"),
        (999, "999 m"),
        (3_400, "3.4 km"),
        (12_600, "13 km"),
        (5_400_000, "5,400 km"),
    ],
)
def test_a_distance_is_said_as_people_say_it(metres, words):
    assert distance(metres) == words


def test_metres_of_utm_48_fit_and_as_degrees_they_are_no_place():
    found = by_srid(placements(layer_of(square(0, 0, 100)), CITY))

    assert found[32648]["fits"]
    assert found[32648]["where"] == "It would lie within the city's maps."
    assert found[4326]["problem"]
    assert found[3857]["problem"] or not found[3857]["fits"]


def test_degrees_fit_as_degrees_and_as_nothing_else():
    found = by_srid(placements(layer_of(to_wgs84(square(0, 0, 100))), CITY))

    assert found[4326]["fits"]
    assert [srid for srid, one in found.items() if one["fits"]] == [4326]


def test_what_lies_far_away_is_told_with_distance_and_direction():
    found = by_srid(placements(layer_of(square(0, 40_000, 100)), CITY))

    # the city's box ends 3,000 m north of the origin
    assert found[32648]["where"] == "It would lie 37 km to the north of the city's maps."
    assert not found[32648]["fits"]


def test_what_reaches_over_the_edge_is_partly_within():
    found = by_srid(placements(layer_of(square(2_900, 0, 500)), CITY))

    assert found[32648]["where"] == "It would lie partly within the city's maps."


def test_without_any_layer_nothing_is_claimed():
    found = by_srid(placements(layer_of(square(0, 0, 100)), None))

    assert "No layer is published yet" in found[32648]["where"]


def test_indian_1960_is_offered_but_refused_and_the_459_m_are_explained():
    found = by_srid(placements(layer_of(square(0, 0, 100)), CITY))

    assert not found[3148]["fits"]
    assert "459 m" in found[3148]["problem"]
    assert "KRONG_DATUM_SHIFT_3148" in found[3148]["problem"]


def test_with_the_shift_set_the_page_says_how_far_the_two_systems_lie_apart(settings, no_memory):
    settings.KRONG_DATUM_SHIFT_3148 = "198,881,317"
    # the test point at Sihanoukville: 419.4 m east and 323.3 m south of its place, 529.5 m in all
    point = shapely.Point(339087.07, 1175118.14)
    found = by_srid(placements(layer_of(point, point.buffer(50)), None))

    assert found[3148]["problem"] == ""
    [near] = [line for line in found[3148]["near"] if "EPSG:32648" in line]
    assert "529 m too far to the south-east" in near
    centre = shapely.union_all(found[3148]["shapes"]).centroid
    assert (centre.x, centre.y) == pytest.approx((338667.71, 1175441.41), abs=1)


def test_a_file_that_states_its_system_is_placed_by_it_alone():
    told = layer_of(square(0, 0, 100)) | {"crs": {"srid": 32648, "title": "UTM"}}

    assert stated_placement(told, CITY)["where"] == "It would lie within the city's maps."


def test_shapes_on_the_map_are_where_they_lie():
    [one] = [p for p in placements(layer_of(square(0, 0, 100)), CITY) if p["srid"] == 32648]

    drawn = as_geojson(one["shapes"])["features"][0]["geometry"]

    assert shapely.geometry.shape(drawn).bounds == pytest.approx(
        to_wgs84(square(0, 0, 100)).bounds, abs=1e-6
    )


def test_a_file_without_places_is_no_error():
    assert all(one["problem"] for one in placements({"shapes": [], "crs": None}, CITY))
    assert as_geojson(np.array([]))["features"] == []


@pytest.mark.django_db
def test_features_taken_from_a_guessed_conversion_are_told_to_lie_459_m_off(page, tmp_path):
    """Published in their right place; the file's come from a program that guessed the shift."""
    filled_layer(
        "lots",
        *(feature(f"P{n}", square(200 * n, 0, 100)) for n in range(3)),
        geometry_kind="polygon",
    )
    guessed = frame(shift=(397.49, -230.41))
    upload = brought_in(page, zipped(tmp_path, guessed), "lots.zip")
    upload = tried(page, upload, target="lots", id_field="NO")

    told = page.get(reverse("layer-import-trial", args=[upload.token])).content.decode()

    assert "3 features that the layer already holds would move by about 459 m" in told
    assert "to the south-east" in told
    assert "Indian 1960 (EPSG:3148)" in told
    assert current_features("lots").get(stable_id="P0").geometry.extent[0] == EAST


@pytest.mark.django_db
def test_features_in_their_place_are_not_said_to_move(page, tmp_path):
    filled_layer("lots", feature("P0", square(0, 0, 100)), geometry_kind="polygon")
    upload = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
    upload = tried(page, upload, target="lots", id_field="NO")

    assert upload.trial["moved"] is None


def test_only_the_marks_of_the_old_system_are_called_so():
    assert looks_like_indian_1960({"east_m": 419, "north_m": -323})
    assert looks_like_indian_1960({"east_m": 397, "north_m": -230})
    assert not looks_like_indian_1960({"east_m": -419, "north_m": 323})
    assert not looks_like_indian_1960({"east_m": 30, "north_m": 0})
    assert "30 m to the east" in shift_sentence({"count": 2, "east_m": 30, "north_m": 0})


@pytest.mark.django_db
def test_a_file_without_a_system_must_be_given_one_and_keeps_what_was_typed(page, tmp_path):
    content = zipped_shapefile(tmp_path / "s", frame(crs=None), leave=(".cpg", ".prj"))
    upload = brought_in(page, content, "lots.zip")
    from tests.layers.uploads.conftest import chosen

    answer = page.post(
        reverse("layer-import-file", args=[upload.token]), chosen(upload, title_km="ដីឡូត៍")
    )

    assert answer.status_code == 400
    told = answer.content.decode()
    assert "Choose where the file lies" in told
    assert "ដីឡូត៍" in told

    upload = tried(page, upload, srid="32648", id_field="NO")
    assert upload.trial["crs"]["srid"] == 32648
    places = page.get(reverse("layer-import-places", args=[upload.token])).json()
    assert len(places["32648"]["features"]) == 3
    west = places["32648"]["features"][0]["geometry"]["coordinates"][0][0][0]
    assert west == pytest.approx(to_wgs84(shapely.Point(EAST, NORTH)).x, abs=0.01)
