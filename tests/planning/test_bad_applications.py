"""Each field of an application misused: a sentence that names it, HTTP 400, and nothing kept."""

import json

import pytest

from layers.errors import UserFacingError
from layers.visibility import EVERYTHING
from planning.errors import ApplicationError
from planning.models import ComplianceRun
from planning.permits.application import (
    MOST_PARCELS,
    read_application,
)
from planning.permits.numbers import (
    BUILDING_NUMBERS,
    PROPOSAL_NUMBERS,
    USE_NUMBERS,
    WHOLE_NUMBERS,
)
from planning.permits.reading import parse_application
from tests.factories import feature, filled_layer, rectangle
from tests.planning.city import application, drawn
from tests.planning.street import asked


@pytest.fixture(autouse=True)
def known_ground(street, in_english):
    """All tests of this module read applications for the street."""


def refusal(given):
    with pytest.raises(ApplicationError) as error:
        read_application(given)
    assert str(error.value).count(".") >= 2, "what happened, and what to do"
    assert "Nothing was checked." in str(error.value)
    return str(error.value)


WRONG = [-1, -0.001, float("nan"), float("inf"), -float("inf"), 10**400, "7", True, [7], {"m": 7}]


@pytest.mark.parametrize("name", PROPOSAL_NUMBERS)
def test_each_number_of_the_proposal_is_judged(name):
    for value in (*WRONG, PROPOSAL_NUMBERS[name] + 1):
        assert f"'{name}' of the proposal" in refusal(asked(**{name: value}))
    for value in (1 if name in BUILDING_NUMBERS else 0, PROPOSAL_NUMBERS[name]):
        read = read_application(asked(**{name: value}))
        assert getattr(read.proposal, name) == value
    assert getattr(read_application(asked(**{name: None})).proposal, name) is None


@pytest.mark.parametrize("name", USE_NUMBERS)
def test_each_number_of_a_use_is_judged(name):
    for value in (*WRONG, USE_NUMBERS[name] + 1):
        assert f"'{name}' of a use" in refusal(asked(of_use={name: value}))
    read = read_application(asked(of_use={name: 3}))
    assert getattr(read.proposal.uses[0], name) == 3


@pytest.mark.parametrize("value", [0, 0.0, 0.4, 1e-300])
@pytest.mark.parametrize("name", BUILDING_NUMBERS)
def test_a_house_of_no_floor_height_or_ground_is_refused_and_not_cleared(name, value):
    sentence = refusal(asked(**{name: value}))
    assert f"'{name}' of the proposal" in sentence
    assert "at least 1" in sentence or "not a whole number" in sentence


@pytest.mark.parametrize("value", [0, 0.5, 1e-9])
@pytest.mark.parametrize("use", ["dwelling_single", "office", "hospital", "landfill_inert"])
def test_a_building_without_floor_area_is_refused(use, value):
    sentence = refusal(asked(use=use, of_use={"floor_area_m2": value}))
    assert f"'floor_area_m2' of a use: {value:g} is not possible" in sentence
    assert "Leave out what is not known yet" in sentence


@pytest.mark.parametrize(
    ("use", "name"),
    [("dwelling_single", "dwellings"), ("hotel_small", "rooms"), ("hospital", "beds"),
     ("kindergarten", "classrooms")],
)  # fmt: skip
def test_a_home_without_dwellings_or_a_hospital_without_beds_is_refused(use, name):
    assert f"'{name}' of a use: 0 is not possible" in refusal(asked(use=use, of_use={name: 0}))
    assert read_application(asked(use="office", of_use={name: 0})).proposal.counted(name) == 0


def test_a_park_without_a_building_is_read_and_half_a_building_is_not():
    bare = {"floors": 0, "height_m": 0, "footprint_area_m2": 0}
    read = read_application(asked(use="park", of_use={"floor_area_m2": 0}, **bare))
    assert (read.proposal.floor_area_m2, read.proposal.built_area_m2) == (0, 0)
    for name in BUILDING_NUMBERS:
        assert "at least 1" in refusal(asked(use="park", **{**bare, name: 3}))
    drawn_kiosk = {"footprint": drawn(9, 9, 4, 4), "floors": 0}
    assert "at least 1" in refusal(asked(use="park", **drawn_kiosk))


def test_a_kiosk_in_a_park_is_a_building_though_the_park_is_none():
    both = asked()
    both["proposal"] = {
        "uses": [{"class": "park", "floor_area_m2": 0}, {"class": "office", "floor_area_m2": 12}],
        "floors": 1,
    }
    assert read_application(both).proposal.floor_area_m2 == 12
    both["proposal"]["floors"] = 0
    assert "'floors' of the proposal: 0 is not possible" in refusal(both)


@pytest.mark.parametrize("name", sorted(WHOLE_NUMBERS))
def test_what_is_counted_is_whole(name):
    given = asked(**{name: 1.5}) if name in PROPOSAL_NUMBERS else asked(of_use={name: 1.5})
    assert f"'{name}'" in refusal(given)
    assert "not a whole number" in refusal(given)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reference": None}, "'reference' is missing"),
        ({"reference": ""}, "'reference' is missing"),
        ({"reference": 7}, "'reference' is missing"),
        ({"reference": "x" * 81}, "more than 80 characters"),
        ({"reference": "a\x00b"}, "zero byte"),
        ({"permit_type": "cp"}, "'permit_type' is 'cp'"),
        ({"permit_type": None}, "'permit_type' is None"),
        ({"applicant": "ghost"}, "'applicant' is 'ghost'"),
        ({"applicant": ["private"]}, "'applicant'"),
        ({"proposal": None}, "'proposal' is not a JSON object"),
        ({"proposal": []}, "'proposal' is not a JSON object"),
        ({"parcels": ["P-R1", "P-R1"]}, "P-R1 is named twice"),
        ({"parcels": ["P-R1"] * (MOST_PARCELS + 1)}, "at most 100"),
        ({"parcels": {"P-R1": 1}}, "not a list of parcel numbers"),
        ({"surplus": 1}, "'surplus' of the application is not known"),
        ({"Reference": "x"}, "Did you mean 'reference'?"),
    ],
)
def test_each_field_of_the_application_is_judged(changed, sentence):
    assert sentence in refusal({**asked(), **changed})


@pytest.mark.parametrize(
    ("use", "of_use", "floors", "sentence"),
    [
        ("apartment_low", {}, 5, "at most 4 floors; 5 are stated"),
        ("apartment_high", {}, 4, "more than 4 floors; 4 are stated"),
        ("hotel_small", {"rooms": 21}, None, "at most 20 rooms; 21 are stated"),
        ("hotel_large", {"rooms": 20}, None, "more than 20 rooms; 20 are stated"),
        ("mall", {"floor_area_m2": 3000}, None, "more than 3,000 m² of floor area"),
    ],
)
def test_a_use_is_not_smuggled_in_under_the_name_of_a_smaller_one(use, of_use, floors, sentence):
    assert sentence in refusal(asked("C2", use, of_use, floors=floors))


@pytest.mark.parametrize(
    ("use", "of_use", "floors"),
    [
        ("apartment_low", {}, 4), ("apartment_high", {}, 5), ("apartment_low", {}, None),
        ("hotel_small", {"rooms": 20}, 9), ("hotel_large", {"rooms": 21}, 2),
        ("hotel_large", {}, 2), ("mall", {"floor_area_m2": 3000.5}, 1),
    ],
)  # fmt: skip
def test_a_use_of_the_size_its_name_says_is_read(use, of_use, floors):
    read = read_application(asked("C2", use, of_use, floors=floors))
    assert read.proposal.use_codes == {use}


def two_uses(first, second):
    given = asked("T2")
    given["proposal"]["uses"] = [first, second]
    return read_application(given).proposal


def test_a_second_hotel_that_does_not_state_its_rooms_leaves_the_rooms_unknown():
    stated = {"class": "hotel_large", "rooms": 40}
    assert two_uses(stated, {"class": "office"}).counted("rooms") == 40
    assert two_uses(stated, {"class": "hotel_small", "rooms": 5}).counted("rooms") == 45
    assert two_uses(stated, {"class": "hotel_small"}).counted("rooms") is None
    assert two_uses({"class": "office"}, {"class": "office"}).counted("rooms") is None


@pytest.mark.parametrize(
    ("use", "name"),
    [("dwelling_single", "dwellings"), ("shophouse", "dwellings"), ("hospital", "beds"),
     ("school_primary", "classrooms"), ("kindergarten", "classrooms")],
)  # fmt: skip
def test_what_a_class_is_counted_in_is_not_taken_from_its_neighbour(use, name):
    known = {"class": use, name: 3}
    assert two_uses(known, {"class": "park"}).counted(name) == 3
    assert two_uses(known, {"class": use}).counted(name) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'{"note": NaN}', "such as NaN"),
        (b'{"note": 1e999}', "such as NaN"),
        (b'{"note": "\\ud800"}', "half a character"),
        (b'{"note": "\\u0000"}', "zero byte"),
        (b'{"note": ' + b"9" * 5000 + b"}", "such as NaN"),
        (b"", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
    ],
)
def test_a_text_that_could_not_be_kept_is_refused_before_it_is_read(text, sentence):
    with pytest.raises(ApplicationError, match=sentence):
        parse_application(text, "a.json")


@pytest.mark.parametrize("srid", [None, "32648", 32648.0, True, -1, 0, 999_999, 10**30])
def test_a_footprint_in_a_system_nobody_knows_is_refused_with_a_sentence(srid):
    square = {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]]}
    with pytest.raises(UserFacingError):
        read_application({**asked(footprint=square), "srid": srid})


def test_a_footprint_in_another_known_system_far_away_lies_outside():
    square = {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]]}
    with pytest.raises(UserFacingError):
        read_application({**asked(footprint=square), "srid": 32648})


def posted(client, content):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/permits/check.json", body, content_type="application/json")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b'"P-1"', b"{}", b"\xff", b'{"reference": NaN}',
        {"parcels": ["\x00"]}, {"reference": "x" * 500},
        {"proposal": {"height_m": 10**400}},
    ],
)  # fmt: skip
def test_a_program_that_posts_nonsense_gets_400_and_a_sentence(client, content):
    if isinstance(content, dict):
        content = {**asked(), **content}
    answer = posted(client, content)
    assert answer.status_code in {400, 404}
    assert answer.json()
    assert not ComplianceRun.objects.exists()


def test_a_layer_the_public_may_not_see_lends_no_parcel_to_the_public(client):
    secret = feature("S-1", rectangle(0, 0, 10, 10))
    filled_layer("secret-land", secret, visibility="internal")
    given = {**application(parcels=["S-1"]), "parcel_layer": "secret-land"}
    answer = posted(client, given)
    assert answer.status_code == 404
    assert "coordinates" not in answer.content.decode()
    unknown = posted(client, {**given, "parcel_layer": "no-such-layer"})
    assert unknown.status_code == 404
    assert "secret-land" not in unknown.content.decode()
    assert read_application(given, seen=EVERYTHING).parcels[0].stable_id == "S-1"


def test_a_restaurant_with_no_seats_is_refused_instead_of_needing_no_parking():
    assert "at least 1" in refusal(asked("C2", "restaurant", {"seats": 0}))


@pytest.mark.parametrize("stated", [{"seats": 1}, {}])
def test_a_restaurant_that_states_its_seats_or_leaves_them_open_is_read(stated):
    read = read_application(asked("C2", "restaurant", stated))
    assert read.proposal.counted("seats") == stated.get("seats")
