"""What only the whole file reveals: refused as a whole, with the sentence that fits best."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pyproj import CRS

from layers.errors import UserFacingError
from layers.ingest.batches import SourceBatch
from layers.ingest.class_data import ClassData
from layers.ingest.features import FeatureStream
from layers.ingest.formats import SourceFormat
from layers.ingest.labels import Labeller
from layers.ingest.option_checks import check_options
from layers.ingest.options import ImportOptions
from layers.ingest.outcome import check_outcome, note_dropped_heights
from tests.factories import EAST, NORTH, at, square

UTM = CRS.from_epsg(32648)
DEGREES = CRS.from_epsg(4326)
CLASSES = ClassData(ids={"RES": 1}, filters=(("RES", "landuse=residential", 1, False),))


class Notes(list):
    """Takes issues down."""

    add = list.append


def streamed(*shapes, kind="mixed", keeps_hull=False, tags=None, **columns):
    """A stream that has read these shapes in one batch."""
    count = len(shapes)
    rows = np.arange(1, count + 1)
    options = ImportOptions(
        id_field="no" if "no" in columns else "", classify="osm" if tags else ""
    )
    stream = FeatureStream(
        labeller=Labeller(options, CLASSES, fields=tuple(columns), id_prefix="row-"),
        project=None,
        geometry_kind=kind,
        issues=Notes(),
        expected_rows=count,
        report=lambda _share, _message: None,
        keeps_hull=keeps_hull,
    )
    batch = SourceBatch(
        rows=rows,
        outlines=pa.array([None if s is None else s.wkb for s in shapes], pa.binary()),
        fids=pa.array(rows),
        columns={name: pa.array(values) for name, values in columns.items()},
        tags=None if tags is None else pa.array(tags),
    )
    list(stream.encoded(iter([batch] if count else [])))
    return stream


def refusal(stream, crs=UTM):
    with pytest.raises(UserFacingError) as refused:
        check_outcome("ដី.gpkg", stream, crs)
    assert str(refused.value).startswith("ដី.gpkg")
    return str(refused.value)


class TestWholeFiles:
    def test_a_file_without_rows_empties_no_layer(self):
        assert "holds no rows" in refusal(streamed())

    def test_degrees_under_a_metric_system_are_recognised_though_none_was_stored(self):
        said = refusal(streamed(shapely.Point(103.5, 10.6), shapely.Point(103.6, 10.7)))

        assert "all its coordinates look like degrees" in said
        assert "EPSG:4326" in said

    def test_degrees_outside_the_project_are_no_mistake_of_units_in_a_file_of_degrees(self):
        assert "2 of 2 rows lie outside" in refusal(
            streamed(shapely.Point(3.5, 50.6), shapely.Point(3.6, 50.7)), DEGREES
        )

    def test_places_on_another_continent_suggest_swapped_axes(self):
        said = refusal(streamed(shapely.Point(NORTH * 5, EAST)))

        assert "1 of 1 rows lie outside" in said
        assert "the axes are swapped" in said

    def test_one_good_row_is_a_layer(self):
        stream = streamed(at(0, 0), None, None)

        check_outcome("ដី.gpkg", stream, UTM)

        assert (stream.counts.read, stream.counts.stored, stream.counts.refused) == (3, 1, 2)

    def test_without_one_usable_row_every_cause_is_counted(self):
        broken = shapely.LineString([(EAST, NORTH), (EAST, np.inf)])

        said = refusal(streamed(None, None, broken, square(0, 0, 5), kind="point"))

        assert "not one of its 4 rows can be stored" in said
        for cause in ("no shape: 2", "a coordinate is not a number: 1", "another kind"):
            assert cause in said

    def test_a_file_without_a_single_class_says_how_to_keep_its_rows(self):
        said = refusal(streamed(at(0, 0), at(5, 0), tags=['{"amenity": "bench"}'] * 2))

        assert "none of its 2 objects has a class" in said
        assert "--keep-unclassified" in said


class TestStreams:
    def test_every_row_is_counted_once_whatever_became_of_it(self):
        stream = streamed(
            square(0, 0, 5), square(0, 0, 5), None, at(0, 0), kind="polygon", no=list("AABC")
        )

        counts = stream.counts
        assert (counts.read, counts.stored, counts.refused) == (4, 1, 3)
        assert stream.refusals == Counter(duplicate_id=1, empty_geometry=1, wrong_kind=1)
        assert {issue.stable_id for issue in stream.issues} == {"A", "B", "C"}

    def test_a_refused_row_leaves_its_identifier_to_the_next(self):
        stream = streamed(None, at(0, 0), no=["A", "A"])

        assert stream.counts.stored == 1
        assert stream.refusals == Counter(empty_geometry=1)

    def test_the_hull_is_that_of_what_is_stored_and_no_more(self):
        stream = streamed(square(0, 0, 10), square(90, 90, 10), None, keeps_hull=True)

        by_hand = shapely.union(square(0, 0, 10), square(90, 90, 10)).convex_hull
        assert stream.hull.equals(by_hand)
        assert stream.hull.area == pytest.approx(1_900)  # 100 m square less two half squares of 90

    def test_heights_are_noted_once_for_the_whole_file(self):
        stream = streamed(*[shapely.Point(EAST, NORTH, 3.0)] * 3)

        note_dropped_heights(stream)

        [note] = stream.issues
        assert (note.row, note.kind, note.value) == (0, "dimension_dropped", "3")

    def test_without_heights_there_is_nothing_to_note(self):
        stream = streamed(at(0, 0))

        note_dropped_heights(stream)

        assert stream.issues == []


class TestChoices:
    @pytest.mark.parametrize(
        ("source_format", "options", "words"),
        [
            (SourceFormat.GEOTIFF, {"land_use": "RES"}, "--class is for vector files"),
            (SourceFormat.GEOTIFF, {"class_field": "x"}, "--class-field is for vector files"),
            (SourceFormat.GEOTIFF, {"fields": {"a": None}}, "--fields is for vector files"),
            (SourceFormat.GEOPACKAGE, {"nodata": 0.0}, "--nodata is for rasters"),
            (SourceFormat.GEOPACKAGE, {"vertical_datum": "MSL"}, "--vertical-datum is for"),
            (SourceFormat.GEOPACKAGE, {"classify": "osm"}, "this is a GeoPackage"),
            (SourceFormat.CSV, {"land_use": "A", "class_field": "b"}, "exclude each other"),
            (SourceFormat.CSV, {"surveyed_classes": ("RES",)}, "--surveyed-class says"),
            (SourceFormat.CSV, {"surveyed": "mostly"}, "'mostly' is no completeness"),
        ],
    )
    def test_choices_that_do_not_fit_are_named(self, source_format, options, words):
        with pytest.raises(UserFacingError) as refused:
            check_options(ImportOptions(**options), source_format)
        assert words in str(refused.value)

    @pytest.mark.parametrize(
        ("source_format", "options"),
        [
            (SourceFormat.GEOTIFF, {"nodata": 0.0, "quantity": "elevation"}),
            (SourceFormat.OSM_PBF, {"classify": "osm", "keep_unclassified": True}),
            (SourceFormat.CSV, {"class_field": "x", "classes": {"a": "RES"}}),
            (SourceFormat.KML, {"surveyed": "complete", "surveyed_classes": ("RES",)}),
            (SourceFormat.DXF, {}),
        ],
    )
    def test_choices_that_fit_are_taken(self, source_format, options):
        check_options(ImportOptions(**options), source_format)
