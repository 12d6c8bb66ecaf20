"""What a request may not do: ask for more than a page, reach into SQL, undo what others publish."""

import base64
import csv
import io
import json
import os
import zipfile
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from psycopg2 import sql

from layers.catalogue.forms import DescriptionForm
from layers.models import Layer
from layers.ogc import items, pages
from layers.ogc.crs_list import CRS84_URI, crs_named
from layers.ogc.errors import SlowQuestionError
from layers.ogc.items import Page, features_of
from layers.ogc.times import Versions
from layers.services import publish_features
from layers.uploads.files import orphaned_folders
from layers.uploads.models import Upload
from layers.uploads.services import sweep_uploads
from tests.factories import feature, filled_layer, square
from tests.layers.editing.web import allowed
from tests.layers.exports.taken import content_of
from tests.standards.ground import Reader, parcels, text_of

pytestmark = pytest.mark.django_db
# 111,000, written so that its first nine digits read as one.
DISGUISED = "00000000111000"


@pytest.mark.parametrize("path", ["versions/1/features", "diff.json"])
def test_zeros_in_front_of_a_number_do_not_make_a_page_larger_than_the_largest(path):
    parcels()
    assert Client().get(f"/layers/parcels/{path}?limit=5000").status_code == 200
    refused = Client().get(f"/layers/parcels/{path}?limit={DISGUISED}&lang=en")
    assert refused.status_code == 400
    assert "1 to 5000" in refused.json()["error"]["what"]


def test_zeros_in_front_of_a_number_do_not_show_more_findings_than_the_most():
    assert Client().get("/findings.geojson?limit=10000").status_code == 200
    refused = Client().get(f"/findings.geojson?limit={'1'.zfill(20)}000000")
    assert refused.status_code == 400


def test_an_attribute_named_with_a_percent_sign_can_be_asked_for():
    filled_layer("slopes", feature("S-1", square(0, 0, 10), **{"slope_%": 12, "100%(box)s": "a"}))
    reader = Reader()
    assert reader.ids("slopes", filter='"slope_%" > 10') == ["S-1"]
    assert reader.ids("slopes", filter='"slope_%" > 12') == []
    assert reader.ids("slopes", filter="\"100%(box)s\" = 'a'") == ["S-1"]


def test_an_attribute_named_like_a_parameter_takes_no_text_of_the_reader_into_its_quotes():
    filled_layer("odd", feature("O-1", square(0, 0, 10), **{"%(value_0)s": "x"}))
    reader = Reader()
    wish = ")) IS NULL OR TRUE OR (feature.properties ->> ("
    quoted = wish.replace("'", "''")
    assert reader.ids("odd", filter=f"\"%(value_0)s\" = '{quoted}'") == []
    assert reader.ids("odd", filter="\"%(value_0)s\" = 'x'") == ["O-1"]


def test_two_shapes_are_not_compared_by_an_equals_sign():
    parcels()
    reader = Reader()
    for text in ("geometry = geometry", "geometry = label", "geometry < geometry"):
        reader.refused("collections/parcels/items", filter=text)
    assert len(reader.ids(filter="S_EQUALS(geometry, geometry)")) == 5


def test_a_page_for_people_holds_no_more_than_the_most_however_much_is_asked(monkeypatch):
    monkeypatch.setattr(pages, "MOST_ON_A_PAGE", 2)
    parcels()
    page = text_of(Reader().ask("collections/parcels/items", f="html", limit=10_000))
    assert "P-01" in page
    assert "P-02" not in page
    assert len(Reader().ids(limit=10_000)) == 5


def test_no_reader_keeps_the_database_busy_longer_than_a_portion_may_take(monkeypatch):
    layer = parcels()
    version = layer.versions.get()
    now = Versions(1, 1)
    crs = crs_named("crs", CRS84_URI)
    slow = sql.SQL("pg_sleep(0.3) IS NOT NULL")  # 1.5 s for five features
    page = Page(version=version, versions=now, crs=crs, limit=5, condition=slow)
    with transaction.atomic():
        assert len(list(features_of(page))) == 5
    monkeypatch.setattr(items, "LONGEST_PORTION_MS", 200)
    with pytest.raises(SlowQuestionError) as refused, transaction.atomic():
        list(features_of(page))
    assert refused.value.status == 503


def test_a_name_with_the_sign_nul_is_no_name():
    parcels()
    header = "Basic " + base64.b64encode(b"pla\x00nner:secret").decode()
    Reader().refused("collections", status=401, headers={"Authorization": header})


def test_describing_a_layer_leaves_a_version_published_meanwhile_as_it_is(
    django_user_model, monkeypatch
):
    layer = parcels(2)
    writer = allowed(django_user_model.objects.create_user("writer"), "change_layer")
    client = Client()
    client.force_login(writer)
    is_valid = DescriptionForm.is_valid

    def another_publishes_first(form):
        publish_features(layer=layer, features=[feature("P-09", square(0, 0, 5))])
        return is_valid(form)

    monkeypatch.setattr(DescriptionForm, "is_valid", another_publishes_first)
    typed = {"title_en": "Plots", "title_km": "ដី", "theme": "cadastre", "visibility": "public"}
    answer = client.post("/layers/parcels/describe/", typed)
    assert answer.status_code == 302
    stored = Layer.objects.get(slug="parcels")
    assert stored.title_en == "Plots"
    assert stored.published_number == 2
    assert list(content_of(stored)) == ["P-09"]


def test_the_last_day_there_is_has_a_version_and_the_first_has_none():
    parcels()
    told = Client().get("/layers/parcels/history.json?date=9999-12-31").json()
    assert [version["number"] for version in told["versions"]] == [1]
    assert Client().get("/layers/parcels/history.json?date=0001-01-01").status_code == 404


def test_no_name_of_a_column_is_a_formula():
    filled_layer("sums", feature("A", square(0, 0, 10), **{"=1+1": "x", "@me": "y"}))
    packed = Client().get("/layers/sums/download?format=csv").getvalue()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("sums.csv").decode())))
        described = json.loads(archive.read("sums.csv-metadata.json"))
    assert rows[0] == ["stable_id", "class", "lifecycle", "'=1+1", "'@me", "wkt"]
    assert rows[1][3:5] == ["x", "y"]
    columns = described["tableSchema"]["columns"]
    assert [column["titles"] for column in columns] == rows[0]
    assert [column.get("krong:attribute") for column in columns[3:5]] == ["=1+1", "@me"]


def test_a_folder_that_is_no_upload_is_left_alone(settings, tmp_path):
    settings.KRONG_UPLOAD_DIR = tmp_path
    for name in ("lost+found", "0" * 32):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    assert [folder.name for folder in orphaned_folders(set())] == ["0" * 32]
    sweep_uploads()
    assert [folder.name for folder in tmp_path.iterdir()] == ["lost+found"]


def test_the_map_beside_the_choices_shows_the_layer_that_is_chosen_whatever_its_name(
    client, django_user_model, settings, tmp_path
):
    settings.KRONG_UPLOAD_DIR = tmp_path
    clerk = allowed(
        django_user_model.objects.create_user("clerk", is_staff=True),
        "add_layer",
        "publish_version",
    )
    layers = [
        {"name": name, "fields": [], "crs": {"srid": 32648, "title": "UTM 48"}, "shapes": [],
         "geometry_kind": "line"}
        for name in ("first", "Roads & rails #2")
    ]  # fmt: skip
    upload = Upload.objects.create(
        name="net.gpkg", size_bytes=1, digest="0" * 64, uploaded_by=clerk,
        expires_at=timezone.now() + timedelta(days=1), survey={"format": "GPKG", "layers": layers},
    )  # fmt: skip
    client.force_login(clerk)
    here = f"/layers/import/{upload.token}/"
    page = client.get(here, {"layer": "Roads & rails #2", "lang": "en"})
    address = page.context["preview"]["address"]
    assert dict(QueryDict(address.partition("?")[2])) == {"layer": ["Roads & rails #2"]}
    assert client.get(address).status_code == 200
