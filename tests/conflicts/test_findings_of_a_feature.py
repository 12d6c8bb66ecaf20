"""What is open about the thing a reader clicked, and when "nothing" is no answer."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from conflicts.models import Finding, RuleBook
from conflicts.services import detect_conflicts
from layers.models import Layer
from tests.conflicts.ground import find, put, rule_data, rulebook, surveyed_layer
from tests.conflicts.people import decide
from tests.factories import at, feature, filled_layer, square

pytestmark = pytest.mark.django_db

DUMP = feature("L", square(0, 0, 50), "landfill", name_en="Dump 1")
NEAR = feature("NEAR", at(100, 25), "school", name_en="Near school")
NEARER = feature("NEARER", at(70, 25), "school", name_en="Nearer school")
FAR = feature("FAR", at(3000, 25), "school", name_en="Far school")


@pytest.fixture
def facilities():
    return surveyed_layer("facilities", DUMP, NEAR, NEARER, FAR)


def ask(client, *names, status=200):
    response = client.get(reverse("feature-findings"), {"feature": names, "lang": "en"})
    assert response.status_code == status
    return response.json()


def told_of(client, name):
    [told] = ask(client, f"facilities/{name}")["features"]
    return told


def ratify(book):
    RuleBook.objects.filter(pk=book.pk).update(status="ratified", ratified_at=timezone.now())


class TestFindings:
    def test_a_landfill_50_m_and_20_m_from_two_schools_has_two_the_nearer_first(
        self, client, facilities
    ):
        find(rule_data())

        told = told_of(client, "L")

        assert told["total"] == 2
        assert [finding["measured"] for finding in told["worst"]] == ["20.0 m", "50.0 m"]
        assert "Nearer school" in told["worst"][0]["message"]

    def test_a_school_is_told_of_the_same_finding_from_its_own_side(self, client, facilities):
        find(rule_data())
        number = Finding.objects.get(object_id="NEAR").pk

        [finding] = told_of(client, "NEAR")["worst"]

        assert finding["id"] == number
        assert finding["url"] == f"/findings/{number}/"
        assert finding["severity_label"] == "high"

    def test_the_gravest_comes_before_the_nearest(self, client, facilities):
        critical = rule_data("T-02", severity="critical", min_distance_m=4000)
        find(rule_data(), critical)

        severities = [f["severity"] for f in told_of(client, "L")["worst"]]

        assert severities == ["critical", "critical", "critical", "high", "high"]

    def test_seven_are_counted_and_the_worst_five_listed(self, client):
        schools = [feature(f"S{n}", at(60 + n, 25), "school") for n in range(7)]
        surveyed_layer("facilities", DUMP, *schools)
        find(rule_data())

        told = told_of(client, "L")

        assert told["total"] == 7
        assert [f["measured"] for f in told["worst"]] == [f"{n}.0 m" for n in range(10, 15)]

    def test_what_was_dismissed_is_not_open_what_was_accepted_is(self, client, facilities):
        find(rule_data())
        decide(Finding.objects.get(object_id="NEAR"), "dismissed")
        decide(Finding.objects.get(object_id="NEARER"), "accepted")

        assert told_of(client, "NEAR")["total"] == 0
        assert [f["state_label"] for f in told_of(client, "L")["worst"]] == ["accepted"]

    def test_a_hazard_map_is_told_at_the_polygon_that_was_worst(self, client):
        deep = feature("DEEP", square(0, 0, 100), hazard_class="H4", depth_min_m=1.2)
        shallow = feature("SHALLOW", square(100, 0, 100), hazard_class="H1", depth_min_m=0.1)
        surveyed_layer("flood", deep, shallow, theme="hazard-flood")
        surveyed_layer("facilities", feature("S", square(80, 10, 40), "school"))
        rule = rule_data(
            kind="hazard_exposure",
            subject={"classes": ["school"]},
            thresholds=[{"depth_ge_m": 0.05, "severity": "high"}],
        )
        find(rule)

        deepest, other = ask(client, "flood/DEEP", "flood/SHALLOW")["features"]

        assert deepest["total"] == 1
        assert other["total"] == 0

    def test_several_features_are_answered_in_the_order_of_asking(self, client, facilities):
        find(rule_data())

        told = ask(client, "facilities/FAR", "facilities/L", "facilities/NEAR")["features"]

        assert [(f["stable_id"], f["total"]) for f in told] == [("FAR", 0), ("L", 2), ("NEAR", 1)]


class TestNothingIsNoAnswer:
    def test_before_any_detection_nothing_is_current(self, client, facilities):
        told = ask(client, "facilities/L")

        assert told["detected"] is False
        assert told["is_current"] is False

    def test_after_a_detection_of_the_land_as_it_is_it_is_current(self, client, facilities):
        find(rule_data())

        told = ask(client, "facilities/FAR")

        assert (told["detected"], told["is_current"]) == (True, True)
        assert told["changed_layers"] == told["unasked_rulebooks"] == []
        assert told["untold_rules"] == 0

    def test_a_layer_published_after_the_detection_is_named(self, client, facilities):
        find(rule_data())
        put(facilities, DUMP, NEAR, NEARER, FAR, feature("NEW", at(60, 25), "school"))

        told = ask(client, "facilities/NEW")

        assert told["is_current"] is False
        assert told["changed_layers"] == [facilities.title]
        assert told["features"][0]["total"] == 0

    def test_a_layer_that_no_detection_has_seen_is_named(self, client, facilities):
        find(rule_data())
        filled_layer("wells", feature("W", at(10, 10)), title_en="Wells")

        assert ask(client, "wells/W")["changed_layers"] == ["Wells"]

    def test_a_newly_ratified_version_that_was_never_asked_is_named(self, client, facilities):
        first = rulebook(rule_data())
        ratify(first)
        detect_conflicts(rulebook=first)
        assert ask(client, "facilities/L")["is_current"] is True

        RuleBook.objects.update(status="superseded")
        ratify(rulebook(rule_data(min_distance_m=500)))

        told = ask(client, "facilities/L")
        assert told["is_current"] is False
        assert told["unasked_rulebooks"] == ["Test"]

    def test_a_rule_that_cannot_tell_is_counted(self, client):
        filled_layer("facilities", DUMP)
        find(rule_data())

        assert ask(client, "facilities/L")["untold_rules"] == 1


class TestWhoMaySee:
    def test_a_finding_that_touches_an_internal_layer_is_for_staff_only(self, client):
        surveyed_layer("facilities", DUMP)
        surveyed_layer("barracks", NEAR)
        find(rule_data())
        Layer.objects.filter(slug="barracks").update(visibility="internal")

        public = told_of(client, "L")["total"]
        client.force_login(User.objects.create_user("sokha", is_staff=True))

        assert public == 0
        assert told_of(client, "L")["total"] == 1

    def test_a_changed_layer_that_is_hidden_is_not_named_but_nothing_is_current(self, client):
        surveyed_layer("facilities", DUMP)
        barracks = surveyed_layer("barracks", NEAR)
        find(rule_data())
        Layer.objects.filter(slug="barracks").update(visibility="internal")
        barracks.refresh_from_db()
        put(barracks, NEARER)

        told = ask(client, "facilities/L")

        assert told["changed_layers"] == []
        assert told["is_current"] is False

    def test_a_feature_of_a_hidden_layer_and_one_that_is_not_there_get_the_same_answer(
        self, client, facilities
    ):
        surveyed_layer("barracks", feature("B", at(5, 5)), visibility="internal")

        hidden = ask(client, "barracks/B", status=404)["error"]["what"]
        absent = ask(client, "facilities/NOBODY", status=404)["error"]["what"]

        assert hidden == "There is no feature 'barracks/B' that you may see."
        assert absent == "There is no feature 'facilities/NOBODY' that you may see."


@pytest.mark.parametrize("names", [(), ("L",), tuple(f"facilities/{n}" for n in range(101))])
def test_none_a_nameless_layer_and_more_than_a_hundred_are_refused(client, names):
    assert "1 to 100" in ask(client, *names, status=400)["error"]["remedy"]
