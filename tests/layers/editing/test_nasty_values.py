"""Whatever is written into a request, it is answered in words: never with a server error.

Every place of every body that changes a layer gets every nasty value, one at a time; each request
is undone, so that the next one meets the same city.
"""

import json

import pytest
from django.db import transaction

from layers.editing.models import Draft
from layers.models import Layer
from layers.sent_json import SentJsonError, sent_json
from tests.factories import feature, filled_layer, rectangle, square
from tests.layers.editing.ground import draft_of, put
from tests.layers.editing.nasty import NASTY_TEXTS, nasty_bodies, told_badly
from tests.layers.editing.web import Editor, allowed, drawn

OUTLINE = rectangle(300, 0, 50, 50)
SCHEMA = {
    "fields": {
        "name": {"type": "text"},
        "floors": {"type": "integer", "min": 1, "max": 60},
        "day": {"type": "date"},
        "tenure": {"type": "text", "choices": ["state", "private"]},
    }
}
RIGHTS = ("edit_features", "publish_version", "edit_survey", "change_layer")


@pytest.fixture
def city(dara):
    layer = filled_layer(
        "zones",
        feature("Z-1", square(0, 0, 100), "RES", name="តំបន់ ក"),
        feature("Z-2", square(100, 0, 100), "RES"),
        geometry_kind="polygon",
        attribute_schema=SCHEMA,
    )
    draft = draft_of(layer, dara)
    put(draft, "Z-2", square(100, 0, 90), land_use="RES")
    editor = Editor(allowed(dara, *RIGHTS), "/layers/zones/")
    survey = editor.told("POST", "surveyed/", drawn(square(0, 0, 100)), 201)
    return editor, draft.pk, survey["id"]


def requests(draft, survey):
    """Return method, path and a body that is answered well, by what is asked."""
    base, operations = f"drafts/{draft}/", f"drafts/{draft}/operations"
    one = {"Z-1": '"r1"'}
    whole = drawn(
        OUTLINE, id="Z-9", land_use="RES", lifecycle="existing",
        properties={"name": "ផ្សារ", "floors": 3, "day": "2026-11-23", "tenure": "state", "x": [1]},
    )  # fmt: skip
    line = {"type": "LineString", "coordinates": [[103.0, 10.0], [104.0, 11.0]]}
    point = {"type": "Point", "coordinates": [103.5, 10.5]}
    words = {"completeness": "complete", "captured_on": "2026-11-01", "source": "s"}
    stated = drawn(OUTLINE, properties=words | {"classes": ["RES"]})
    return {
        "open": ("POST", "drafts/", {"title": "Zones"}),
        "discard": ("POST", f"{base}discard", {"reason": "tried"}),
        "publish": ("POST", f"{base}publish", {"message": "m", "accepts_warnings": True}),
        "create": ("POST", f"{base}features", whole),
        "replace": ("PUT", f"{base}features/Z-1", whole),
        "withdraw": ("POST", f"{base}withdraw", {"id": "Z-2"}),
        "resolve": ("POST", f"{base}stale/Z-2", {"keep": "mine"}),
        "split": ("POST", operations, {"operation": "split", "features": one, "line": line}),
        "merge": ("POST", operations, {"operation": "merge", "features": one, "keep": "Z-1"}),
        "hole": ("POST", operations, {"operation": "cut-hole", "features": one, "hole": point}),
        "fill": ("POST", operations, {"operation": "fill-hole", "features": one, "at": point}),
        "snap": ("POST", operations, {"operation": "snap", "features": one, "tolerance_m": 0.5}),
        "state": ("POST", "surveyed/", stated),
        "restate": ("PUT", f"surveyed/{survey}/", stated),
        "revert": ("POST", "revert", {"to": 1, "message": "back"}),
    }


def undone(editor, method, path, body=None, **headers):
    """Return the answer, and undo what was asked."""
    with transaction.atomic():
        answer = editor.ask(method, path, body, **headers)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("asked", tuple(requests(0, 0)))
def test_a_nasty_value_anywhere_in_a_body_is_answered_in_words(city, asked):
    editor, draft, survey = city
    method, path, body = requests(draft, survey)[asked]

    def ask(given):
        answer = undone(editor, method, path, [None] if given is None else given, If_Match="*")
        told = json.loads(answer.content) if answer.content else None
        return answer.status_code, told.get("error") if told else None

    assert undone(editor, method, path, body, If_Match="*").status_code < 500
    assert told_badly(nasty_bodies(body), ask) == []


FORMS = {
    "drafts": ("edit/drafts/", {"title": "Zones"}),
    "discard": ("edit/drafts/", {"discard": "1", "reason": "tried"}),
    "revert": ("revert", {"to": "1", "message": "back"}),
    "describe": (
        "describe/",
        {"title_km": "ក", "title_en": "a", "description_km": "", "description_en": "",
         "theme": "zoning", "source": "s", "licence": "l", "steward": "c",
         "scale_denominator": "5000", "visibility": "public"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_nasty_text_in_any_field_of_a_form_is_answered_with_a_page(city, form):
    editor, _draft, _survey = city
    path, fields = FORMS[form]
    failed = []
    for name in fields:
        for kind, text in NASTY_TEXTS.items():
            with transaction.atomic():
                editor.client.raise_request_exception = False
                answer = editor.client.post(f"{editor.base}{path}", fields | {name: text})
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                failed.append(f"{name}: {kind}")
    assert failed == []


@pytest.mark.parametrize("named", ["%00", "%ED%A0%80", "a" * 5_000, "%F3%A0%80%A0", "..%2F..", " "])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_feature_of_an_impossible_name_is_not_there(city, method, named):
    editor, draft, _survey = city
    body = drawn(OUTLINE, land_use="RES") if method == "PUT" else None
    answer = undone(editor, method, f"drafts/{draft}/features/{named}", body, If_Match="*")
    assert answer.status_code in (400, 404, 412)


@pytest.mark.parametrize("tag", ["\x7f", '"', 'W/"r', '"r99999999999999999999"', "r1", '"d1.1"'])
def test_a_condition_that_means_nothing_changes_nothing(city, tag):
    editor, draft, _survey = city
    answer = editor.ask("DELETE", f"drafts/{draft}/features/Z-1", If_Match=tag)
    assert answer.status_code == 412
    assert editor.ask("GET", f"drafts/{draft}/features/Z-1").status_code == 200


def test_a_text_that_is_too_long_is_refused_whole_and_nothing_is_cut_off(city):
    editor, draft, _survey = city
    told = editor.told("POST", "drafts/", {"title": "ក" * 201}, 400)
    assert "up to 200 letters" in told["error"]["what"]
    assert editor.told("POST", "drafts/", {"title": "ក" * 200}, 201)["title"] == "ក" * 200
    told = editor.told("POST", f"drafts/{draft}/publish", {"message": "m" * 2_001}, 400)
    assert "up to 2000 letters" in told["error"]["what"]
    assert Draft.objects.get(pk=draft).state == "open"
    assert Layer.objects.get(slug="zones").published_number == 1


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 100_000, b'{"a": NaN}', b'{"a": -Infinity}', b'"\xed\xa0\x80"', b'"\\ud800"',
     b'"\\u0000"', b'{"\\u0000": 1}', b'["\\\\\\u0000"]', b"\xff\xfe{\x00}\x00", b'"\x00"', b""],
)  # fmt: skip
def test_what_is_no_json_or_holds_half_a_sign_is_refused(body):
    with pytest.raises(SentJsonError):
        sent_json(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (rb'"\\u0000"', r"\u0000"),  # a backslash and five letters, no sign
        (rb'"\ud83d\ude00"', "\U0001f600"),  # both halves
        ('"ផ្សារ"'.encode(), "ផ្សារ"),
        (rb'{"\u1780": [1e2, true, null]}', {"ក": [100.0, True, None]}),
        (b"1" * 400, int("1" * 400)),
    ],
)
def test_what_a_text_can_hold_is_read_as_it_was_sent(body, said):
    assert sent_json(body) == said


def test_a_colleagues_draft_is_given_up_by_who_may_publish_only(city, sophea):
    _editor, draft, _survey = city
    colleague = Editor(allowed(sophea, "edit_features"), "/layers/zones/")
    colleague.told("POST", f"drafts/{draft}/discard", {"reason": "in my way"}, 403)
    page = colleague.client.post(
        "/layers/zones/edit/drafts/", {"discard": draft, "reason": "in my way"}
    )
    assert page.status_code == 403
    listed = colleague.client.get("/layers/zones/edit/drafts/?lang=en").content.decode()
    assert 'name="discard"' not in listed
    assert Draft.objects.get(pk=draft).state == "open"

    own = colleague.told("POST", "drafts/", {"title": "Own"}, 201)["number"]
    listed = colleague.client.get("/layers/zones/edit/drafts/?lang=en").content.decode()
    assert listed.count('name="discard"') == 1
    colleague.told("POST", f"drafts/{own}/discard", {"reason": "done"})
    allowed(sophea, "publish_version")
    told = colleague.told("POST", f"drafts/{draft}/discard", {"reason": "dara left"})
    assert (told["state"], told["closed_by"], told["message"]) == (
        "discarded",
        "sophea",
        "dara left",
    )
