"""The quality report of a version: made behind the pages, kept, stopped, made anew."""

import csv
import io
import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
import shapely
from django.contrib.auth.models import User
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from layers.editing.topology import set_topology
from layers.errors import RunCancelledError
from layers.models import Layer, LayerVersion, Run
from layers.quality import making
from layers.quality.making import make_report
from layers.quality.models import QualityIssue, QualityReport
from layers.quality.requests import (
    MOST_ATTEMPTS,
    ask_for_report,
    live_run,
    make_now,
    report_of,
    stop_making,
)
from layers.quality.tasks import make_quality_report
from layers.runs import request_cancel
from layers.services import publish_changes
from layers.vocab import RunState
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def plots():
    """Two plots that share 4 m x 10 m, a third 0.3 m beside them, a fourth far away."""
    return filled_layer(
        "plots",
        feature("P1", square(0, 0, 10)),
        feature("P2", square(6, 0, 10)),
        feature("P3", rectangle(16.3, 0, 10, 10)),
        feature("P4", square(500, 0, 10)),
        geometry_kind="polygon",
    )


def newest(layer):
    return LayerVersion.objects.select_related("layer").get(layer=layer, state="published")


def found(report, kind):
    rows = report.issues.filter(kind=kind)
    return [(i.stable_id, i.other, round(i.area_m2, 3), i.is_forbidden) for i in rows]


def work_off(run, language="en"):
    """What the worker does with a waiting run."""
    ended = make_quality_report.func(run.pk, language)
    run.refresh_from_db()
    return ended


def page(client, layer, **asked):
    response = client.get(f"/layers/{layer.slug}/quality/", {"lang": "en", **asked})
    assert response.status_code == 200, response.content
    return response.content.decode()


class TestWhatItFinds:
    def test_overlaps_and_gaps_of_a_layer_without_a_rule_are_told_for_information(self, plots):
        report = make_report(newest(plots))

        assert found(report, "overlap") == [("P1", "P2", 40.0, False)]
        assert found(report, "gap") == [("P2", "", 3.0, False)]
        assert (report.must_not_overlap, report.must_cover, report.is_cut) == (False, False, False)
        assert report.tolerance_m == 0.05

    def test_the_place_of_an_issue_lies_in_what_is_wrong(self, plots):
        report = make_report(newest(plots))

        overlap = report.issues.get(kind="overlap").place
        gap = report.issues.get(kind="gap").place

        assert EAST + 6 < overlap.x < EAST + 10
        assert EAST + 16 < gap.x < EAST + 16.3
        assert NORTH < gap.y < NORTH + 10

    def test_a_layer_whose_areas_must_not_overlap_tells_what_is_against_its_rule(self, plots):
        cover = rectangle(0, 0, 30, 10)
        set_topology(layer=plots, must_not_overlap=True, tolerance_m=0.01, must_cover=cover)

        report = make_report(newest(plots))

        assert found(report, "overlap") == [("P1", "P2", 40.0, True)]
        # 26.3 to 30 east, and 16 to 16.3: both within what must be covered
        assert found(report, "gap") == [("P3", "", 37.0, True), ("P2", "", 3.0, True)]
        assert (report.must_not_overlap, report.must_cover) == (True, True)

    def test_a_strip_narrower_than_the_tolerance_is_no_issue(self, plots):
        set_topology(layer=plots, must_not_overlap=True, tolerance_m=0.5)

        report = make_report(newest(plots))

        assert found(report, "overlap") == [("P1", "P2", 40.0, True)]
        assert found(report, "gap") == []

    def test_lines_and_points_are_not_compared_as_areas(self):
        layer = filled_layer("roads", feature("R", line((0, 0), (9, 9))), feature("W", at(0, 0)))

        report = make_report(newest(layer))

        assert not report.compares_areas
        assert not report.issues.exists()

    def test_areas_of_a_mixed_layer_are_compared_whatever_else_it_holds(self):
        both = shapely.MultiPolygon([square(0, 0, 10), square(50, 50, 10)])
        layer = filled_layer(
            "mixed", feature("C", both), feature("A", square(5, 0, 10)),
            feature("W", at(7, 5)), feature("L", line((0, 0), (9, 9))),
        )  # fmt: skip

        assert found(make_report(newest(layer)), "overlap") == [("A", "C", 50.0, False)]

    def test_more_than_can_be_listed_is_said_to_be_more(self, monkeypatch):
        monkeypatch.setattr(making, "MOST_LISTED", 3)
        layer = filled_layer("stack", *(feature(f"S{n}", square(n, 0, 10)) for n in range(6)))

        report = make_report(newest(layer))

        assert report.is_cut
        assert len(found(report, "overlap")) == 3

    def test_an_earlier_version_has_its_own_report(self, plots):
        first = newest(plots)
        make_report(first)
        publish_changes(plots, [feature("P2", square(100, 0, 10))], [])

        now = make_report(newest(plots))

        assert found(now, "overlap") == []
        assert found(report_of(first), "overlap") == [("P1", "P2", 40.0, False)]
        assert found(make_report(first), "overlap") == [("P1", "P2", 40.0, False)]

    def test_making_it_anew_leaves_one_report_with_the_places_of_now(self, plots):
        version = newest(plots)
        make_report(version)
        make_report(version)

        assert QualityReport.objects.count() == 1
        assert QualityIssue.objects.count() == 2


class TestHowItIsMade:
    def test_the_first_look_queues_it_once(self, client, plots, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            first, second = page(client, plots), page(client, plots)

        assert "The report is being made" in first
        assert "The report is being made" in second
        assert Run.objects.filter(kind="quality").count() == 1
        assert [task.priority for task in DBTaskResult.objects.all()] == [-10]

    def test_the_worker_makes_it_and_the_page_shows_it_as_kept(self, client, plots):
        page(client, plots)
        run = live_run(newest(plots))

        assert work_off(run) == RunState.SUCCEEDED

        assert (run.state, run.progress_share) == (RunState.SUCCEEDED, 1.0)
        text = page(client, plots)
        assert "report made" in text
        assert "areas lie over each other: 1" in text
        assert "The report is being made" not in text
        assert Run.objects.filter(kind="quality").count() == 1

    def test_progress_is_told_as_json(self, client, plots):
        page(client, plots)
        run = live_run(newest(plots))
        Run.objects.filter(pk=run.pk).update(progress_share=0.37, state="running")

        told = client.get("/layers/plots/quality/state").json()

        assert (told["state"], told["progress_percent"]) == ("running", 37)

    def test_nobody_is_told_of_a_report_that_nobody_asked_for(self, client, plots):
        assert client.get("/layers/plots/quality/state").status_code == 404
        assert client.get("/layers/plots/quality/places.csv").status_code == 404

    def test_it_is_stopped_while_it_waits_and_is_not_carried_out(self, plots):
        version = newest(plots)
        run = make_now(version)

        assert stop_making(version)

        assert work_off(run) == RunState.CANCELLED
        assert report_of(version) is None
        assert not stop_making(version)

    @pytest.mark.parametrize(
        ("ending", "state"),
        [(RunCancelledError("it"), RunState.CANCELLED), (MemoryError("full"), RunState.FAILED)],
    )
    def test_an_end_on_the_way_leaves_the_report_before(self, plots, monkeypatch, ending, state):
        version = newest(plots)
        before = make_report(version)
        run = make_now(version)

        def ended(*_arguments, **_words):
            raise ending

        monkeypatch.setattr(making, "contested", ended)
        with nullcontext() if state == RunState.CANCELLED else pytest.raises(MemoryError):
            work_off(run)

        run.refresh_from_db()
        assert run.state == state
        assert report_of(version) == before
        assert before.issues.count() == 2

    def test_after_three_failures_no_look_begins_another_but_the_button_does(self, client, plots):
        version = newest(plots)
        for _attempt in range(MOST_ATTEMPTS):
            make_now(version)
            Run.objects.update(state="failed", message="The disk is full.")

        text = page(client, plots)

        assert "The disk is full." in text
        assert live_run(version) is None
        client.force_login(User.objects.create_user("sok"))
        assert client.post("/layers/plots/quality/make").status_code == 302
        assert live_run(version).parameters["by"] == "sok"

    def test_one_that_was_killed_is_begun_again_at_the_next_look(self, client, plots):
        page(client, plots)
        long_ago = timezone.now() - timedelta(minutes=10)
        Run.objects.update(state="running", heartbeat_at=long_ago)

        page(client, plots)

        assert sorted(Run.objects.values_list("state", flat=True)) == ["failed", "queued"]

    def test_a_version_that_was_replaced_while_its_report_waited_gets_none(self, plots):
        version = newest(plots)
        ask_for_report(version)
        run = live_run(version)
        publish_changes(plots, [feature("P9", square(900, 0, 10))], [])

        assert work_off(run) == RunState.CANCELLED
        assert "newer version" in run.message
        assert report_of(version) is None

    def test_one_that_somebody_asked_for_is_made_though_the_layer_went_on(self, plots):
        version = newest(plots)
        run = make_now(version, User.objects.create_user("sok"))
        publish_changes(plots, [feature("P9", square(900, 0, 10))], [])

        assert work_off(run) == RunState.SUCCEEDED

    def test_a_grid_has_no_report(self, client, plots):
        Layer.objects.filter(pk=plots.pk).update(geometry_kind="raster")

        ask_for_report(newest(plots))

        assert not Run.objects.exists()
        assert client.get("/layers/plots/quality/").status_code == 404


class TestThePage:
    def test_every_issue_leads_to_the_map_with_its_features_marked(self, client, plots):
        make_report(newest(plots))

        text = page(client, plots)

        links = re.findall(r'/map/\?(feature=[^"]+)"', text)
        overlap, gap = (link.replace("&amp;", "&").replace("%2F", "/") for link in links[:2])
        assert overlap.startswith("feature=plots/P1&feature=plots/P2#lat=")
        assert gap.startswith("feature=plots/P2#lat=")

    def test_what_the_rule_forbids_is_marked_and_counted(self, client, plots):
        set_topology(layer=plots, must_not_overlap=True)
        make_report(newest(plots))

        text = page(client, plots)

        assert "its areas must not overlap" in text
        assert "1 against the rule" in text

    def test_without_an_issue_the_page_says_that_none_was_found_and_by_which_measure(self, client):
        layer = filled_layer("alone", feature("A", square(0, 0, 10)))
        make_report(newest(layer))

        text = page(client, layer)

        assert text.count("none was found") == 3
        assert "Narrower than 0.05 m" in text
        assert "up to 1.00 m" in text

    def test_a_search_that_stopped_gives_no_all_clear(self, client, plots):
        report = make_report(newest(plots))
        report.issues.filter(kind="gap").delete()
        QualityReport.objects.update(is_cut=True)

        text = page(client, plots)

        assert "There is more than is listed" in text
        assert "none was found before the search stopped" in text
        assert "✓</span> none was found<" not in text

    @pytest.mark.parametrize(
        "rule",
        [
            {"must_not_overlap": True},
            {"must_not_overlap": True, "tolerance_m": 0.2},
            {"must_not_overlap": True, "must_cover": square(0, 0, 50)},
        ],
    )
    def test_a_report_made_by_another_rule_says_so(self, client, plots, rule):
        make_report(newest(plots))
        assert "The rule for the areas" not in page(client, plots)

        set_topology(layer=plots, **rule)

        assert "The rule for the areas" in page(client, plots)
        make_report(newest(plots))
        assert "The rule for the areas" not in page(client, plots)

    def test_the_report_of_an_earlier_version_is_shown_as_what_it_is(self, client, plots):
        make_report(newest(plots))
        publish_changes(plots, [feature("P2", square(100, 0, 10))], [])

        text = page(client, plots, version=1)

        assert "not the published version" in text
        assert "areas lie over each other: 1" in text
        assert not Run.objects.exists()  # looking back begins nothing

    def test_an_earlier_version_without_a_report_says_so(self, client, plots):
        publish_changes(plots, [feature("P2", square(100, 0, 10))], [])

        assert "No report of this version is kept" in page(client, plots, version=1)
        assert client.get("/layers/plots/quality/?version=7").status_code == 404
        assert client.get("/layers/plots/quality/?number=7").status_code == 400

    def test_who_is_signed_in_has_it_made_and_stopped_others_are_sent_to_sign_in(
        self, client, plots
    ):
        for part in ("make", "stop"):
            response = client.post(f"/layers/plots/quality/{part}")
            assert response.headers["Location"].startswith("/login/")
        assert not Run.objects.exists()
        client.force_login(User.objects.create_user("sok"))

        client.post("/layers/plots/quality/make")
        assert live_run(newest(plots)) is not None
        client.post("/layers/plots/quality/stop")
        assert live_run(newest(plots)) is None
        assert client.get("/layers/plots/quality/make").status_code == 405

    def test_one_under_way_is_asked_to_stop(self, client, plots):
        run = make_now(newest(plots))
        Run.objects.update(state="running", heartbeat_at=timezone.now())
        assert request_cancel(run)
        client.force_login(User.objects.create_user("sok"))

        assert "Stopping" in page(client, plots)

    def test_a_hidden_layer_tells_nothing_of_its_report(self, client, plots):
        make_report(newest(plots))
        Layer.objects.update(visibility="internal")
        client.force_login(User.objects.create_user("sok"))

        for part in ("", "state", "places.csv", "issues.csv"):
            assert client.get(f"/layers/plots/quality/{part}").status_code == 404
        for part in ("make", "stop"):
            assert client.post(f"/layers/plots/quality/{part}").status_code == 404
        assert not Run.objects.exists()

    def test_all_places_come_as_a_table_that_no_spreadsheet_takes_for_formulas(self, client):
        layer = filled_layer(
            "plots", feature("=1+1", square(0, 0, 10)), feature("P2", square(6, 0, 10))
        )
        make_report(newest(layer))

        content = b"".join(client.get("/layers/plots/quality/places.csv").streaming_content)
        [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))

        assert row["stable_id"] == "'=1+1"
        assert (row["kind"], row["forbidden"], row["other"]) == ("overlap", "no", "P2")
        assert float(row["area_m2"]) == 40
        assert EAST + 6 < float(row["easting_m"]) < EAST + 10
