"""Codes that records hold are read as words, in Khmer on a Khmer page; what nobody names stays."""

import pytest
from django.utils import translation

from conflicts.siting.vocab import Siting
from layers.property_names import coded_value, property_value
from planning.vocab import ReservationStatus, Tenure
from tests.factories import feature, filled_layer, square
from tests.layers.web_map import lonlat, published_grid

CODES = [
    *(("tenure", tenure.value) for tenure in Tenure),
    *(("siting", verdict.value) for verdict in Siting),
    *(("status", status.value) for status in ReservationStatus),
    *(("title_type", kind) for kind in ("hard_title", "soft_title", "no_title")),
    *(("school_level", level) for level in ("primary", "lower_secondary", "kindergarten")),
    *(("road_class", road) for road in ("ART1", "COL2", "LOC")),
    ("vertical_datum", "above ground"),
    ("vertical_datum", "not stated"),
]


@pytest.mark.parametrize(("attribute", "code"), CODES)
def test_no_code_is_shown_in_latin_letters_to_a_khmer_reader(attribute, code):
    with translation.override("km"):
        said = property_value(attribute, code, {})

    assert said != code
    assert not any("a" <= letter <= "z" for letter in said.lower())


@pytest.mark.parametrize(
    ("attribute", "code", "english"),
    [
        ("tenure", "state_public", "state public land"),
        ("siting", "conditional", "conditional"),
        ("school_level", "primary", "Primary school"),
        ("road_class", "ART1", "Main arterial / boulevard"),
        ("vertical_datum", "above ground", "above ground"),
    ],
)
def test_an_english_reader_reads_words_too(attribute, code, english):
    assert coded_value(attribute, code) == english


@pytest.mark.parametrize(
    ("attribute", "code"),
    [("tenure", "leased_2031"), ("status", "washed away"), ("name", "private"), ("note", "LOC")],
)
def test_a_code_that_nobody_names_and_the_words_of_other_attributes_stay(attribute, code):
    with translation.override("km"):
        assert coded_value(attribute, code) == code


@pytest.mark.django_db
def test_the_card_of_a_place_reads_tenure_and_what_heights_are_measured_from(
    client, tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path
    filled_layer("parcels", feature("P", square(0, -50, 50), tenure="state_public"))
    published_grid(tmp_path, "flood-depth", [[0.5] * 10] * 10)
    longitude, latitude = lonlat(20, -20)

    card = client.get("/identify", {"lon": longitude, "lat": latitude}, follow=True)

    assert card.status_code == 200
    layers = {layer["slug"]: layer for layer in card.json()["layers"]}
    [parcel] = layers["parcels"]["features"]
    [tenure] = [row["text"] for row in parcel["attributes"] if row["name"] == "tenure"]
    with translation.override("km"):
        assert tenure == Tenure.STATE_PUBLIC.label
        assert layers["flood-depth"]["value"]["vertical_datum"] == coded_value(
            "vertical_datum", "above ground"
        )
