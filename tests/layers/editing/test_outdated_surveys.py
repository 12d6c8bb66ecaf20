"""A survey speaks of the content it was made about: other content is not proven complete by it."""

import pytest
from django.contrib.auth.models import Permission

from conflicts.feature_findings import standing
from conflicts.services import detect_conflicts
from layers.editing.models import SurveyChange
from layers.editing.publishing import revert_layer
from layers.ingest import ImportOptions, dry_run, import_file
from layers.ingest.survey import survey_from_file
from layers.models import Layer
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, only_outcome, rule_data, rulebook
from tests.factories import land_use, square
from tests.layers.editing.ground import draft_of, publish, remove
from tests.layers.editing.web import Editor
from tests.layers.sources import vector_file

pytestmark = pytest.mark.django_db

DUMP, FAR_SCHOOL, OTHER_SCHOOL = square(0, 0, 100), square(5000, 0, 50), square(0, 6000, 50)
RULE = rule_data(
    subject={"classes": ["landfill"], "surveyed_in": ["facilities"]},
    object={"classes": ["school"], "surveyed_in": ["facilities"]},
)


def facilities_file(path, dump=DUMP, school=FAR_SCHOOL):
    kinds, ids = ["landfill", "school"], ["L", "S"]
    return vector_file(path, [dump, school], kind=kinds, stable_id=ids)


def bring_in(path, **options):
    given = ImportOptions(class_field="kind", **options)
    return import_file(path=path, layer="facilities", options=given)


@pytest.fixture
def book():
    for code in ("landfill", "school"):
        land_use(code)
    return rulebook(RULE)


@pytest.fixture
def layer(book, tmp_path):
    """Landfill and school of one file, the whole city walked for both kinds afterwards."""
    bring_in(facilities_file(tmp_path / "2024.gpkg"))
    layer = Layer.objects.get(slug="facilities")
    set_surveyed_area(
        layer=layer, geometry=CITY, source="walked", classes=["landfill", "school"]
    )  # fmt: skip
    return layer


@pytest.fixture
def other_file(tmp_path):
    return facilities_file(tmp_path / "2026.gpkg", school=OTHER_SCHOOL)


def answer(book):
    return only_outcome(detect_conflicts(rulebook=book)).answer


def ended():
    return SurveyChange.objects.filter(action="delete")


def test_a_landfill_far_from_every_school_of_a_surveyed_city_complies(book, layer):
    assert answer(book) == "complies"


def test_another_file_over_the_layer_is_no_all_clear_where_the_old_one_was_surveyed(
    book, layer, other_file
):
    report = bring_in(other_file)

    assert answer(book) == "cannot_tell"
    assert not layer.surveyed_areas.exists()
    [note] = map(str, report.notes)
    assert "ended: 1" in note
    assert "cannot tell" in note


def test_what_the_ended_statement_said_and_why_it_ended_stay_on_record(layer, other_file):
    bring_in(other_file)

    change = ended().get()
    assert change.before["properties"]["source"] == "walked"
    assert change.before["properties"]["classes"] == ["landfill", "school"]
    assert (change.after, change.changed_by) == (None, None)
    assert change.reason == "2026.gpkg replaced the content of the layer (version 2)."


def test_the_same_file_again_leaves_the_survey_and_the_answer(book, layer, tmp_path):
    report = bring_in(tmp_path / "2024.gpkg")

    assert answer(book) == "complies"
    assert (report.is_new, report.notes, ended().count()) == (False, (), 0)


def test_other_content_under_the_old_file_name_is_another_file(book, layer, tmp_path):
    (tmp_path / "2024.gpkg").unlink()
    bring_in(facilities_file(tmp_path / "2024.gpkg", school=OTHER_SCHOOL))

    assert answer(book) == "cannot_tell"


def test_a_file_that_adds_to_the_layer_leaves_what_was_surveyed(book, layer, tmp_path):
    path = vector_file(tmp_path / "more.gpkg", [OTHER_SCHOOL], kind=["school"], stable_id=["T"])
    bring_in(path, keeps_others=True)

    assert answer(book) == "complies"


def test_a_file_that_states_its_own_survey_is_known_where_it_says_and_nowhere_else(
    book, layer, other_file
):
    bring_in(other_file, surveyed="complete", surveyed_classes=("landfill", "school"))

    [own] = layer.surveyed_areas.all()
    assert own.source == "2026.gpkg"
    # between the landfill's 100 m and the school's 50 m, not the 1,600 km² that were walked
    assert own.geometry.area < 1e6
    assert answer(book) == "cannot_tell"


def test_a_partial_statement_proves_nothing_and_stays(layer, other_file):
    set_surveyed_area(layer=layer, geometry=CITY, source="seen", completeness="partial")
    bring_in(other_file)

    assert [area.source for area in layer.surveyed_areas.all()] == ["seen"]


def test_a_survey_stated_after_the_new_file_counts_again(book, layer, other_file):
    bring_in(other_file)
    set_surveyed_area(layer=layer, geometry=CITY, classes=["landfill", "school"])

    assert answer(book) == "complies"


def test_going_back_to_an_earlier_version_ends_what_was_surveyed_since(
    book, layer, other_file, dara
):
    bring_in(other_file)
    set_surveyed_area(layer=layer, geometry=CITY, classes=["landfill", "school"], source="2026")
    publication = revert_layer(layer=layer, number=1, author=dara, message="Wrong file")

    assert publication.ended_surveys == 1
    assert answer(book) == "cannot_tell"
    change = ended().first()
    assert (change.changed_by, change.before["properties"]["source"]) == (dara, "2026")
    assert change.reason == "The layer went back to version 1."


def test_who_goes_back_is_told_that_surveys_ended(layer, other_file, dara):
    bring_in(other_file, surveyed="complete")
    dara.user_permissions.add(Permission.objects.get(codename="publish_version"))
    told = Editor(dara, "/layers/facilities/").told(
        "POST", "revert", {"to": 1, "message": "Wrong file"}
    )

    [note] = told["notes"]
    assert "ended: 1" in note


def test_an_edit_through_a_draft_keeps_what_was_surveyed(book, layer, dara):
    draft = draft_of(layer, dara)
    remove(draft, "S")
    publish(draft)

    assert answer(book) == "complies"
    assert not ended().exists()


def test_the_trial_says_beforehand_that_surveys_would_end(layer, other_file):
    options = ImportOptions(class_field="kind")
    [note] = map(str, dry_run(other_file, options, layer="facilities").notes)

    assert "end: 1" in note
    assert layer.surveyed_areas.count() == 1


def test_the_trial_of_a_file_for_an_unsurveyed_layer_speaks_of_no_survey(layer, other_file):
    keeping = ImportOptions(class_field="kind", keeps_others=True)

    assert dry_run(other_file, keeping, layer="facilities").notes == ()
    assert dry_run(other_file, ImportOptions(class_field="kind"), layer="new").notes == ()


def test_a_survey_from_a_file_after_the_detection_makes_its_findings_old(book, layer, tmp_path):
    detect_conflicts(rulebook=book)
    assert standing().is_current

    survey_from_file(
        layer="facilities",
        path=vector_file(tmp_path / "north.gpkg", [square(0, 0, 900)]),
        completeness="partial",
        options=ImportOptions(),
    )

    assert not standing().is_current
    change = SurveyChange.objects.first()
    assert (change.action, change.changed_by) == ("add", None)
    assert change.after["properties"]["source"] == "north.gpkg"


def test_the_same_survey_stated_again_word_for_word_changes_nothing(book, layer):
    detect_conflicts(rulebook=book)
    before = layer.surveyed_areas.get().pk
    same = set_surveyed_area(
        layer=layer, geometry=CITY, source="walked", classes=["landfill", "school"]
    )

    assert same.pk == before
    assert standing().is_current


def test_the_same_source_with_less_ground_replaces_its_statement_on_record(layer):
    set_surveyed_area(layer=layer, geometry=square(0, 0, 10), source="walked")

    added, gone = SurveyChange.objects.all()[:2]
    assert (added.action, gone.action) == ("add", "delete")
    assert gone.reason == "The same source was stated anew."
    assert gone.before["properties"]["classes"] == ["landfill", "school"]
    assert layer.surveyed_areas.get().geometry.area == pytest.approx(100)
