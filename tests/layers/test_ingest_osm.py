"""OpenStreetMap: which elements become features, with which shape and which class."""

import pytest

from layers.classes import load_classes
from layers.crs import WGS84_SRID, reproject
from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.ingest.class_list import rules_in_use
from layers.ingest.osm_tags import TagClassifier, TagRule, parse_filter
from layers.models import ImportIssue
from layers.queries import current_features
from tests.factories import at
from tests.layers.sources import UTM48, osm_file


def degrees(x, y):
    place = reproject(at(x, y), UTM48, WGS84_SRID)
    return place.x, place.y


def corners(first, x, y, size):
    """Four tagless nodes of a square and the closed way's node numbers."""
    places = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
    nodes = [(first + n, *degrees(*place), {}) for n, place in enumerate(places)]
    return nodes, [*range(first, first + 4), first]


@pytest.fixture
def town(tmp_path):
    """A school as an area, a landfill as a node, a relation, a house, a coast, a tagless bench."""
    school, school_ring = corners(10, 0, 0, 100)
    house, house_ring = corners(20, 300, 0, 10)
    island, island_ring = corners(30, 1000, 0, 500)
    park, park_ring = corners(40, 2000, 0, 200)
    pond, pond_ring = corners(50, 2050, 50, 50)
    nodes = [
        (1, *degrees(500, 0), {"landuse": "landfill", "name": "ទីលានចាក់សំរាម"}),
        (2, *degrees(600, 0), {"amenity": "bench"}),
        *(school + house + island + park + pond),
    ]
    ways = [
        (100, school_ring, {"amenity": "school", "name": "សាលា", "tower:type": "x"}),
        (101, house_ring, {"building": "yes"}),
        (102, island_ring, {"natural": "coastline", "place": "island"}),
        (103, park_ring, {}),
        (104, pond_ring, {}),
        (105, [10, 20], {"power": "line", "voltage": "115000;22000"}),
    ]
    relations = [
        (7, [("outer", 103), ("inner", 104)], {"type": "multipolygon", "leisure": "park"}),
        (8, [("outer", 103)], {"type": "site", "amenity": "hospital"}),
    ]
    return osm_file(tmp_path / "town.osm.pbf", nodes=nodes, ways=ways, relations=relations)


@pytest.fixture
def classes(db):
    load_classes()


def imported(path, **options):
    report = import_file(path=path, layer="osm", options=ImportOptions(**options))
    return report, {f.stable_id: f for f in current_features("osm")}


def test_each_element_gets_shape_class_and_an_identifier_that_stays(town, classes):
    report, found = imported(town, classify="osm")

    described = {k: (f.land_use.code, f.geometry.dims) for k, f in found.items()}
    assert described == {
        "osm:n1": ("landfill", 0),
        "osm:w100": ("school", 2),
        "osm:w101": ("building", 2),
        "osm:w102": ("coast", 1),
        "osm:w105": ("power_line_115", 1),
        "osm:r7": ("park", 2),
    }
    assert found["osm:w100"].geometry.area == pytest.approx(100 * 100, rel=1e-3)
    assert found["osm:r7"].geometry.area == pytest.approx(200 * 200 - 50 * 50, rel=1e-3)
    assert report.rows.unclassified == 1  # the bench


def test_a_site_relation_with_a_class_is_refused_aloud_not_lost(town, classes):
    report, _found = imported(town, classify="osm")

    issue = ImportIssue.objects.get(stable_id="osm:r8")
    assert (issue.kind, issue.action) == ("wrong_kind", "refused")
    rows = report.rows
    assert (rows.read, rows.stored, rows.refused, rows.unclassified) == (8, 6, 1, 1)


def test_all_tags_are_kept_as_they_are_written(town, classes):
    _report, found = imported(town, classify="osm")
    assert found["osm:w100"].properties == {
        "amenity": "school",
        "name": "សាលា",
        "tower:type": "x",
    }


def test_without_classify_every_tagged_element_comes(town, classes):
    report, found = imported(town)
    assert set(found) >= {"osm:n1", "osm:n2", "osm:w100", "osm:r7"}
    assert report.rows.unclassified == 0
    assert found["osm:n2"].land_use is None


def test_unclassified_objects_can_be_kept(town, classes):
    report, found = imported(town, classify="osm", keep_unclassified=True)
    assert found["osm:n2"].properties == {"amenity": "bench"}
    assert report.rows.unclassified == 0


def test_one_geometry_layer_alone(town, classes):
    _report, found = imported(town, classify="osm", source_layer="points")
    assert set(found) == {"osm:n1"}


def test_a_layer_osm_does_not_have_is_named_with_those_it_has(town, classes):
    with pytest.raises(UserFacingError, match="Choose one of points, lines, multipolygons"):
        imported(town, source_layer="polygons")


def test_a_truncated_extract_is_refused(town, classes):
    town.write_bytes(town.read_bytes()[:-200])
    with pytest.raises(UserFacingError):
        imported(town, classify="osm")
    assert not current_features().exists()


def test_an_extract_without_loaded_classes_says_to_load_them(town, db):
    with pytest.raises(UserFacingError, match="load_classes"):
        imported(town, classify="osm")


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"amenity": "school"}, "school"),
        ({"amenity": "hospital", "building": "yes"}, "hospital"),
        ({"amenity": "hospital", "building": "residential"}, "hospital"),
        ({"amenity": "clinic;doctors"}, "health_centre"),
        ({"building": "yes"}, "building"),
        ({"building": "house", "height": "6"}, "residential"),
        ({"building": "yes", "height": "90"}, "building"),
        ({"building": "no"}, None),
        ({"landuse": "landfill"}, "landfill"),
        ({"landuse": "landfill", "landfill:waste": "inert"}, "landfill_inert"),
        ({"landfill:waste": "inert"}, None),
        ({"man_made": "pumping_station"}, None),
        ({"man_made": "pumping_station", "substance": "water"}, None),
        ({"man_made": "pumping_station", "substance": "sewage"}, "pump_station"),
        ({"substance": "sewage"}, None),
        ({"man_made": "mast"}, None),
        ({"man_made": "tower", "tower:type": "communication"}, "telecom"),
        ({"man_made": "wastewater_plant"}, "wwtp"),
        ({"water": "wastewater", "natural": "water"}, "wwtp_pond"),
        ({"power": "line"}, "power_line"),
        ({"power": "line", "voltage": "230000"}, "power_line_230"),
        ({"power": "line", "voltage": "22000;500000"}, "power_line_500"),
        ({"natural": "wetland"}, "protected"),
        ({"natural": "wetland", "wetland": "mangrove"}, "mangrove"),
        ({"natural": "water", "water": "reservoir"}, "water_intake"),
        ({"landuse": "industrial"}, "factory"),
        ({"landuse": "cemetery"}, "cemetery"),
        ({"amenity": "fire_station"}, "fire_station"),
        ({"amenity": "townhall"}, "government"),
        ({"industrial": "chemical"}, "chemical_store"),
        ({"hazard": "animal_crossing"}, None),
        ({"historic": "ruins", "building": "yes"}, "heritage"),
        ({"highway": "primary"}, "road_national"),
        ({"amenity": "bench"}, None),
        ({}, None),
    ],
)
def test_tags_mean_this_class(classes, tags, code):
    assert TagClassifier(rules_in_use()).class_of(tags) == code


def test_a_plan_zone_is_never_found_on_the_ground(classes):
    assert not {rule.code for rule in rules_in_use()} & {"R1", "R2", "C1", "I1"}


def test_a_filter_that_names_no_tag_classifies_nothing():
    assert parse_filter("*") == ()
    assert parse_filter("internal layer") == ()


def test_a_qualifier_narrows_what_stands_before_it():
    rule = TagRule("x", parse_filter("man_made=mast|tower;tower:type=communication"), 0, 0, 0)
    classifier = TagClassifier([rule])
    assert classifier.class_of({"man_made": "mast", "tower:type": "communication"}) == "x"
    assert classifier.class_of({"man_made": "mast", "tower:type": "lighting"}) is None


def test_a_class_the_city_edits_classifies_by_its_new_filter(town, classes):
    from layers.models import LandUseClass

    imported(town, classify="osm")
    LandUseClass.objects.filter(code="park").update(osm_filter="leisure=park;amenity=bench")

    report, found = imported(town, classify="osm")

    assert report.added == 1
    assert found["osm:n2"].land_use.code == "park"


@pytest.mark.parametrize("cut_bytes", [1, 10, 200])
def test_however_little_is_missing_at_the_end_the_extract_is_refused(town, classes, cut_bytes):
    town.write_bytes(town.read_bytes()[:-cut_bytes])
    with pytest.raises(UserFacingError, match="damaged or incomplete"):
        imported(town, classify="osm")
