"""Concerned, not concerned, no data: every topic under every way of having been surveyed."""

import pytest

from layers.models import Layer
from layers.services import set_surveyed_area
from layers.visibility import EVERYTHING
from layers.vocab import Completeness
from planning.extract import extract_parcel
from planning.parcels import parcel_named
from planning.topics import topics
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.planning.city import DAY, parcel, r1_plot, zoned

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
PLOT = rectangle(40, 40, 20, 15)
HALF = rectangle(40, 40, 10, 15)
LISTS = ("concerned", "not_concerned", "no_data")
THEMES = {"OV-FLOOD": "hazard-flood", "OV-SURGE": "hazard-surge", "OV-SLOPE": "hazard-slope"}


def extract(**options):
    return extract_parcel(parcel_named("P-1"), on=DAY, **options)


def place_of(found, topic):
    """In which of the three lists a topic stands, and as what."""
    places = [(name, row) for name in LISTS for row in found[name] if row["topic"] == topic]
    assert len(places) == 1, topic
    return places[0]


def mapped(slug, shape, surveyed=None, completeness=Completeness.COMPLETE, **fields):
    filled_layer(slug, feature("X-1", shape), **fields)
    if surveyed is not None:
        set_surveyed_area(
            layer=Layer.objects.get(slug=slug),
            geometry=surveyed,
            completeness=completeness,
            source="test",
        )


HERE, ELSEWHERE = HALF, square(90, 90, 5)


@pytest.mark.parametrize(
    ("shape", "surveyed", "completeness", "expected"),
    [
        (HERE, CITY, Completeness.COMPLETE, "concerned"),
        (HERE, None, None, "concerned"),
        (HERE, ELSEWHERE, Completeness.COMPLETE, "concerned"),
        (HERE, CITY, Completeness.PARTIAL, "concerned"),
        (ELSEWHERE, CITY, Completeness.COMPLETE, "not_concerned"),
        (ELSEWHERE, PLOT, Completeness.COMPLETE, "not_concerned"),
        (ELSEWHERE, HALF, Completeness.COMPLETE, "no_data"),
        (ELSEWHERE, ELSEWHERE, Completeness.COMPLETE, "no_data"),
        (ELSEWHERE, None, None, "no_data"),
        (ELSEWHERE, CITY, Completeness.PARTIAL, "no_data"),
        (ELSEWHERE, CITY, Completeness.UNKNOWN, "no_data"),
    ],
)
@pytest.mark.parametrize("topic", ["OV-COAST50", "OV-FLOOD", "OV-RESERVE"])
def test_each_way_of_having_been_surveyed(topic, shape, surveyed, completeness, expected):
    r1_plot()
    slug = "reservations" if topic == "OV-RESERVE" else topic.lower()
    fields = {"theme": THEMES[topic]} if topic in THEMES else {}
    mapped(slug, shape, surveyed, completeness or Completeness.COMPLETE, **fields)
    name, row = place_of(extract(), topic)
    assert name == expected
    assert row["layer"] == slug
    assert ("missing" in row) is (expected == "no_data")
    assert ("hits" in row) is (expected == "concerned")


def test_without_any_layer_every_topic_is_named_as_never_mapped(printed):
    r1_plot()
    found = extract()
    expected = {row["code"] for row in printed("overlays")} | {"PROTECTED"}
    assert {row["topic"] for row in found["no_data"]} == expected
    assert {row["missing"]["en"] for row in found["no_data"]} == {
        "Nobody has mapped this here yet."
    }
    assert [row["topic"] for row in found["concerned"]] == ["ZONING"]
    assert found["not_concerned"] == []


def test_each_overlay_of_the_table_is_found_by_its_layer(printed):
    r1_plot()
    for row in printed("overlays"):
        code = row["code"]
        slug = "reservations" if code == "OV-RESERVE" else code.lower()
        mapped(slug, HERE, CITY, theme=THEMES.get(code, "overlay"))
    found = extract()
    concerned = {row["topic"] for row in found["concerned"]}
    assert concerned == {"ZONING", *(row["code"] for row in printed("overlays"))}
    assert [row["topic"] for row in found["no_data"]] == ["PROTECTED"]


@pytest.mark.parametrize(
    ("shape", "area", "length", "concerned"),
    [
        (rectangle(40, 40, 1, 1), 1.0, None, True),
        (rectangle(40, 40, 1, 0.99), None, None, False),
        (rectangle(20, 40, 20, 15), None, None, False),  # a neighbour along the border
        (line((30, 45), (50, 45)), 0.0, 10.0, True),
        (line((30, 40), (40, 40)), None, None, False),  # ends at the corner
        (at(45, 45), 0.0, None, True),
        (at(39, 45), None, None, False),
    ],
)
def test_what_shares_ground_concerns_and_what_touches_does_not(shape, area, length, concerned):
    r1_plot()
    mapped("ov-hv", shape, CITY)
    name, row = place_of(extract(), "OV-HV")
    assert name == ("concerned" if concerned else "not_concerned")
    if concerned:
        [hit] = row["hits"]
        assert hit["area_m2"] == pytest.approx(area, abs=0.01)
        assert hit["length_m"] == length


def test_many_small_pieces_of_one_restriction_concern_the_parcel_together():
    r1_plot()
    cells = [feature(f"C-{n}", square(41 + 2 * n, 42, 0.5)) for n in range(9)]  # 9 x 0.25 m2
    filled_layer("ov-coast50", *cells)
    name, row = place_of(extract(), "OV-COAST50")
    assert name == "concerned"
    assert len(row["hits"]) == 9


def test_two_flood_layers_are_two_entries_each_judged_by_its_own_survey():
    r1_plot()
    mapped("flood-q010", ELSEWHERE, CITY, theme="hazard-flood")
    mapped("flood-q100", ELSEWHERE, HALF, theme="hazard-flood")
    found = extract()
    assert [r["layer"] for r in found["not_concerned"]] == ["flood-q010"]
    [partial] = [r for r in found["no_data"] if r["topic"] == "OV-FLOOD"]
    assert partial["layer"] == "flood-q100"
    assert "50 %" in partial["missing"]["en"]


def test_surveys_that_meet_on_the_parcel_cover_it_and_a_gap_of_a_metre_does_not():
    r1_plot()
    mapped("ov-hv", ELSEWHERE, rectangle(0, 0, 50, 100))
    layer = Layer.objects.get(slug="ov-hv")
    set_surveyed_area(layer=layer, geometry=rectangle(51, 0, 49, 100), source="east")
    assert place_of(extract(), "OV-HV")[0] == "no_data"
    set_surveyed_area(layer=layer, geometry=rectangle(50, 0, 1, 100), source="gap")
    assert place_of(extract(), "OV-HV")[0] == "not_concerned"


@pytest.mark.parametrize("visibility", ["internal", "restricted"])
def test_a_hidden_layer_tells_the_public_nothing_but_that_it_is_hidden(visibility):
    r1_plot()
    mapped("ov-hv", HERE, CITY, visibility=visibility, title_en="Secret cable")
    public = extract()
    name, row = place_of(public, "OV-HV")
    assert (name, row["layer"], row["layer_title"], row["version"]) == ("no_data", None, None, None)
    assert "not public" in row["missing"]["en"]
    assert "ov-hv" not in {row["layer"] for row in public["data_versions"]}
    assert "Secret cable" not in str(public)
    inside = extract(seen=EVERYTHING)
    assert place_of(inside, "OV-HV")[0] == "concerned"
    assert "ov-hv" in {row["layer"] for row in inside["data_versions"]}


def test_a_plot_under_something_hidden_is_told_to_ask_and_one_beside_it_gets_no_all_clear():
    r1_plot()
    mapped("ov-hv", HERE, CITY, visibility="internal")
    mapped("ov-ols", ELSEWHERE, CITY, visibility="internal")
    found = extract()
    here, beside = (place_of(found, code) for code in ("OV-HV", "OV-OLS"))
    assert here[0] == beside[0] == "no_data"
    assert here[1]["missing"]["en"].startswith("Something that is not public applies here")
    assert beside[1]["missing"]["en"].startswith("The data are not public")


def test_a_layer_never_published_is_no_data_and_no_all_clear():
    from layers.services import open_layer

    r1_plot()
    open_layer(slug="ov-hv", geometry_kind="mixed")
    name, row = place_of(extract(), "OV-HV")
    assert (name, row["layer"]) == ("no_data", None)


def test_each_topic_is_titled_in_khmer_and_english():
    r1_plot()
    for topic in topics():
        assert topic.title["km"] != topic.title["en"], topic.code


@pytest.mark.parametrize("covered", [0, 25, 50, 99, 100])
def test_zoned_and_unzoned_shares_make_up_the_parcel(covered):
    width = 20 * covered / 100
    zones = [("Z-1", "R1", rectangle(40, 0, width, 100))] if covered else []
    far = ("Z-9", "R1", square(900, 900, 9))
    zoned(*zones, far, parcels=[parcel("P-1", PLOT, 300.0)])
    found = extract()
    assert found["zoned_share"] == pytest.approx(covered / 100)
    assert found["unzoned_area_m2"] == pytest.approx(300 - 3 * covered)
    assert found["zoned_share"] + found["unzoned_share"] == pytest.approx(1)
    place = place_of(found, "ZONING")[0]
    assert place == ("concerned" if covered else "no_data")
