"""History, differences and going back, for people and for programs."""

import pytest

from layers.models import LayerVersion
from layers.queries import current_features
from layers.services import Provenance, publish_changes
from tests.factories import at, feature, filled_layer, square
from tests.layers.editing.web import Editor, allowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer(sophea):
    layer = filled_layer("trees", *(feature(k, at(i, 0)) for i, k in enumerate("ABC")))
    changed = [feature("A", at(50, 0)), feature("D", square(0, 20, 5))]
    told = Provenance(published_by=sophea, message="ព្យុះ <storm>")
    publish_changes(layer, changed, ["C"], told)
    layer.refresh_from_db()
    return layer


@pytest.fixture
def reader(layer):
    return Editor(base="/layers/trees/")


@pytest.fixture
def publisher(layer, dara):
    return Editor(allowed(dara, "publish_version"), "/layers/trees/")


def page(editor, path):
    answer = editor.ask("GET", path, Accept="text/html")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_history_page_says_who_published_what_and_why(reader, publisher):
    assert "sophea" in page(publisher, "history/")
    text = page(reader, "history/")
    assert "sophea" not in text  # account names are no business of the public
    assert "ព្យុះ &lt;storm&gt;" in text
    assert "diff/?from=1&amp;to=2" in text
    assert "/revert" not in text


def test_the_history_is_khmer_unless_english_is_asked(layer, client):
    assert "ប្រវត្តិ" in client.get("/layers/trees/history/?lang=km").content.decode()
    assert "History" in client.get("/layers/trees/history/?lang=en").content.decode()


def test_the_history_marks_the_version_of_a_day(reader, layer):
    LayerVersion.objects.filter(layer=layer).delete()
    for number, day in ((1, "2026-03-01"), (2, "2026-03-05")):
        LayerVersion.objects.create(
            layer=layer, number=number, state="retired", published_at=f"{day}T05:00Z"
        )
    assert "version 1 was published" in page(reader, "history/?date=2026-03-04")
    told = reader.told("GET", "history.json?date=2026-03-04")
    assert [v["number"] for v in told["versions"]] == [1]
    reader.told("GET", "history.json?date=2026-02-01", status=404)
    reader.told("GET", "history.json?date=yesterday", status=400)


def test_the_history_for_programs_lists_every_version(reader, publisher):
    assert reader.told("GET", "history.json")["versions"][0]["published_by"] is None
    first, second = publisher.told("GET", "history.json")["versions"]
    assert (first["number"], first["published_by"], first["feature_count"]) == (2, "sophea", 3)
    assert (second["number"], second["published_by"]) == (1, None)


def test_differences_for_programs_have_counts_and_shapes(reader):
    told = reader.told("GET", "diff.json?from=1&to=2")
    assert told["counts"] == {"added": 1, "removed": 1, "moved": 1, "attributes": 0, "both": 0}
    kinds = {row["id"]: row["kind"] for row in told["differences"]}
    assert kinds == {"A": "moved", "C": "removed", "D": "added"}
    assert reader.told("GET", "diff.json") == told
    first = reader.told("GET", "diff.json?limit=2")
    assert first["next"] == "C"
    rest = reader.told("GET", f"diff.json?limit=2&after={first['next']}")
    assert ([row["id"] for row in rest["differences"]], rest["next"]) == (["D"], None)


def test_the_page_names_what_was_reworded_and_how(reader, layer):
    reworded = feature("B", at(1, 0), lifecycle="planned", storeys=3)
    publish_changes(layer, [reworded], [], Provenance())
    text = page(reader, "diff/?from=2&to=3")
    assert "storeys: – → 3" in text
    assert "<td>existing</td><td>planned</td>" in text


def test_the_page_of_differences_has_a_map_and_a_table(reader):
    text = page(reader, "diff/?from=1&to=2")
    assert 'id="diff-map"' in text
    assert "diff.json?from=1\\u0026to=2" in text
    assert "shape changed" in text
    assert "The two versions hold the same" in page(reader, "diff/?from=2&to=2")


@pytest.mark.parametrize("path", ["diff.json?from=1&to=9", "versions/9/features"])
def test_versions_that_never_were_are_not_found(reader, path):
    reader.told("GET", path, status=404)


def test_a_layer_is_read_as_it_stood(reader):
    then = reader.told("GET", "versions/1/features")
    assert [f["id"] for f in then["features"]] == ["A", "B", "C"]
    assert then["numberMatched"] == 3
    first = reader.told("GET", "versions/1/features?limit=2")
    assert first["next"] == "B"
    boxed = "versions/1/features?crs=project&bbox=330001,1169999,330001,1170001"
    assert [f["id"] for f in reader.told("GET", boxed)["features"]] == ["B"]
    one = reader.told("GET", "versions/1/features/A?crs=project")
    assert one["geometry"]["coordinates"] == [330_000, 1_170_000]
    reader.told("GET", "versions/2/features/C", status=404)


def test_a_layer_for_staff_has_no_public_past(reader, layer):
    type(layer).objects.filter(pk=layer.pk).update(visibility="internal")
    for path in ("history.json", "diff.json", "versions/1/features", "versions/1/features/A"):
        reader.told("GET", path, status=404)
    for path in ("history/", "diff/"):
        assert reader.ask("GET", path).status_code == 404


def test_going_back_makes_a_version_with_who_and_why(publisher, dara):
    assert "/revert" in page(publisher, "history/")
    done = publisher.told("POST", "revert", {"to": 1, "message": "Wrong survey"})
    assert done == {"version": 3, "added": 1, "changed": 1, "removed": 1, "notes": []}
    assert {f.stable_id for f in current_features("trees")} == set("ABC")
    version = LayerVersion.objects.get(number=3)
    assert (version.published_by, version.message) == (dara, "Wrong survey")


def test_going_back_by_the_pages_form_returns_to_the_history(publisher):
    given = {"to": "1", "message": "Wrong survey"}
    answer = publisher.client.post("/layers/trees/revert", given)
    assert (answer.status_code, answer["Location"]) == (302, "/layers/trees/history/")
    again = publisher.client.post("/layers/trees/revert?lang=en", given)
    assert again.status_code == 400
    assert "stands as in version 1" in again.content.decode()


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"to": "x", "message": "y"}, 400),
        ({"to": 1, "message": " "}, 400),
        ({"to": 2, "message": "y"}, 400),
        ({"to": 77, "message": "y"}, 404),
        ({}, 400),
    ],
)
def test_a_way_back_that_cannot_be_says_why(publisher, given, status):
    assert publisher.told("POST", "revert", given, status)["error"]["remedy"]


def test_going_back_needs_the_permission(reader, sophea):
    reader.told("POST", "revert", {"to": 1, "message": "x"}, 401)
    editor = Editor(allowed(sophea, "edit_features"), "/layers/trees/")
    editor.told("POST", "revert", {"to": 1, "message": "x"}, 403)


def test_a_grid_is_not_edited_feature_by_feature(layer, publisher):
    type(layer).objects.filter(pk=layer.pk).update(geometry_kind="raster")
    told = publisher.told("POST", "revert", {"to": 1, "message": "x"}, 400)
    assert "is a grid" in told["error"]["what"]
