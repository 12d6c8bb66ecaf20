"""One decision on many findings: each is told what became of it; all or those that can."""

import re
from datetime import date

import pytest

from conflicts.life.acceptance import propose_acceptance, withdraw_acceptance
from conflicts.life.etags import etag
from conflicts.models import Acceptance, Finding, FindingEvent
from layers.models import Layer
from tests.conflicts.ground import find, put, rule_data, surveyed_layer
from tests.conflicts.people import decide, officer, planner, terms
from tests.factories import feature, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=500)
LANDFILL = feature("L", square(0, 0, 100), "landfill")
SCHOOLS = [feature(f"S{n}", square(110 + 100 * n, 0, 50), "school") for n in range(4)]


@pytest.fixture
def found():
    """Four schools around a landfill, 10, 110, 210 and 310 m away."""
    surveyed_layer("facilities", LANDFILL, *SCHOOLS)
    return sorted(find(RULE), key=lambda finding: finding.object_id)


def boxes(findings):
    stands = Finding.objects.select_related("current").in_bulk([f.pk for f in findings])
    return [f"{f.pk}:{etag(stands[f.pk])}" for f in findings]


def send(client, step="dismiss", **filled):
    return client.post("/findings/bulk/?lang=en", {"step": step, "reason": "Wrong data", **filled})


def states():
    return list(Finding.objects.order_by("object_id").values_list("state", flat=True))


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_ticked_ones_are_decided_and_no_others(client, found):
    client.force_login(planner())

    answer = send(client, finding=boxes(found[:2]))

    assert "2 conflicts were decided so." in text(answer)
    assert states() == ["dismissed", "dismissed", "open", "open"]
    assert {event.reason for event in FindingEvent.objects.all()} == {"Wrong data"}


def test_those_that_can_are_decided_and_the_others_named_with_their_reason(client, found):
    client.force_login(planner())
    decide(found[1], "dismissed")

    answer = send(client, finding=boxes(found[:3]))

    assert "2 conflicts were decided so." in text(answer)
    assert "1 could not; it is named below." in text(answer)
    assert "the finding is &#x27;dismissed&#x27;" in text(answer)
    assert f"#{found[1].pk}</a>" in text(answer)
    assert states() == ["dismissed", "dismissed", "dismissed", "open"]


def test_all_or_none_stores_nothing_when_one_cannot(client, found):
    client.force_login(planner())
    decide(found[1], "dismissed")

    answer = send(client, finding=boxes(found[:3]), mode="all")

    assert "0 conflicts were decided so." in text(answer)
    assert "Nothing was stored." in text(answer)
    assert text(answer).count("left as it was: others could not") == 2
    assert states() == ["open", "dismissed", "open", "open"]
    assert FindingEvent.objects.count() == 1


def test_one_that_changed_since_the_list_was_read_is_named(client, found):
    client.force_login(planner())
    read = boxes(found)
    decide(found[0], "triaged")

    answer = send(client, finding=read)

    assert "The finding changed after you read it (sokha" in text(answer)
    assert states() == ["triaged", "dismissed", "dismissed", "dismissed"]


def test_the_list_asks_first_what_the_step_needs_and_keeps_what_was_ticked(client, found):
    client.force_login(planner())

    asked = client.post(
        "/findings/bulk/?lang=en", {"step": "propose", "ask": "1", "finding": boxes(found[:2])}
    )

    assert "2 conflicts are chosen." in text(asked)
    assert 'name="document"' in text(asked)
    assert text(asked).count('name="finding" value="') == 2
    assert not Acceptance.objects.exists()


def test_many_are_proposed_by_one_and_signed_by_another(client, found):
    client.force_login(planner())
    stated = {"document": "Minutes 12", "valid_to": "2099-01-01"}
    send(client, "propose", finding=boxes(found), **stated)
    assert "0 conflicts were decided so." in text(
        send(client, "propose", finding=boxes(found), **stated)
    )
    client.force_login(officer())

    answer = send(client, "approve", finding=boxes(found))

    assert "4 conflicts were decided so." in text(answer)
    assert states() == ["accepted"] * 4


def test_a_planner_may_not_sign_many_either(client, found):
    client.force_login(planner())

    assert send(client, "approve", finding=boxes(found)).status_code == 403


class TestByAFilter:
    def digest(self, client, shown):
        """What the list carries of all that it shows."""
        page = client.get(f"/findings/?lang=en&{shown}")
        return re.search(r'name="digest" value="(\w{64})"', page.content.decode())[1]

    def decide_all(self, client, shown, digest, step="dismiss", **more):
        return send(client, step, which="filter", filter=shown, digest=digest, **more)

    @pytest.mark.parametrize("view", ["", "&view=each"])
    def test_all_that_the_filter_shows(self, client, found, view):
        client.force_login(planner())
        shown = f"object=S2{view}"

        answer = self.decide_all(client, shown, self.digest(client, shown))

        assert "1 conflict was decided so." in text(answer)
        assert states() == ["open", "open", "dismissed", "open"]

    def test_what_the_list_showed_is_carried_through_the_form_of_the_step(self, client, found):
        client.force_login(planner())
        digest = self.digest(client, "rule=T-01")

        asked = self.decide_all(client, "rule=T-01", digest, ask="1")

        assert "4 conflicts are chosen." in text(asked)
        assert f'name="digest" value="{digest}"' in text(asked)

    @pytest.mark.parametrize("digest", ["", "0" * 64])
    def test_without_what_the_list_showed_nothing_is_stored(self, client, found, digest):
        client.force_login(planner())

        answer = self.decide_all(client, "rule=T-01", digest)

        assert answer.status_code == 412
        assert "The list shows other conflicts now than when you read it." in text(answer)
        assert "Open the list again" in text(answer)
        assert states() == ["open"] * 4

    def test_one_more_than_was_seen_stops_all(self, client, found):
        client.force_login(planner())
        digest = self.digest(client, "object=S2")

        assert self.decide_all(client, "rule=T-01", digest).status_code == 412
        assert states() == ["open"] * 4

    def test_as_many_as_were_seen_but_not_the_same_ones_stops_all(self, client, found):
        client.force_login(planner())
        digest = self.digest(client, "state=open")
        decide(found[0], "dismissed")  # one goes out of what is shown ...
        put(
            Layer.objects.get(slug="facilities"),
            LANDFILL,
            *SCHOOLS,
            feature("S9", square(105, 0, 50), "school"),  # ... and another, 5 m away, comes in
        )
        find(RULE)
        assert Finding.objects.filter(state="open").count() == 4

        assert self.decide_all(client, "state=open", digest).status_code == 412
        assert states() == ["dismissed", "open", "open", "open", "open"]

    def test_one_that_is_now_nearer_than_was_seen_stops_all(self, client, found):
        client.force_login(planner())
        digest = self.digest(client, "rule=T-01")
        nearer = feature("S3", square(402, 0, 50), "school")  # 302 m instead of 310 m
        put(Layer.objects.get(slug="facilities"), LANDFILL, *SCHOOLS[:3], nearer)
        find(RULE)

        assert self.decide_all(client, "rule=T-01", digest).status_code == 412
        assert states() == ["open"] * 4

    def test_an_acceptance_proposed_anew_on_other_terms_is_not_signed_unseen(self, client, found):
        first = {"finding": found[0], "by": planner(), "reason": "Agreed"}
        propose_acceptance(**first, terms=terms())
        client.force_login(officer())
        digest = self.digest(client, "waiting=1")
        withdraw_acceptance(**first)
        propose_acceptance(**first, terms=terms(valid_to=date(2199, 1, 1)))

        answer = self.decide_all(client, "waiting=1", digest, "approve")

        assert answer.status_code == 412
        assert not Acceptance.objects.filter(state="approved").exists()

    @pytest.mark.parametrize("shown", ["state=shut", "stat=resolved", "rule=T-01&severty=low"])
    def test_a_filter_that_means_nothing_decides_nothing(self, client, found, shown):
        client.force_login(planner())
        digest = self.digest(client, "")  # of all: a slip of the pen must not mean them

        assert self.decide_all(client, shown, digest).status_code == 400
        assert states() == ["open"] * 4


@pytest.mark.parametrize("ticked", [[], ["x"], ["1:"], ["²:tag"], [f"{10**30}:tag"]])
def test_what_cannot_be_a_tick_is_refused(client, found, ticked):
    client.force_login(planner())

    assert send(client, finding=ticked).status_code == 400


def test_a_finding_that_does_not_exist_or_may_not_be_seen_stops_all(client, found):
    client.force_login(planner())
    assert send(client, finding=[*boxes(found), "999999999:tag"]).status_code == 404

    Layer.objects.update(visibility="restricted")
    assert send(client, finding=boxes(found)).status_code == 404
    assert states() == ["open"] * 4


def test_an_unknown_step_and_a_missing_reason_are_refused(client, found):
    client.force_login(planner())

    assert send(client, "resolved", finding=boxes(found)).status_code == 400
    assert send(client, reason="", finding=boxes(found)).status_code == 400
    assert states() == ["open"] * 4


@pytest.mark.parametrize("lang", ["km", "en"])
def test_the_boxes_are_for_those_who_may_decide(client, found, lang):
    address = f"/findings/?view=each&lang={lang}"
    assert 'type="checkbox" name="finding"' not in text(client.get(address))

    client.force_login(planner())
    shown = text(client.get(address))

    assert shown.count('type="checkbox" name="finding"') == 4
    assert 'id="bulk"' in shown
    assert f'value="{found[0].pk}:&quot;f{found[0].pk}-' in shown


def test_nobody_decides_on_many_without_signing_in(client, found):
    answer = send(client, finding=boxes(found))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")
    assert client.get("/findings/bulk/").status_code == 405
