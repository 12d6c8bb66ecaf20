"""Kept tiles past the pages' machinery: the page's own bytes and headers, and no more is allowed.

Every answer is compared with that of the pages alone, which go through sessions, accounts and
permissions as Django does.
"""

import gzip

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.quick_pages import quick_response
from config.wsgi import application
from layers import tiles
from layers.generalised.building import generalise
from layers.models import Layer, Run
from layers.services import publish_changes, publish_features
from tests.config.test_quick_pages import LEVELS, account, may_view, signed_in
from tests.factories import feature, filled_layer, square
from tests.layers.web_map import read_tile, tile_holding

pytestmark = pytest.mark.django_db
Z = 16


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"


@pytest.fixture
def layers():
    """One layer of each visibility, each with a square of 100 m."""
    return {
        level: filled_layer(
            f"{level}-land", feature(level[0], square(0, 0, 100), "school", name="ដី"),
            visibility=level,
        )
        for level in LEVELS
    }  # fmt: skip


def address(slug="public-land", version=1, z=Z, x=50, y=50):
    column, row = tile_holding(x, y, z)
    return f"/tiles/{slug}/{version}/{z}/{column}/{row}.mvt"


def request(client, path, **more):
    """The WSGI environment of a request, with the cookies the client holds."""
    held = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return {
        **client._base_environ(),
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "testserver",
        "HTTP_COOKIE": held,
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        **more,
    }


def answered(app, environ):
    """Status, headers and body that an application sends."""
    told = []
    body = b"".join(app(environ, lambda status, headers, *_: told.append((status, headers))))
    return told[0][0], dict(told[0][1]), body


def by_pages(client, path, tag=None):
    """Status, headers and body of the page, which Django's own test client asks."""
    held = {} if tag is None else {"If-None-Match": tag}
    told = client.get(path, headers={"Accept-Encoding": "gzip, deflate"} | held)
    return f"{told.status_code} {told.reason_phrase}", dict(told.headers), told.content


def by_quick(client, path):
    """What goes past the pages; it must be what they say. None where they are to answer."""
    environ = request(client, path)
    if quick_response(environ) is None:
        return None
    found = answered(application, environ)
    assert found == by_pages(client, path)
    return found


class TestTheSameAnswer:
    def test_a_tile_goes_past_the_pages_from_the_second_look_on(self, layers):
        client = Client()
        assert by_quick(client, address()) is None
        drawn = by_pages(client, address())
        assert by_quick(client, address()) == drawn
        status, headers, body = drawn
        assert status == "200 OK"
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        found = read_tile(gzip.decompress(body), "public-land", Z, *tile_holding(50, 50, Z))
        assert list(found.stable_id) == ["p"]

    @pytest.mark.parametrize("code", ["km", "en", "xx", ""])
    def test_whatever_the_language_of_the_cookie(self, layers, code):
        client = Client()
        client.cookies["django_language"] = code
        by_pages(client, address())
        assert by_quick(client, address())

    @pytest.mark.parametrize(
        ("rights", "seen"),
        [
            ({}, {"public"}),
            ({"is_staff": True}, {"public", "internal"}),
            ({"is_superuser": True}, {"public", "restricted"}),
        ],
    )
    def test_every_kind_of_account_gets_what_it_may_see(self, layers, rights, seen):
        client = signed_in(account(**rights))
        for level in LEVELS:
            path = address(f"{level}-land")
            status, headers, _body = by_pages(client, path)
            assert status.startswith("200" if level in seen else "404")
            assert (by_quick(client, path) is not None) == (level in seen)
            if level in seen - {"public"}:
                assert headers["Cache-Control"] == "private, no-cache"

    def test_one_statement_finds_out_who_asks_and_nothing_else_is_asked(self, layers):
        client = signed_in(account(is_staff=True))
        by_pages(client, address())
        by_quick(client, address())
        with CaptureQueriesContext(connection) as asked:
            assert quick_response(request(client, address()))
        assert len(asked) == 1
        assert "EXECUTE krong_visible_now" in asked[0]["sql"]


class TestCloseUp:
    @pytest.mark.parametrize("z", [17, 18, 22])
    def test_a_tile_is_drawn_past_the_pages_as_the_page_draws_it(
        self, layers, tmp_path, z, settings
    ):
        client = Client()
        found = answered(application, request(client, address(z=z)))
        assert quick_response(request(client, address(z=z))) is not None
        settings.KRONG_TILE_FOLDER = tmp_path / "other tiles"
        assert by_pages(client, address(z=z)) == found

    def test_one_statement_finds_the_layer_and_one_draws(self, layers):
        client = Client()
        with CaptureQueriesContext(connection) as asked:
            assert quick_response(request(client, address(z=18)))
        told = [query["sql"] for query in asked if "EXECUTE" in query["sql"]]
        assert len(told) == 2
        assert "statement_timeout = '120s'" in told[1] or connection.in_atomic_block

    def test_a_layer_with_labels_is_drawn_by_the_page(self, layers):
        filled_layer("wats", feature("w", square(0, 0, 100), name_km="វត្ត"), theme="settlement")
        client = Client()
        assert by_quick(client, address("wats", z=18)) is None
        assert by_pages(client, address("wats", z=18))[0] == "200 OK"
        assert by_quick(client, address("wats", z=18))

    def test_nobody_gets_a_tile_of_a_layer_it_may_not_see(self, layers):
        for level in ("internal", "restricted"):
            assert by_quick(Client(), address(f"{level}-land", z=18)) is None


class TestLeftToThePages:
    @pytest.mark.parametrize(
        "more",
        [
            {"REQUEST_METHOD": "HEAD"},
            {"REQUEST_METHOD": "POST"},
            {"HTTP_ACCEPT_ENCODING": "br"},
            {"HTTP_ACCEPT_ENCODING": ""},
            {"QUERY_STRING": "class=school"},
            {"QUERY_STRING": "lang=en"},
            {"HTTP_HOST": "elsewhere.example"},
            {"HTTP_IF_NONE_MATCH": "*"},
            {"HTTP_IF_MODIFIED_SINCE": "Mon, 23 Nov 2026 10:00:00 GMT"},
        ],
    )
    def test_whatever_is_not_plainly_asked(self, layers, more):
        client = Client()
        by_pages(client, address())
        assert by_quick(client, address())
        assert quick_response(request(client, address(), **more)) is None

    @pytest.mark.parametrize(
        "path",
        [
            "/tiles/public-land/1/99/0/0.mvt",
            "/tiles/public-land/1/3/8/0.mvt",
            "/tiles/public-land/2/16/0/0.mvt",
            "/tiles/public-land/newest/16/0/0.mvt",
            "/tiles/nothing/1/16/0/0.mvt",
            "/tiles/public-land/1/16/0/0.png",
            "/tiles//1/16/0/0.mvt",
            "/tiles/public-land/1/16/0/99999999999999999999.mvt",
            "/tiles/ដី/1/16/0/0.mvt",
            "/tiles/public-land/១/16/0/0.mvt",
        ],
    )
    def test_what_there_is_not(self, layers, path):
        client = Client()
        assert quick_response(request(client, path)) is None
        assert by_pages(client, path)[0].split()[0] in {"404", "400", "204"}

    def test_a_browser_that_holds_the_tile_is_told_so_by_the_page(self, layers):
        client = Client()
        tag = by_pages(client, address())[1]["ETag"]
        status, _headers, body = by_pages(client, address(), tag)
        assert (status, body) == ("304 Not Modified", b"")

    def test_a_square_in_which_nothing_stands(self, layers):
        client = Client()
        far = address(x=20_000)
        assert by_pages(client, far)[0].startswith("204")
        assert by_quick(client, far) is None


class TestRightsAndVersions:
    def test_a_layer_that_is_hidden_is_gone_with_the_next_question(self, layers):
        client = Client()
        by_pages(client, address())
        assert by_quick(client, address())
        Layer.objects.filter(slug="public-land").update(visibility="internal")
        assert by_quick(client, address()) is None
        assert by_pages(client, address())[0].startswith("404")

    def test_a_right_taken_back_counts_with_the_next_question(self, layers):
        user = account()
        user.user_permissions.add(may_view())
        client, path = signed_in(user), address("restricted-land")
        by_pages(client, path)
        assert by_quick(client, path)
        user.user_permissions.clear()
        assert by_quick(client, path) is None
        assert by_pages(client, path)[0].startswith("404")

    def test_a_session_that_ended_and_a_closed_account_see_no_internal_tile(self, layers):
        path = address("internal-land")
        ended, closed = (signed_in(account(name, is_staff=True)) for name in ("dara", "sok"))
        for client in (ended, closed):
            by_pages(client, path)
            assert by_quick(client, path)
        Session.objects.filter(session_key=ended.cookies["sessionid"].value).delete()
        User.objects.filter(username="sok").update(is_active=False)
        for client in (ended, closed):
            assert by_quick(client, path) is None
            assert by_pages(client, path)[0].startswith("404")

    def test_a_new_version_is_another_tile_and_the_old_one_goes_through_the_page(self, layers):
        client = Client()
        by_pages(client, address())
        publish_changes(layers["public"], [feature("new", square(0, 200, 50))], [])
        assert by_quick(client, address(version=1)) is None
        assert by_quick(client, address(version=2)) is None
        first, second = (by_pages(client, address(version=n))[2] for n in (1, 2))
        assert first != second
        assert by_quick(client, address(version=2))[2] == second


class TestFromAfar:
    def test_a_tile_about_to_look_better_goes_through_the_page_until_it_does(
        self, layers, monkeypatch
    ):
        monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
        client, path = Client(), address(z=12)
        soon = by_pages(client, path)
        assert soon[1]["Cache-Control"] == "public, max-age=60"
        assert by_quick(client, path) is None
        assert Run.objects.filter(kind="generalise").exists()
        generalise(layers["public"])
        made = by_pages(client, path)
        assert made[1]["Cache-Control"] == "public, max-age=31536000, immutable"
        assert by_quick(client, path) == made
        with CaptureQueriesContext(connection) as asked:
            assert quick_response(request(client, path))
        assert [q["sql"].count("EXECUTE krong_low_zooms") for q in asked] == [0, 1]

    def test_it_asks_again_when_the_low_zooms_lag_behind(self, layers, monkeypatch):
        monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
        client = Client()
        generalise(layers["public"])
        by_pages(client, address(z=12))
        assert by_quick(client, address(z=12))
        publish_features(
            layer=layers["public"], features=[feature("x", square(0, 0, 9))], replaces_all=True
        )
        assert by_quick(client, address(z=12, version=2)) is None
