"""Part 4: what a program writes goes into a draft; nothing published changes, nothing is lost."""

import base64
import json

import pytest
import shapely
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from shapely.geometry import mapping

from layers.crs import to_wgs84
from layers.editing.drafts import open_draft
from layers.editing.models import Draft
from layers.editing.publishing import publish_draft
from layers.queries import feature_named
from tests.factories import EAST, NORTH, square
from tests.layers.editing.web import allowed
from tests.standards.ground import KHMER, PARCELS, Reader, parcels

pytestmark = pytest.mark.django_db
ITEMS = f"/ogc/collections/{PARCELS}/items"
PASSWORD = "twelve-mangoes"
METRES = "http://www.opengis.net/def/crs/EPSG/0/32648"


@pytest.fixture(autouse=True)
def no_one_known_yet():
    cache.clear()


@pytest.fixture
def editor():
    return allowed(User.objects.create_user("dara", password=PASSWORD), "edit_features")


def basic(user="dara", password=PASSWORD):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Writer:
    """A desktop program: name and password with each request, no cookie."""

    def __init__(self, authorization=None, **options):
        self.client, self.authorization = Client(enforce_csrf_checks=True, **options), authorization

    def send(self, method, path="", body=None, content_type="application/geo+json", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.authorization:
            named["Authorization"] = self.authorization
        return self.client.generic(
            method,
            f"{ITEMS}{path}{'&' if '?' in path else '?'}lang=en",
            b"" if body is None else json.dumps(body),
            content_type=content_type,
            headers=named,
        )


@pytest.fixture
def writer(editor):
    return Writer(basic())


def drawn(shape=None, **properties):
    shape = shape or square(500, 0, 10)
    return {"type": "Feature", "geometry": mapping(to_wgs84(shape)), "properties": properties}


def test_a_new_feature_lies_in_a_draft_until_it_is_published(writer, editor):
    layer = parcels()
    User.objects.filter(pk=editor.pk).update(is_superuser=True)

    answer = writer.send("POST", "", drawn(label=KHMER, land_use="COM", lifecycle="planned"))

    name, draft = answer.json()["id"], Draft.objects.get()
    assert answer.status_code == 201
    assert answer["Krong-Draft"] == str(draft.pk)
    assert answer["Location"] == f"http://testserver{ITEMS}/{name}?draft={draft.pk}"
    assert name not in Reader().ids()
    there = writer.send("GET", answer["Location"].split("/items")[1])
    assert there["ETag"] == answer["ETag"]
    assert there.json()["properties"] == {
        "label": KHMER, "land_use": "COM", "lifecycle": "planned"
    }  # fmt: skip
    publish_draft(draft=draft, author=User.objects.get(), message="checked", accepts_warnings=True)
    stored = feature_named(layer.slug, name)
    assert stored.land_use.code == "COM"
    assert name in Reader().ids()


def test_a_feature_is_replaced_by_who_saw_it_as_it_stands(writer):
    parcels()
    etag = writer.send("GET", "/P-01")["ETag"]

    answer = writer.send("PUT", "/P-01", drawn(height_m=30), If_Match=etag)
    again = writer.send("PUT", "/P-01", drawn(height_m=40), If_Match=etag)

    assert answer.status_code == 200
    assert answer.json()["properties"]["height_m"] == 30
    assert answer.json()["properties"]["land_use"] is None
    assert again.status_code == 412
    assert again["ETag"] == answer["ETag"]
    assert again.json()["current"]["properties"]["height_m"] == 30
    assert Reader().told(f"collections/{PARCELS}/items/P-01")["properties"]["height_m"] == 1


def test_a_change_that_names_no_state_is_refused_and_opens_no_draft(writer):
    parcels()

    for method, body in (("PUT", drawn()), ("PATCH", drawn()), ("DELETE", None)):
        assert writer.send(method, "/P-01", body).status_code == 428
        assert writer.send(method, "/P-01", body, If_Match='"r0"').status_code == 412
    assert not Draft.objects.exists()


def test_a_patch_changes_what_it_names_and_moves_nothing(writer):
    parcels()
    before = writer.send("GET", "/P-02")

    answer = writer.send(
        "PATCH",
        "/P-02",
        {"properties": {"height_m": 9, "opened": None, "lifecycle": "closed"}},
        "application/merge-patch+json",
        If_Match=before["ETag"],
    )

    after = answer.json()
    assert after["properties"] == {
        "height_m": 9, "label": f"{KHMER} 2", "is_public": True, "land_use": "R1",
        "lifecycle": "closed",
    }  # fmt: skip
    edit = Draft.objects.get().edits.get(is_latest=True)
    assert shapely.from_wkb(bytes(edit.geometry.wkb)).equals_exact(square(40, 0, 10), 0)


def test_a_shape_sent_back_as_it_was_read_is_not_moved(writer):
    parcels()
    read = writer.send("GET", "/P-02")

    writer.send("PUT", "/P-02", read.json(), If_Match=read["ETag"])

    edit = Draft.objects.get().edits.get(is_latest=True)
    same = shapely.from_wkb(bytes(edit.geometry.wkb)).normalize()
    assert same.equals_exact(square(40, 0, 10).normalize(), 0)


def test_shapes_may_be_sent_in_metres(writer):
    parcels()
    body = {"type": "Feature", "geometry": mapping(square(500, 0, 10)), "properties": {}}

    answer = writer.send("POST", "", body, Content_Crs=f"<{METRES}>")

    assert answer.status_code == 201
    assert shapely.geometry.shape(answer.json()["geometry"]).bounds[:2] == (EAST + 500, NORTH)


def test_a_feature_is_deleted_from_the_draft_only(writer):
    parcels()
    etag = writer.send("GET", "/P-03")["ETag"]

    answer = writer.send("DELETE", "/P-03", If_Match=etag)

    assert answer.status_code == 204
    assert writer.send("GET", f"/P-03?draft={answer['Krong-Draft']}").status_code == 404
    assert "P-03" in Reader().ids()


def test_a_name_is_created_by_put_once(writer):
    parcels()

    assert writer.send("PUT", "/NEW", drawn(), If_None_Match="*").status_code == 201
    assert writer.send("PUT", "/NEW", drawn(), If_None_Match="*").status_code == 412
    assert writer.send("PUT", "/P-01", drawn(), If_None_Match="*").status_code == 412
    assert writer.send("PUT", "/NOWHERE", drawn(), If_Match='"r1"').status_code in (404, 412)


def test_a_draft_may_be_named(writer, editor):
    layer = parcels()
    mine, newer = (open_draft(layer=layer, title=title, author=editor) for title in ("1", "2"))

    answer = writer.send("POST", f"?draft={mine.pk}", drawn())

    assert answer["Krong-Draft"] == str(mine.pk)
    assert newer.edits.count() == 0
    assert writer.send("POST", "?draft=999999", drawn()).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ({"type": "Feature"}, "application/geo+json", 422),
        ({"type": "Feature", "geometry": {"type": "Point"}}, "application/geo+json", 422),
        ([], "application/geo+json", 400),
        ({"geometry": None, "properties": [1]}, "application/geo+json", 400),
        (drawn(), "text/plain", 415),
        (drawn(lifecycle="dreamt"), "application/json", 422),
        (drawn(land_use="NOWHERE"), "application/json", 422),
        ({**drawn(), "id": "x" * 200}, "application/json", 400),
        ({**drawn(), "geometry": mapping(square(0, 0, 10))}, "application/json", 422),
    ],
)
def test_what_cannot_stand_is_refused_and_opens_no_draft(writer, body, content_type, status):
    parcels()

    answer = writer.send("POST", "", body, content_type)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["remedy"]
    assert not Draft.objects.exists()


def test_a_feature_keeps_its_identifier(writer):
    parcels()
    etag = writer.send("GET", "/P-01")["ETag"]

    assert writer.send("PUT", "/P-01", {**drawn(), "id": "P-02"}, If_Match=etag).status_code == 400


def test_who_may_not_edit_may_not_write(writer):
    parcels()
    User.objects.create_user("guest", password=PASSWORD)

    nobody = Writer().send("POST", "", drawn())
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"].startswith("Basic")
    assert Writer(basic("guest")).send("POST", "", drawn()).status_code == 403
    assert Writer(basic(password="wrong")).send("POST", "", drawn()).status_code == 401
    assert Writer("Bearer abc").send("POST", "", drawn()).status_code == 401
    assert Writer("Basic ?").send("GET").status_code == 401


def test_a_cookie_alone_writes_nothing(editor):
    parcels()
    browser = Writer()
    browser.client.force_login(editor)

    refused = browser.send("POST", "", drawn())
    browser.client.get("/login/")
    token = browser.client.cookies["csrftoken"].value
    accepted = browser.send("POST", "", drawn(), X_CSRFToken=token)

    assert refused.status_code == 403
    assert accepted.status_code == 201


def test_a_session_beside_a_password_does_not_lend_its_rights(editor):
    parcels()
    User.objects.create_user("guest", password=PASSWORD)
    browser = Writer(basic("guest"))
    browser.client.force_login(editor)

    assert browser.send("POST", "", drawn()).status_code == 403


def test_after_ten_wrong_passwords_the_right_one_has_to_wait(writer):
    parcels()
    guesser = Writer(basic(password="guess"))

    answers = [guesser.send("GET").status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]
    assert writer.send("GET").status_code == 429


def test_a_known_password_is_checked_quickly_and_void_when_changed(writer, editor):
    parcels(visibility="internal")
    User.objects.filter(pk=editor.pk).update(is_staff=True)

    assert writer.send("GET").status_code == 200
    assert writer.send("GET").status_code == 200
    editor.set_password("thirteen-mangoes")
    User.objects.filter(pk=editor.pk).update(password=editor.password)
    assert writer.send("GET").status_code == 401
    User.objects.filter(pk=editor.pk).update(is_active=False)
    assert Writer(basic(password="thirteen-mangoes")).send("GET").status_code == 401


def test_a_layer_that_is_not_there_takes_no_features(writer):
    assert writer.send("POST", "", drawn()).status_code == 404
