"""What was looked for is stated with the survey, by hand, by import, and in the demo city."""

import geopandas
import pytest
from django.core.management import call_command

from layers.errors import UnknownLandUseError, UserFacingError
from layers.models import Layer, SurveyedArea
from layers.queries import current_features, surveyed_share
from layers.services import set_surveyed_area
from planning.situation import surveyed_shares
from tests.factories import at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

GROUND = square(0, 0, 100)


@pytest.fixture
def places():
    land_use("school_primary", parent=land_use("school"))
    land_use("quarry")
    return filled_layer("places", feature("S", at(50, 50), "school"), feature("B", GROUND, "park"))


def share(*classes):
    return surveyed_share("places", current_features("places").get(stable_id="B").geometry, classes)


def test_half_the_ground_was_looked_over_for_schools_and_none_of_it_for_quarries(places):
    set_surveyed_area(layer=places, geometry=rectangle(0, 0, 50, 100), classes=["school"])

    assert share("school") == pytest.approx(0.5)
    assert share("school_primary") == pytest.approx(0.5)
    assert share("quarry") == 0.0
    assert share("school", "quarry") == 0.0


def test_the_layer_as_a_whole_is_surveyed_once_every_class_it_holds_was_looked_for(places):
    set_surveyed_area(layer=places, geometry=GROUND, classes=["school"], source="schools")
    assert share() == 0.0
    set_surveyed_area(layer=places, geometry=GROUND, classes=["park"], source="parks")
    assert share() == pytest.approx(1.0)
    assert surveyed_shares(GROUND, [places.pk]) == {places.pk: pytest.approx(1.0)}


def test_an_extract_takes_a_survey_of_schools_for_no_survey_of_the_parks(places):
    set_surveyed_area(layer=places, geometry=GROUND, classes=["school"])

    assert surveyed_shares(GROUND, [places.pk]) == {}


def test_what_has_no_class_is_looked_for_only_by_a_survey_that_names_none():
    layer = filled_layer("places", feature("B", GROUND), feature("S", at(5, 5), "school"))
    set_surveyed_area(layer=layer, geometry=GROUND, classes=["school"])
    assert share() == 0.0
    set_surveyed_area(layer=layer, geometry=GROUND, source="all")
    assert share() == pytest.approx(1.0)


def test_a_point_on_ground_looked_over_for_quarries_is_known_for_quarries_alone(places):
    set_surveyed_area(layer=places, geometry=GROUND, classes=["quarry"])
    point = current_features("places").get(stable_id="S").geometry

    assert surveyed_share("places", point, ["quarry"]) == 1.0
    assert surveyed_share("places", point, ["school"]) == 0.0


def test_a_class_nobody_knows_cannot_be_looked_for(places):
    with pytest.raises(UnknownLandUseError, match="quary"):
        set_surveyed_area(layer=places, geometry=GROUND, classes=["quary"])
    assert not SurveyedArea.objects.exists()


def test_a_class_named_twice_is_stated_once(places):
    area = set_surveyed_area(layer=places, geometry=GROUND, classes=["quarry", "quarry"])

    assert area.classes == ["quarry"]


def written(path, *shapes):
    geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=32648).to_file(
        path
    )
    return str(path)


def test_the_survey_command_states_each_class_it_is_given(places, tmp_path, capsys):
    path = written(tmp_path / "area.gpkg", GROUND)
    call_command("survey", "places", path, "--class", "school", "--class", "quarry")

    assert "Looked for: quarry, school." in capsys.readouterr().out
    assert share("quarry") == pytest.approx(1.0)


def test_the_survey_command_says_that_no_class_means_what_the_layer_holds(places, tmp_path, capsys):
    call_command("survey", "places", written(tmp_path / "area.gpkg", GROUND))

    assert "the classes the layer holds, no others" in capsys.readouterr().out
    assert (share("school"), share("quarry")) == (pytest.approx(1.0), 0.0)


def imported(path, *options):
    arguments = ["--layer", "places", "--class", "school"]
    call_command("import", path, *arguments, *options)


def test_an_import_states_what_its_file_was_looked_over_for(tmp_path):
    for code in ("school", "quarry"):
        land_use(code)
    path = written(tmp_path / "s.gpkg", square(0, 0, 10), square(90, 90, 10))
    imported(path, "--surveyed", "complete", "--surveyed-class", "quarry",
             "--surveyed-class", "school")  # fmt: skip

    [area] = Layer.objects.get().surveyed_areas.all()
    assert area.classes == ["quarry", "school"]


def test_classes_looked_for_without_a_surveyed_extent_are_refused(tmp_path, capsys):
    land_use("school")
    path = written(tmp_path / "s.gpkg", square(0, 0, 10), square(90, 90, 10))

    with pytest.raises(SystemExit):
        imported(path, "--surveyed-class", "school")
    assert "Add --surveyed complete" in capsys.readouterr().err
    assert not Layer.objects.exists()


def test_an_import_that_looked_for_an_unknown_class_stores_nothing(tmp_path):
    land_use("school")
    path = written(tmp_path / "s.gpkg", square(0, 0, 10), square(90, 90, 10))

    with pytest.raises((SystemExit, UserFacingError)):
        imported(path, "--surveyed", "complete", "--surveyed-class", "quary")
    assert not Layer.objects.exists()


def test_lines_are_asked_whole():
    land_use("road")
    layer = filled_layer("places", feature("R", line((0, 0), (200, 0)), "road"))
    set_surveyed_area(layer=layer, geometry=rectangle(-10, -10, 120, 20), classes=["road"])
    road = current_features("places").get().geometry

    assert surveyed_share("places", road, ["road"]) == 0.0
    set_surveyed_area(layer=layer, geometry=rectangle(-10, -10, 220, 20), classes=["road"])
    assert surveyed_share("places", road, ["road"]) == 1.0
