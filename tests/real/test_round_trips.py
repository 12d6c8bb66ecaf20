"""Layers that Cambodian offices and OpenStreetMap made: taken away in every format, and back."""

import pytest
import shapely

from layers.ingest import ImportOptions, import_file, look_into
from layers.queries import layer_named
from tests.city import MISSING_DATA, SHARED_DATA
from tests.layers.exports.matrix import WITHIN_M, brought_back, file_of, left_of, rows_of

pytestmark = [pytest.mark.real, pytest.mark.django_db]

FILES = {
    "communes of Sihanoukville": ("sihanoukville.gpkg", "adm3"),
    "villages of Sihanoukville": ("sihanoukville.gpkg", "villages"),
    "national roads": ("sihanoukville.gpkg", "trunk_roads_osm"),
    "protected areas": ("sihanoukville.gpkg", "protected_areas_2013"),
    "provinces of Cambodia": ("khm_admin.gpkg", "adm1_2022_wfp"),
}


@pytest.fixture(params=FILES)
def stood(request):
    """What stands after a real layer was imported."""
    if not SHARED_DATA.exists():
        pytest.skip(MISSING_DATA)
    file, source = FILES[request.param]
    options = ImportOptions(source_layer=source, licence="as the source says")
    report = import_file(path=SHARED_DATA / file, layer="plan", options=options)
    assert report.rows.stored == report.rows.read
    return rows_of(layer_named("plan"))


@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "kml", "csv", "shp"])
def test_a_real_layer_comes_back_as_it_went(client, tmp_path, stood, code):
    path = file_of(client, tmp_path, code)

    for layer in look_into(path).layers:
        several = {"source_layer": layer["name"], "keeps_others": True} if code == "shp" else {}
        found, report = brought_back(path, code, class_field="", **several)

    assert report.rows.refused == 0
    assert set(found) == set(stood)
    for name, (_class, lifecycle, properties, shape) in stood.items():
        assert found[name][1] == lifecycle
        assert found[name][2] == left_of(code, properties)
        assert apart_m(found[name][3], shape) <= WITHIN_M.get(code, 0)


def apart_m(one, other):
    """How far the corners of two shapes lie apart at most [m]; they stand in the same order."""
    first, second = (shapely.get_coordinates(shapely.normalize(shape)) for shape in (one, other))
    if len(first) == len(second) and abs(first - second).max() <= 1:
        return abs(first - second).max()
    return shapely.hausdorff_distance(one, other)
