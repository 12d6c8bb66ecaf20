"""A sheet is printed once for what is on it; the public never gets what is not public."""

import json
import threading
import time

import pytest
from django.core.management import call_command

from layers.models import Layer
from planning.models import LandReservation
from planning.sheet import document, kept
from planning.sheet.document import print_sheet, set_sheet
from planning.sheet.facts import facts_of
from tests.factories import feature, filled_layer, rectangle
from tests.planning.reserved_land import block, reserve, surroundings

SHEET = "/reservations/RES-1/sheet.pdf"


@pytest.fixture
def prints(monkeypatch):
    """How often something was really printed."""
    counted = []
    really = document._printed

    def counting(html):
        counted.append(html)
        return really(html)

    monkeypatch.setattr(document, "_printed", counting)
    return counted


@pytest.fixture
def land(db):
    block()
    surroundings()
    return reserve()


def test_the_same_sheet_asked_for_twice_is_printed_once(land, prints, client):
    first, second = client.get(SHEET), client.get(SHEET)
    assert first.content == second.content
    assert first.content.startswith(b"%PDF")
    assert first["ETag"] == second["ETag"]
    assert len(prints) == 1


def test_a_browser_that_holds_the_sheet_is_told_so_and_gets_nothing_again(land, prints, client):
    etag = client.get(SHEET)["ETag"]
    again = client.get(SHEET, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert client.get(SHEET, headers={"if-none-match": '"old"'}).status_code == 200
    assert len(prints) == 1


def test_a_browser_that_holds_the_sheet_lets_nothing_be_printed(land, prints, client):
    name = set_sheet(land, paper="A3").name
    assert client.get(SHEET, headers={"if-none-match": f'"{name}"'}).status_code == 304
    assert prints == []


@pytest.mark.parametrize("query", ["paper=A4", "paper=A1", "paper=A3&scale=5000"])
def test_another_paper_or_scale_is_another_sheet(land, client, query):
    assert client.get(f"{SHEET}?{query}")["ETag"] != client.get(SHEET)["ETag"]


def test_the_language_of_the_reader_does_not_change_a_sheet_in_both_languages(land, client):
    names = {client.get(f"{SHEET}?lang={lang}")["ETag"] for lang in ("km", "en")}
    assert len(names) == 1


def test_whatever_is_on_the_sheet_changes_its_name(land):
    def name():
        return set_sheet(LandReservation.objects.get(), paper="A3").name

    names = [name()]
    LandReservation.objects.update(beneficiary="Provincial office of education")
    names.append(name())
    filled_layer("buildings", feature("H-9", rectangle(60, 10, 5, 5)))
    names.append(name())
    Layer.objects.filter(slug="buildings").update(visibility="internal")
    names.append(name())
    assert len(set(names)) == 4


def test_a_new_style_sheet_or_printer_prints_anew(monkeypatch):
    before = kept.sheet_name("<p>land</p>")
    assert kept.sheet_name("<p>land </p>") != before
    monkeypatch.setattr(kept.weasyprint, "__version__", "999")
    assert kept.sheet_name("<p>land</p>") != before


def test_two_who_ask_at_once_wait_for_one_printing():
    printed, answers = [], []

    def slow():
        printed.append(1)
        time.sleep(0.2)
        return b"%PDF", 1

    def ask():
        answers.append(kept.kept_or_printed("ab" * 32, slow))

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert answers == [(b"%PDF", 1)] * 4
    assert len(printed) == 1


def test_a_printing_that_failed_keeps_nothing_and_blocks_nobody():
    def fails():
        raise ZeroDivisionError

    for _attempt in range(2):
        with pytest.raises(ZeroDivisionError):
            kept.kept_or_printed("cd" * 32, fails)
    assert kept.kept_or_printed("cd" * 32, lambda: (b"x", 1)) == (b"x", 1)


def test_the_shell_prints_the_kept_sheet_too(land, prints, tmp_path, capsys):
    print_sheet(land, paper="A3")
    call_command("sheet", "RES-1", "--output", str(tmp_path))
    assert len(prints) == 1
    assert (tmp_path / "RES-1-A3.pdf").read_bytes().startswith(b"%PDF")


def hide(slug, visibility="restricted"):
    Layer.objects.filter(slug=slug).update(visibility=visibility)


@pytest.mark.parametrize("visibility", ["internal", "restricted"])
def test_parcels_of_a_hidden_layer_are_on_no_sheet_and_in_no_file(land, client, visibility):
    assert "No A" in set_sheet(land, paper="A3").html
    hide("parcels", visibility)
    html = set_sheet(land, paper="A3").html
    assert "No A" not in html
    assert "their layer is not public" in html
    assert "lies on no parcel" not in html
    content = json.loads(client.get("/reservations/RES-1/sheet.geojson").content)
    assert "parcel" not in {row["properties"]["kind"] for row in content["features"]}
    assert content["metadata"]["parcels"] == "left out: their layer is not public"
    assert "source parcels" not in content["metadata"]


def test_the_balance_of_a_reservation_is_printed_without_its_parcels(land):
    hide("parcels")
    facts = facts_of(land)
    assert (facts.parcels, facts.is_withheld) == ([], True)
    assert "10 000,00 m²" in set_sheet(land, paper="A3").html.replace("\u00a0", " ")


def test_the_page_lists_parcels_only_to_who_may_see_their_layer(land, client, django_user_model):
    def page():
        return client.get("/reservations/RES-1/?lang=en").content.decode()

    hide("parcels", "internal")
    assert "No A" not in page()
    assert "their layer is not public" in page()
    client.force_login(django_user_model.objects.create_user("planner", is_staff=True))
    assert "No A" in page()
    assert "No A" not in set_sheet(land, paper="A3").html  # paper leaves the office


@pytest.mark.parametrize("address", ["/reservations/", "/reservations/RES-1/"])
def test_programs_get_no_parcels_of_a_hidden_layer(land, client, address):
    hide("parcels")
    told = client.get(address, headers={"accept": "application/json"}).json()
    [row] = told.get("reservations", [told])
    assert row["parcels"] is None
    assert row["balance"]["reserved_m2"] == "10000.00"


def test_an_owner_in_the_cadastre_is_never_printed_or_handed_out(db, client):
    block(owner="Sok Sophal", phone="012 345 678")
    land = reserve()
    handed = set_sheet(land, paper="A3").html
    for end in ("", "sheet.geojson"):
        handed += client.get(f"/reservations/RES-1/{end}?lang=en").content.decode()
    assert "Sok Sophal" not in handed
    assert "012 345" not in handed
