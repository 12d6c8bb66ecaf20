"""The form and the command that release reserved land, and what page and sheet say afterwards."""

import json

import pymupdf
import pytest
from django.core.management import call_command
from django.utils import timezone

from layers.numbers import day_in
from planning.models import LandReservation
from planning.release_record import LandRelease
from planning.sheet.facts import facts_of
from tests.factories import rectangle
from tests.planning.reserved_land import block, reserve, surroundings
from tests.planning.test_releases import DECISION, WHY, account, release, releaser, standing

pytestmark = pytest.mark.django_db
PAGE = "/reservations/RES-1/?lang=en"
FORM = "/reservations/RES-1/release/?lang=en"


def typed(**changed):
    today = timezone.localdate().isoformat()
    return {"instrument": DECISION, "reason": WHY, "released_on": today, **changed}


def page(client, address=PAGE):
    return client.get(address).content.decode()


def test_who_holds_the_right_releases_land_on_its_page(client):
    block()
    reserve()
    person = releaser()
    client.force_login(person)
    assert 'action="/reservations/RES-1/release/"' in page(client)

    answer = client.post(FORM, typed())

    assert answer["Location"] == "/reservations/RES-1/"
    assert LandRelease.objects.get().released_by == person
    text = page(client)
    for shown in ("This land was released", DECISION, WHY, "10,000.00", "(vanna)", "No A"):
        assert shown in text
    assert "<form" not in text.split('id="release"')[1].split("</section>")[0]
    assert 'action="/reservations/RES-1/release/"' not in text


def test_the_public_reads_decision_day_and_reason_but_no_account(client):
    block()
    release(reserve(), releaser())
    text = page(client)
    assert WHY in text
    assert day_in(timezone.localdate(), "en") in text
    assert "vanna" not in text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"instrument": ""}, "Name the decision that releases the land"),
     ({"instrument": "."}, "No decision is named."),
     ({"reason": ""}, "Say why the land is released"),
     ({"reason": "x" * 501}, "This is too long."),
     ({"released_on": ""}, "Give the day"), ({"released_on": "soon"}, "This is no day."),
     ({"released_on": "2999-01-01"}, "2999-01-01 has not come yet.")],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(changed, sentence, client):
    block()
    reserve()
    client.force_login(releaser())
    answer = client.post(FORM, typed(**changed))
    [field] = changed
    assert answer.status_code == 400
    assert sentence in str(answer.context["form"].errors[field])
    text = answer.content.decode()
    for kept in (typed() | changed).values():
        assert kept in text
    assert standing() == ["RES-1"]


def test_who_lacks_the_right_sees_no_form_and_is_refused(client):
    block()
    reserve()
    client.force_login(account("narith", "reserve_land", is_staff=True))
    assert "Release this land" not in page(client)
    answer = client.post(FORM, typed())
    assert answer.status_code == 403
    assert "Your account may not release reserved land." in answer.content.decode()
    assert standing() == ["RES-1"]


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(client):
    block()
    reserve()
    assert "Sign in to release this land" in page(client)
    assert client.post(FORM, typed())["Location"].startswith("/login/")
    assert not LandRelease.objects.exists()
    client.force_login(releaser())
    assert client.get(FORM)["Location"] == "/reservations/RES-1/"


def test_who_reserved_it_is_told_that_a_second_person_must_release_it(client):
    block()
    reserve()
    person = account("sokha", "release_land")
    LandReservation.objects.update(created_by=person)
    client.force_login(person)
    assert "You reserved this land yourself." in page(client)
    answer = client.post(FORM, typed())
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "You reserved &#x27;RES-1&#x27; yourself." in text
    assert WHY in text
    assert standing() == ["RES-1"]


def test_land_released_meanwhile_is_refused_with_all_that_was_typed(client):
    block()
    release(reserve(), releaser("dara"))
    client.force_login(releaser())
    answer = client.post(FORM, typed(reason="Another reason."))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "holds no land any more: released" in text
    assert "Another reason." in text
    assert LandRelease.objects.get().reason == WHY


def test_a_program_reads_the_release_and_the_refusal_as_json(client):
    block()
    reserve()
    client.force_login(releaser())
    headers = {"accept": "application/json"}
    refused = client.post(FORM, typed(reason=""), headers=headers)
    assert refused.status_code == 400
    assert "Say why" in refused.json()["error"]["what"]
    assert client.get(PAGE, headers=headers).json()["release"] is None
    client.post(FORM, typed(), headers=headers)
    told = client.get(PAGE, headers=headers).json()
    assert told["status"] == "released"
    assert (told["release"]["reason"], told["release"]["released_by"]) == (WHY, "vanna")
    client.logout()
    assert client.get(PAGE, headers=headers).json()["release"]["released_by"] is None


def test_a_form_from_another_site_releases_nothing():
    from django.test import Client

    block()
    reserve()
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(releaser())
    assert stranger.post(FORM, typed()).status_code == 403
    assert standing() == ["RES-1"]


def test_the_list_says_how_much_is_reserved_now(client):
    block()
    reserve(rectangle(0, 0, 50, 100))
    release(reserve(rectangle(50, 0, 50, 40), reference="RES-2"), releaser())
    text = page(client, "/reservations/?lang=en")
    assert "Reserved now: <strong>5,000.00 m²</strong> (1)" in text
    assert ">released<" in text


def test_the_sheet_of_released_land_says_by_what_and_why(client):
    block()
    surroundings()
    release(reserve(), releaser())
    content = client.get("/reservations/RES-1/sheet.pdf?paper=A3").content
    text = " ".join(" ".join(leaf.get_text() for leaf in pymupdf.open(stream=content)).split())
    for shown in ("RELEASED - NOT IN FORCE", DECISION, WHY):
        assert shown in text
    assert "vanna" not in text


def test_a_release_changes_the_digest_and_stands_in_the_files(client):
    block()
    held = reserve()
    before = facts_of(held).digest
    release(held, releaser())
    assert facts_of(LandReservation.objects.get()).digest != before
    data = json.loads(client.get("/reservations/RES-1/sheet.geojson").content)
    land = data["features"][0]["properties"]
    assert (land["status"], land["release_instrument"]) == ("released", DECISION)
    assert land["released_on"] == timezone.localdate().isoformat()


def command(*further, name="RES-1"):
    call_command("release", name, "--instrument", DECISION, "--reason", WHY, *further)


def test_the_shell_releases_and_says_what_is_still_reserved(capsys):
    block()
    reserve(rectangle(0, 0, 50, 100))
    reserve(rectangle(50, 0, 50, 40), reference="RES-2")
    releaser()
    command("--by", "vanna", "--on", "2026-01-31")
    said = capsys.readouterr().out
    assert "RES-1: 5000.00 m2 released on 2026-01-31" in said
    assert "Still reserved: 2000.00 m2 in 1 reservations." in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("--by", "nobody"), "no account 'nobody'"), (("--by", "narith"), "may not release"),
     (("--by", "vanna", "--on", "soon"), "'soon' is not a day")],
)  # fmt: skip
def test_the_shell_refuses_with_a_sentence_and_code_2(words, sentence, capsys):
    block()
    reserve()
    releaser()
    account("narith")
    with pytest.raises(SystemExit) as ended:
        command(*words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert standing() == ["RES-1"]


def test_the_right_is_given_and_taken_away_in_the_shell():
    from django.contrib.auth.models import User

    account("narith")
    call_command("allow", "narith", "planning.release_land")
    assert User.objects.get().has_perm("planning.release_land")
    call_command("allow", "narith", "planning.release_land", "--take-away")
    assert not User.objects.get().has_perm("planning.release_land")
