"""A trial from the shell says what the import would be refused with, and stores no feature."""

import json

import pytest
from django.core.management import call_command

from layers.editing.topology import set_topology
from layers.models import Feature, ImportIssue, Layer, Run
from layers.uploads.comparison import trial_from_shell
from tests.factories import feature, filled_layer, square
from tests.layers.sources import grid_file, vector_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcels():
    """Two parcels side by side, which must share the ground without overlap."""
    rows = [feature("P0", square(0, 0, 10)), feature("P1", square(10, 0, 10))]
    layer = filled_layer("parcels", *rows, geometry_kind="polygon")
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=0.05)
    return layer


def written(folder, *shapes):
    names = [f"P{n}" for n in range(len(shapes))]
    return vector_file(folder / "new.gpkg", shapes, NO=names)


def tried(capsys, path, *more):
    """What a trial printed."""
    call_command("import", str(path), "--layer", "parcels", "--id-field", "NO", "--dry-run", *more)
    return capsys.readouterr().out


def refused(capsys, path, *more):
    with pytest.raises(SystemExit) as ended:
        tried(capsys, path, *more)
    assert ended.value.code == 2
    return capsys.readouterr()


def stored():
    return (
        sorted(Feature.objects.values_list("stable_id", "introduced_in", "retired_in")),
        list(Layer.objects.values_list("slug", "published_number")),
    )


def test_a_new_overlap_is_named_with_its_place_and_refused(tmp_path, capsys, parcels):
    before = stored()

    said = refused(capsys, written(tmp_path, square(0, 0, 10), square(8, 0, 10)))

    assert "overlap refused: 1" in said.out
    assert "20 m²" in said.out  # 2 m by 10 m
    assert "1 overlap(s) or gap(s) in layer 'parcels'" in said.err
    assert stored() == before


def test_an_overlap_as_wide_as_the_tolerance_is_none(tmp_path, capsys, parcels):
    said = tried(capsys, written(tmp_path, square(0, 0, 10), square(9.96, 0, 10)))

    assert "overlap" not in said
    assert "1 changed" in said


def test_counts_of_what_would_change_are_told(tmp_path, capsys, parcels):
    path = written(tmp_path, square(0, 0, 10), square(10, 0, 12), square(50, 0, 5))

    said = tried(capsys, path)

    assert "Layer 'parcels' would have: 1 added, 1 changed, 0 removed, 1 unchanged." in said
    assert Feature.objects.filter(retired_in=None).count() == 2


def test_a_shift_of_known_parcels_is_told(tmp_path, capsys, parcels):
    """As far as Indian 1960 lies from WGS 84 at Sihanoukville."""
    path = written(tmp_path, square(419, -323, 10), square(429, -323, 10))

    assert "would move by about 529 m" in tried(capsys, path)  # (419² + 323²)½


def test_programs_get_the_comparison_and_the_refusal(tmp_path, capsys, parcels):
    fine = written(tmp_path, square(0, 0, 10), square(10, 0, 12))
    told = json.loads(tried(capsys, fine, "--json"))
    assert told["changes"] == {"added": 0, "changed": 1, "removed": 0, "unchanged": 1}
    assert told["contested"] == {}

    bad = written(tmp_path, square(0, 0, 10), square(5, 0, 10))
    error = json.loads(refused(capsys, bad, "--json").out)["error"]
    assert "overlap(s) or gap(s)" in error["what"]
    assert error["remedy"]


def test_the_issues_of_a_trial_are_kept_with_its_run(tmp_path, capsys, parcels):
    refused(capsys, written(tmp_path, square(0, 0, 10), square(8, 0, 10)))

    run = Run.objects.get(kind="import-trial")
    [issue] = ImportIssue.objects.filter(run=run)
    assert (issue.kind, issue.action) == ("overlap", "refused")


def test_a_layer_that_does_not_exist_yet_is_all_new(tmp_path, capsys):
    path = written(tmp_path, square(0, 0, 10))

    assert "would have: 1 added" in tried(capsys, path)
    assert not Layer.objects.exists()


def test_without_a_layer_nothing_is_compared_and_it_says_so(tmp_path, capsys):
    call_command("import", str(written(tmp_path, square(0, 0, 10))), "--dry-run")

    assert "Without --layer it is not compared" in capsys.readouterr().out
    assert not Run.objects.exists()


def test_a_grid_has_no_rows_to_compare(tmp_path):
    from layers.ingest import ImportOptions

    path = grid_file(tmp_path / "a.tif", [[1.0, 2.0]])
    found = trial_from_shell(path=path, slug="terrain", options=ImportOptions())

    assert (found.changes, found.moved, found.contested) == (None, None, ())
