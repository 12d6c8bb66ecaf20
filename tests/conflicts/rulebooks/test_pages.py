"""The pages of rule books: read by all, changed by who may, effects told before saving."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils.html import escape

from conflicts.models import Finding, RuleBook, RuleChange
from conflicts.rulebook_file import read_rulebook
from conflicts.rulebooks import views_rule
from conflicts.rulebooks.builder import BOOK_FILE
from conflicts.rulebooks.editing import rule_in, validator
from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook, stored_book
from layers.classes import load_classes
from layers.models import Run
from layers.runs import queue_run
from tests.conflicts.ground import rule_data, rulebook, surveyed_layer
from tests.factories import feature, square

pytestmark = pytest.mark.django_db
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}


def account(name, *rights):
    user = User.objects.create_user(name)
    for right in rights:
        user.user_permissions.add(Permission.objects.get(codename=right))
    return user


@pytest.fixture
def planner(client):
    user = account("dara", "edit_rulebook", "ratify_rulebook")
    client.force_login(user)
    return client


@pytest.fixture
def draft():
    schools = [feature(f"S{n}", square(10 + 100 * n, 0, 5), "school") for n in range(1, 6)]
    surveyed_layer("facilities", feature("DUMP", square(0, 0, 10), "landfill"), *schools)
    return rulebook(rule_data(min_distance_m=250), rule_data("B-01", "overlap"))


def rule_url(book, code="T-01", name="rulebook-rule"):
    return reverse(name, args=[book.code, book.version, code])


def form_of(book, code="T-01", **fields):
    """What the browser would send for a rule as it stands, with these fields changed."""
    rule = rule_in(book, code)
    said = {
        "title_km": rule.title.km, "title_en": rule.title.en, "severity": str(rule.severity),
        "basis": str(rule.basis), "citation": rule.provision.citation,
        "subject_classes": list(rule.subject.classes), "object_classes": list(rule.object.classes),
        "if_match": validator(rule), "reason": "Minutes of 3 May", "action": "save",
    }  # fmt: skip
    if rule.kind == "separation":
        said["min_distance_m"] = str(rule.min_distance_m)
    return said | fields


def test_everybody_reads_versions_rules_and_what_they_rest_on(client, draft):
    ratify_rulebook(draft, because="First book")

    listed = client.get(reverse("rulebooks") + "?lang=en").content.decode()
    book = client.get(reverse("rulebook", args=["test-book", 1]) + "?lang=en").content.decode()
    rule = client.get(rule_url(draft) + "?lang=en").content.decode()

    assert "First book" in listed
    assert "ratified" in listed
    assert "T-01" in book
    assert "B-01" in book
    assert "Value chosen for the test" in rule
    assert "250" in rule
    assert "rule-form" not in rule
    assert "csrf" not in book


def test_the_standard_book_shows_its_matrix_and_what_is_not_asked_yet(client):
    load_classes()
    book = load_rulebook(BOOK_FILE).rulebook

    page = client.get(reverse("rulebook", args=[book.code, 1]) + "?lang=en").content.decode()
    khmer = client.get(reverse("rulebook", args=[book.code, 1]) + "?lang=km").content.decode()

    assert 'title="AJ-01">4</a>' in page
    assert page.count('<td class="rating rating-none">?</td>') == 15 * 15 - 13 * 13
    assert "no layer says which way the water flows" in page
    assert "គ្មានស្រទាប់ណា ប្រាប់ទិសទឹកហូរឡើយ" in khmer
    assert "rulebook" not in khmer.split("<main")[1].split("<table")[0].replace("/rulebooks/", "")


def test_the_file_of_a_version_loads_as_the_same_book(client, draft, tmp_path):
    answer = client.get(reverse("rulebook-file", args=[draft.code, draft.version]))
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(answer.content)

    assert read_rulebook(copy) == stored_book(draft)
    assert "test-book-v1.yaml" in answer["Content-Disposition"]


def test_a_planner_changes_a_distance_and_the_history_says_why(planner, draft):
    answer = planner.post(rule_url(draft), form_of(draft, min_distance_m="៣៥០"))

    page = planner.get(answer["Location"] + "?lang=en").content.decode()
    assert rule_in(draft, "T-01").min_distance_m == 350
    assert "Minutes of 3 May" in page
    assert RuleChange.objects.get().changed_by.username == "dara"


def test_a_title_that_names_the_distance_goes_on_naming_the_true_one(planner):
    said = {"km": "ទីលាននៅជិតសាលា (តិចជាង 1000 ម)", "en": "Landfill less than 1,000 m away"}
    draft = rulebook(rule_data(min_distance_m=1_000, title=said))

    planner.post(rule_url(draft), form_of(draft, min_distance_m="1500"))
    of_itself = rule_in(draft, "T-01").title
    planner.post(rule_url(draft), form_of(draft, min_distance_m="1800", title_en="Own words"))

    assert (of_itself.en, of_itself.km) == (
        "Landfill less than 1,500 m away", "ទីលាននៅជិតសាលា (តិចជាង 1500 ម)",
    )  # fmt: skip
    assert rule_in(draft, "T-01").title.en == "Own words"


def test_the_effect_is_told_before_saving_and_nothing_is_stored(planner, draft):
    answer = planner.post(rule_url(draft) + "?lang=en",
                          form_of(draft, min_distance_m="450", action="effects"))  # fmt: skip

    page = answer.content.decode()
    assert "Adds 2 findings, removes 0, grades 0 otherwise." in page
    assert "changed: 2, then 4 findings" in page
    assert rule_in(draft, "T-01").min_distance_m == 250
    assert 'value="450"' in page
    assert not RuleChange.objects.exists()
    assert not Finding.objects.exists()


def live_effect(planner, draft, distance):
    address = rule_url(draft, name="rulebook-rule-effects") + "?lang=en"
    fields = {"min_distance_m": distance, "token": uuid.uuid4().hex}
    return planner.post(address, form_of(draft, **fields)).json()


def test_the_live_effect_is_json_and_leaves_no_run_behind(planner, draft):
    said = live_effect(planner, draft, "150")

    assert said["sentence"] == "Adds 0 findings, removes 1, grades 0 otherwise."
    assert said["comparison"]["rules"][0]["findings"][0]["object"] == "S2"
    assert not Run.objects.filter(kind=views_rule.EFFECTS).exists()


def test_a_live_effect_that_takes_too_long_says_cannot_tell(planner, draft, monkeypatch):
    monkeypatch.setattr(views_rule, "TOLD_WITHIN_S", 0.0)

    said = live_effect(planner, draft, "450")

    assert said["sentence"].startswith("Cannot tell all: 1 rules")
    assert said["comparison"]["is_told"] is False


def test_only_ones_own_question_is_cancelled(planner, draft):
    token, other = str(uuid.uuid4()), account("sophea", "edit_rulebook")
    own, others = (
        queue_run(kind=views_rule.EFFECTS, title=user.username,
                  parameters={"token": token, "account": user.pk})
        for user in (User.objects.get(username="dara"), other)
    )  # fmt: skip

    said = planner.post(reverse("rulebook-effects-cancel", args=[token])).json()

    own.refresh_from_db()
    others.refresh_from_db()
    assert said == {"cancelled": 1}
    assert own.cancel_requested_at is not None
    assert others.cancel_requested_at is None


def test_two_editors_the_second_is_told_who_was_first_and_overwrites_nothing(client, draft):
    first, second = account("dara", "edit_rulebook"), account("sophea", "edit_rulebook")
    read_by_both = form_of(draft)
    client.force_login(first)
    client.post(rule_url(draft), read_by_both | {"min_distance_m": "300"})
    client.force_login(second)

    answer = client.post(rule_url(draft) + "?lang=en", read_by_both | {"min_distance_m": "400"})

    page = answer.content.decode()
    assert answer.status_code == 412
    assert "dara changed rule T-01" in page
    assert rule_in(draft, "T-01").min_distance_m == 300
    assert 'value="400"' in page  # what she typed is not lost
    now = validator(rule_in(draft, "T-01"))
    assert f'value="{now}"' in page
    client.post(rule_url(draft), read_by_both | {"min_distance_m": "400", "if_match": now})
    assert rule_in(draft, "T-01").min_distance_m == 400


def test_an_exemption_is_added_and_taken_out_again(planner, draft):
    fields = {"exempt_side": "subject", "exempt_attr": "capped", "exempt_op": "eq",
              "exempt_value": "true", "exempt_reason_en": "Capped and greened"}  # fmt: skip

    planner.post(rule_url(draft), form_of(draft, **fields))
    [exemption] = rule_in(draft, "T-01").exemptions
    planner.post(rule_url(draft), form_of(draft, drop_0="on"))

    assert (exemption.subject.attr, exemption.subject.value) == ("capped", True)
    assert exemption.reason.en == "Capped and greened"
    assert rule_in(draft, "T-01").exemptions == ()


def test_a_cell_of_the_matrix_rated_compatible_becomes_a_rule(planner):
    load_classes()
    draft = load_rulebook(BOOK_FILE).rulebook
    url = rule_url(draft, "new") + "?kind=adjacency&subject=RES&object=COM"

    page = planner.get(url).content.decode()
    answer = planner.post(url, {
        "code": "AJ-90", "title_en": "Homes beside shops", "severity": "low", "basis": "demo_value",
        "citation": "Trial", "subject_classes": ["R1", "R2", "R3", "R4", "RM", "RA"],
        "object_classes": ["C1", "C2", "MX"], "max_border_m": "20", "tolerance_m": "1",
        "if_match": "new", "reason": "Noise at night", "action": "save",
    })  # fmt: skip

    assert '<option value="R1" selected>' in page
    assert answer.status_code == 302
    rule = rule_in(draft, "AJ-90")
    assert (rule.kind, rule.subject.layers, rule.max_border_m) == ("adjacency", ("zones",), 20)
    book = planner.get(reverse("rulebook", args=[draft.code, 1])).content.decode()
    assert 'title="AJ-90">2</a>' in book


def test_who_may_not_edit_sees_no_form_and_is_refused(client, draft):
    anonymous = client.post(rule_url(draft), form_of(draft))
    client.force_login(account("guest"))
    page = client.get(rule_url(draft)).content.decode()
    refused = [
        client.post(rule_url(draft), form_of(draft)),
        client.post(reverse("rulebook-draft", args=[draft.code, 1])),
        client.post(reverse("rulebook-discard", args=[draft.code, 1])),
        client.post(reverse("rulebook-ratify", args=[draft.code, 1]), {"because": "x"}),
        client.get(reverse("rulebook-compare", args=[draft.code]) + "?before=1&after=1"),
        client.post(rule_url(draft, name="rulebook-rule-effects"), form_of(draft)),
    ]

    assert (anonymous.status_code, anonymous["Location"][:7]) == (302, "/login/")
    assert "rule-form" not in page
    assert [answer.status_code for answer in refused] == [403] * 6
    assert RuleBook.objects.get().status == "draft"


def test_editing_and_ratifying_are_two_rights(client, draft):
    client.force_login(account("dara", "edit_rulebook"))

    answer = client.post(reverse("rulebook-ratify", args=[draft.code, 1]), {"because": "x"})

    assert answer.status_code == 403


def test_a_draft_is_made_changed_compared_and_put_in_force(planner, draft):
    planner.post(reverse("rulebook-ratify", args=[draft.code, 1]), {"because": "First book"})
    made = planner.post(reverse("rulebook-draft", args=[draft.code, 1]))
    second = RuleBook.objects.get(version=2)
    planner.post(rule_url(second), form_of(second, min_distance_m="450", severity="critical"))

    compared = planner.get(
        reverse("rulebook-compare", args=[draft.code]) + "?before=1&after=2&lang=en"
    ).content.decode()
    nameless = planner.post(reverse("rulebook-ratify", args=[draft.code, 2]), {"because": " "})
    planner.post(reverse("rulebook-ratify", args=[draft.code, 2]), {"because": "Wider"})

    assert made["Location"] == reverse("rulebook", args=[draft.code, 2])
    assert "Adds 2 findings, removes 0, grades 2 otherwise." in compared
    assert "S3" in compared
    assert nameless.status_code == 400
    assert list(RuleBook.objects.order_by("version").values_list("status", "ratified_because")) == [
        ("superseded", "First book"), ("ratified", "Wider"),
    ]  # fmt: skip
    closed = planner.post(rule_url(second), form_of(second, min_distance_m="1"))
    assert closed.status_code == 409


HOSTILE = [
    {"min_distance_m": "1e309"}, {"min_distance_m": "-5"}, {"min_distance_m": "NaN"},
    {"min_distance_m": "200001"}, {"min_distance_m": ""}, {"severity": "fatal"},
    {"basis": "binding_law"}, {"basis": "royal wish"}, {"citation": ""}, {"title_en": ""},
    {"title_en": "a\x07b"}, {"title_en": "x" * 301}, {"object_classes": ["no-such"]},
    {"object_classes": []}, {"reason": ""}, {"reason": "x" * 2001}, {"citation": "y" * 1001},
    {"exempt_side": "subject", "exempt_attr": "capped"}, {"jurisdiction": "KHM"},
    {"exempt_side": "pair", "exempt_attr": "a", "exempt_value": "1", "exempt_reason_en": "r"},
]  # fmt: skip


@pytest.mark.parametrize("fields", HOSTILE, ids=lambda fields: "-".join(fields)[:40])
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_stored(planner, draft, fields):
    answer = planner.post(rule_url(draft), form_of(draft, **fields))

    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not RuleChange.objects.exists()


def test_script_in_a_title_or_a_reason_is_shown_as_text(planner, draft):
    script = "<script>alert(1)</script>"
    planner.post(rule_url(draft), form_of(draft, title_en=script, title_km=script, reason=script))

    for address in (rule_url(draft), reverse("rulebook", args=[draft.code, 1])):
        page = planner.get(address).content.decode()
        assert script not in page
        assert escape(script) in page


@pytest.mark.parametrize(
    "address",
    ["/rulebooks/no-such/1/", "/rulebooks/test-book/9/", "/rulebooks/test-book/1/rules/NO-1/",
     "/rulebooks/test-book/compare/?before=1&after=x", "/rulebooks/test-book/compare/",
     "/rulebooks/test-book/1/rules/new/?kind=data_quality"],
)  # fmt: skip
def test_an_address_of_nothing_is_answered_with_a_sentence(planner, draft, address):
    assert planner.get(address).status_code in {400, 404}


def test_the_list_of_rules_is_searched_in_both_languages(client, draft):
    found = client.get(reverse("rulebook", args=[draft.code, 1]) + "?q=b-01").content.decode()
    nothing = client.get(reverse("rulebook", args=[draft.code, 1]) + "?q=zzz").content.decode()

    assert "/rules/B-01/" in found
    assert "/rules/T-01/" not in found
    assert "/rules/" not in nothing
