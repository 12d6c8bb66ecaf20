"""Who may take what away, over HTTP and in the shell, and what is left when nobody waits."""

import json
import os
import socket
import stat

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.management import call_command
from django.test import RequestFactory

from layers.exports import views
from layers.models import Layer
from layers.scratch import GATE
from layers.services import publish_features
from tests.factories import at, feature, filled_layer
from tests.layers.exports.taken import areas, taken

pytestmark = pytest.mark.django_db

FORMATS = ("gpkg", "shp", "geojson", "geojsonseq", "fgb", "kml", "dxf", "csv")
PAGES = ("", "table/", "quality/", "quality/issues.csv", "describe/")
READERS = ("nobody", "account", "staff", "trusted", "left")
MAY_SEE = {
    "public": {"nobody", "account", "staff", "trusted", "left"},
    "internal": {"staff"},
    "restricted": {"trusted"},
}


@pytest.fixture
def readers(client):
    view = Permission.objects.get(codename="view_layer", content_type__app_label="layers")
    User.objects.create_user("account")
    User.objects.create_user("staff", is_staff=True)
    User.objects.create_user("trusted").user_permissions.add(view)
    left = User.objects.create_user("left", is_staff=True, is_active=False)
    left.user_permissions.add(view)
    return client


def sign_in(client, reader):
    client.logout()
    if reader != "nobody":
        client.force_login(User.objects.get(username=reader))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("visibility", MAY_SEE)
def test_every_format_is_open_to_exactly_those_who_may_see_the_layer(readers, visibility, reader):
    filled_layer("wells", feature("W-1", at(0, 0), secret="deep"), visibility=visibility)
    sign_in(readers, reader)

    for code in FORMATS:
        response = readers.get("/layers/wells/download", {"format": code})
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == (200 if reader in MAY_SEE[visibility] else 404), code
        assert (b"deep" in content) <= (reader in MAY_SEE[visibility])


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("visibility", MAY_SEE)
def test_every_page_is_open_to_exactly_those_who_may_see_the_layer(readers, visibility, reader):
    filled_layer("wells", feature("W-1", at(0, 0), secret="deep"), visibility=visibility)
    sign_in(readers, reader)
    is_open = reader in MAY_SEE[visibility]

    for page in PAGES[:3]:
        response = readers.get(f"/layers/wells/{page}")
        assert (response.status_code == 200) is is_open, page
    listed = readers.get("/layers/").content.decode()
    assert ("/layers/wells/" in listed) is is_open
    assert ("/layers/wells/" in readers.get("/layers/", {"q": "wells"}).content.decode()) is is_open


def test_a_hidden_layer_and_a_missing_one_get_the_same_answer(client):
    filled_layer("wells", feature("W-1", at(0, 0)), visibility="restricted")

    for page in (*PAGES, "download"):
        hidden = client.get(f"/layers/wells/{page}", {"lang": "en"})
        missing = client.get(f"/layers/walls/{page}", {"lang": "en"})
        assert hidden.status_code == missing.status_code == 404
        assert hidden.content.decode().replace("wells", "walls") == missing.content.decode()


def test_a_layer_that_becomes_internal_is_closed_in_all_its_versions(client):
    layer = filled_layer("wells", feature("W-1", at(0, 0)))
    publish_features(layer=layer, features=[feature("W-2", at(0, 0))])
    Layer.objects.filter(slug="wells").update(visibility="internal")

    for version in ("1", "2"):
        asked = {"format": "csv", "version": version}
        assert client.get("/layers/wells/download", asked).status_code == 404


@pytest.mark.parametrize("page", ["", "table/", "quality/", "download"])
def test_looking_is_all_that_these_addresses_do(client, page):
    filled_layer("wells", feature("W-1", at(0, 0)))

    for method in (client.post, client.put, client.delete, client.patch):
        assert method(f"/layers/wells/{page}").status_code == 405
    assert client.head(f"/layers/wells/{page}").status_code == 200


def test_a_download_is_a_named_attachment_that_no_browser_guesses_about(client):
    areas()

    response = client.get("/layers/zones/download", {"format": "gpkg"})
    content = b"".join(response.streaming_content)

    assert response["Content-Disposition"] == 'attachment; filename="zones-v1.gpkg"'
    assert response["Content-Type"] == "application/geopackage+sqlite3"
    assert response["Content-Length"] == str(len(content))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"


class Waiting:
    """A request over a line of which we hold the other end."""

    def __init__(self, **asked):
        self.ours, self.theirs = socket.socketpair()
        self.request = RequestFactory().get("/layers/zones/download", asked)
        self.request.user = AnonymousUser()
        self.request.META["gunicorn.socket"] = self.ours

    def close(self):
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def own_var(settings, tmp_path):
    """A folder of passing files of one's own; what lies in it is told."""
    settings.VAR_DIR = tmp_path
    return lambda: [path.name for path in (tmp_path / "tmp").iterdir() if path.name != GATE]


@pytest.mark.parametrize("code", ["gpkg", "fgb", "shp", "geojson", "csv", "kml", "dxf"])
def test_a_file_nobody_waits_for_is_given_up_and_leaves_nothing(code, own_var):
    areas()
    line = Waiting(format=code)
    line.theirs.close()

    response = views.download(line.request, "zones")

    line.close()
    assert response.status_code == views.CLOSED_BY_CLIENT
    assert own_var() == []


@pytest.mark.parametrize("code", ["gpkg", "geojson"])
def test_who_waits_gets_the_whole_file(code):
    areas()
    line = Waiting(format=code)

    content = b"".join(views.download(line.request, "zones").streaming_content)

    line.close()
    assert b"Z-1" in content
    assert "ដី-៣".encode() in content


@pytest.mark.parametrize("code", FORMATS)
def test_no_format_leaves_a_file_behind_read_or_not(client, own_var, code):
    areas()

    taken(client, "zones", code)
    client.get("/layers/zones/download", {"format": code}).close()

    assert own_var() == []


def exported(*more, layer="zones", code="geojson", output):
    call_command("export", "--layer", layer, "--format", code, "-o", str(output), *more)


def refused(capsys, *more, **named):
    with pytest.raises(SystemExit) as ended:
        exported(*more, **named)
    assert ended.value.code == 2
    return capsys.readouterr()


def test_the_shell_writes_what_the_web_gives(client, tmp_path):
    areas()
    path = tmp_path / "zones.csv.zip"

    exported("--where", "has.name_km=SUM", output=tmp_path / "a.geojson")
    exported("--excel", code="csv", output=path)

    told = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert [row["id"] for row in told["features"]] == ["Z-2"]
    web = json.loads(taken(client, "zones", "geojson", **{"has.name_km": "SUM"}))
    assert told["features"] == web["features"]
    assert path.read_bytes()[:2] == b"PK"


def test_an_existing_file_is_replaced_whole_or_kept_whole(tmp_path, capsys):
    areas()
    path = tmp_path / "zones.geojson"
    path.write_text("what stood here before")

    refused(capsys, "--lifecycle", "old", output=path)
    assert path.read_text() == "what stood here before"
    exported(output=path)

    assert len(json.loads(path.read_text(encoding="utf-8"))["features"]) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_may_be_read_by_whom_the_umask_lets(tmp_path):
    areas()
    path = tmp_path / "zones.geojson"
    before = os.umask(0o027)
    try:
        exported(output=path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_folder_that_is_missing_is_named(tmp_path, capsys):
    areas()

    told = refused(capsys, output=tmp_path / "missing" / "zones.geojson").err

    assert str(tmp_path / "missing") in told
    assert "folder you may write to" in told


def test_a_folder_is_no_file_to_write(tmp_path, capsys):
    areas()
    (tmp_path / "zones").mkdir()

    told = refused(capsys, output=tmp_path / "zones").err

    assert str(tmp_path / "zones") in told
    assert [path.name for path in tmp_path.iterdir()] == ["zones"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--version", "9"], "no version 9"),
        (["--date", "1999-01-01"], "1999-01-01"),
        (["--crs", "32648"], "WGS 84"),
        (["--class", "R99"], "R99"),
        (["--bbox", "1,2,3"], "no box"),
        (["--where", "min.floors=three"], "three"),
        (["--where", "like.floors=3"], "like.floors"),
        (["--where", "floors"], "floors"),
        (["--where", "is.floors"], "is.floors"),
    ],
)
def test_mistakes_in_the_shell_are_one_object_for_programs(tmp_path, capsys, more, told):
    areas()

    said = refused(capsys, "--json", *more, output=tmp_path / "zones.geojson")

    error = json.loads(said.out)["error"]
    assert told in error["what"]
    assert error["remedy"]
    assert not list(tmp_path.iterdir())


def test_programs_read_the_size_of_the_file(tmp_path, capsys):
    areas()
    path = tmp_path / "zones.gpkg"

    exported("--json", code="gpkg", output=path)

    told = json.loads(capsys.readouterr().out)
    assert told == {
        "layer": "zones", "format": "gpkg", "file": str(path), "bytes": path.stat().st_size,
    }  # fmt: skip


def test_an_unknown_layer_is_refused_with_the_names_there_are(tmp_path, capsys):
    areas()

    told = refused(capsys, layer="zone", output=tmp_path / "x.geojson").err

    assert "zone" in told
    assert not list(tmp_path.iterdir())
