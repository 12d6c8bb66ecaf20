"""Whoever asks for one rule, or takes the findings away in a file, is told what cannot be told."""

import csv
import io
import json
import zipfile

import pytest
from django.core.management import call_command

from layers.models import Layer
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, rule_data, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


def side(*classes):
    return {"classes": list(classes), "surveyed_in": ["facilities"]}


def facilities():
    """A landfill 180 m from one school and far from any hospital; schools were looked for."""
    for code in ("hospital", "quarry"):
        land_use(code)
    return surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(280, 0, 50), "school"),
        feature("P", at(5000, 0), "pagoda"),
    )


@pytest.fixture
def four_answers():
    facilities()
    find(
        rule_data("FAIL-1", subject=side("landfill"), object=side("school")),
        rule_data("KEPT-1", subject=side("landfill"), object=side("pagoda")),
        rule_data("OPEN-1", subject=side("quarry"), object=side("school")),
        rule_data("PART-1", subject=side("landfill"), object=side("school", "hospital")),
    )


def page(client, query=""):
    response = client.get(f"/findings/?lang=en{query}")
    return response.status_code, response.content.decode()


def test_a_rule_that_cannot_tell_says_so_where_it_is_asked_for(client, four_answers):
    _, text = page(client, "&rule=OPEN-1")
    asked = text[text.index('id="asked"') :]

    assert '<span class="answer cannot_tell">cannot tell</span>' in asked
    assert "Nobody has surveyed quarry" in asked
    assert "But not everything could be told" in text


def test_a_rule_that_found_something_and_cannot_tell_of_all_shows_both(client, four_answers):
    _, text = page(client, "&rule=PART-1")

    assert '<span class="answer fails">' in text
    assert "in part cannot tell" in text
    assert "Nobody has surveyed hospital" in text


def test_a_rule_that_is_kept_shows_that_and_lacks_nothing(client, four_answers):
    _, text = page(client, "&rule=KEPT-1")

    assert '<span class="answer complies">' in text
    assert "What is missing" not in text
    assert "But not everything" not in text


def test_a_rule_about_what_was_looked_for_and_not_found_does_not_apply(client):
    layer = facilities()
    set_surveyed_area(layer=layer, geometry=CITY, classes=["quarry"], source="quarries")
    find(rule_data("NONE-1", subject=side("quarry"), object=side("school")))

    _, text = page(client, "&rule=NONE-1")

    assert "none of the places it is about was found where they were looked for" in text


def test_a_rule_that_was_not_asked_cannot_tell(client, four_answers):
    find(rule_data("LATER-1", subject=side("landfill"), object=side("school")))

    _, text = page(client, "&rule=KEPT-1")

    assert "This rule was not asked in the last detection: nothing can be told." in text


def test_rules_that_cannot_tell_at_all_and_in_part_are_counted_apart(client, four_answers):
    _, text = page(client)

    assert "2 rules cannot tell everything" in text
    assert "1 of them found conflicts all the same" in text
    assert "The other 1 are those counted as &#x27;cannot tell&#x27; above" in text.replace(
        "'cannot tell'", "&#x27;cannot tell&#x27;"
    )
    assert "1 of no place, 0 of some places but not of all." in text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("subject_layer=zz", "There is no layer &#x27;zz&#x27;."),
        ("object_layer=zz", "Use one of: facilities."),
        ("subject=Z-9", "No layer holds a place &#x27;Z-9&#x27;."),
        ("object=Z-9", "No layer holds a place"),
        ("rule=ZZ-1", "No rule book holds a rule &#x27;ZZ-1&#x27;."),
        ("rulebook=zz", "Use one of: test-book."),
        ("view=zz", "There is no list"),
        ("severity=zz", "Use one of: info, low"),
    ],
)
def test_a_filter_that_means_nothing_is_400_with_a_sentence(client, four_answers, query, named):
    status, text = page(client, f"&{query}")

    assert status == 400
    assert named in text


@pytest.mark.parametrize(
    "query",
    ["subject_layer=facilities", "subject=L", "object=S", "subject=P", "view=each", "rule="],
)
def test_a_filter_that_names_what_there_is_answers(client, four_answers, query):
    assert page(client, f"&{query}")[0] == 200


def test_a_place_of_a_layer_that_is_not_public_is_unknown_to_the_public(client, four_answers):
    filled_layer("secret", feature("X-1", at(0, 0), "school"))
    Layer.objects.filter(slug="secret").update(visibility="internal")

    assert page(client, "&subject=X-1")[0] == 400
    assert page(client, "&subject_layer=secret")[0] == 400


def rows(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_csv_of_the_page_brings_the_answer_of_every_rule_with_it(client, four_answers):
    response = client.get("/findings/file.csv?lang=en")
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    rules = {row["rule"]: row for row in rows(archive.read("rules.csv").decode())}
    found = rows(archive.read("findings.csv").decode())

    assert {row["rule"] for row in found} == {"FAIL-1", "PART-1"}
    assert {code: row["answer"] for code, row in rules.items()} == {
        "FAIL-1": "fails", "KEPT-1": "complies", "OPEN-1": "cannot_tell", "PART-1": "fails",
    }  # fmt: skip
    assert (rules["OPEN-1"]["cannot_tell"], rules["PART-1"]["cannot_tell"]) == ("wholly", "in part")
    assert rules["OPEN-1"]["missing_en"].startswith("Nobody has surveyed quarry")
    assert rules["KEPT-1"]["missing_en"] == ""
    assert rules["KEPT-1"]["data_versions"] == "facilities v1"


@pytest.mark.parametrize(("kind", "members"), [("geojson", "features"), ("json", "findings")])
def test_other_files_carry_the_rules_as_a_member_and_keep_the_filter(
    client, four_answers, kind, members
):
    body = json.loads(client.get(f"/findings/file.{kind}?rule=OPEN-1").content)

    assert body[members] == []
    [rule] = body["rules"]
    assert (rule["rule"], rule["answer"], rule["cannot_tell"]) == (
        "OPEN-1",
        "cannot_tell",
        "wholly",
    )
    assert body["detection"]["data_versions"] == {"facilities": 1}


def test_the_links_to_the_files_keep_the_filter(client, four_answers):
    _, text = page(client, "&rule=FAIL-1&severity=high&page=1")

    for kind in ("csv", "geojson", "json"):
        assert f'href="/findings/file.{kind}?rule=FAIL-1&amp;severity=high"' in text


def test_a_file_of_another_kind_or_with_a_wrong_filter_is_refused(client, four_answers):
    assert client.get("/findings/file.dxf").status_code == 400
    assert client.get("/findings/file.csv?subject_layer=zz").status_code == 400


def test_a_file_names_no_place_of_a_layer_its_reader_may_not_see(client, four_answers):
    filled_layer("secret", feature("X-1", at(0, 0), "school"))
    Layer.objects.filter(slug="facilities").update(visibility="internal")

    body = client.get("/findings/file.json").content.decode()

    assert json.loads(body)["findings"] == []
    assert '"S"' not in body


def test_before_any_detection_a_file_says_that_there_was_none(client):
    body = json.loads(client.get("/findings/file.json").content)

    assert body == {"detection": None, "rules": [], "findings": []}


def test_the_command_prints_the_findings_for_machines_and_not_only_how_many(capsys, four_answers):
    call_command("findings", "--json")
    body = json.loads(capsys.readouterr().out)

    assert body["count"] == len(body["findings"]) == 2
    assert {rule["rule"] for rule in body["rules"]} == {"FAIL-1", "KEPT-1", "OPEN-1", "PART-1"}


def test_a_csv_written_by_the_command_has_the_rules_beside_it(tmp_path, capsys, four_answers):
    call_command("findings", "--format", "csv", "--output", str(tmp_path / "f.csv"))

    beside = rows((tmp_path / "f.rules.csv").read_text(encoding="utf-8"))
    assert [row["answer"] for row in beside] == ["fails", "complies", "cannot_tell", "fails"]
    assert "f.rules.csv" in capsys.readouterr().out
