"""Identifiers, classes, lifecycles, and what a second import of a layer changes."""

from dataclasses import replace

import pytest

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.ingest.confined import limits
from layers.models import Feature, ImportIssue, Layer, Run
from layers.queries import current_features
from tests.factories import EAST, at, land_use, square
from tests.layers.sources import vector_file

pytestmark = pytest.mark.django_db


def stored(slug):
    return {f.stable_id: f for f in current_features(slug)}


def imported(path, layer="houses", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def test_the_second_row_with_the_same_identifier_is_refused(tmp_path):
    shapes = [square(0, 0, 10), square(20, 0, 10), square(40, 0, 10)]
    path = vector_file(tmp_path / "houses.gpkg", shapes, plot=["A", "A", "B"])

    report = imported(path, id_field="plot")

    assert stored("houses")["A"].geometry.centroid.x == pytest.approx(EAST + 5)
    assert set(stored("houses")) == {"A", "B"}
    assert report.rows.refused == 1
    assert ImportIssue.objects.get().kind == "duplicate_id"


def test_identifiers_are_found_twice_across_batches_too(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "IMPORTING", replace(limits.IMPORTING, rows_at_once=2))
    shapes = [square(20 * n, 0, 10) for n in range(5)]
    path = vector_file(tmp_path / "houses.gpkg", shapes, plot=["A", "B", "C", "A", "D"])

    report = imported(path, id_field="plot")

    assert set(stored("houses")) == {"A", "B", "C", "D"}
    assert ImportIssue.objects.get().row == 4
    assert report.rows.read == 5


def test_whole_numbers_stored_as_decimals_make_plain_identifiers(tmp_path):
    path = vector_file(
        tmp_path / "houses.gpkg", [square(0, 0, 10), square(20, 0, 10)], plot=[12.0, 13.0]
    )
    imported(path, id_field="plot")
    assert set(stored("houses")) == {"12", "13"}


def test_a_row_without_identifier_gets_that_of_its_place_and_a_note(tmp_path):
    path = vector_file(
        tmp_path / "houses.gpkg", [square(0, 0, 10), square(20, 0, 10)], plot=["A", None]
    )
    report = imported(path, id_field="plot")

    assert set(stored("houses")) == {"A", "fid-2"}
    assert report.issues == {"unusable_id kept": 1}


def test_a_stable_id_column_is_used_without_asking(tmp_path):
    imported(vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10)], stable_id=["H-7"]))
    assert set(stored("houses")) == {"H-7"}


def test_one_class_for_all(tmp_path):
    land_use("school")
    imported(vector_file(tmp_path / "schools.gpkg", [at(0, 0)]), "schools", land_use="school")
    assert stored("schools")["fid-1"].land_use.code == "school"


def test_classes_from_a_column_keep_rows_whose_class_is_unknown(tmp_path):
    land_use("school")
    path = vector_file(
        tmp_path / "f.gpkg", [at(0, 0), at(9, 0), at(19, 0)], kind=["school", "x", None]
    )

    report = imported(path, "facilities", class_field="kind")

    found = stored("facilities")
    assert found["fid-1"].land_use.code == "school"
    assert found["fid-2"].land_use is None
    assert found["fid-2"].properties == {"kind": "x"}
    assert report.issues == {"unknown_class kept": 1}
    assert report.rows.stored == 3


def test_a_column_without_one_class_is_refused_as_a_whole(tmp_path):
    path = vector_file(tmp_path / "f.gpkg", [at(0, 0)], kind=["warehouse"])
    with pytest.raises(UserFacingError, match="No value of column 'kind' is a land-use class"):
        imported(path, "facilities", class_field="kind")
    assert not Feature.objects.exists()


def test_an_unknown_class_is_refused_before_the_file_is_read(tmp_path):
    path = vector_file(tmp_path / "f.gpkg", [at(0, 0)])
    with pytest.raises(UnknownLandUseError, match="'schol'"):
        imported(path, "facilities", land_use="schol")
    assert not Layer.objects.exists()


def test_a_planned_school_arrives_as_planned_and_an_unknown_lifecycle_is_refused(tmp_path):
    path = vector_file(
        tmp_path / "f.gpkg",
        [at(0, 0), at(9, 0), at(19, 0), at(29, 0)],
        phase=["planned", "Under construction", None, "dreamt"],
    )
    report = imported(path, "facilities", lifecycle_field="phase")

    phases = {k: f.lifecycle for k, f in stored("facilities").items()}
    assert phases == {"fid-1": "planned", "fid-2": "under_construction", "fid-3": "existing"}
    assert report.issues == {"unknown_lifecycle refused": 1}


def test_the_same_file_again_changes_nothing_and_says_so(tmp_path):
    path = vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10), square(20, 0, 10)])
    first = imported(path)
    again = imported(path)

    assert first.is_new
    assert not again.is_new
    assert (again.version, again.unchanged, again.rows.read) == (1, 2, 2)
    assert Layer.objects.get().versions.count() == 1
    assert Run.objects.count() == 1


def test_the_same_content_in_another_file_makes_no_new_version(tmp_path):
    shapes = [square(0, 0, 10), square(20, 0, 10)]
    imported(vector_file(tmp_path / "one.fgb", shapes, stable_id=["A", "B"]))
    again = imported(vector_file(tmp_path / "two.gpkg", shapes, stable_id=["A", "B"]))

    assert not again.is_new
    assert (again.unchanged, again.version) == (2, 1)


def test_the_same_file_is_read_again_after_the_layer_was_changed_otherwise(tmp_path):
    path = vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10)], stable_id=["A"])
    imported(path)
    imported(vector_file(tmp_path / "b.gpkg", [square(0, 0, 20)], stable_id=["A"]))

    report = imported(path)

    assert (report.is_new, report.version, report.changed) == (True, 3, 1)
    assert stored("houses")["A"].geometry.area == pytest.approx(100)


def test_a_new_survey_of_a_layer_counts_what_was_added_changed_and_removed(tmp_path):
    imported(
        vector_file(
            tmp_path / "a.gpkg",
            [square(0, 0, 10), square(20, 0, 10), square(40, 0, 10)],
            stable_id=["same", "moves", "goes"],
        )
    )
    report = imported(
        vector_file(
            tmp_path / "b.gpkg",
            [square(0, 0, 10), square(21, 0, 10), square(60, 0, 10)],
            stable_id=["same", "moves", "comes"],
        )
    )
    counts = (report.added, report.changed, report.removed, report.unchanged)
    assert counts == (1, 1, 1, 1)
