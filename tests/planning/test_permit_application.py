import json

import pytest
from shapely.geometry import mapping

from layers.errors import NotFoundError, UserFacingError
from planning.errors import ApplicationError
from planning.models import ComplianceRun
from planning.permits.application import read_application
from planning.permits.reading import MAX_BYTES, parse_application
from tests.factories import rectangle
from tests.planning.city import application, drawn, r1_plot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plot():
    r1_plot()


def refusal(given):
    with pytest.raises(UserFacingError) as error:
        read_application(given)
    assert not ComplianceRun.objects.exists()
    return str(error.value)


def test_a_sound_application_is_read_as_stated():
    read = read_application(application())
    assert read.reference == "CP-1"
    assert read.proposal.floors == 2
    assert read.proposal.built_area_m2 == 160
    assert [parcel.stable_id for parcel in read.parcels] == ["P-1"]


def test_what_is_not_stated_is_none_and_zero_is_zero():
    read = read_application(application(proposal={"height_m": None, "basement_depth_m": 0}))
    assert read.proposal.height_m is None
    assert read.proposal.basement_depth_m == 0


def test_a_misspelt_field_is_named_with_the_one_that_was_meant():
    sentence = refusal(application(proposal={"heigth_m": 9}))
    assert "'heigth_m'" in sentence
    assert "Did you mean 'height_m'?" in sentence


def test_an_unknown_field_of_the_application_is_named():
    assert "'owner_name' of the application" in refusal(application(owner_name="Sok"))


def test_an_unknown_field_of_a_use_is_named():
    uses = [{"class": "office", "area": 3}]
    assert "'area' of a use" in refusal(application(proposal={"uses": uses}))


@pytest.mark.parametrize("value", [-1, -0.01, float("nan"), float("inf"), 1e12])
def test_a_height_that_cannot_be_is_refused_with_its_bounds(value):
    sentence = refusal(application(proposal={"height_m": value}))
    assert "'height_m'" in sentence
    assert "between 0 and 1,000" in sentence


@pytest.mark.parametrize("value", ["9", True, [9], {}])
def test_a_height_that_is_no_number_is_refused(value):
    assert "not a number" in refusal(application(proposal={"height_m": value}))


def test_half_a_floor_is_refused():
    assert "not a whole number" in refusal(application(proposal={"floors": 2.5}))


def test_a_negative_floor_area_is_refused():
    uses = [{"class": "office", "floor_area_m2": -5}]
    assert "'floor_area_m2'" in refusal(application(proposal={"uses": uses}))


def test_an_unknown_use_class_is_named():
    uses = [{"class": "space_port", "floor_area_m2": 5}]
    assert "'space_port'" in refusal(application(proposal={"uses": uses}))


def test_a_zone_class_is_no_use():
    uses = [{"class": "R1", "floor_area_m2": 5}]
    assert "Unknown use class: 'R1'" in refusal(application(proposal={"uses": uses}))


@pytest.mark.parametrize("uses", [[], None, "office", {}])
def test_a_proposal_without_uses_is_refused(uses):
    assert "names no use" in refusal(application(proposal={"uses": uses}))


def test_an_unknown_parcel_is_named():
    with pytest.raises(NotFoundError, match="'P-99'"):
        read_application(application(parcels=["P-99"]))


@pytest.mark.parametrize("parcels", [[], "P-1", [1], None])
def test_parcels_are_a_list_of_numbers(parcels):
    assert "list of parcel numbers" in refusal(application(parcels=parcels))


def test_a_parcel_named_twice_is_refused():
    assert "P-1 is named twice" in refusal(application(parcels=["P-1", "P-1"]))


def test_a_footprint_outside_the_parcel_is_refused_with_the_area_outside():
    sentence = refusal(
        application(proposal={"footprint": drawn(55, 41, 10, 10), "footprint_area_m2": None})
    )
    assert "50.0 m2 of the footprint (100.0 m2)" in sentence  # x from 55 to 65, plot ends at 60


def test_a_footprint_a_hair_over_the_border_is_read():
    over = drawn(40, 41, 20.05, 10)  # 0.5 m2 outside
    read = read_application(application(proposal={"footprint": over, "footprint_area_m2": None}))
    assert read.proposal.built_area_m2 == pytest.approx(200.5)


def test_a_footprint_without_a_coordinate_system_is_refused():
    given = application(proposal={"footprint": drawn(41, 41, 16, 10)}, srid=None)
    assert "coordinate system" in refusal(given)


def test_a_footprint_in_degrees_is_brought_to_metres():
    from layers.crs import to_wgs84

    degrees = mapping(to_wgs84(rectangle(41, 41, 16, 10)))
    read = read_application(application(proposal={"footprint": degrees}, srid=4326))
    assert read.proposal.built_area_m2 == pytest.approx(160, abs=0.01)


def test_a_footprint_in_metres_marked_as_degrees_is_refused():
    with pytest.raises(UserFacingError):
        read_application(application(proposal={"footprint": drawn(41, 41, 16, 10)}, srid=4326))


def test_a_bow_tie_footprint_is_refused():
    crossed = {"type": "Polygon", "coordinates": [[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]}
    assert "crosses itself" in refusal(application(proposal={"footprint": crossed}))


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [1, 0], ["a", 0]]]},
        {"type": "Polygon", "coordinates": [[[0, float("nan")], [1, 1], [1, 0], [0, 0]]]},
        "POLYGON((0 0,1 1,1 0,0 0))",
    ],
)
def test_a_footprint_that_is_no_area_is_refused(shape):
    assert "footprint" in refusal(application(proposal={"footprint": shape}))


def test_a_footprint_of_too_many_corners_is_refused():
    ring = [[x, x % 2] for x in range(10_001)]
    shape = {"type": "Polygon", "coordinates": [ring]}
    assert "10,000 corner points" in refusal(application(proposal={"footprint": shape}))


def test_a_footprint_drawn_and_stated_differently_is_refused():
    given = application(proposal={"footprint": drawn(41, 41, 16, 10), "footprint_area_m2": 100})
    assert "drawn with 160.0 m2 but stated with 100.0 m2" in refusal(given)


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", 5])
def test_a_day_that_is_none_is_refused(day):
    assert "is not a day" in refusal(application(submitted_on=day))


def test_an_unknown_permit_type_is_refused_with_the_known_ones():
    assert "CP" in refusal(application(permit_type="XX"))


@pytest.mark.parametrize("given", [[], "text", 5, None])
def test_an_application_is_one_object(given):
    assert "JSON object" in refusal(given)


def test_a_missing_reference_is_named():
    assert "'reference'" in refusal(application(reference=" "))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "at most 1,000,000"),
    ],
)
def test_a_file_that_is_no_application_is_refused_with_what_is_wrong(content, sentence):
    with pytest.raises(ApplicationError, match=sentence):
        parse_application(content, "a.json")


def test_a_file_with_a_byte_order_mark_is_read():
    content = b"\xef\xbb\xbf" + json.dumps(application()).encode()
    assert parse_application(content, "a.json")["reference"] == "CP-1"
