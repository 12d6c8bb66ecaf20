"""A finding is decided by who holds the right: the map hides what was dismissed."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command

from conflicts.life.etags import etag
from conflicts.models import Finding, FindingEvent
from layers.models import Layer
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import feature, land_use, square

pytestmark = pytest.mark.django_db

RIGHT = "conflicts.decide_finding"
REFUSED_EN = "Your account may not decide about conflicts."
REFUSED_KM = "គណនីរបស់អ្នកមិនអាចសម្រេចអំពីជម្លោះបានទេ។"
DISMISSED = {"step": "dismiss", "reason": "The landfill was moved in May"}
ACCEPTED = {
    "step": "propose",
    "reason": "The school moves in 2027",
    "document": "Minutes 12",
    "exemption": "Article 9",
    "valid_to": "2027-12-31",
}


@pytest.fixture
def finding():
    """A landfill 180 m from a school, by a rule that may hold up a permit."""
    land_use("landfill", name_en="Landfill")
    land_use("school", name_en="School")
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(280, 0, 50), "school"),
    )
    [found] = find(rule_data(basis="press_report"))
    assert found.may_block
    return found


def account(*rights, **fields):
    user = User.objects.create_user("sokha", **fields)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return user


def decide(client, finding, sent=DISMISSED, *, lang="en", **headers):
    stands = Finding.objects.select_related("current").get(pk=finding.pk)
    told = {"if_match": etag(stands), **sent}
    return client.post(f"/findings/{finding.pk}/?lang={lang}", told, headers=headers)


def on_the_map(client):
    return client.get("/findings.geojson").json()["total"]


def is_untouched(finding):
    finding.refresh_from_db()
    return finding.state == "open" and not FindingEvent.objects.exists()


@pytest.mark.parametrize(("lang", "sentence"), [("en", REFUSED_EN), ("km", REFUSED_KM)])
@pytest.mark.parametrize("sent", [DISMISSED, ACCEPTED])
def test_an_account_without_the_right_decides_nothing_and_is_told_so(
    client, finding, sent, lang, sentence
):
    client.force_login(account())

    answer = decide(client, finding, sent, lang=lang)

    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert is_untouched(finding)
    assert on_the_map(client) == 1


@pytest.mark.parametrize(("lang", "sentence"), [("en", REFUSED_EN), ("km", REFUSED_KM)])
def test_a_program_without_the_right_gets_403_and_the_sentence_as_json(
    client, finding, lang, sentence
):
    client.force_login(account())

    answer = decide(client, finding, lang=lang, accept="application/json")

    assert answer.status_code == 403
    assert answer.json()["error"]["what"] == sentence
    assert answer.json()["error"]["remedy"]
    assert is_untouched(finding)


@pytest.mark.parametrize("rights", [("change_finding",), ("reserve_land",), ("edit_features",)])
def test_neither_staff_nor_another_right_is_the_right_to_decide(client, finding, rights):
    client.force_login(account(*rights, is_staff=True))

    assert decide(client, finding).status_code == 403
    assert is_untouched(finding)


def test_who_lacks_the_right_is_refused_before_being_asked_for_a_reason(client, finding):
    client.force_login(account())

    assert decide(client, finding, {}).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"accept": "application/json"}])
def test_nobody_decides_without_signing_in(client, finding, headers):
    answer = decide(client, finding, **headers)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")
    assert is_untouched(finding)


@pytest.mark.parametrize("sent", [DISMISSED, ACCEPTED])
def test_who_holds_the_right_decides_and_is_named(client, finding, sent):
    user = account("decide_finding")
    client.force_login(user)

    assert decide(client, finding, sent)["Location"] == f"/findings/{finding.pk}/"
    event = FindingEvent.objects.get()
    assert (event.step, event.reason) == (sent["step"], sent["reason"])
    assert event.by == user


def test_what_is_dismissed_with_the_right_leaves_the_map(client, finding):
    client.force_login(account("decide_finding"))
    assert on_the_map(client) == 1

    decide(client, finding)

    assert on_the_map(client) == 0


@pytest.mark.parametrize("sent", [ACCEPTED, DISMISSED])
@pytest.mark.parametrize("reason", ["", "   ", "\u200b", "."])
def test_what_may_block_is_not_settled_without_a_reason_in_words(client, finding, sent, reason):
    client.force_login(account("decide_finding"))

    assert decide(client, finding, {**sent, "reason": reason}).status_code == 400
    assert is_untouched(finding)


def test_an_account_that_was_closed_keeps_no_right(client, finding):
    closed = account("decide_finding")
    client.force_login(closed)
    User.objects.filter(pk=closed.pk).update(is_active=False)

    assert decide(client, finding).status_code in {302, 403}
    assert is_untouched(finding)


def test_the_form_is_shown_to_those_who_may_use_it(client, finding):
    def page():
        return client.get(f"/findings/{finding.pk}/?lang=en").content.decode()

    assert "Sign in to decide" in page()
    assert "<textarea" not in page()
    user = account()
    client.force_login(user)
    assert "<textarea" not in page()
    assert REFUSED_EN in page()
    user.user_permissions.add(Permission.objects.get(codename="decide_finding"))
    assert "<textarea" in page()
    assert REFUSED_EN not in page()


@pytest.mark.parametrize("lacks_or_holds", [(), ("decide_finding",)])
def test_a_finding_of_a_restricted_layer_does_not_exist_for_who_may_not_see_it(
    client, finding, lacks_or_holds
):
    Layer.objects.update(visibility="restricted")
    client.force_login(account(*lacks_or_holds))

    for sent in (DISMISSED, {}):
        assert decide(client, finding, sent).status_code == 404
    assert is_untouched(finding)


@pytest.mark.parametrize(("rights", "status"), [((), 403), (("decide_finding",), 302)])
def test_to_see_a_restricted_layer_is_not_the_right_to_decide_on_it(
    client, finding, rights, status
):
    Layer.objects.update(visibility="restricted")
    client.force_login(account("view_layer", *rights))

    assert decide(client, finding).status_code == status
    assert is_untouched(finding) == (status == 403)


def test_the_shell_gives_the_right_and_takes_it_away(capsys):
    account()
    call_command("allow", "sokha", RIGHT)
    assert User.objects.get().has_perm(RIGHT)
    call_command("allow", "sokha", RIGHT, "--take-away")
    assert not User.objects.get().has_perm(RIGHT)
    assert "sokha may not: conflicts.decide_finding" in capsys.readouterr().out


def test_the_shell_names_the_right_among_those_there_are(capsys):
    account()
    with pytest.raises(SystemExit):
        call_command("allow", "sokha", "conflicts.decide_findings")
    assert RIGHT in capsys.readouterr().err
