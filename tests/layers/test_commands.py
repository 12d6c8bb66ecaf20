"""The commands: a sentence for people, JSON for machines, exit code 2 when refused."""

import json

import pytest
from django.core.management import call_command, execute_from_command_line
from django.utils import timezone

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
        run=run, row=7, kind="empty_geometry", action="refused", text="no_shape"
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


@pytest.mark.parametrize(
    ("state", "told"),
    [("succeeded", "it succeeded at"), ("failed", "it failed at"),
     ("cancelled", "it was cancelled at")],
)  # fmt: skip
def test_a_run_that_has_ended_cannot_be_stopped_and_how_it_ended_is_told(capsys, state, told):
    run = queue_run(kind="import", title="Import houses", parameters={})
    Run.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now())

    with pytest.raises(SystemExit) as ended:
        call_command("run", "cancel", str(run.pk))

    said = capsys.readouterr()
    assert ended.value.code == 2
    assert f"Run {run.pk} ('Import houses') has already ended: {told} 20" in said.err
    assert "to stop." not in said.out
    run.refresh_from_db()
    assert run.cancel_requested_at is None


def test_a_running_job_can_be_asked_to_stop(capsys):
    run = queue_run(kind="import", title="Import houses", parameters={})
    Run.objects.filter(pk=run.pk).update(state="running", heartbeat_at=timezone.now())

    assert f"Asked #{run.pk} Import houses to stop." in say(capsys, "run", "cancel", str(run.pk))
    run.refresh_from_db()
    assert run.cancel_requested_at is not None


class TestWrongWords:
    """What argparse refuses is refused like every other mistake."""

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["run", "stop"], "invalid choice: 'stop'"),
            (["run", "show", "three"], "invalid int value: 'three'"),
            (["run"], "the following arguments are required: action"),
            (["layers", "--colour"], "unrecognized arguments: --colour"),
        ],
    )
    def test_a_machine_reads_an_object_and_a_person_a_sentence(self, capsys, words, reason):
        with pytest.raises(SystemExit) as ended:
            execute_from_command_line(["krong", *words, "--json"])

        said = capsys.readouterr()
        assert ended.value.code == 2
        error = json.loads(said.out)["error"]
        assert error["what"].startswith(f"'{words[0]}' was not understood: ")
        assert reason in error["what"]
        assert error["remedy"] == f"'./krong {words[0]} --help' explains it."
        assert reason in said.err

    def test_without_json_nothing_but_the_sentence_is_printed(self, capsys):
        with pytest.raises(SystemExit) as ended:
            execute_from_command_line(["krong", "run", "stop"])
        assert ended.value.code == 2
        assert capsys.readouterr().out == ""
