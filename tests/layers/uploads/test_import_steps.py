"""From a file on a clerk's laptop to a layer on the map: each step, and what it stores."""

import hashlib

import pytest
from django.urls import reverse

from layers.models import Feature, Layer, LayerVersion
from layers.queries import current_features
from layers.services import publish_features
from layers.uploads.models import SavedMapping, Upload
from layers.uploads.vocab import Step, UploadState
from layers.vocab import RunState
from tests.factories import feature, filled_layer, square
from tests.layers.uploads.conftest import (
    KHMER,
    brought_in,
    chosen,
    frame,
    geojson,
    imported,
    send,
    table,
    tried,
    work,
    zipped,
    zipped_shapefile,
)

pytestmark = pytest.mark.django_db


def look_page(page, upload):
    return page.get(reverse("layer-import-file", args=[upload.token]))


def test_a_file_is_kept_with_who_when_and_its_digest_and_nothing_is_on_the_map(page, clerk, folder):
    content = geojson(frame())
    upload = brought_in(page, content)

    assert (upload.uploaded_by, upload.name, upload.size_bytes) == (
        clerk,
        "lots.geojson",
        len(content),
    )
    assert upload.digest == hashlib.sha256(content).hexdigest()
    assert [path.name for path in folder.rglob("*.*")] == ["lots.geojson"]
    assert not Layer.objects.exists()


def test_the_page_says_what_is_in_a_file(page):
    upload = brought_in(page, geojson(frame()))

    told = look_page(page, upload).content.decode()

    assert "GeoJSON" in told
    assert "WGS 84" in told
    assert "សាលារៀន" in told
    assert upload.survey["layers"][0]["row_count"] in (3, -1)


def test_a_shapefile_without_cpg_is_shown_in_each_encoding_and_the_guess_is_marked(page, tmp_path):
    upload = brought_in(page, zipped_shapefile(tmp_path / "s", frame()), "lots.zip")

    shown = {one["code"]: one for one in upload.survey["encodings"]}

    assert "សាលារៀន" in shown["UTF-8"]["examples"]
    assert shown["UTF-8"]["is_guess"]
    assert not shown["CP1252"]["is_guess"]
    assert "áž" in "".join(shown["CP1252"]["examples"])
    told = look_page(page, upload).content.decode()
    assert "Which of these texts reads right?" in told
    assert shown["CP1252"]["examples"][0] in told


def test_another_encoding_is_read_when_it_is_chosen(page, tmp_path):
    upload = brought_in(page, zipped_shapefile(tmp_path / "s", frame()), "lots.zip")

    page.post(reverse("layer-import-look", args=[upload.token]), {"encoding": "CP1252"})
    upload = work(upload, Step.LOOK)

    examples = upload.survey["layers"][0]["fields"][1]["examples"]
    assert not any(text in KHMER for text in examples)
    assert 'value="CP1252" checked' in look_page(page, upload).content.decode()


def test_a_trial_counts_against_what_is_published_and_writes_nothing(page, classes, tmp_path):
    first = brought_in(page, zipped(tmp_path, frame(("សាលារៀន", "ផ្សារ"))), "lots.zip")
    imported(page, tried(page, first, id_field="NO"))
    layer = Layer.objects.get(slug="lots")
    old = [feature("OLD", square(900, 0, 10))]
    publish_features(layer=layer, features=old, replaces_all=False)
    again = frame(("សាលារៀន", "សាលារៀន", "ផ្សារ"))
    upload = brought_in(page, zipped(tmp_path, again), "lots.zip")
    upload = tried(page, upload, target="lots", id_field="NO")

    # P0 as it is, P1 of another use, P2 new, OLD not in the file
    assert upload.trial["changes"] == {"added": 1, "changed": 1, "removed": 1, "unchanged": 1}
    layer.refresh_from_db()
    assert layer.published_number == 2
    assert Feature.objects.filter(layer=layer).count() == 3
    assert LayerVersion.objects.filter(layer=layer).count() == 2
    told = page.get(reverse("layer-import-trial", args=[upload.token])).content.decode()
    assert "Nothing is stored yet" in told
    assert "1 things would no longer be in the layer" in told


def test_add_and_update_leaves_what_the_file_does_not_name(page, classes, tmp_path):
    filled_layer("lots", feature("OLD", square(900, 0, 10)), geometry_kind="polygon")
    upload = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
    upload = tried(page, upload, target="lots", id_field="NO", mode="add")
    assert upload.trial["changes"] == {"added": 3, "changed": 0, "removed": 0, "unchanged": 1}

    imported(page, upload)

    ids = set(current_features("lots").values_list("stable_id", flat=True))
    assert ids == {"OLD", "P0", "P1", "P2"}


def test_an_import_publishes_in_the_clerks_name_with_classes_and_names(
    page, clerk, classes, tmp_path
):
    upload = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
    upload = tried(
        page, upload, id_field="NO", class_from="field", class_field="USE",
        class_0="school", class_1="market", name_en_field="LABEL",
    )  # fmt: skip
    upload = imported(page, upload)

    version = LayerVersion.objects.get(layer__slug="lots")
    assert (version.published_by, version.source_digest) == (clerk, upload.digest)
    assert upload.state == UploadState.IMPORTED
    lot = current_features("lots").get(stable_id="P1")
    assert (lot.land_use.code, lot.properties) == (
        "market",
        {"USE": "ផ្សារ", "name_en": "Lot 1"},
    )
    layer = Layer.objects.get(slug="lots")
    assert (layer.title_km, layer.theme, layer.visibility) == ("ក្បាលដី", "cadastre", "public")
    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()
    assert "Layer lots is published as version 1." in told
    assert reverse("layer-history", args=["lots"]) in told


def test_values_that_are_no_class_are_listed_with_their_number(page, classes, tmp_path):
    upload = brought_in(page, zipped(tmp_path, frame(("សាលារៀន", "???", "???"))), "lots.zip")
    upload = tried(page, upload, class_from="field", class_field="USE", class_1="school")

    told = page.get(reverse("layer-import-trial", args=[upload.token])).content.decode()

    assert "Values that are no class" in told
    assert "<strong>???</strong>: 2" in told


def test_rows_with_something_wrong_can_be_taken_away_as_a_table(page, classes, tmp_path):
    rows = frame(("=1+1", "?", "?"))
    upload = brought_in(page, zipped(tmp_path, rows), "lots.zip")
    upload = tried(page, upload, class_from="field", class_field="USE", class_0="school")

    answer = page.get(reverse("layer-import-issues", args=[upload.token]))
    text = b"".join(answer.streaming_content).decode()

    assert text.startswith("\ufeffrow,identifier,")
    assert "'=1+1" in text  # no spreadsheet runs it
    assert len(text.strip().splitlines()) == 2


def test_what_was_chosen_is_proposed_for_the_next_file_of_the_same_structure(
    page, classes, tmp_path
):
    first = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
    first = tried(
        page, first, id_field="NO", class_from="field", class_field="USE", class_0="school",
        class_1="market", name_2="label",
    )  # fmt: skip
    imported(page, first)
    assert SavedMapping.objects.get().layer.slug == "lots"

    again = brought_in(page, zipped(tmp_path, frame(("ផ្សារ", "សាលារៀន", "ផ្សារ"))), "next-year.zip")
    answer = look_page(page, again)

    form = answer.context["form"]
    assert form["target"].value() == "lots"
    assert form["id_field"].value() == "NO"
    assert form["name_2"].value() == "label"
    by_value = {value: field.value() for value, _count, field in answer.context["values"]}
    assert by_value == {"ផ្សារ": "market", "សាលារៀន": "school"}
    assert "A file like this was imported" in answer.content.decode()


def test_a_column_that_is_not_kept_is_not_stored(page, tmp_path):
    upload = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
    imported(page, tried(page, upload, id_field="NO", keep_2=None))

    assert [f.properties for f in current_features("lots")] == [{"USE": use} for use in KHMER]


def test_an_import_that_was_not_tried_is_refused(page):
    upload = brought_in(page, geojson(frame()))

    answer = page.post(reverse("layer-import-result", args=[upload.token]))

    assert answer.status_code == 400
    assert "was not tried yet" in answer.content.decode()
    assert not Layer.objects.exists()


def test_new_choices_make_a_new_trial_necessary(page):
    upload = tried(page, brought_in(page, geojson(frame())))
    answer = page.post(reverse("layer-import-file", args=[upload.token]), chosen(upload))
    assert answer.status_code == 302

    answer = page.post(reverse("layer-import-result", args=[upload.token]))

    assert answer.status_code == 400


def test_a_table_of_points_asks_for_its_columns_and_is_imported(page):
    content = table([("place", "ost", "nord"), ("A", 330100, 1170100), ("B", 330200, 1170100)])
    send(page, content, "points.csv")
    upload = work(Upload.objects.first(), Step.LOOK)
    assert upload.look_run.state == RunState.FAILED
    told = look_page(page, upload).content.decode()
    assert "Column with east (x) or longitude" in told

    fields = {"x_field": "ost", "y_field": "nord"}
    page.post(reverse("layer-import-look", args=[upload.token]), fields)
    upload = work(upload, Step.LOOK)
    upload = tried(page, upload, srid="32648", geometry_kind="point", id_field="place")
    imported(page, upload)

    assert current_features("lots").get(stable_id="B").geometry.x == pytest.approx(330200)


def test_nothing_differs_is_said_and_makes_no_version(page, tmp_path):
    for _time in range(2):
        upload = brought_in(page, zipped(tmp_path, frame()), "lots.zip")
        target = "lots" if Layer.objects.exists() else ""
        upload = imported(page, tried(page, upload, target=target, id_field="NO"))

    assert LayerVersion.objects.count() == 1
    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()
    assert "already held exactly this" in told


def test_a_layer_published_meanwhile_is_not_overwritten(page, classes, tmp_path):
    layer = filled_layer("lots", feature("OLD", square(0, 0, 10)), geometry_kind="polygon")
    upload = tried(
        page, brought_in(page, zipped(tmp_path, frame()), "lots.zip"), target="lots", id_field="NO"
    )
    publish_features(layer=layer, features=[feature("OTHER", square(0, 0, 20))])

    upload = imported(page, upload)

    assert upload.import_run.state == RunState.FAILED
    assert set(current_features("lots").values_list("stable_id", flat=True)) == {"OTHER"}
    told = page.get(reverse("layer-import-result", args=[upload.token])).content.decode()
    assert "Meanwhile someone published version 2" in told
