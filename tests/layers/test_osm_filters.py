"""Each facility class is found on the ground by each tag its row of the reference table names."""

import pytest
from django.db import transaction

from layers.classes import load_classes, read_table
from layers.errors import UserFacingError
from layers.ingest.class_list import rules_in_use
from layers.ingest.osm import open_osm
from layers.ingest.osm_blocks import check_whole
from layers.ingest.osm_tags import (
    ANY_VALUE,
    QUALIFIERS,
    TagClassifier,
    parse_filter,
)
from tests.layers.sources import osm_file

ROWS = {row["code"]: row["osm_filter"] for row in read_table("facility_types")}

# Filters that say the same of several classes: the tags cannot tell these apart, so the first of
# the pair is never found and the second stands for it (the parent, or the more sensitive one).
STANDS_FOR = {
    ("wwtp_open", "man_made=wastewater_plant"): "wwtp",
    ("wwtp_closed", "man_made=wastewater_plant"): "wwtp",
    ("wwtp_pond", "man_made=wastewater_plant"): "wwtp",
    ("factory_light", "landuse=industrial"): "factory",
    ("factory_heavy", "landuse=industrial"): "factory",
    ("industrial_zone", "landuse=industrial"): "factory",
    ("cemetery_single", "landuse=cemetery"): "cemetery",
    ("any_building", "building=*"): "building",
    ("building_tall", "building=*"): "building",
    ("building_tall", "height=*"): None,
    ("government", "amenity=fire_station"): "fire_station",
    ("water_intake", "water=reservoir"): "water_intake",
    ("reservoir", "water=reservoir"): "water_intake",
    ("well", "man_made=water_well"): "water_intake",
    ("stream", "waterway=stream"): "river",
    ("stream", "waterway=canal"): "river",
    ("road_national_1digit", "highway=trunk"): "expressway",
    ("road_national_1digit", "highway=primary"): "road_national",
    ("road_national_2digit", "highway=primary"): "road_national",
    ("road_national_2digit", "highway=secondary"): "road_national",
    ("road_provincial", "highway=secondary"): "road_national",
}
NAMES_NO_TAG = {"drain", "water_main", "pollution_source", "flood_zone"}


def tagged(condition, value):
    return {condition.key: "something" if value == ANY_VALUE else value}


def examples():
    """Each class with each of its tags and all the qualifiers that tag needs."""
    for code, text in ROWS.items():
        for first, *qualifiers in parse_filter(text):
            for value in sorted(first.values):
                tags = tagged(first, value)
                for qualifier in qualifiers:
                    tags |= tagged(qualifier, min(qualifier.values))
                yield pytest.param(
                    code, f"{first.key}={value}", tags, id=f"{code}-{first.key}={value}"
                )


@pytest.fixture(scope="module")
def class_of(django_db_setup, django_db_blocker):
    """The classifier of the reference classes, loaded once and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_classes()
        classifier = TagClassifier(rules_in_use())
        transaction.set_rollback(True)
    return classifier.class_of


@pytest.fixture(scope="module")
def known_examples():
    return [example.values for example in examples()]


@pytest.mark.parametrize(("code", "tag", "tags"), list(examples()))
def test_the_class_is_found_by_this_tag(class_of, code, tag, tags):
    is_narrowed = len(tags) > 1
    expected = (
        code if is_narrowed and code != "building_tall" else STANDS_FOR.get((code, tag), code)
    )
    if code == "building_tall":
        expected = "building"
    assert class_of(tags) == expected


def test_every_row_of_the_table_has_a_tag_or_is_known_to_have_none(known_examples):
    assert set(ROWS) - {code for code, _tag, _tags in known_examples} == NAMES_NO_TAG


def test_what_stands_for_another_is_still_in_the_table(known_examples):
    """When the table changes, this list of exceptions must not outlive it."""
    asked = {(code, tag) for code, tag, _tags in known_examples} | {("building_tall", "height=*")}
    assert set(STANDS_FOR) <= asked


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"building": "storage"}, "fertilizer_store"),
        ({"building": "warehouse"}, "building"),
        ({"amenity": "recycling", "recycling_type": "container"}, "waste_compost_incinerator"),
        ({"man_made": "incinerator"}, "waste_compost_incinerator"),
    ],
)
def test_two_wide_filters_of_the_table_take_every_store_and_every_bottle_bank(class_of, tags, code):
    """Known and stated in osm_tags.py: a source of harm too many, never one too few."""
    assert class_of(tags) == code


def test_a_city_narrows_a_wide_filter_by_editing_the_class(db):
    from layers.models import LandUseClass

    load_classes()
    row = LandUseClass.objects.filter(code="waste_compost_incinerator")
    row.update(osm_filter="man_made=incinerator")
    class_of = TagClassifier(rules_in_use()).class_of
    assert class_of({"amenity": "recycling"}) is None
    assert class_of({"man_made": "incinerator"}) == "waste_compost_incinerator"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"amenity": "school", "landuse": "residential"}, "school"),
        ({"amenity": "fuel", "building": "yes"}, "fuel_station"),
        ({"amenity": "place_of_worship", "building": "house"}, "residential"),
        ({"landuse": "industrial", "man_made": "wastewater_plant"}, "wwtp"),
        ({"amenity": "hospital", "amenity_1": "school"}, "hospital"),
        ({"natural": "water", "water": "reservoir", "landuse": "reservoir"}, "water_intake"),
        ({"boundary": "protected_area", "leisure": "park"}, "protected"),
        ({"man_made": "storage_tank", "building": "storage_tank"}, "fuel_depot"),
    ],
)
def test_where_two_classes_claim_a_thing_the_more_sensitive_or_exact_one_has_it(
    class_of, tags, code
):
    assert class_of(tags) == code


@pytest.mark.parametrize(
    "tags",
    [
        {"amenity": "School"},
        {"Amenity": "school"},
        {"amenity": ""},
        {"amenity": "preschool"},
        {"disused:amenity": "school"},
        {"historic": "no"},
        {"heritage": "no"},
        {"harbour": "no"},
        {"height": "90"},
        {"name": "School"},
    ],
)
def test_what_is_written_otherwise_says_no_or_is_no_longer_in_use_has_no_class(class_of, tags):
    assert class_of(tags) is None


def test_spaces_around_the_values_of_a_list_do_not_count(class_of):
    assert class_of({"amenity": "cafe; school"}) == "school"


def test_every_qualifier_is_needed_in_some_filter():
    """A qualifier nobody uses would silently narrow the next filter that names it."""
    used = {
        condition.key
        for text in ROWS.values()
        for part in text.split(";")
        if (condition := next(iter(c for g in parse_filter(f"x=1;{part}") for c in g[1:]), None))
    }
    assert used <= QUALIFIERS
    assert {"substance", "voltage", "height", "tower:type", "landfill:waste", "hazard"} <= used


def test_filters_are_read_with_spaces_and_empty_parts():
    [[first], [second]] = parse_filter(" amenity = school | college ;; leisure=park ; nonsense")
    assert (first.key, first.values) == ("amenity", frozenset({"school", "college"}))
    assert (second.key, second.values) == ("leisure", frozenset({"park"}))


# -- extracts whose blocks are whole but whose content is not


def schools(path, count=12):
    nodes = [(n, 103.5 + n * 1e-4, 10.6, {"amenity": "school"}) for n in range(1, count + 1)]
    return osm_file(path, nodes=nodes, ways=[(100, [1, 2, 3], {"highway": "primary"})])


def elements(path):
    return sum(len(batch) for batch in open_osm(path, name="a.osm.pbf").batches())


@pytest.fixture
def extract(tmp_path):
    return schools(tmp_path / "a.osm.pbf")


def with_byte(path, place, value):
    content = bytearray(path.read_bytes())
    content[place] = value
    path.write_bytes(content)


def test_a_whole_extract_gives_all_its_elements(extract):
    assert elements(extract) == 13


def test_an_element_that_cannot_be_decoded_is_a_refusal_not_an_early_end(extract):
    """The blocks are complete, so only decoding shows it; before the fault 6 schools are read."""
    content = extract.read_bytes()
    first = content.index(b"\x12", content.rindex(b"highway"))  # tags of the first node
    with_byte(extract, first + 1, 0xFF)

    check_whole(extract, "a.osm.pbf")
    with pytest.raises(UserFacingError, match="damaged or incomplete") as refused:
        elements(extract)
    assert "compare its size" in refused.value.remedy


def test_no_broken_byte_among_the_elements_makes_the_extract_silently_shorter(extract):
    """Whatever byte is broken: refused, or as many elements as before."""
    content = schools(extract, count=5).read_bytes()
    told = []
    for place in range(content.rindex(b"highway") + 20, len(content), 16):
        broken = bytearray(content)
        broken[place] = 0xFF
        extract.write_bytes(broken)
        try:
            told.append(elements(extract))
        except UserFacingError:
            told.append(None)
    assert told.count(None) > len(told) / 2
    assert {count for count in told if count is not None} <= {5, 6}  # 5: a way cut to one node


def test_a_name_that_is_no_text_is_kept_with_a_mark_and_breaks_nothing(extract, db):
    from layers.ingest import ImportOptions, import_file
    from layers.queries import current_features

    load_classes()
    path = osm_file(extract, nodes=[(1, 103.5, 10.6, {"amenity": "school", "name": "AZ"})])
    with_byte(path, path.read_bytes().rindex(b"AZ"), 0xFF)

    import_file(path=path, layer="osm", options=ImportOptions(classify="osm"))

    [school] = current_features("osm")
    assert (school.land_use.code, school.properties["name"]) == (
        "school",
        "\N{REPLACEMENT CHARACTER}Z",
    )
