"""What may come in instead of a map: names that are paths, bombs, cut connections, strangers."""

import io
import os
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from layers.models import Layer, Run
from layers.runs import STALE_AFTER
from layers.uploads.files import KeepingHandler, remove_folder, safe_name
from layers.uploads.models import Upload
from layers.uploads.services import cancel_upload, start, sweep_uploads
from layers.uploads.vocab import Step, UploadState
from layers.vocab import RunState
from tests.layers.uploads.conftest import (
    account,
    brought_in,
    chosen,
    frame,
    geojson,
    imported,
    send,
    tried,
    work,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.geojson", "passwd.geojson"),
        ("..\\..\\windows\\map.zip", "map.zip"),
        ("/var/lib/map.gpkg", "map.gpkg"),
        ("a\x00b\x1b[2Jc.gpkg", "ab2Jc.gpkg"),
        ("\u202egpj.gpkg", "gpj.gpkg"),
        ("ផែនទីដី.zip", "ផែនទីដី.zip"),
        ("<script>.kml", "script.kml"),
        ("%2e%2e%2f.kml", "2e2e2f.kml"),
        ("...", "file"),
        ("", "file"),
        (".gpkg", "gpkg"),
    ],
)
def test_a_name_is_only_a_name(given, kept):
    assert safe_name(given) == kept


def test_a_name_of_ten_thousand_signs_is_cut_and_keeps_its_ending():
    kept = safe_name("ក" * 10_000 + ".gpkg")

    assert kept.endswith("ក.gpkg")
    assert len(kept) == 80
    assert len(kept.encode()) <= 255


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../../out.geojson", "a/../../out.geojson", "o\nut.geojson"])
def test_a_name_that_is_a_path_leaves_its_folder_nowhere(page, folder, name):
    send(page, geojson(frame()), name)

    [kept] = folder.parent.rglob("*.geojson")
    assert kept.parent.parent == folder
    assert kept.name == "out.geojson"


@pytest.mark.django_db
def test_a_zip_bomb_is_refused_with_a_sentence(page):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf"):
            archive.writestr(f"map{ending}", b"\0" * 60_000_000)
    send(page, held.getvalue(), "map.zip")
    upload = work(Upload.objects.get(), Step.LOOK)

    assert upload.look_run.state == RunState.FAILED
    told = page.get(reverse("layer-import-file", args=[upload.token])).content.decode()
    assert "would unpack to" in told
    assert not Layer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("map.exe", b"MZ", "does not import files of this kind"),
        ("map.gpkg", b"<OGRVRTDataSource/>", "is called GeoPackage"),
        ("map.geojson", b"", "empty"),
    ],
)
def test_what_is_no_map_is_refused_at_once_and_nothing_is_kept(page, folder, name, content, words):
    answer = send(page, content, name)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Upload.objects.exists()
    assert not list(folder.glob("*"))


@pytest.mark.django_db
def test_a_file_above_the_limit_is_refused_and_nothing_is_kept(page, folder, settings):
    settings.KRONG_UPLOAD_MAX_MB = 1
    content = b'{"type": "FeatureCollection", "features": []' + b" " * 1_500_000 + b"}"

    answer = send(page, content)

    assert answer.status_code == 413
    assert "larger than the 1 MB" in answer.content.decode()
    assert not list(folder.glob("*"))


@pytest.mark.django_db
def test_a_request_that_says_it_is_larger_than_the_limit_is_not_read(page, settings):
    settings.KRONG_UPLOAD_MAX_MB = 1

    answer = page.post(reverse("layer-import"), {}, CONTENT_LENGTH="9000000000")

    assert answer.status_code == 413


@pytest.mark.django_db
def test_a_cut_upload_is_told_and_leaves_nothing(page, folder):
    file = SimpleUploadedFile("lots.geojson", geojson(frame()))

    answer = page.post(reverse("layer-import"), {"file": file})  # what stands behind it never came

    assert answer.status_code == 400
    assert "The connection was cut" in answer.content.decode()
    assert not Upload.objects.exists()
    assert not list(folder.glob("*"))


@pytest.mark.django_db
def test_a_program_is_told_errors_as_json(page):
    answer = page.post(reverse("layer-import"), headers={"x-requested-with": "XMLHttpRequest"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"what", "remedy"}


def test_the_handler_stops_in_the_middle_of_a_file_that_grows_too_large(settings, folder):
    settings.KRONG_UPLOAD_MAX_MB = 1
    handler = KeepingHandler(RequestFactory().post("/"))
    handler.new_file("file", "map.gpkg", "application/octet-stream", None)
    handler.receive_data_chunk(b"x" * 900_000, 0)

    with pytest.raises(StopUpload):
        handler.receive_data_chunk(b"x" * 200_000, 900_000)

    assert handler.is_too_large
    assert not list(folder.glob("*"))


@pytest.mark.django_db
def test_an_upload_without_the_forms_token_is_refused_and_leaves_nothing(clerk, folder):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)

    answer = send(strict, geojson(frame()))

    assert answer.status_code == 403
    assert not Upload.objects.exists()
    assert not list(folder.glob("*"))


@pytest.mark.django_db
def test_who_is_not_signed_in_is_sent_to_sign_in_and_their_file_is_not_kept(client, folder):
    answer = send(client, geojson(frame()))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))
    assert not folder.exists()


@pytest.mark.django_db
def test_an_account_without_the_right_may_not_import(client):
    client.force_login(account("visal"))

    assert client.get(reverse("layer-import")).status_code == 403


@pytest.mark.django_db
def test_who_may_only_publish_makes_no_new_layer(client):
    client.force_login(account("dara", "publish_version"))
    upload = brought_in(client, geojson(frame()))

    answer = client.post(reverse("layer-import-file", args=[upload.token]), chosen(upload))

    assert answer.status_code == 400
    assert "target" in answer.context["form"].errors


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["layer-import-file", "layer-import-trial", "layer-import-state", "layer-import-places"]
)
def test_another_persons_file_does_not_exist(page, client, name):
    upload = brought_in(page, geojson(frame()))
    other = Client()
    other.force_login(account("vanna", "add_layer", "publish_version"))

    assert other.get(reverse(name, args=[upload.token])).status_code == 404


@pytest.mark.django_db
def test_a_file_is_removed_when_its_time_is_over_and_the_page_says_so(page, folder):
    upload = brought_in(page, geojson(frame()))
    Upload.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    assert sweep_uploads() == 1

    assert not list(folder.glob("*"))
    upload.refresh_from_db()
    assert upload.state == UploadState.REMOVED
    answer = page.get(reverse("layer-import-file", args=[upload.token]))
    assert answer.status_code == 410
    assert "was removed from the server" in answer.content.decode()
    assert sweep_uploads() == 0


@pytest.mark.django_db
def test_a_file_that_is_being_imported_is_not_swept_away(page, folder):
    upload = tried(page, brought_in(page, geojson(frame())))
    page.post(reverse("layer-import-result", args=[upload.token]))
    Upload.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    assert sweep_uploads() == 0
    assert list(folder.rglob("*.geojson"))


@pytest.mark.django_db
def test_a_folder_left_by_a_killed_server_is_swept_after_some_hours_but_not_while_it_fills(folder):
    for name, hours in (("0" * 32, 7), ("1" * 32, 1)):
        (folder / name).mkdir(parents=True)
        then = (timezone.now() - timedelta(hours=hours)).timestamp()
        os.utime(folder / name, (then, then))

    sweep_uploads()

    assert [path.name for path in folder.iterdir()] == ["1" * 32]


@pytest.mark.django_db
def test_a_file_that_someone_deleted_on_the_server_is_told_as_gone(page):
    upload = brought_in(page, geojson(frame()))
    remove_folder(upload.token)

    answer = page.post(reverse("layer-import-file", args=[upload.token]), chosen(upload))

    assert answer.status_code == 410


@pytest.mark.django_db
def test_a_step_is_not_started_twice(page):
    upload = tried(page, brought_in(page, geojson(frame())))
    first = page.post(reverse("layer-import-result", args=[upload.token]))
    second = page.post(reverse("layer-import-result", args=[upload.token]))

    assert (first.status_code, second.status_code) == (302, 409)
    assert Run.objects.filter(kind="import").count() == 1


@pytest.mark.django_db
def test_a_step_that_waits_is_cancelled_at_once_and_never_done(page):
    upload = tried(page, brought_in(page, geojson(frame())))
    start(upload, Step.IMPORT)
    assert cancel_upload(Upload.objects.get())

    upload = work(upload, Step.IMPORT)

    assert upload.import_run.state == RunState.CANCELLED
    assert not Layer.objects.exists()
    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()
    assert "It was cancelled" in told


@pytest.mark.django_db
def test_a_worker_that_was_killed_is_told_and_the_import_can_be_started_again(page):
    upload = tried(page, brought_in(page, geojson(frame())))
    run = start(upload, Step.IMPORT)
    silent = timezone.now() - 2 * STALE_AFTER
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, heartbeat_at=silent)

    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()

    assert "Nothing of it was stored" in told
    upload = imported(page, upload)
    assert upload.import_run.state == RunState.SUCCEEDED


@pytest.mark.django_db
def test_a_worker_killed_after_the_import_was_stored_is_told_as_what_it_is(page):
    upload = imported(page, tried(page, brought_in(page, geojson(frame()))))
    silent = timezone.now() - 2 * STALE_AFTER
    runs = Run.objects.filter(pk=upload.import_run.pk)
    runs.update(state=RunState.RUNNING, heartbeat_at=silent, progress_share=0.9)

    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()

    assert "is published as version 1" in told
    assert runs.get().state == RunState.SUCCEEDED


@pytest.mark.django_db
def test_a_removed_file_is_gone_and_its_record_stays(page, folder):
    upload = brought_in(page, geojson(frame()))

    page.post(reverse("layer-import-remove", args=[upload.token]))

    assert not list(folder.glob("*"))
    assert Upload.objects.get().state == UploadState.REMOVED
    assert "file removed" in page.get(reverse("layer-import")).content.decode()
