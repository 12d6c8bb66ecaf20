"""A right taken away while an import waits; what is stored is told in each reader's language."""

import logging

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse
from shapely import Polygon

from layers.editing.topology import set_topology
from layers.ingest.issue_book import IssueBook
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText, Sentence, gaps
from layers.models import ImportIssue, Layer, Run
from layers.queries import current_features
from layers.uploads.models import Upload
from layers.uploads.vocab import Step
from layers.vocab import IssueAction, IssueKind, RunState
from tests.factories import EAST, NORTH, feature, filled_layer, square
from tests.layers.uploads.conftest import (
    brought_in,
    frame,
    geojson,
    imported,
    table,
    tried,
    work,
)

pytestmark = pytest.mark.django_db

BOW_TIE = Polygon([(EAST + x, NORTH + y) for x, y in ((0, 0), (10, 10), (10, 0), (0, 10))])


def take(user, right):
    user.user_permissions.remove(Permission.objects.get(codename=right))


def ordered(page, **typed):
    """An import that waits for the worker."""
    upload = tried(page, brought_in(page, geojson(frame())), **typed)
    assert page.post(reverse("layer-import-result", args=[upload.token])).status_code == 302
    return upload


def refused(page, upload, caplog):
    """Carry the import out; it must be refused with a sentence, and said in the log."""
    with caplog.at_level(logging.WARNING, logger="layers.uploads.permissions"):
        upload = work(upload, Step.IMPORT)
    assert upload.import_run.state == RunState.FAILED
    assert "may no longer publish this layer" in upload.import_run.message
    assert f"upload {upload.pk} by account" in caplog.text


def test_who_lost_the_right_to_make_layers_while_the_import_waited_makes_none(page, clerk, caplog):
    upload = ordered(page)
    take(clerk, "add_layer")

    refused(page, upload, caplog)

    assert not Layer.objects.exists()


def test_who_lost_the_right_to_publish_leaves_the_layer_as_it_is(page, clerk, caplog):
    filled_layer("lots", feature("OLD", square(0, 0, 10)), geometry_kind="polygon")
    upload = ordered(page, target="lots")
    take(clerk, "publish_version")

    refused(page, upload, caplog)

    assert set(current_features("lots").values_list("stable_id", flat=True)) == {"OLD"}


def test_an_account_that_was_closed_imports_nothing(page, clerk, caplog):
    upload = ordered(page)
    clerk.is_active = False
    clerk.save()

    refused(page, upload, caplog)


def test_a_layer_that_was_hidden_from_the_account_meanwhile_is_not_its_to_publish(
    page, clerk, caplog
):
    layer = filled_layer("lots", feature("OLD", square(0, 0, 10)), geometry_kind="polygon")
    upload = ordered(page, target="lots")
    layer.visibility = "internal"
    layer.save()
    clerk.user_permissions.remove(Permission.objects.get(codename="view_layer"))
    clerk.is_staff = False
    clerk.save()

    refused(page, upload, caplog)


def test_who_kept_the_right_imports(page):
    upload = work(ordered(page), Step.IMPORT)

    assert upload.import_run.state == RunState.SUCCEEDED
    assert current_features("lots").count() == 3


def shown(page, name, upload, language):
    page.cookies["django_language"] = language
    return page.get(reverse(f"layer-import-{name}", args=[upload.token])).content.decode()


def test_what_an_english_speaker_imported_is_told_to_a_khmer_reader_in_khmer(page):
    """The worker ran in English; nothing of its words is stored."""
    rows = [("id", "wkt"), ("A", BOW_TIE.wkt), ("B", square(20, 0, 10).wkt), ("C", "POINT (1 1)")]
    upload = brought_in(page, table(rows), "lots.csv")
    upload = imported(page, tried(page, upload, srid="32648", id_field="id"))

    english, khmer = (shown(page, "result", upload, language) for language in ("en", "km"))

    assert "The outline crosses itself" in english
    assert "Area before 0 m², after 50 m²." in english
    assert "Shapes were read from wkt." in english
    assert "បន្ទាត់ព្រំកាត់ខ្លួនឯង" in khmer
    assert "ក្រោយ 50 m²" in khmer
    assert "រូបរាងត្រូវបានអានពី wkt" in khmer
    for words in ("The outline", "Area before", "Shapes were read", "Outside the area"):
        assert words not in khmer


def test_the_trial_and_its_table_are_told_in_the_readers_language_too(page):
    rows = [("id", "x", "y"), ("A", 5, 5), ("B", EAST, NORTH)]
    upload = brought_in(page, table(rows), "lots.csv")
    upload = tried(page, upload, srid="32648", id_field="id", geometry_kind="point")

    assert "Outside the area of the project" in shown(page, "trial", upload, "en")
    khmer = shown(page, "trial", upload, "km")
    assert "ក្រៅតំបន់នៃប្រព័ន្ធកូអរដោនេគម្រោង" in khmer
    page.cookies["django_language"] = "km"
    lines = page.get(reverse("layer-import-issues", args=[upload.token])).getvalue().decode()
    assert "ក្រៅតំបន់នៃប្រព័ន្ធកូអរដោនេគម្រោង" in lines
    assert "Outside" not in lines


def test_a_file_that_is_refused_while_it_is_read_is_refused_in_the_orderers_language(page):
    from layers.uploads.tasks import carry_out_step
    from tests.layers.uploads.conftest import send

    send(page, b'{"type": "FeatureCollection", "features": []}', "lots.geojson")
    upload = Upload.objects.get()
    carry_out_step.func(upload.pk, "look", "km")
    run = Upload.objects.get().look_run
    survey = Upload.objects.get().survey

    told = run.message + str(survey)
    assert "Nothing was" not in told


def test_a_trial_lists_overlaps_of_an_exclusive_layer_and_offers_no_import(page):
    layer = filled_layer("lots", feature("P0", square(0, 0, 100)), geometry_kind="polygon")
    set_topology(layer=layer, must_not_overlap=True)
    rows = frame()
    rows.loc[1, "geometry"] = square(50, 0, 100)
    upload = tried(page, brought_in(page, geojson(rows)), target="lots", id_field="NO")

    told = shown(page, "trial", upload, "en")

    assert "This import would be refused" in told
    assert "&#x27;P0&#x27; lies over &#x27;P1&#x27;: 5,000" in told
    assert "Import and publish" not in told
    assert upload.trial["issue_counts"] == {"overlap refused": 1}
    upload = imported(page, upload)  # whoever posts it all the same
    assert upload.import_run.state == RunState.FAILED
    assert set(current_features("lots").values_list("stable_id", flat=True)) == {"P0"}


@pytest.mark.parametrize("text", list(ImportText), ids=lambda text: text.name)
def test_every_sentence_is_told_in_both_languages_with_all_its_values(text):
    from django.utils import translation

    values = {name: f"<{name}>" for name in gaps(text)}
    told = {}
    for language in ("en", "km"):
        with translation.override(language):
            told[language] = str(Sentence(text, values))

    for words in told.values():
        assert all(value in words for value in values.values())
        assert "%(" not in words
    is_khmer = any("\u1780" <= letter <= "\u17ff" for letter in told["km"])
    assert is_khmer == (text is not ImportText.AS_TOLD)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Self-intersection[338000 1170000]", "The outline crosses itself [338000 1170000]"),
        ("Nested shells[1 2]", "A part lies within another part [1 2]"),
        ("Something new of GEOS[1 2]", "Something new of GEOS[1 2]"),
        ("", ""),
    ],
)
def test_the_reasons_of_geos_are_told_as_far_as_they_are_known(reason, told):
    sentence = Sentence(ImportText.NOTHING_LEFT, {"reason": reason})

    assert str(sentence).startswith(f"{told}. ")


@pytest.mark.parametrize(
    "told",
    [
        ["no_shape", {"more": 1}], ["outside", {}], ["hacked", {}], ["no_shape"],
        [["no_shape"], {}], 7, None, {"no_shape": {}}, ["%(x)999999999s", {"x": 1}], [None, {}],
    ],
)  # fmt: skip
def test_what_is_no_sentence_is_refused(told):
    with pytest.raises((ValueError, TypeError)):
        Sentence.of(told)


def test_values_are_cut_and_numbers_beyond_the_earth_stay_short():
    sentence = Sentence.of(["encoding", {"encoding": "x" * 9_000}])
    assert len(sentence.values["encoding"]) == 300
    far = dict.fromkeys(("west", "south", "east", "north"), 10**400)
    assert len(str(Sentence.of(["outside", far]))) < 1_500
    assert Sentence.of("earlier words").values == {"words": "earlier words"}


def test_a_row_with_something_wrong_takes_less_than_250_bytes_of_the_table(db):
    """A million of them fit into 250 MB; a sentence in words took 500 characters at most each."""
    run = Run.objects.create(kind="import", title="x")
    book = IssueBook(run)
    count = 20_000
    told = {"west": 338_000, "south": 1_170_000, "east": 338_010, "north": 1_170_010}
    for row in range(count):
        book.add(
            Issue(row, IssueKind.OUTSIDE_EXTENT, IssueAction.REFUSED, ImportText.OUTSIDE, told)
        )
    book.write()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('layers_importissue')")
        [size] = cursor.fetchone()
    assert ImportIssue.objects.count() == count
    assert size / count < 250
