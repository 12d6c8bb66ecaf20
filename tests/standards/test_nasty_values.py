"""Part 4: whatever a program sends, the answer is a problem in words, never a server error."""

import json
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.factories import square
from tests.layers.editing.nasty import NASTY_TEXTS, nasty_bodies, told_badly
from tests.layers.editing.web import allowed, drawn
from tests.standards.ground import PARCELS, Reader, parcels
from tests.standards.test_changes import Writer, basic

PASSWORD = "twelve-mangoes"
FEATURE = drawn(
    square(300, 0, 10), id="P-99",
    properties={"height_m": 3, "label": "ផ្ទះ", "land_use": "COM", "lifecycle": "existing"},
)  # fmt: skip
WRITES = {
    "add": ("POST", "", FEATURE),
    "replace": ("PUT", "/P-01", FEATURE | {"id": "P-01"}),
    "update": ("PATCH", "/P-01", {"properties": {"label": "ថ្មី"}, "geometry": FEATURE["geometry"]}),
}


@pytest.fixture
def ground(db):
    parcels()
    allowed(User.objects.create_user("dara", password=PASSWORD), "edit_features")


@pytest.mark.parametrize("write", WRITES)
def test_a_nasty_value_anywhere_in_a_written_feature_is_answered_in_words(ground, write):
    method, path, body = WRITES[write]
    writer = Writer(basic())

    def ask(given):
        with transaction.atomic():
            answer = writer.send(method, path, [None] if given is None else given, If_Match="*")
            transaction.set_rollback(True)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    status, _told = ask(body)
    assert status in (200, 201)
    assert told_badly(nasty_bodies(body), ask) == []


PARAMETERS = [
    "limit", "bbox", "bbox-crs", "crs", "datetime", "next", "filter", "filter-lang",
    "filter-crs", "height_m", "label", "is_public", "opened", "f", "lang", "unknown",
]  # fmt: skip
TEXTS = NASTY_TEXTS | {
    "a quote": "'; DROP TABLE layers_feature; --",
    "one surrogate": "%ED%A0%80",
    "no number": "NaN",
    "infinite": "1e999",
    "digits of another script": "១២",
    "four edges of nothing": "nan,nan,nan,nan",
    "beyond the earth": "-1e300,-1e300,1e300,1e300",
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_nasty_parameter_is_answered_in_words(ground, name):
    reader = Reader(raise_request_exception=False)
    failed = []
    for kind, text in TEXTS.items():
        told = text if text.startswith("%ED") else quote(text[:20_000])
        answer = reader.client.get(f"/ogc/collections/{PARCELS}/items?{name}={told}")
        content = answer.getvalue().decode()
        if answer.status_code >= 500 or (answer.status_code == 200 and not content.endswith("}")):
            failed.append(f"{kind}: {answer.status_code}")
    assert failed == []
