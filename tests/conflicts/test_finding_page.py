"""The page of one finding: what it shows to whom, and what a form there does."""

import json
from datetime import timedelta

import pytest
import shapely
from django.utils import timezone

from conflicts.life.etags import etag
from conflicts.models import Acceptance, Finding, FindingEvent, Handling
from layers.crs import to_project
from layers.models import Layer
from tests.conflicts.ground import find, put, rule_data, surveyed_layer
from tests.conflicts.people import REASON, accept, decide, mitigate, officer, planner
from tests.factories import feature, land_use, line, square

pytestmark = pytest.mark.django_db

RULE = rule_data(
    basis="press_report",
    provision={"law": "Sub-decree of 2014", "article": "art. 4", "citation": "As reported"},
)
LANDFILL = feature("L", square(0, 0, 100), "landfill", name_en="Dump <b>1</b>")
SCHOOL = feature("S", square(280, 0, 50), "school", name_en="School 1")


@pytest.fixture
def layer():
    land_use("landfill", name_km="ទីលានចាក់សំរាម", name_en="Landfill")
    land_use("school", name_km="សាលារៀន", name_en="School")
    return surveyed_layer("facilities", LANDFILL, SCHOOL)


@pytest.fixture
def finding(layer):
    """A landfill 180 m from a school, where 200 m are asked for by a rule that may block."""
    [found] = find(RULE)
    return found


def now(finding):
    return Finding.objects.select_related("current").get(pk=finding.pk)


def page(client, finding, lang="en"):
    return client.get(f"/findings/{finding.pk}/?lang={lang}").content.decode()


def send(client, finding, step, *, headers=None, **filled):
    sent = {"step": step, "if_match": etag(now(finding)), **filled}
    return client.post(f"/findings/{finding.pk}/?lang=en", sent, headers=headers or {})


class TestWhatItSays:
    def test_it_says_what_would_cure_it_in_metres(self, client, finding):
        assert "one of the two 20.0 m farther away, so that 200.0 m lie between" in page(
            client, finding
        )

    def test_each_detection_is_a_row_with_its_measure(self, client, layer, finding):
        put(layer, LANDFILL, feature("S", square(260, 0, 50), "school"))
        find(RULE)

        shown = page(client, finding)
        table = shown[shown.index('id="observations"') : shown.index('id="history"')]

        assert table.index("160.0 m" if "160.0 m" in table else "160 m") < table.index("180")
        assert "<td>worse</td>" in table
        assert "<td>new</td>" in table

    def test_an_acceptance_says_until_when_and_what_was_measured_then(self, client, finding):
        accept(finding)

        shown = page(client, finding)

        assert "measured then: 180.0 m, now: 180.0 m" in shown
        assert "Minutes 12" in shown
        assert "Article 9" in shown

    def test_a_planners_own_severity_stands_beside_the_rules(self, client, finding):
        client.force_login(planner())
        send(client, finding, "triage", severity="low", reason="Wind from the sea")

        shown = page(client, finding)

        assert "Graded low by the planner; the rule says high." in shown
        assert '<span class="badge severity low">' in shown

    def test_overdue_is_said_from_the_day_after(self, client, finding):
        mitigate(finding, days=3)
        assert "overdue" not in page(client, finding)

        Handling.objects.update(due_on=timezone.localdate() - timedelta(days=1))

        assert "overdue" in page(client, finding)

    def test_in_khmer_it_is_khmer(self, client, finding):
        accept(finding)

        shown = page(client, finding, lang="km")

        assert "ដើម្បីកែ" in shown
        assert "បានអនុម័តការទទួលយក" in shown
        assert "What stands" not in shown

    def test_accounts_are_named_to_signed_in_readers_only(self, client, finding):
        decide(finding, "triaged")

        assert "sokha" not in page(client, finding)
        client.force_login(officer())
        assert "sokha" in page(client, finding)

    def test_a_proposal_does_not_name_its_author_to_everyone(self, client, finding):
        client.force_login(planner())
        send(client, finding, "propose", reason=REASON, document="Minutes 12",
             exemption="Art. 9", valid_to="2099-01-01")  # fmt: skip
        client.logout()

        assert "another person must decide" in page(client, finding)
        assert "sokha" not in page(client, finding)

    def test_nothing_waiting_for_an_officer_is_said_as_such(self, client, finding):
        client.force_login(officer())

        assert "Nothing waits for a decision of your account." in page(client, finding)
        assert "Nothing is left to decide" not in page(client, finding)

    def test_what_was_typed_is_never_html(self, client, finding):
        decide(finding, "triaged", reason="<x-evil>now</x-evil>")

        assert "<x-evil>" not in page(client, finding)


class TestTheMap:
    def drawn(self, client, finding):
        answer = client.get(f"/findings/{finding.pk}/evidence.json?lang=en")
        assert answer.status_code == 200
        return {f["properties"]["role"]: f for f in answer.json()["features"]}

    def test_both_sides_and_the_line_with_its_distance_are_drawn(self, client, finding):
        drawn = self.drawn(client, finding)

        assert set(drawn) == {"subject", "object", "evidence"}
        assert drawn["evidence"]["properties"]["label"] == "180.0 m"
        assert drawn["subject"]["properties"]["label"] == "Dump <b>1</b> (Landfill)"
        line_m = to_project(shapely.from_geojson(json.dumps(drawn["evidence"]["geometry"])), 4326)
        assert line_m.length == pytest.approx(180, abs=0.05)

    def test_of_a_road_with_very_many_corners_only_what_is_near_is_drawn(self, client):
        land_use("road")
        bends = [(0.5 * n, 40 if n % 2 else 41) for n in range(6_000)]  # three kilometres
        surveyed_layer("facilities", SCHOOL, looked_for=("school",))
        surveyed_layer("roads", feature("R", line(*bends), "road"))
        rule = rule_data(subject={"classes": ["school"]}, object={"classes": ["road"]})
        [finding] = find(rule)

        road = self.drawn(client, finding)["object"]

        assert len(json.dumps(road)) < 100_000

    def test_without_the_right_to_see_a_layer_there_is_no_map(self, client, finding):
        Layer.objects.update(visibility="restricted")

        assert client.get(f"/findings/{finding.pk}/evidence.json").status_code == 404

    def test_the_page_says_everything_without_its_map(self, client, finding):
        shown = page(client, finding)

        assert 'id="finding-map" class="finding-map" hidden' in shown
        assert "lies 180.0 m from School 1 (School)" in shown


class TestForms:
    def test_a_planner_is_offered_the_steps_of_a_planner(self, client, finding):
        client.force_login(planner())
        shown = page(client, finding)

        for step in ("triage", "assign", "propose", "plan_mitigation", "dismiss", "record_use"):
            assert f'name="step" value="{step}"' in shown
        for step in ("approve", "refuse", "withdraw", "reopen", "report_mitigation"):
            assert f'name="step" value="{step}"' not in shown

    def test_an_officer_is_offered_to_sign_only_what_waits(self, client, finding):
        client.force_login(officer())
        assert 'value="approve"' not in page(client, finding)

        client.force_login(planner())
        send(client, finding, "propose", reason=REASON, document="Minutes 12",
             exemption="Art. 9", valid_to="2099-01-01")  # fmt: skip
        assert 'value="withdraw"' in page(client, finding)
        assert 'value="approve"' not in page(client, finding)

        client.force_login(officer())
        assert 'value="approve"' in page(client, finding)
        assert "It may hold up a permit." in page(client, finding)

    def test_the_officer_signs_and_the_finding_is_accepted(self, client, finding):
        client.force_login(planner())
        send(client, finding, "propose", reason=REASON, document="Minutes 12",
             exemption="Art. 9", valid_to="2099-01-01")  # fmt: skip
        client.force_login(officer())

        assert send(client, finding, "approve", reason="Signed").status_code == 302
        assert now(finding).state == "accepted"

    @pytest.mark.parametrize(
        ("missing", "said"),
        [("exemption", "id_propose_exemption"), ("document", "id_propose_document")],
    )
    def test_what_is_missing_is_said_and_what_was_typed_is_kept(
        self, client, finding, missing, said
    ):
        client.force_login(planner())
        filled = {"reason": "The school moves", "document": "Minutes 12", "exemption": "Art. 9",
                  "valid_to": "2099-01-01"}  # fmt: skip

        answer = send(client, finding, "propose", **filled | {missing: ""})

        assert answer.status_code == 400
        assert "The school moves" in answer.content.decode()
        assert said in answer.content.decode()
        assert not Acceptance.objects.exists()

    def test_without_an_end_the_form_says_so(self, client, finding):
        client.force_login(planner())

        answer = send(client, finding, "propose", reason=REASON, document="M 1", exemption="A 9")

        assert answer.status_code == 400
        assert "An acceptance must end" in answer.content.decode()

    def test_it_is_given_to_an_account_by_name(self, client, finding):
        client.force_login(planner())
        officer()

        send(client, finding, "assign", assignee="dara", office="Province", due_on="2099-01-01")

        handling = Handling.objects.get()
        assert (handling.assignee.username, handling.office) == ("dara", "Province")

    def test_it_is_given_to_nobody_without_the_right_to_decide(self, client, finding):
        client.force_login(planner())
        client.get("/")

        assert send(client, finding, "assign", assignee="nobody-here").status_code == 400


class TestTwoTabs:
    def test_the_second_gets_412_with_what_stands_and_what_was_typed(self, client, finding):
        client.force_login(planner())
        read = etag(now(finding))
        send(client, finding, "dismiss", reason="First")

        answer = send(client, finding, "assign", if_match=read, office="Province")
        late = client.post(
            f"/findings/{finding.pk}/?lang=en",
            {"step": "triage", "if_match": read, "reason": "Second"},
        )

        assert answer.status_code == late.status_code == 412
        assert "The finding changed after you read it (sokha" in late.content.decode()
        assert '<span class="badge state dismissed">' in late.content.decode()
        assert FindingEvent.objects.count() == 1

    def test_a_program_gets_the_state_that_stands_as_json(self, client, finding):
        client.force_login(planner())
        read = etag(now(finding))
        decide(finding, "triaged")

        answer = client.post(
            f"/findings/{finding.pk}/",
            {"step": "dismiss", "reason": REASON},
            headers={"accept": "application/json", "if-match": read},
        )

        assert answer.status_code == 412
        assert answer.json()["error"]["state"] == "triaged"
        assert answer.json()["error"]["etag"] == etag(now(finding))
        assert answer["ETag"] == etag(now(finding))

    def test_a_program_that_does_not_say_what_it_read_gets_428(self, client, finding):
        client.force_login(planner())

        answer = client.post(
            f"/findings/{finding.pk}/",
            {"step": "dismiss", "reason": REASON},
            headers={"accept": "application/json"},
        )

        assert answer.status_code == 428
        assert now(finding).state == "open"

    def test_the_page_carries_its_validator(self, client, finding):
        assert client.get(f"/findings/{finding.pk}/")["ETag"] == etag(now(finding))


def test_the_list_shows_the_planners_grade_and_the_day_it_is_due(client, finding):
    client.force_login(planner())
    address = "/findings/?view=each&lang=en"
    assert "severity by the planner" not in client.get(address).content.decode()
    send(client, finding, "triage", severity="low", reason=REASON)
    send(client, finding, "assign", office="Province", due_on="2031-05-31")

    shown = client.get(address).content.decode()

    assert "severity by the planner: low" in shown
    assert "due on 31 May 2031" in shown
