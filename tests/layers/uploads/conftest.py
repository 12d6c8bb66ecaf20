"""A clerk with the right to import, files as suppliers send them, and the worker's step at once."""

import csv
import io
import zipfile

import geopandas
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from shapely import Point

from layers.uploads.models import Upload
from layers.uploads.tasks import carry_out_step
from layers.uploads.vocab import Step
from tests.factories import land_use, square

KHMER = ("សាលារៀន", "ផ្សារ", "សាលារៀន")
RIGHTS = ("add_layer", "publish_version", "view_layer")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Files lie in a folder of the test; nothing is left by another one."""
    settings.KRONG_UPLOAD_DIR = tmp_path / "uploads"
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.KRONG_UPLOAD_DIR


def account(name, *rights, is_staff=True):
    made = User.objects.create_user(name, password="a-long-password", is_staff=is_staff)
    made.user_permissions.set(
        Permission.objects.filter(content_type__app_label="layers", codename__in=rights)
    )
    return made


@pytest.fixture
def clerk(db):
    return account("sokha", *RIGHTS)


@pytest.fixture
def page(client, clerk):
    """A browser in which the clerk is signed in; it reads English."""
    client.force_login(clerk)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def classes(db):
    land_use("school", name_km="សាលារៀន", name_en="School", colour="#AA0000")
    land_use("market", name_km="ផ្សារ", name_en="Market", colour="#00AA00")


def frame(uses=KHMER, crs=32648, *, shift=(0, 0)):
    """Three squares of 100 m in a row, with a number, a Khmer use and an English name."""
    east, north = shift
    return geopandas.GeoDataFrame(
        {
            "NO": [f"P{n}" for n in range(len(uses))],
            "USE": list(uses),
            "LABEL": [f"Lot {n}" for n in range(len(uses))],
        },
        geometry=[square(200 * n + east, north, 100) for n in range(len(uses))],
        crs=crs,
    )


def zipped_shapefile(folder, rows, *, name="lots", encoding="UTF-8", leave=(".cpg",)):
    """A Shapefile in a zip, without the parts in ``leave``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_file(folder / f"{name}.shp", encoding=encoding)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob(f"{name}.*")):
            if part.suffix not in leave:
                archive.write(part, part.name)
    return held.getvalue()


def zipped(place, rows):
    """A Shapefile without ``.cpg``; each call has a folder of its own."""
    return zipped_shapefile(place / f"s{sum(1 for _ in place.iterdir())}", rows)


def geojson(rows):
    return rows.to_crs(4326).to_json().encode()


def table(rows):
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerows(rows)
    return held.getvalue().encode()


def send(client, content, name="lots.geojson", **more):
    """Send a file as the form does."""
    file = SimpleUploadedFile("x", content)
    file.name = name
    return client.post(reverse("layer-import"), {"file": file, "whole": "1", **more})


def work(upload, step):
    """Do what the worker does; return the upload as it stands then."""
    carry_out_step.func(upload.pk, str(step), "en")
    return Upload.objects.get(pk=upload.pk)


def brought_in(client, content, name="lots.geojson"):
    """A file that was sent and looked into."""
    answer = send(client, content, name)
    assert answer.status_code == 302, answer.content.decode()
    return work(Upload.objects.first(), Step.LOOK)


def chosen(upload, **typed):
    """What the form sends for a new layer, with what else was typed."""
    layer = upload.survey["layers"][0] if upload.survey["layers"] else {"fields": []}
    form = {
        "target": "", "slug": "lots", "title_km": "ក្បាលដី", "title_en": "Lots", "theme": "cadastre",
        "visibility": "public", "mode": "replace", "surveyed": "",
        "source_layer": layer.get("name", ""),
        "class_from": "none", "geometry_kind": "polygon", "action": "try",
    }  # fmt: skip
    form |= {f"keep_{index}": "on" for index in range(len(layer["fields"]))}
    form |= typed
    return {name: value for name, value in form.items() if value is not None}


def tried(client, upload, **typed):
    """A file for which choices were made and the trial was done."""
    answer = client.post(reverse("layer-import-file", args=[upload.token]), chosen(upload, **typed))
    assert answer.status_code == 302, answer.content.decode()
    return work(upload, Step.TRIAL)


def imported(client, upload):
    answer = client.post(reverse("layer-import-result", args=[upload.token]))
    assert answer.status_code == 302, answer.content.decode()
    return work(upload, Step.IMPORT)


def point_table(*points):
    return table([("id", "x", "y"), *((n, p.x, p.y) for n, p in enumerate(points))])


def nowhere():
    return Point(5, 5)
