"""What changes the ground asks for a re-check, once for a burst; nothing else does."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.urls import reverse

from conflicts.models import DetectionRun, Finding
from conflicts.queries import latest_detection
from conflicts.recheck_requests import is_rechecking, request_recheck
from conflicts.services import detect_conflicts
from conflicts.tasks import carry_out_recheck
from layers.editing.content import Content
from layers.editing.drafts import create_feature, open_draft
from layers.editing.publishing import publish_draft, revert_layer
from layers.editing.survey_log import survey_etag
from layers.editing.surveys import Statement, add_statement, delete_statement
from layers.listening import listen, tell_of_change
from layers.models import Layer, Run
from layers.runs import request_cancel
from layers.services import publish_changes, publish_features, set_surveyed_area
from tests.conflicts.ground import CITY, put, rule_data, rulebook, surveyed_layer
from tests.factories import feature, filled_layer, square
from tests.other_process import on_test_database

pytestmark = pytest.mark.django_db(transaction=True)

LANDFILL = feature("L", square(0, 0, 100), "landfill")


def school(gap_m, name="S"):
    return feature(name, square(100 + gap_m, 0, 50), "school")


@pytest.fixture
def layer():
    """A surveyed city whose one school, 300 m from the landfill, is far enough; asked once."""
    layer = surveyed_layer("facilities", LANDFILL, school(300))
    detect_conflicts(rulebook=rulebook(rule_data()))
    Run.objects.filter(kind="recheck").delete()
    return layer


def waiting():
    return list(Run.objects.filter(kind="recheck", state="queued"))


def carried_out():
    """Let the worker do what waits."""
    [run] = waiting()
    return carry_out_recheck.call(run.pk)


def author():
    return User.objects.create_user("planner")


def test_publishing_a_draft_asks_for_a_re_check_that_finds_the_school_too_near(layer):
    draft = open_draft(layer=layer, title="A school", author=author())
    drawn = Content(
        geometry=square(150, 0, 20), land_use="school", lifecycle="existing", properties={}
    )
    create_feature(draft=draft, content=drawn, author=draft.author, stable_id="NEW")

    publish_draft(draft=draft, author=draft.author, message="built")

    assert not Finding.objects.exists()
    assert carried_out() == "succeeded"
    assert Finding.objects.get().object_id == "NEW"
    assert latest_detection().data_versions["facilities"] == 2


def test_going_back_to_an_earlier_version_resolves_what_the_later_one_brought(layer):
    put(layer, LANDFILL, school(50))
    carried_out()
    assert Finding.objects.get().state == "open"

    revert_layer(layer=layer, number=1, author=author(), message="drawn in the wrong place")
    carried_out()

    assert Finding.objects.get().state == "resolved"


def test_a_hazard_map_that_is_published_asks_too(layer):
    publish_features(
        layer=filled_layer("flood-r100", theme="hazard-flood"),
        features=[feature("W", square(0, 0, 10), hazard_class="H3")],
    )

    assert len(waiting()) == 1


@pytest.mark.parametrize("what", ["stated by a program", "stated by a person", "withdrawn"])
def test_a_survey_that_is_stated_or_withdrawn_asks_too(layer, what):
    stated = layer.surveyed_areas.first()
    match what:
        case "stated by a program":
            set_surveyed_area(layer=layer, geometry=CITY, source="another", classes=["school"])
        case "stated by a person":
            statement = Statement(geometry=stated_shape(), completeness="complete")
            add_statement(layer=layer, statement=statement, author=author())
        case "withdrawn":
            etag = survey_etag(stated)
            delete_statement(layer=layer, number=stated.pk, if_match=etag, author=author())

    assert len(waiting()) == 1


def stated_shape():
    from shapely.geometry import MultiPolygon

    return MultiPolygon([CITY])


def test_ratifying_another_version_of_the_rule_book_asks_for_a_full_detection(layer):
    from conflicts.rulebooks.versions import ratify_rulebook

    stricter = rulebook(rule_data(min_distance_m=400))
    ratify_rulebook(stricter)
    carried_out()

    newest = latest_detection()
    assert (newest.rulebook, newest.is_full) == (stricter, True)
    assert Finding.objects.get().current.required_value == 400


def test_a_burst_of_twenty_publications_is_re_checked_once_and_the_last_one_counts(layer):
    for step in range(20):
        put(layer, LANDFILL, school(300 - 10 * step))

    assert carried_out() == "succeeded"
    assert not waiting()
    assert DetectionRun.objects.count() == 2
    assert Finding.objects.get().current.measured_value == pytest.approx(110)


def test_what_is_taken_back_asks_for_nothing(layer):
    with transaction.atomic():
        put(layer, LANDFILL, school(10))
        transaction.set_rollback(True)

    assert waiting() == []


def test_where_no_rule_book_was_ever_asked_nothing_is_queued():
    filled_layer("facilities", LANDFILL)

    assert waiting() == []
    assert request_recheck() is None


def test_a_listener_that_fails_does_not_take_the_publication_back(layer, monkeypatch):
    def fails():
        raise RuntimeError("the queue is away")

    monkeypatch.setattr("layers.listening._listeners", [fails])
    put(layer, LANDFILL)

    assert Layer.objects.get().published_number == 2


def test_a_listener_hears_of_each_change_once_however_often_it_asks_to_listen(monkeypatch):
    heard = []
    monkeypatch.setattr("layers.listening._listeners", [])
    hears = lambda: heard.append("change")  # noqa: E731
    listen(hears)
    listen(hears)

    tell_of_change()

    assert heard == ["change"]


def test_a_re_check_that_is_cancelled_leaves_the_old_findings_and_the_next_one_makes_up(layer):
    put(layer, LANDFILL, school(50))
    [run] = waiting()
    request_cancel(run)

    carry_out_recheck.call(run.pk)

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not Finding.objects.exists()
    request_recheck()
    carried_out()
    assert Finding.objects.get().state == "open"


KILLED = """
import os, django
django.setup()
from conflicts import storing
from conflicts.tasks import carry_out_recheck
def stop(*_args, **_named):
    print("merging", flush=True)
    import time
    time.sleep(60)
storing.merge_steps = stop
carry_out_recheck.call(int(os.environ["RECHECK"]))
"""


def test_a_re_check_that_is_killed_leaves_the_old_findings_and_the_next_one_makes_up(layer):
    put(layer, LANDFILL, school(50))
    [run] = waiting()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        env=on_test_database(DJANGO_SETTINGS_MODULE="config.settings", RECHECK=str(run.pk)),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "merging\n"

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert (Finding.objects.count(), DetectionRun.objects.count()) == (0, 1)
    wait_until_released()
    assert request_recheck() is not None
    carried_out()
    assert Finding.objects.get().state == "open"


def wait_until_released():
    """The server notices the dead client, then lets its locks go."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)


def test_two_who_publish_while_re_checks_run_end_where_one_after_the_other_would(layer):
    """Whoever is last finds everything checked: the findings are those of a full detection."""
    other = surveyed_layer("buildings", feature("B", square(0, 500, 10), "school"))
    Run.objects.filter(kind="recheck").delete()
    request_recheck()
    carried_out()
    problems = []

    def publish(into, names):
        try:
            for number, name in enumerate(names):
                publish_changes(into, [school(20 * number, name)], [])
        except Exception as error:  # noqa: BLE001 - told by the test itself
            problems.append(error)
        finally:
            connections.close_all()

    writers = [
        threading.Thread(target=publish, args=(into, [f"{into.slug}-{n}" for n in range(8)]))
        for into in (layer, other)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        for run in waiting():
            carry_out_recheck.call(run.pk)
    for run in waiting():
        carry_out_recheck.call(run.pk)

    assert not problems
    near = {(f.object_layer, f.object_id, f.state) for f in Finding.objects.all()}
    assert len(near) == 16  # eight schools nearer than 200 m in each layer (0 to 140 m)
    detect_conflicts(rulebook=latest_detection().rulebook)
    assert {(f.object_layer, f.object_id, f.state) for f in Finding.objects.all()} == near
    assert set(latest_detection().observations.values_list("change", flat=True)) == {"unchanged"}


class TestPages:
    def told(self, client):
        return client.get(reverse("findings"), {"lang": "en"}).content.decode()

    def test_while_it_waits_the_list_says_so_and_which_version_was_checked(self, layer, client):
        put(layer, LANDFILL, school(50))

        page = self.told(client)

        assert is_rechecking()
        assert "being re-checked now" in page
        assert "the findings are checked up to version 1; version 2 is published" in page

    def test_afterwards_it_names_the_detection_that_it_goes_on_from(self, layer, client):
        full = latest_detection()
        put(layer, LANDFILL, school(50))
        carried_out()

        page = self.told(client)

        assert "being re-checked now" not in page
        assert "checked up to" not in page
        assert f"what detection #{full.pk} of" in page

    def test_the_answers_of_rules_that_were_not_asked_again_stay(self, layer, client):
        detect_conflicts(
            rulebook=rulebook(
                rule_data(),
                rule_data(
                    code="T-02", subject={"classes": ["quarry"]}, object={"classes": ["well"]}
                ),
                code="two",
            )
        )
        put(layer, LANDFILL, school(50))
        carried_out()

        newest = latest_detection("two")
        assert list(newest.outcomes.values_list("rule__code", flat=True)) == ["T-01"]
        standing = newest.standing_outcomes.values_list("rule__code", "answer")
        assert list(standing) == [("T-01", "fails"), ("T-02", "cannot_tell")]

    def test_a_survey_stated_since_is_told_apart_from_a_version(self, layer, client):
        set_surveyed_area(layer=layer, geometry=CITY, source="another", classes=["school"])

        assert "stated anew after the findings were checked" in self.told(client)

    def test_a_layer_that_is_not_public_is_not_named(self, layer, client):
        secret = filled_layer("barracks", feature("B", square(0, 0, 5), "school"))
        Layer.objects.filter(pk=secret.pk).update(visibility="restricted")

        page = self.told(client)

        assert "A layer that is not public has changed" in page
        assert "Barracks" not in page
