"""Questions at a point past the pages' machinery: the same answer, and never more than is allowed.

Every answer is compared with that of the page itself, which goes through sessions, accounts and
permissions as Django does. ``quick_answer`` is None where the question goes on to the page.
"""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from config.quick_pages import QuickPages, quick_answer
from config.wsgi import application
from layers import prepared, quick_identify
from layers.models import Layer
from layers.prepared import rows_of
from layers.services import publish_changes, set_surveyed_area
from tests.factories import feature, filled_layer, square
from tests.layers.web_map import lonlat

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
LEVELS = ("public", "internal", "restricted")


def land():
    """One layer of each visibility, each with a square of 100 m around the same point."""
    return {
        level: filled_layer(
            f"{level}-land", feature(level[0], square(0, 0, 100), "school", name="ដី", area_m2=12.5),
            visibility=level,
        )
        for level in LEVELS
    }  # fmt: skip


@pytest.fixture
def layers():
    return land()


def account(name="dara", **rights):
    return User.objects.create_user(name, password=PASSWORD, **rights)


def may_view():
    return Permission.objects.get(codename="view_layer", content_type__app_label="layers")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def question(client, cookies="", x=50, y=50, **more):
    """The WSGI environment of a question, with the cookies the client holds."""
    longitude, latitude = lonlat(x, y)
    held = "; ".join([f"{name}={morsel.value}" for name, morsel in client.cookies.items()])
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/identify",
        "QUERY_STRING": urlencode({"lon": longitude, "lat": latitude, "z": 18} | more),
        "HTTP_HOST": "testserver",
        "HTTP_COOKIE": "; ".join(filter(None, [held, cookies])),
    }


def quick(client, **more):
    told = quick_answer(question(client, **more))
    return None if told is None else json.loads(told[1])


def page(client, x=50, y=50, **more):
    longitude, latitude = lonlat(x, y)
    return client.get("/identify", {"lon": longitude, "lat": latitude, "z": 18} | more)


def slugs(content):
    return {layer["slug"].removesuffix("-land") for layer in content["layers"]}


def answered(environ, pages=None):
    """Status, headers and body that the server sends."""
    told = []
    app = application if pages is None else QuickPages(pages)
    body = b"".join(app(environ, lambda status, headers, *_: told.append((status, headers))))
    return told[0][0], dict(told[0][1]), body


def the_page(_environ, start_response):
    start_response("200 OK", [])
    return [b"the page"]


class TestTheSameAnswer:
    def test_for_a_reader_who_is_not_signed_in(self, layers):
        client = Client()
        assert quick(client) == page(client).json()
        assert slugs(quick(client)) == {"public"}

    @pytest.mark.parametrize(
        ("rights", "seen"),
        [
            ({}, {"public"}),
            ({"is_staff": True}, {"public", "internal"}),
            ({"is_superuser": True}, {"public", "restricted"}),
            ({"is_staff": True, "is_superuser": True}, set(LEVELS)),
        ],
    )
    def test_for_every_kind_of_account(self, layers, rights, seen):
        client = signed_in(account(**rights))
        assert slugs(quick(client)) == seen
        assert quick(client) == page(client).json()

    def test_for_an_account_with_a_permission_of_its_own_and_one_by_its_group(self, layers):
        own, member = account("own"), account("member")
        own.user_permissions.add(may_view())
        group = Group.objects.create(name="surveyors")
        group.permissions.add(may_view())
        member.groups.add(group)
        for user in (own, member):
            client = signed_in(user)
            assert slugs(quick(client)) == {"public", "restricted"}
            assert quick(client) == page(client).json()

    @pytest.mark.parametrize("code", ["km", "en", "xx", ""])
    def test_in_the_language_of_the_cookie(self, layers, code):
        client = Client()
        client.cookies["django_language"] = code
        language, body = quick_answer(question(client))
        from_page = page(client)
        assert json.loads(body) == from_page.json()
        assert language == from_page["Content-Language"]

    @pytest.mark.parametrize(
        "more",
        [{"layers": "public-land"}, {"layers": "nothing,internal-land"}, {"layers": ""},
         {"z": "3"}, {"z": "22"}, {"z": "-4"}, {"x": 150}, {"x": 5_000, "y": 70}],
    )  # fmt: skip
    def test_for_other_places_zooms_and_choices_of_layers(self, layers, more):
        set_surveyed_area(layer=layers["public"], geometry=square(-10, -10, 300))
        client = signed_in(account(is_staff=True))
        assert quick(client, **more) == page(client, **more).json()

    def test_with_the_same_headers_and_bytes(self, layers):
        client = signed_in(account())
        status, headers, body = answered(question(client))
        from_page = page(client)
        assert status.startswith("200")
        assert body == from_page.content
        theirs = {name: from_page[name] for name in from_page.headers}
        assert {k: set(v.split(", ")) if k == "Vary" else v for k, v in headers.items()} == {
            k: set(v.split(", ")) if k == "Vary" else v for k, v in theirs.items()
        }

    def test_it_costs_two_statements(self, layers):
        client = signed_in(account(is_staff=True))
        quick(client)
        with CaptureQueriesContext(connection) as asked:
            quick(client)
        assert len(asked) == 2


class TestWhatEndsARightEndsItAtOnce:
    """Each time: the hidden layer is told, something happens, and it is told no more."""

    @pytest.fixture
    def reader(self, layers):
        user = account(is_staff=True)
        user.user_permissions.add(may_view())
        client = signed_in(user)
        assert slugs(quick(client)) == set(LEVELS)
        return user, client

    def left(self, client):
        """What is still told: at once, or by the page that is asked instead."""
        told, from_page = quick(client), page(client).json()
        assert told in (None, from_page)
        return slugs(from_page)

    def test_signing_out(self, reader):
        _user, client = reader
        kept = {name: morsel.value for name, morsel in client.cookies.items()}
        client.post("/accounts/logout/")
        Session.objects.all().delete()
        for name, value in kept.items():
            client.cookies[name] = value
        assert self.left(client) == {"public"}

    def test_a_session_that_is_over_its_time(self, reader):
        _user, client = reader
        Session.objects.update(expire_date=timezone.now() - timedelta(minutes=5))
        assert self.left(client) == {"public"}

    def test_a_new_password(self, reader):
        user, client = reader
        user.set_password("another long password")
        user.save()
        assert self.left(client) == {"public"}

    def test_a_closed_account(self, reader):
        user, client = reader
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert self.left(client) == {"public"}

    def test_a_deleted_account(self, reader):
        user, client = reader
        user.delete()
        assert self.left(client) == {"public"}

    def test_leaving_the_staff(self, reader):
        user, client = reader
        User.objects.filter(pk=user.pk).update(is_staff=False)
        assert self.left(client) == {"public", "restricted"}

    def test_a_permission_taken_back(self, reader):
        user, client = reader
        user.user_permissions.clear()
        assert self.left(client) == {"public", "internal"}

    def test_another_account_in_the_same_session(self, reader):
        _user, client = reader
        key = client.cookies["sessionid"].value
        other = signed_in(account("sok"))
        text = Session.objects.get(pk=other.cookies["sessionid"].value).session_data
        Session.objects.filter(pk=key).update(session_data=text)
        assert self.left(client) == {"public"}

    def test_a_session_whose_text_was_tampered_with(self, reader):
        _user, client = reader
        row = Session.objects.get(pk=client.cookies["sessionid"].value)
        Session.objects.filter(pk=row.pk).update(session_data=row.session_data[:-3] + "xyz")
        assert quick(client) is None
        assert self.left(client) == {"public"}

    @pytest.mark.parametrize("key", ["", "x", "' OR true --", "0" * 32, "ខ្មែរ"])
    def test_a_made_up_session_shows_what_anyone_sees(self, layers, key):
        client = Client()
        client.cookies["sessionid"] = key
        told = quick(client)
        assert told is None or slugs(told) == {"public"}

    def test_a_layer_that_is_hidden(self, reader, layers):
        client = Client()
        assert slugs(quick(client)) == {"public"}
        Layer.objects.filter(slug="public-land").update(visibility="restricted")
        assert quick(client) is None
        assert page(client).json()["layers"] == []

    def test_an_account_of_another_way_of_signing_in_goes_to_the_page(self, reader, monkeypatch):
        _user, client = reader
        monkeypatch.setattr(quick_identify, "KNOWN_BACKEND", "some.other.Backend")
        quick_identify._claims.clear()
        assert quick(client) is None


STEPS = st.sampled_from(
    ["staff", "no staff", "permit", "no permit", "group", "no group", "super", "no super",
     "close", "open", "password", "hide", "show", "title", "publish"]
)  # fmt: skip


class TestAnySequenceOfChanges(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEPS, max_size=8))
    def test_after_each_the_quick_answer_is_that_of_the_page_or_none(self, steps):
        shown, user = land(), account()
        client, group = signed_in(user), Group.objects.create(name="surveyors")
        group.permissions.add(may_view())
        for step in steps:
            self.take(step, user, group, shown["internal"])
            told, from_page = quick(client), page(client).json()
            user.refresh_from_db()
            assert told in (None, from_page)
            assert slugs(from_page) <= allowed(user)

    def take(self, step, user, group, layer):
        rows, shown = User.objects.filter(pk=user.pk), Layer.objects.filter(pk=layer.pk)
        {
            "staff": lambda: rows.update(is_staff=True),
            "no staff": lambda: rows.update(is_staff=False),
            "super": lambda: rows.update(is_superuser=True),
            "no super": lambda: rows.update(is_superuser=False),
            "close": lambda: rows.update(is_active=False),
            "open": lambda: rows.update(is_active=True),
            "password": lambda: rows.update(password="unusable"),
            "permit": lambda: user.user_permissions.add(may_view()),
            "no permit": user.user_permissions.clear,
            "group": lambda: user.groups.add(group),
            "no group": user.groups.clear,
            "hide": lambda: shown.update(visibility="restricted"),
            "show": lambda: shown.update(visibility="public"),
            "title": lambda: shown.update(title_km="ចំណងជើង", title_en="A title"),
            "publish": lambda: publish_changes(layer, [feature("n", square(40, 40, 20))], []),
        }[step]()


def allowed(user):
    """The kinds of visibility that the rights of an account open, written out once more."""
    kinds = {Layer.objects.get(slug=f"{level}-land").visibility for level in LEVELS}
    if not user.is_active:
        kinds &= {"public"}
    if not user.is_staff:
        kinds -= {"internal"}
    rights = user.user_permissions.exists() or user.groups.exists() or user.is_superuser
    if not rights:
        kinds -= {"restricted"}
    visible = Layer.objects.filter(visibility__in=kinds).values_list("slug", flat=True)
    return {slug.removesuffix("-land") for slug in visible}


class TestWhatIsNew:
    def test_a_new_version_and_a_new_title_are_told_at_once(self, layers):
        client = Client()
        assert quick(client)["layers"][0]["version"] == 1
        publish_changes(layers["public"], [feature("new", square(20, 20, 50))], [])
        Layer.objects.filter(slug="public-land").update(title_km="ដីថ្មី")
        [told] = quick(client)["layers"]
        assert (told["version"], told["title"]) == (2, "ដីថ្មី")
        assert [f["stable_id"] for f in told["features"]] == ["new", "p"]


class TestWhatGoesOnToThePages:
    @pytest.mark.parametrize(
        "change",
        [
            {"REQUEST_METHOD": "POST"},
            {"REQUEST_METHOD": "HEAD"},
            {"HTTP_HOST": "elsewhere.example"},
            {"HTTP_HOST": ""},
            {"HTTP_HOST": "testserver/../"},
            {"QUERY_STRING": ""},
            {"QUERY_STRING": "lon=103.5"},
            {"QUERY_STRING": "lon=nan&lat=10.6"},
            {"QUERY_STRING": "lon=a&lat=10.6"},
            {"QUERY_STRING": "lon=0&lat=0"},
            {"QUERY_STRING": "lon=103.5&lat=10.6&lang=en"},
            {"QUERY_STRING": "lon=103.5&lat=10.6&lon=104"},
            {"QUERY_STRING": "lon=103.5&lat=10.6&layers=a%00b"},
        ],
    )
    def test_anything_but_a_plain_question(self, layers, change):
        environ = question(Client()) | change
        assert quick_answer(environ) is None
        assert answered(environ, the_page)[2] == b"the page"

    @pytest.mark.parametrize("path", ["/identify/", "/", "/layers/identify", ""])
    def test_other_addresses(self, layers, path):
        environ = question(Client()) | {"PATH_INFO": path}
        assert answered(environ, the_page)[2] == b"the page"

    def test_a_point_outside_the_map_is_told_in_words_by_the_page(self, layers):
        told = Client().get("/identify?lon=0&lat=0&lang=en", headers={"accept": "application/json"})
        assert told.status_code == 400
        assert "outside the area" in told.json()["error"]["what"]


@pytest.mark.django_db(transaction=True)
class TestStatementsPlannedOnce:
    GIVEN = {"a": ("int", 4), "b": ("int", 5)}
    SQL = "SELECT %(a)s * %(b)s AS product, %(a)s AS first"

    def test_each_parameter_comes_where_it_is_named(self):
        assert rows_of("krong_test_product", self.SQL, self.GIVEN) == [{"product": 20, "first": 4}]

    def test_what_is_set_for_it_is_not_set_for_what_follows(self):
        rows_of("krong_test_product", self.SQL, self.GIVEN)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('plan_cache_mode')")
            assert cursor.fetchone() == ("auto",)

    def test_a_session_that_has_forgotten_it_is_asked_as_any_other(self):
        rows_of("krong_test_product", self.SQL, self.GIVEN)
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        assert rows_of("krong_test_product", self.SQL, self.GIVEN) == [{"product": 20, "first": 4}]
        prepared._known.clear()

    def test_a_new_session_plans_it_anew(self):
        rows_of("krong_test_product", self.SQL, self.GIVEN)
        connection.close()
        assert rows_of("krong_test_product", self.SQL, self.GIVEN) == [{"product": 20, "first": 4}]
