"""The commands: a sentence for people, JSON for machines, exit code 2 when refused."""

import json

import pytest
from django.core.management import call_command

from layers.models import ImportIssue, LandUseClass, Run
from layers.runs import queue_run
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db


def say(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr().out


def machine(capsys, *arguments):
    return json.loads(say(capsys, *arguments, "--json"))


def test_an_empty_catalogue_says_what_to_do(capsys):
    assert "Try: ./krong import" in say(capsys, "layers")


def test_the_catalogue_lists_name_shape_version_and_count(capsys):
    filled_layer("houses", feature("A", square(0, 0, 10)), geometry_kind="polygon")
    assert "houses" in say(capsys, "layers")
    [layer] = machine(capsys, "layers")["layers"]
    assert (layer["slug"], layer["geometry_kind"]) == ("houses", "polygon")
    assert (layer["version"], layer["features"]) == (1, 1)


def test_classes_are_loaded_once(capsys):
    assert machine(capsys, "load_classes")["added"] == LandUseClass.objects.count()
    assert say(capsys, "load_classes") == "0 land-use classes added.\n"


def test_classes_are_listed_in_khmer_and_english(capsys):
    call_command("load_classes")
    capsys.readouterr()
    assert "School — សាលារៀន" in say(capsys, "classes")
    rows = {row["code"]: row for row in machine(capsys, "classes")["classes"]}
    assert rows["school_primary"]["parent__code"] == "school"


def test_runs_are_listed_shown_and_cancelled(capsys):
    run = queue_run(kind="import", title="Import a.gpkg", parameters={})
    Run.objects.filter(pk=run.pk).update(log="12:00 reading\n")

    assert "Import a.gpkg" in say(capsys, "run", "list")
    assert "12:00 reading" in say(capsys, "run", "show", str(run.pk))
    assert "to stop" in say(capsys, "run", "cancel", str(run.pk))
    run.refresh_from_db()
    assert run.cancel_requested_at is not None


def test_an_import_names_every_row_that_was_not_stored_as_it_came(capsys):
    run = queue_run(kind="import", title="Import a.gpkg", parameters={})
    ImportIssue.objects.create(
        run=run, row=7, kind="empty_geometry", action="refused", message="The row has no shape."
    )

    assert "row 7" in say(capsys, "run", "show", str(run.pk))
    [issue] = machine(capsys, "run", "show", str(run.pk))["issues"]
    assert (issue["row"], issue["action"]) == (7, "refused")


def test_a_run_that_is_not_there_ends_with_code_2(capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("run", "show", "4711")
    assert ended.value.code == 2
    assert "There is no run number 4711." in capsys.readouterr().err


def test_machines_get_the_refusal_as_json_and_nothing_else(capsys):
    with pytest.raises(SystemExit):
        call_command("run", "show", "4711", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["what"] == "There is no run number 4711."
