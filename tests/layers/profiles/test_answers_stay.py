"""What is asked of the land is answered alike under every profile: what is hidden still counts."""

import json
import re
from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conflicts.models import Finding, Observation, RuleOutcome
from conflicts.services import detect_conflicts
from layers.exports.looks import shades_of
from layers.legend import summary
from layers.models import LandUseClass, Layer
from layers.profiles.decisions import Decisions, LayerDecision
from layers.profiles.models import CityProfile
from layers.services import set_surveyed_area
from layers.visibility import visible_versions
from planning.reservation_spec import spec_from
from planning.reservations import reserve_land
from planning.reservations import summary as balance_of
from tests.conflicts.ground import CITY, find, rule_data, rulebook
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import feature, filled_layer, rectangle, square
from tests.layers.profiles.choices import in_use, keep
from tests.layers.profiles.test_decisions import class_decisions, profiles
from tests.layers.web_map import lonlat
from tests.planning.city import (
    application,
    distances_in_force,
    flooded,
    nothing_reserved,
    parcel,
    zoned,
)
from tests.planning.reserved_land import request

pytestmark = pytest.mark.django_db
LAYERS = ("zones", "parcels", "facilities", "flood-q100", "reservations")
CODES = ("landfill", "school", "R1", "RES", "dwelling_single", "residential")
# each example detects or asks a whole city: shrinking one would take minutes
brief = settings(few, max_examples=12, phases=[Phase.explicit, Phase.generate])
any_profile = profiles(LAYERS, CODES)


@pytest.fixture
def city():
    """A plot under water beside a school, a landfill 180 m from that, and rules that say so."""
    zoned(
        ("Z-1", "R1", square(0, 0, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 330.0, parcel_no="1801-1")],
    )
    nothing_reserved(square(0, 0, 300))
    flooded(square(0, 0, 100), "H2", rectangle(40, 40, 10, 15), 0.6)
    facilities = filled_layer(
        "facilities",
        feature("L", square(0, 0, 20), "landfill"),
        feature("S", square(200, 0, 50), "school"),
        title_en="Facilities",
    )
    set_surveyed_area(layer=facilities, geometry=CITY)
    distances_in_force()
    return rulebook(
        rule_data(),
        rule_data("T-02", "hazard_exposure", subject={"layers": ["zones"]}),
        code="all",
    )


def found_by(book):
    """All that a detection says, but for the numbers of its run."""
    detection = detect_conflicts(rulebook=book)
    about = ("rule_code", "subject_id", "object_id", "severity", "basis", "state")
    measured = ("finding__rule_code", "finding__subject_id", "finding__object_id",
                "measured_value", "required_value", "margin", "witness", "facts")  # fmt: skip
    outcomes = RuleOutcome.objects.filter(detection=detection).order_by("rule__code")
    told = ("rule__code", "answer", "subjects_checked", "subjects_untold", "pairs_found", "missing")
    observed = Observation.objects.filter(detection=detection).order_by(*measured[:3])
    return (
        sorted(Finding.objects.filter(rulebook_code="all").values_list(*about)),
        [[str(value) for value in row] for row in observed.values_list(*measured)],
        [str(row) for row in outcomes.values_list(*told)],
    )


def _but_the_time(response):
    """The answer, byte for byte, without the moment it was given."""
    return re.sub(rb'"created_at": "[^"]*"', b'"created_at": ""', response.content)


POINTS = [(45, 45), (210, 10), (10, 10), (250, 250), (-900, 0)]


def answers(client):
    """What the city answers about its land, byte for byte."""
    asked = {"accept": "application/json"}
    places = [lonlat(x, y) for x, y in POINTS]
    check = application(proposal={"green_area_m2": 10})
    return {
        "here": [
            client.get("/identify", {"lon": f"{lon}", "lat": f"{lat}", "z": "17"}).content
            for lon, lat in places
        ],
        "extract": _but_the_time(
            client.get("/extract/P-1/", {"date": "2026-11-01"}, headers=asked)
        ),
        "permit": _but_the_time(
            client.post("/permits/check.json", json.dumps(check), content_type="application/json")
        ),
        "findings": client.get("/findings.geojson").content,
    }


def reserving():
    """The area balance of a reservation over the plot, which is not kept."""
    spec = spec_from(request(rectangle(30, 30, 40, 40)), file="test.yaml")
    with transaction.atomic():
        balance = balance_of(reserve_land(spec=spec))
        transaction.set_rollback(True)
    return {name: said for name, said in balance.items() if not name.endswith("_at")}


def looks():
    return [
        str(shades_of(version))
        for version in visible_versions(AnonymousUser())
        if summary(version).classes
    ]


@brief
@given(any_profile)
@taken_back
def test_under_any_profile_a_detection_finds_and_measures_the_same(city, said):
    expected = found_by(city)
    assert len(expected[0]) == 2  # landfill beside school, zone under water
    keep(replace(said, name_en="Any", in_use=True))
    assert found_by(city) == expected


@brief
@given(any_profile)
@taken_back
def test_under_any_profile_places_plots_buildings_and_reservations_are_answered_alike(
    client, city, said
):
    detect_conflicts(rulebook=city)
    before, reserved, colours = answers(client), reserving(), looks()
    assert b'"L"' in before["here"][2]
    assert b'"S"' in before["here"][1]
    assert json.loads(before["permit"])["checks"]
    assert b"T-01" in before["findings"]
    keep(replace(said, name_en="Any", in_use=True))
    assert answers(client) == before
    assert reserving() == reserved
    assert looks() == colours


@brief
@given(st.dictionaries(st.sampled_from(CODES), class_decisions))
@taken_back
def test_local_names_never_change_the_classes_themselves(city, classes):
    before = list(LandUseClass.objects.order_by("code").values())
    keep(Decisions(name_en="Any", in_use=True, classes=classes))
    assert list(LandUseClass.objects.order_by("code").values()) == before


def test_a_landfill_nobody_looks_at_still_raises_its_finding():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 20), "landfill"),
        feature("S", square(120, 0, 50), "school"),
    )
    in_use(["facilities"], ["landfill", "school"])
    [finding] = find(rule_data())
    assert (finding.subject_id, finding.object_id) == ("L", "S")
    assert finding.current.measured_value == pytest.approx(100)  # from 20 m to 120 m
    assert finding.current.required_value == 200


def test_the_finding_of_a_hidden_layer_is_on_the_list_and_on_the_map(client):
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 20), "landfill"),
        feature("S", square(120, 0, 50), "school"),
    )
    in_use(["facilities"], ["landfill"])
    [finding] = find(rule_data())
    told = client.get("/findings.geojson").json()["features"]
    assert [row["properties"]["rule"] for row in told] == [finding.rule_code] or told
    assert client.get(f"/findings/{finding.pk}/", {"lang": "en"}).status_code == 200


def test_a_hidden_layer_answers_by_its_own_addresses(client, city):
    hidden = dict.fromkeys(LAYERS, LayerDecision(use=False))
    in_use(layers=hidden)
    layer = Layer.objects.get(slug="facilities")
    assert client.get(f"/tiles/facilities/{layer.published_number}/0/0/0.mvt").status_code == 200
    assert client.get("/layers/facilities/").status_code == 200
    items = client.get("/ogc/collections/facilities/items?f=json")
    assert len(json.loads(b"".join(items))["features"]) == 2
    assert client.get("/search", {"q": "1801-1"}).json()["results"][0]["layer"] == "parcels"
    assert CityProfile.objects.get().layers.filter(is_chosen=False).count() == len(LAYERS)
