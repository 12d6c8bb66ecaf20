"""The apostrophe before a formula in our own tables goes away when they come back."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.exports.tables import safe_cell
from layers.ingest import ImportOptions, import_file
from layers.ingest.tables import unguarded
from layers.queries import current_features
from layers.services import publish_features
from tests.factories import at, feature, filled_layer
from tests.layers.exports.taken import opened, taken


@given(st.lists(st.one_of(st.none(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))))
def test_every_text_comes_back_as_it_was(texts):
    guarded = [None if text is None else safe_cell(text) for text in texts]

    assert unguarded(pa.array(guarded, pa.string())).to_pylist() == texts


@pytest.mark.parametrize("text", ["'tis", "'", "'ផ្ទះ", "O'=1", "a'", "'90s"])
def test_an_apostrophe_that_guards_nothing_is_a_letter(text):
    assert unguarded(pa.array([text])).to_pylist() == [text]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'"])
def test_each_sign_that_begins_a_formula_is_guarded_by_one_apostrophe(start):
    assert unguarded(pa.array([f"'{start}1"])).to_pylist() == [f"{start}1"]
    assert unguarded(pa.array([f"''{start}1"])).to_pylist() == [f"'{start}1"]


def csv_of(client, slug, **asked):
    return opened(taken(client, slug, "csv", **asked))[f"{slug}.csv"]


NASTY = {"=cmd|' /C calc'!A0": "=1+1", "plus": "+855 12 345 678", "minus": "-", "at": "@home",
         "quote": "'=1", "plain": "O'Neill", "khmer": "ផ្ទះ"}  # fmt: skip


@pytest.mark.django_db
def test_a_layer_exported_as_a_table_and_imported_again_is_the_same(client, tmp_path):
    layer = filled_layer("posts", feature("-7", at(0, 0), **NASTY), geometry_kind="point")
    content = csv_of(client, layer.slug)
    path = tmp_path / "posts.csv"
    path.write_bytes(content)
    [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["plus"] == "'+855 12 345 678"  # safe in a spreadsheet

    import_file(path=path, layer="again", options=ImportOptions(srid=4326))

    again = current_features("again").get()
    kept = {name: again.properties[name] for name in NASTY}
    assert kept == NASTY
    assert again.stable_id == "-7"


@pytest.mark.django_db
def test_importing_our_own_table_into_its_layer_changes_nothing(client, tmp_path):
    layer = filled_layer("posts", geometry_kind="point")
    publish_features(layer=layer, features=[feature("=7", at(0, 0), **NASTY)])
    path = tmp_path / "posts.csv"
    path.write_bytes(csv_of(client, "posts", crs=32648))

    before = current_features("posts").get()
    import_file(path=path, layer="posts", options=ImportOptions(srid=32648))

    after = current_features("posts").get()
    assert after.stable_id == before.stable_id == "=7"
    assert {name: after.properties[name] for name in NASTY} == NASTY
