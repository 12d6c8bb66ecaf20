"""The pages of findings, in both languages, for everyone and for planners."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from conflicts.life.etags import etag
from conflicts.models import Acceptance, Finding, FindingEvent
from layers.models import Layer
from tests.conflicts.ground import find, put, rule_data, surveyed_layer
from tests.conflicts.people import decide
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

RULE = rule_data(
    basis="press_report",
    provision={
        "law": "Sub-decree of 2014",
        "article": "art. 4",
        "citation": "As reported [S17]",
    },
    note="seen in the press only",
)
AROUND = "103.40,10.55,103.50,10.65"
ELSEWHERE = "104.0,11.0,104.1,11.1"


@pytest.fixture
def layer():
    land_use("landfill", name_km="ទីលានចាក់សំរាម", name_en="Landfill")
    land_use("school", name_km="សាលារៀន", name_en="School")
    return surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill", name_en="Dump <b>1</b>"),
        feature("S", square(280, 0, 50), "school", name_en="School 1"),
    )


@pytest.fixture
def finding(layer):
    [found] = find(RULE)
    return found


@pytest.fixture
def planner(client):
    user = User.objects.create_user("sokha", password="a-long-password")
    user.user_permissions.add(Permission.objects.get(codename="decide_finding"))
    client.force_login(user)
    return user


def send(client, finding, step, reason, **more):
    """Send one step as the form of the page does."""
    stands = Finding.objects.select_related("current").get(pk=finding.pk)
    sent = {"step": step, "reason": reason, "if_match": etag(stands), **more}
    return client.post(f"/findings/{finding.pk}/?lang=en", sent)


def text(response):
    return response.content.decode()


def test_before_any_detection_the_list_says_that_nothing_can_be_told(client):
    page = text(client.get("/findings/?lang=en"))

    assert "Nothing was detected yet, so nothing can be told." in page


def test_the_list_shows_the_finding_with_its_basis_and_a_link_to_the_map(client, finding):
    page = text(client.get("/findings/?lang=en"))

    assert "lies 180.0 m from School 1 (School)" in page
    assert "Cambodian rule known from press reports" in page
    assert f'href="/map/?finding={finding.pk}"' in page
    assert "Dump &lt;b&gt;1&lt;/b&gt;" in page


def test_the_list_is_khmer_unless_english_is_chosen(client, finding):
    page = text(client.get("/findings/"))

    assert "ជម្លោះការប្រើប្រាស់ដី" in page
    assert "Land-use conflicts" not in page


def test_what_cannot_be_told_stands_before_the_findings(client):
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    filled_layer("schools", feature("S", square(280, 0, 50), "school"))
    find(RULE)

    page = text(client.get("/findings/?lang=en"))

    assert "for these rules something is missing" in page
    assert "not completely surveyed for school (schools), for example: L." in page
    assert page.index("1 rule cannot tell everything") < page.index("<table>")


def test_places_of_an_internal_layer_are_counted_but_not_named_to_the_public(client):
    filled_layer("facilities", feature("SECRET", square(0, 0, 100), "landfill"))
    filled_layer("schools", feature("S", square(280, 0, 50), "school"))
    find(RULE)
    Layer.objects.filter(slug="facilities").update(visibility="internal")

    public = text(client.get("/findings/?lang=en"))
    client.force_login(User.objects.create_user("sokha", is_staff=True))
    staff = text(client.get("/findings/?lang=en"))

    assert "1 places have ground" in public
    assert "SECRET" not in public
    assert "SECRET" in staff


def test_an_empty_filter_result_is_no_all_clear(client):
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    find(rule_data())

    page = text(client.get("/findings/?lang=en"))

    assert "But not everything could be told" in page


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("rule=T-01", True), ("rule=X-01", False), ("severity=high", True),
        ("severity=critical", False), ("state=open", True), ("basis=demo_value", False),
    ],
)  # fmt: skip
def test_the_list_is_filtered(client, finding, query, is_shown):
    page = text(client.get(f"/findings/?lang=en&{query}"))

    assert ("lies 180.0 m" in page) is is_shown


@pytest.mark.parametrize("query", ["severity=fatal", "state=shut", "basis=none"])
def test_an_unknown_filter_is_400_with_a_sentence(client, query):
    response = client.get(f"/findings/?lang=en&{query}")

    assert response.status_code == 400
    assert "Use one of" in text(response)


def test_the_page_of_a_finding_shows_measure_law_versions_and_history(client, finding):
    page = text(client.get(f"/findings/{finding.pk}/?lang=en"))

    for expected in (
        "180.0 m", "200.0 m", "-20.0 m", "Sub-decree of 2014, art. 4",
        'As reported [<a class="source" href="/sources/#S17">S17</a>]',
        "It may hold up a permit.", "facilities v1", "seen in the press only", "new",
    ):  # fmt: skip
        assert expected in page
    assert "Sign in to decide" in page
    assert "<textarea" not in page


def test_a_finding_that_does_not_exist_is_404(client):
    response = client.get("/findings/999/?lang=en")

    assert response.status_code == 404
    assert "There is no finding number 999." in text(response)


def test_deciding_needs_a_login_and_leaves_the_finding_alone_without(client, finding):
    response = send(client, finding, "dismiss", "Wrong data")

    assert response.status_code == 302
    assert response.url.startswith("/login/")
    finding.refresh_from_db()
    assert finding.state == "open"


def test_a_planner_proposes_to_accept_with_a_reason_and_a_last_day(client, finding, planner):
    stated = {"document": "Minutes 12", "exemption": "Art. 9", "valid_to": "2027-12-31"}
    response = send(client, finding, "propose", "Moves in 2027", **stated)

    assert response.status_code == 302
    proposed = Acceptance.objects.get()
    assert (proposed.state, proposed.proposed_by, proposed.valid_to.year) == (
        "proposed", planner, 2027,
    )  # fmt: skip
    page = text(client.get(f"/findings/{finding.pk}/?lang=en"))
    assert "Moves in 2027" in page
    assert "sokha" in page


@pytest.mark.parametrize(
    "sent", [{"step": "dismiss", "reason": ""}, {"step": "resolved", "reason": "done"}, {}]
)
def test_a_step_without_reason_or_to_resolved_is_refused(client, finding, planner, sent):
    response = client.post(f"/findings/{finding.pk}/", {**sent, "if_match": etag(finding)})

    assert response.status_code == 400
    assert not FindingEvent.objects.exists()


def test_deciding_about_a_resolved_finding_is_refused_with_a_sentence(
    client, finding, planner, layer
):
    put(layer, feature("L", square(0, 0, 100), "landfill"))
    find(RULE)

    response = send(client, finding, "dismiss", "late")

    assert response.status_code == 409
    assert "resolved already" in text(response)


def features(client, query=""):
    response = client.get(f"/findings.geojson?lang=en{query}")
    assert response.status_code == 200
    return response.json()


def test_the_map_gets_evidence_message_and_both_sides(client, finding):
    body = features(client)

    [found] = body["features"]
    assert (body["total"], body["untold_rules"]) == (1, 0)
    assert found["properties"]["id"] == finding.pk
    assert found["properties"]["subject"]["layer"] == "facilities"
    assert found["properties"]["object"]["stable_id"] == "S"
    assert "lies 180.0 m" in found["properties"]["message"]
    assert found["geometry"]["type"] == "LineString"


def test_the_map_is_told_how_many_rules_cannot_tell(client):
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    find(rule_data())

    assert features(client)["untold_rules"] == 1


@pytest.mark.parametrize(("bbox", "count"), [(AROUND, 1), (ELSEWHERE, 0)])
def test_only_what_lies_in_the_map_window_is_sent(client, finding, bbox, count):
    body = features(client, f"&bbox={bbox}")

    assert (len(body["features"]), body["total"]) == (count, count)


@pytest.mark.parametrize(
    "query",
    ["bbox=1,2,3", "bbox=a,b,c,d", "bbox=10,10,5,5", "bbox=nan,0,1,1", "bbox=0,0,1,91",
     "limit=0", "limit=1e3", "limit=99999999", "limit=-1", "finding=abc", "finding=²"],
)  # fmt: skip
def test_a_window_or_limit_that_makes_no_sense_is_400(client, query):
    response = client.get(f"/findings.geojson?{query}")

    assert response.status_code == 400
    assert response.json()["error"]["remedy"]


def test_the_limit_cuts_the_list_but_not_the_total(client, layer):
    put(
        layer,
        feature("L", square(0, 0, 100), "landfill"),
        *(feature(f"S{n}", square(120, n * 20, 10), "school") for n in range(5)),
    )
    find(RULE)

    body = features(client, "&limit=2")

    assert (len(body["features"]), body["total"], body["limit"]) == (2, 5, 2)


def test_settled_findings_leave_the_map_unless_asked_for(client, finding):
    decide(finding, "dismissed")

    assert features(client)["total"] == 0
    assert features(client, "&state=dismissed")["total"] == 1
    assert features(client, f"&finding={finding.pk}")["total"] == 1


def test_the_etag_holds_until_a_decision_or_a_detection(client, finding, planner):
    address = "/findings.geojson?lang=en"
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"if-none-match": etag}).status_code == 304

    send(client, finding, "dismiss", "Wrong data")
    after_decision = client.get(address, headers={"if-none-match": etag})
    assert after_decision.status_code == 200

    find(RULE)
    newest = client.get(address, headers={"if-none-match": after_decision["ETag"]})
    assert newest.status_code == 200


def test_findings_about_an_internal_layer_are_for_staff_only(client, finding):
    Layer.objects.update(visibility="internal")

    assert features(client)["total"] == 0
    assert "lies 180.0 m" not in text(client.get("/findings/?lang=en"))
    assert client.get(f"/findings/{finding.pk}/").status_code == 404

    client.force_login(User.objects.create_user("sokha", is_staff=True))
    assert features(client)["total"] == 1


def test_an_ordinary_account_sees_no_finding_of_an_internal_layer(client, finding, layer):
    layer.visibility = "internal"
    layer.save(update_fields=["visibility"])
    client.force_login(User.objects.create_user("visitor"))

    assert features(client)["total"] == 0
    assert "School 1" not in text(client.get("/findings/?lang=en"))
    assert client.get(f"/findings/{finding.pk}/").status_code == 404
    assert send(client, finding, "dismiss", "not mine to decide").status_code == 404
    assert not FindingEvent.objects.exists()


def test_the_list_of_many_findings_turns_pages_with_few_queries(
    client, layer, django_assert_max_num_queries
):
    put(
        layer,
        feature("L", square(0, 0, 100), "landfill"),
        *(feature(f"S{n:03}", square(120, n, 0.5), "school") for n in range(120)),
    )
    find(RULE)

    with django_assert_max_num_queries(20):
        first = text(client.get("/findings/?lang=en&view=each&severity=low"))
    last = text(client.get("/findings/?lang=en&view=each&severity=low&page=3"))

    assert "1 / 3" in first
    assert "severity=low&amp;page=2" in first
    assert last.count('<td><a href="/findings/') == 20
    assert reverse("findings") == "/findings/"


def test_the_list_speaks_of_the_newest_detection(client, finding):
    find(RULE)
    newest = find(RULE)[0].last_seen_id

    page = text(client.get("/findings/?lang=en"))

    assert f"Detection #{newest} of" in page


def test_the_history_begins_with_the_newest_detection(client, finding):
    find(RULE)

    page = text(client.get(f"/findings/{finding.pk}/?lang=en"))

    assert page.index("<td>unchanged</td>") < page.index("<td>new</td>")
