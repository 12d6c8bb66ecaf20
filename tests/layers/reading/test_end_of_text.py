"""The sign that ends texts in C, U+0000: databases refuse it, files of some formats hold it."""

import geopandas
import pytest

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.models import ImportIssue, Run
from layers.queries import current_features
from tests.factories import at, land_use
from tests.layers.sources import UTM48

pytestmark = pytest.mark.django_db


def imported(path, **options):
    return import_file(path=path, layer="plots", options=ImportOptions(**options))


@pytest.fixture
def parquet(tmp_path):
    """A GeoParquet of points with these columns; its texts may hold any sign."""

    def written(count=1, **columns):
        points = [at(10 * n, 0) for n in range(count)]
        path = tmp_path / "plots.parquet"
        geopandas.GeoDataFrame(columns, geometry=points, crs=UTM48).to_parquet(path)
        return path

    return written


def test_an_identifier_is_stored_without_it(parquet):
    imported(parquet(no=["ដី\x0012"]), id_field="no")

    assert [f.stable_id for f in current_features("plots")] == ["ដី12"]


def test_two_identifiers_it_told_apart_are_the_same_identifier(parquet):
    report = imported(parquet(2, no=["A\x00", "A"]), id_field="no")

    assert (report.rows.stored, report.rows.refused) == (1, 1)
    assert ImportIssue.objects.get().kind == "duplicate_id"


def test_an_identifier_of_nothing_else_is_empty(parquet):
    report = imported(parquet(no=["\x00"]), id_field="no")

    assert [f.stable_id for f in current_features("plots")] == ["row-1"]
    assert report.issues == {"unusable_id kept": 1}


def test_a_class_is_read_without_it_and_an_odd_one_noted_without_it(parquet):
    land_use("RES")
    imported(parquet(2, use=["R\x00ES", "ផ្ទះ\x00"]), class_field="use")

    assert [f.land_use and f.land_use.code for f in current_features("plots")] == ["RES", None]
    assert ImportIssue.objects.get().value == "ផ្ទះ"


def test_a_column_of_odd_classes_is_refused_in_a_sentence_that_is_kept(parquet):
    land_use("RES")
    with pytest.raises(UserFacingError, match="it holds 'h0use'"):
        imported(parquet(use=["h0use\x00"]), class_field="use")
    assert "it holds 'h0use'" in Run.objects.get().message


def test_an_odd_lifecycle_is_noted_without_it(parquet):
    imported(parquet(2, state=["plan\x00ned", "gone\x00"]), lifecycle_field="state")

    assert [f.lifecycle for f in current_features("plots")] == ["planned"]
    assert ImportIssue.objects.get().value == "gone"


def test_the_name_of_a_column_loses_it(parquet):
    imported(parquet(**{"ឈ្មោះ\x00a": ["ក\x00ខ"]}))

    assert current_features("plots").get().properties == {"ឈ្មោះa": "កខ"}


def test_a_table_as_text_may_hold_it_far_below_its_head(tmp_path):
    rows = [f"{330_000 + n},1170000,B{n}" for n in range(400)]
    path = tmp_path / "plots.csv"
    path.write_text("\n".join(["x,y,no", *rows, "330999,1170000,C\x00D"]))

    report = imported(path, srid=UTM48, id_field="no")

    assert report.rows.stored == 401
    assert current_features("plots").filter(stable_id="CD").exists()
