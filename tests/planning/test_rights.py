"""Public land is set aside by those who hold the right; a stored check is its author's."""

import pytest
import yaml
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from planning.management.commands.allow import _near
from planning.models import ComplianceRun, LandReservation
from tests.planning.city import r1_plot
from tests.planning.reserved_land import block, request
from tests.planning.test_permit_pages import TYPED

pytestmark = pytest.mark.django_db
RIGHT = "planning.reserve_land"


def account(name="sokha", *rights, **fields):
    user = User.objects.create_user(name, **fields)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return user


def asked_for_land(client, lang="en"):
    upload = SimpleUploadedFile("land.yaml", yaml.safe_dump(request()).encode())
    return client.post(f"/reservations/?lang={lang}", {"file": upload})


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "Your account may not reserve land."), ("km", "គណនីរបស់អ្នកមិនអាចបម្រុងទុកដីបានទេ")],
)
def test_an_account_without_the_right_reserves_nothing_and_is_told_so(client, lang, sentence):
    block()
    client.force_login(account())
    answer = asked_for_land(client, lang)
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert not LandReservation.objects.exists()


@pytest.mark.parametrize("is_staff", [True, False])
def test_to_be_staff_is_not_the_right_to_reserve_land(client, is_staff):
    block()
    client.force_login(account(is_staff=is_staff))
    assert asked_for_land(client).status_code == 403


def test_who_holds_the_right_reserves(client):
    block()
    client.force_login(account("sokha", "reserve_land"))
    assert asked_for_land(client)["Location"] == "/reservations/RES-1/"
    assert LandReservation.objects.get().created_by.username == "sokha"


def test_an_account_that_was_closed_keeps_no_right(client):
    block()
    closed = account("sokha", "reserve_land")
    client.force_login(closed)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    assert asked_for_land(client).status_code in {302, 403}
    assert not LandReservation.objects.exists()


def test_the_form_is_shown_to_those_who_may_use_it(client):
    def page():
        return client.get("/reservations/?lang=en").content.decode()

    assert "Sign in to reserve land" in page()
    client.force_login(account("narith"))
    assert 'type="file"' not in page()
    assert "Your account may not reserve land." in page()
    client.force_login(account("sokha", "reserve_land"))
    assert 'type="file"' in page()


def test_a_program_without_the_right_gets_403_and_the_sentence_as_json(client):
    block()
    client.force_login(account())
    upload = SimpleUploadedFile("land.yaml", yaml.safe_dump(request()).encode())
    headers = {"accept": "application/json"}
    answer = client.post("/reservations/?lang=en", {"file": upload}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["what"] == "Your account may not reserve land."


def test_the_shell_gives_the_right_and_takes_it_away(client, capsys):
    account()
    call_command("allow", "sokha", RIGHT)
    assert User.objects.get().has_perm(RIGHT)
    assert "sokha may: planning.reserve_land" in capsys.readouterr().out
    call_command("allow", "sokha", RIGHT, "--take-away")
    assert not User.objects.get().has_perm(RIGHT)
    assert "sokha may not" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("nobody", RIGHT), "no account 'nobody'"), (("sokha", "planning.fly"), "planning.reserve")],
)
def test_an_unknown_account_or_right_is_refused_with_those_there_are(words, sentence, capsys):
    account()
    with pytest.raises(SystemExit) as ended:
        call_command("allow", *words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_stored_check_opens_for_its_author_and_for_who_may_view_all(client):
    r1_plot()
    client.force_login(account("sokha"))
    address = client.post("/permits/", TYPED)["Location"]
    assert client.get(address).status_code == 200

    client.force_login(account("narith"))
    assert client.get(address).status_code == 404
    assert address not in client.get("/permits/").content.decode()

    client.force_login(account("vanna", "view_compliancerun"))
    assert client.get(address).status_code == 200
    assert address in client.get("/permits/").content.decode()
    assert ComplianceRun.objects.count() == 1


def test_a_check_stored_in_the_shell_has_no_author_and_needs_the_right(client):
    r1_plot()
    client.force_login(account("sokha"))
    address = client.post("/permits/", TYPED)["Location"]
    run = ComplianceRun.objects.get()
    shell_run = ComplianceRun.objects.create(
        reference="S", application={}, inputs_digest="d", as_of=run.as_of, data_versions=[],
        engine_version="x", results=run.results, outcome=run.outcome,
    )  # fmt: skip
    assert client.get(f"/permits/{shell_run.pk}/").status_code == 404
    assert address == f"/permits/{run.pk}/"


@pytest.mark.parametrize(("typed", "near"), [
    ("planning.reserve_lands", "planning.reserve_land"),
    ("reserve_land", "planning.reserve_land"),
    ("planing.reserve_land", "planning.reserve_land"),
    ("layers.edit_feature", "layers.edit_features"),
])  # fmt: skip
def test_a_right_that_is_not_there_is_told_with_those_like_it(typed, near):
    told = _near(typed)

    assert near in told
    assert len(told) <= 12


def test_a_right_like_no_other_is_told_with_krongs_own_and_none_that_django_makes():
    told = _near("xyzzy")

    assert {"planning.reserve_land", "layers.edit_features", "layers.publish_version"} <= set(told)
    assert not [right for right in told if right.partition(".")[2].startswith("add_")]
    assert len(told) < 40
