"""Who stated what was surveyed: added, changed, withdrawn; consumers see it, all is on record."""

import pytest

from layers.editing.models import SurveyChange
from layers.models import SurveyedArea
from layers.queries import surveyed_share
from layers.services import set_surveyed_area
from tests.factories import at, feature, filled_layer, land_use, outline, square
from tests.layers.editing.web import Editor, allowed, geojson

pytestmark = pytest.mark.django_db
BASE = "/layers/houses/surveyed/"


@pytest.fixture
def layer():
    return filled_layer("houses", feature("A", square(0, 0, 100)), geometry_kind="polygon")


@pytest.fixture
def surveyor(layer, dara):
    return Editor(allowed(dara, "edit_survey"), BASE)


def stated(shape, **facts):
    return {"type": "Feature", "geometry": geojson(shape), "properties": facts}


def add(surveyor, shape, status=201, **facts):
    return surveyor.told("POST", "", stated(shape, **facts), status)


def share(layer):
    return surveyed_share("houses", layer.features.get().geometry)


def test_an_area_stated_on_the_map_is_surveyed_for_all(surveyor, layer):
    assert share(layer) == 0
    made = add(surveyor, square(0, 0, 50), source="walk", captured_on="2026-03-01")
    assert share(layer) == pytest.approx(0.25, abs=1e-6)
    assert made["properties"] == {
        "completeness": "complete", "captured_on": "2026-03-01", "source": "walk", "classes": [],
    }  # fmt: skip
    assert [f["id"] for f in surveyor.told("GET", "")["features"]] == [made["id"]]


def test_two_statements_of_one_source_stand_beside_each_other(surveyor, layer):
    add(surveyor, square(0, 0, 50), source="walk")
    add(surveyor, square(50, 0, 50), source="walk")
    assert share(layer) == pytest.approx(0.5, abs=1e-6)


def test_a_statement_names_the_classes_that_were_looked_for(surveyor):
    land_use("school")
    made = add(surveyor, square(0, 0, 50), classes=["school"])
    assert SurveyedArea.objects.get(pk=made["id"]).classes == ["school"]
    refused = add(surveyor, square(0, 0, 50), 400, classes=["schol"])
    assert "'schol'" in refused["error"]["what"]


def test_a_statement_is_changed_by_who_saw_it(surveyor, layer, sophea):
    made = add(surveyor, square(0, 0, 50))
    other = Editor(allowed(sophea, "edit_survey"), BASE)
    path, given = f"{made['id']}/", stated(square(0, 0, 100), completeness="partial")
    other.told("PUT", path, given, 428)
    changed = other.told("PUT", path, given, If_Match=made["etag"])
    assert share(layer) == 0.0
    refused = surveyor.told("PUT", path, given, 412, If_Match=made["etag"])["error"]
    assert (refused["changed_by"], refused["action"]) == ("sophea", "replace")
    assert refused["current"]["properties"]["completeness"] == "partial"
    assert refused["etag"] == changed["etag"] == surveyor.ask("GET", path)["ETag"]


def test_a_withdrawn_statement_stays_on_record(surveyor, layer):
    made = add(surveyor, square(0, 0, 50), source="walk")
    path = f"{made['id']}/"
    surveyor.told("DELETE", path, status=428)
    assert surveyor.ask("DELETE", path, If_Match=made["etag"]).status_code == 204
    assert share(layer) == 0
    surveyor.told("GET", path, status=404)
    gone, added = surveyor.told("GET", "changes/")["changes"]
    assert (added["action"], added["before"], added["changed_by"]) == ("add", None, "dara")
    assert (gone["action"], gone["after"]) == ("delete", None)
    assert gone["before"]["properties"]["source"] == "walk"
    assert gone["before"]["geometry"]["type"] == "MultiPolygon"


def test_a_statement_from_an_import_can_be_changed_too(surveyor, layer):
    area = set_surveyed_area(layer=layer, geometry=square(0, 0, 100), source="file.gpkg")
    seen = surveyor.ask("GET", f"{area.pk}/")["ETag"]
    surveyor.told("PUT", f"{area.pk}/", stated(square(0, 0, 50)), If_Match=seen)
    change, by_import = SurveyChange.objects.all()
    assert (by_import.action, by_import.changed_by) == ("add", None)
    assert change.before["properties"]["source"] == "file.gpkg"
    assert share(layer) == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "facts", "status"),
    [
        (at(0, 0), {}, 422),
        (outline((0, 0), (10, 10), (10, 0), (0, 10)), {}, 422),
        (square(0, 0, 5), {"completeness": "full"}, 400),
        (square(0, 0, 5), {"captured_on": "last year"}, 400),
    ],
)
def test_a_statement_that_cannot_be_is_refused_with_its_reason(surveyor, shape, facts, status):
    assert add(surveyor, shape, status, **facts)["error"]["remedy"]
    assert not SurveyedArea.objects.exists()
    assert not SurveyChange.objects.exists()


def test_all_may_read_where_was_surveyed_but_few_may_state_it(surveyor, layer, sophea):
    made = add(surveyor, square(0, 0, 50))
    for other, status in ((Editor(base=BASE), 401), (Editor(sophea, BASE), 403)):
        assert len(other.told("GET", "")["features"]) == 1
        other.told("POST", "", stated(square(0, 0, 5)), status)
        other.told("PUT", f"{made['id']}/", stated(square(0, 0, 5)), status, If_Match="*")
        other.told("DELETE", f"{made['id']}/", status=status, If_Match="*")
        other.told("GET", "changes/", status=status)


def test_a_statement_of_another_layer_is_not_found(surveyor, layer):
    other = filled_layer("roads", feature("R", at(0, 0)))
    area = set_surveyed_area(layer=other, geometry=square(0, 0, 10))
    surveyor.told("DELETE", f"{area.pk}/", status=404, If_Match="*")
    assert SurveyedArea.objects.filter(pk=area.pk).exists()
