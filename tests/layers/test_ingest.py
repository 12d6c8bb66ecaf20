"""Importing vector files: what is stored, repaired or refused, and that it is said."""

import json
import struct
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon

from layers.crs import WGS84_SRID, reproject
from layers.errors import RunCancelledError, UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.ingest.attributes import json_objects
from layers.ingest.confined import limits
from layers.ingest.repair import has_too_many_crossings, repaired
from layers.ingest.shapes import check_shapes
from layers.models import Feature, ImportIssue, Layer, Run
from layers.queries import current_features, surveyed_share
from tests.factories import EAST, NORTH, at, line, outline, square
from tests.layers.sources import UTM48, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db

BOW_TIE = outline((0, 0), (10, 10), (10, 0), (0, 10))


def circle(corners):
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return Polygon(np.column_stack([EAST + 500 * np.cos(angles), NORTH + 500 * np.sin(angles)]))


def stored(slug):
    return {f.stable_id: f for f in current_features(slug)}


def imported(path, layer="houses", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def test_three_houses_arrive_with_their_shape_and_attributes(tmp_path):
    path = vector_file(
        tmp_path / "houses.gpkg",
        [square(0, 0, 10), square(20, 0, 10), square(40, 0, 10)],
        name=["ផ្ទះ", 'the "red" one\\', None],
        storeys=[1, 2, 3],
        height_m=[3.1, float("nan"), 9.0],
    )

    report = imported(path)

    houses = stored("houses")
    assert (report.rows.read, report.rows.stored, report.added) == (3, 3, 3)
    assert houses["fid-1"].geometry.area == pytest.approx(100)
    assert houses["fid-1"].properties == {"name": "ផ្ទះ", "storeys": 1, "height_m": 3.1}
    assert houses["fid-2"].properties == {"name": 'the "red" one\\', "storeys": 2}
    assert houses["fid-3"].properties == {"storeys": 3, "height_m": 9}
    assert Layer.objects.get(slug="houses").geometry_kind == "polygon"


@pytest.mark.parametrize("name", ["houses.gpkg", "houses.geojson", "houses.fgb"])
def test_every_format_gives_the_same_house(tmp_path, name):
    crs = WGS84_SRID if name.endswith("json") else UTM48
    shape = square(0, 0, 10)
    shape = reproject(shape, UTM48, WGS84_SRID) if crs == WGS84_SRID else shape
    path = vector_file(tmp_path / name, [shape], crs=crs, name=["ក"])

    imported(path)

    [house] = stored("houses").values()
    assert house.geometry.area == pytest.approx(100, abs=0.01)
    assert house.geometry.centroid.x == pytest.approx(EAST + 5, abs=0.01)
    assert house.properties == {"name": "ក"}


def test_a_khmer_shapefile_without_encoding_is_read_as_utf_8_and_says_so(tmp_path):
    path = zipped_shapefile(
        tmp_path / "sangkat.zip", [square(0, 0, 10)], name=["សង្កាត់លេខ៤"], without=(".cpg",)
    )

    report = imported(path)

    [sangkat] = stored("houses").values()
    assert sangkat.properties["name"] == "សង្កាត់លេខ៤"
    assert any("UTF-8" in str(note) for note in report.notes)


def test_a_western_shapefile_without_encoding_keeps_its_accents(tmp_path):
    path = zipped_shapefile(
        tmp_path / "rues.zip",
        [square(0, 0, 10)],
        name=["Préah Sihanouk, école"],
        without=(".cpg",),
        encoding="ISO-8859-1",
    )

    imported(path)

    [street] = stored("houses").values()
    assert street.properties["name"] == "Préah Sihanouk, école"


def test_heights_are_dropped_and_noted_once(tmp_path):
    high = [shapely.force_3d(square(0, 0, 10), 5.0), shapely.force_3d(square(20, 0, 10), 6.0)]
    report = imported(vector_file(tmp_path / "houses.gpkg", high))

    assert all(not f.geometry.hasz for f in stored("houses").values())
    [issue] = ImportIssue.objects.all()
    assert (issue.kind, issue.action, issue.value) == ("dimension_dropped", "kept", "2")
    assert report.rows.stored == 2


def test_a_bow_tie_is_repaired_to_its_two_triangles_and_both_areas_are_told(tmp_path):
    report = imported(vector_file(tmp_path / "houses.gpkg", [BOW_TIE, square(20, 0, 10)]))

    repaired_house = stored("houses")["fid-1"]
    [issue] = ImportIssue.objects.all()
    assert repaired_house.geometry.geom_type == "MultiPolygon"
    assert repaired_house.geometry.area == pytest.approx(50)  # two triangles of 10 m x 5 m
    assert (issue.row, issue.kind, issue.action) == (1, "invalid_geometry", "repaired")
    assert "before 0 m²" in issue.message
    assert "after 50 m²" in issue.message
    assert report.rows.repaired == 1


def test_an_area_that_collapses_to_a_line_is_refused_not_stored_as_a_line(tmp_path):
    flat = outline((0, 0), (10, 0), (5, 0))
    report = imported(vector_file(tmp_path / "houses.gpkg", [flat, square(20, 0, 10)]))

    assert list(stored("houses")) == ["fid-2"]
    [issue] = ImportIssue.objects.all()
    assert (issue.row, issue.action, issue.stable_id) == (1, "refused", "fid-1")
    assert (report.rows.read, report.rows.stored, report.rows.refused) == (2, 1, 1)


def test_an_outline_crossing_itself_ten_thousand_times_is_refused_not_repaired():
    zigzag = [(x, (x % 2) * 1000) for x in range(400)]
    across = [((x % 2) * 400, x * 2) for x in range(400)]
    tangled = Polygon([*zigzag, *across])

    assert has_too_many_crossings(tangled)
    assert repaired(tangled).shape is None


def test_a_long_clean_coast_has_no_crossings_to_fear():
    assert not has_too_many_crossings(circle(corners=20_000))


def test_rows_without_a_usable_shape_are_refused_each_with_its_reason(tmp_path):
    shapes = [
        None,
        Polygon(),
        Polygon([(EAST, NORTH), (EAST + 5, float("nan")), (EAST, NORTH + 5), (EAST, NORTH)]),
        square(5_000_000, 0, 10),
        at(0, 0),
        square(0, 0, 10),
    ]
    report = imported(vector_file(tmp_path / "mixed.gpkg", shapes), geometry_kind="polygon")

    kinds = dict(ImportIssue.objects.values_list("row", "kind"))
    assert kinds == {
        1: "empty_geometry",
        2: "empty_geometry",
        3: "not_finite",
        4: "outside_extent",
        5: "wrong_kind",
    }
    assert (report.rows.read, report.rows.stored, report.rows.refused) == (6, 1, 5)


def test_a_collection_of_two_grounds_is_one_place_of_two_areas(tmp_path):
    grounds = shapely.GeometryCollection([square(0, 0, 10), square(50, 0, 5)])
    report = imported(vector_file(tmp_path / "schools.gpkg", [grounds]))

    [place] = stored("houses").values()
    assert place.geometry.geom_type == "MultiPolygon"
    assert place.geometry.area == pytest.approx(100 + 25)
    assert (report.rows.stored, report.rows.refused) == (1, 0)


def test_a_collection_and_a_200_001_corner_outline_are_refused(tmp_path):
    shapes = [
        shapely.GeometryCollection([at(0, 0), square(0, 0, 5)]),
        circle(corners=200_001),
        square(0, 0, 10),
    ]
    imported(vector_file(tmp_path / "mixed.gpkg", shapes))

    assert dict(ImportIssue.objects.values_list("row", "kind")) == {
        1: "wrong_kind",
        2: "too_many_vertices",
    }


def test_shapes_nested_ten_thousand_deep_are_refused_without_a_crash(tmp_path):
    point = struct.pack("<BIdd", 1, 1, EAST, NORTH)
    nested = struct.pack("<BII", 1, 6, 1) * 10_000 + point
    collected = struct.pack("<BII", 1, 7, 1) * 10_000 + point
    checked = check_shapes(
        pa.array([nested, collected, point, b"\x01", None], pa.binary()),
        rows=np.arange(1, 6),
        project=None,
        kind="mixed",
    )

    assert [(i.row, str(i.kind)) for i in sorted(checked.issues)] == [
        (1, "invalid_geometry"),
        (2, "wrong_kind"),
        (4, "wrong_kind"),
        (5, "empty_geometry"),
    ]
    assert checked.is_left.tolist() == [False, False, True, False, False]


def test_a_polygon_stays_a_polygon_and_a_multipolygon_a_multipolygon(tmp_path):
    both = [square(0, 0, 10), MultiPolygon([square(20, 0, 5), square(30, 0, 5)])]
    degrees = [reproject(shape, UTM48, WGS84_SRID) for shape in both]
    imported(vector_file(tmp_path / "houses.geojson", degrees, crs=WGS84_SRID))

    kinds = {k: f.geometry.geom_type for k, f in stored("houses").items()}
    assert kinds == {"row-0": "Polygon", "row-1": "MultiPolygon"}


def test_the_stated_srid_may_repeat_what_the_file_says_but_not_contradict_it(tmp_path):
    path = vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10)])
    assert imported(path, srid=UTM48).rows.stored == 1
    with pytest.raises(UserFacingError, match="but --srid says EPSG:32647"):
        imported(path, srid=32647)


def test_a_file_without_crs_is_taken_with_the_srid_the_user_knows(tmp_path):
    path = vector_file(tmp_path / "houses.fgb", [square(0, 0, 10)], crs=None)
    assert imported(path, srid=UTM48).rows.stored == 1


def test_degrees_stamped_as_metres_are_refused_as_a_whole(tmp_path):
    path = vector_file(tmp_path / "houses.gpkg", [Point(103.5, 10.6), Point(103.6, 10.7)])
    with pytest.raises(UserFacingError, match="look like degrees"):
        imported(path)
    assert not Layer.objects.exists()


def test_a_file_wholly_outside_is_refused_with_one_sentence(tmp_path):
    path = vector_file(tmp_path / "houses.gpkg", [at(5_000_000, 0), at(5_000_001, 0)])
    with pytest.raises(UserFacingError, match="2 of 2 rows lie outside"):
        imported(path)
    assert not ImportIssue.objects.exists()


def test_the_hull_of_a_complete_file_counts_as_surveyed_and_not_more(tmp_path):
    path = vector_file(
        tmp_path / "h.gpkg", [square(0, 0, 10), square(90, 0, 10), square(0, 90, 10)]
    )
    imported(path, surveyed="complete")

    [area] = Layer.objects.get().surveyed_areas.all()
    assert area.completeness == "complete"
    # the square of 100 m less the triangle beyond the line from (100, 10) to (10, 100)
    assert area.geometry.area == pytest.approx(100 * 100 - 90 * 90 / 2)
    assert surveyed_share("houses", Feature.objects.first().geometry) == pytest.approx(1.0)


def test_two_points_span_no_area_to_call_surveyed(tmp_path):
    with pytest.raises(UserFacingError, match="do not span an area"):
        imported(vector_file(tmp_path / "p.gpkg", [at(0, 0), at(9, 9)]), surveyed="complete")
    assert not Layer.objects.exists()


def test_a_cancelled_import_leaves_the_layer_as_it_was(tmp_path, monkeypatch):
    imported(vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)], stable_id=["old"]))
    monkeypatch.setattr(limits, "IMPORTING", replace(limits.IMPORTING, rows_at_once=1))

    def cancel(share, message):
        raise RunCancelledError("Import")

    path = vector_file(tmp_path / "b.gpkg", [square(0, 0, 10)] * 2, stable_id=["new", "newer"])
    with pytest.raises(RunCancelledError):
        import_file(path=path, layer="houses", echo=cancel)

    assert set(stored("houses")) == {"old"}
    assert Run.objects.first().state == "cancelled"


def test_the_run_remembers_the_balance_of_the_rows(tmp_path):
    imported(vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10), None]))

    run = Run.objects.get(kind="import")
    assert run.state == "succeeded"
    assert run.parameters["outcome"]["rows"] == {
        "read": 2,
        "stored": 1,
        "refused": 1,
        "unclassified": 0,
        "repaired": 0,
        "noted": 0,
    }


def test_lines_are_no_areas(tmp_path):
    imported(vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)]))
    with pytest.raises(UserFacingError, match="not one of its 1 rows"):
        imported(vector_file(tmp_path / "b.gpkg", [line((0, 0), (5, 5))]))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(["square", "bow tie", "none", "outside", "twin", "point"]),
        min_size=1,
        max_size=12,
    )
)
def test_read_is_always_stored_plus_refused(tmp_path, kinds):
    shapes = {
        "square": square(0, 0, 10),
        "bow tie": BOW_TIE,
        "none": None,
        "outside": square(5_000_000, 0, 10),
        "twin": square(0, 0, 10),
        "point": at(0, 0),
    }
    ids = ["twin" if kind == "twin" else f"n{i}" for i, kind in enumerate(kinds)]
    path = tmp_path / "rows.gpkg"
    path.unlink(missing_ok=True)
    vector_file(path, [shapes[kind] for kind in kinds], stable_id=ids, crs=UTM48)
    Layer.objects.all().delete()
    usable = sum(kind in {"square", "bow tie"} for kind in kinds) + ("twin" in kinds)
    if not usable:
        with pytest.raises(UserFacingError):
            imported(path, geometry_kind="polygon")
        return

    report = imported(path, geometry_kind="polygon")

    assert report.rows.stored == usable == Feature.objects.count()
    assert report.rows.refused == len(kinds) - usable
    refused = ImportIssue.objects.filter(run=report.run, action="refused").count()
    assert refused == report.rows.refused


@given(
    st.dictionaries(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            min_size=1,
            max_size=5,
        ),
        st.lists(
            st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            min_size=3,
            max_size=3,
        ),
        max_size=3,
    )
)
def test_texts_of_any_kind_come_back_from_json_as_they_were(columns):
    written = json_objects({k: pa.array(v, pa.string()) for k, v in columns.items()}, 3)

    for row, text in enumerate(written.to_pylist()):
        expected = {k: v[row] for k, v in columns.items() if v[row] is not None}
        assert json.loads(text) == expected
