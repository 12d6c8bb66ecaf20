"""Landfills of the Maldives against schools and hospitals, checked by an independent computation.

The other side reads the same OpenStreetMap extract with GDAL's own configuration, takes the tags
apart by itself and measures with geopandas. It shares no code, no query and no setting with Krong.
No landfill, school or hospital of the extract has an invalid outline, so nothing is repaired here.
"""

import re
from functools import cache

import geopandas
import pandas as pd
import pyogrio
import pytest

from tests.city import SHARED_DATA
from tests.real_cities import DISTANCES_M, RECEPTORS, UTM_43N

pytestmark = pytest.mark.real

EXTRACT = SHARED_DATA / "maldives-latest.osm.pbf"
LAYERS = ("points", "lines", "multipolygons", "multilinestrings", "other_relations")
SCHOOL = {"school", "college", "university", "kindergarten"}
HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


CLASSES_OF_FEATURES = """
    SELECT feature.stable_id, coalesce(parent.code, class.code)
    FROM layers_feature AS feature
    JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
    LEFT JOIN layers_landuseclass AS parent ON parent.id = class.parent_id
    WHERE feature.retired_in IS NULL
      AND coalesce(parent.code, class.code) IN ('landfill', 'school', 'hospital')
"""


def tags_of(row):
    """Return all tags of an element: GDAL's columns and the rest, which it writes as an hstore."""
    columns = {name: row[name] for name in row.index if isinstance(row[name], str)}
    return columns | dict(HSTORE.findall(columns.pop("other_tags", "")))


def osm_id(row, layer):
    if layer == "multipolygons":
        way = row["osm_way_id"]
        return f"w{way}" if isinstance(way, str) else f"r{row['osm_id']}"
    return {"points": "n", "lines": "w"}.get(layer, "r") + row["osm_id"]


def kind_of(tags):
    amenity = {value.strip() for value in tags.get("amenity", "").split(";")}
    if tags.get("landuse") == "landfill":
        return "landfill"
    if amenity & SCHOOL:
        return "school"
    return "hospital" if "hospital" in amenity else None


@cache
def places():
    """Return landfills, schools and hospitals with outlines in metres."""
    found = []
    for layer in LAYERS:
        for _, row in pyogrio.read_dataframe(EXTRACT, layer=layer).iterrows():
            kind = kind_of(tags_of(row))
            if kind:
                found.append((osm_id(row, layer), kind, row.geometry))
    frame = geopandas.GeoDataFrame(
        pd.DataFrame(found, columns=["id", "kind", "geometry"]), crs="EPSG:4326"
    )
    return frame.to_crs(UTM_43N)


def pairs_nearer_than(metres, receptor):
    """Return the distance [m] of every landfill and receptor that are nearer, by their ids."""
    all_places = places()
    landfills = all_places[all_places.kind == "landfill"]
    receptors = all_places[all_places.kind == receptor]
    apart = {
        (landfill.id, other.id): landfill.geometry.distance(other.geometry)
        for landfill in landfills.itertuples()
        for other in receptors.itertuples()
    }
    return {pair: distance for pair, distance in apart.items() if distance < metres}


@pytest.fixture(scope="module")
def found_by_rule(maldives):
    by_rule = {}
    for finding in maldives.findings("landfills"):
        pair = tuple(finding[side].removeprefix("osm:") for side in ("subject", "object"))
        by_rule.setdefault(finding["rule"], {})[pair] = finding
    return by_rule


@pytest.mark.parametrize("metres", DISTANCES_M)
@pytest.mark.parametrize("receptor", RECEPTORS)
def test_the_pairs_too_near_are_those_of_an_independent_computation(
    found_by_rule, receptor, metres
):
    found = found_by_rule.get(f"{RECEPTORS[receptor]}-{metres}", {})
    expected = pairs_nearer_than(metres, receptor)

    assert found.keys() == expected.keys()
    for pair, distance in expected.items():
        assert found[pair]["measured"] == pytest.approx(distance, abs=1e-6)
        assert found[pair]["margin"] == pytest.approx(distance - metres, abs=1e-6)


def test_there_is_something_to_find_at_every_distance_and_more_at_greater_ones():
    for receptor in RECEPTORS:
        counts = [len(pairs_nearer_than(metres, receptor)) for metres in DISTANCES_M]
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]
    assert pairs_nearer_than(100, "school")


def test_schools_drawn_as_points_and_as_areas_are_both_found(found_by_rule):
    kinds = {receptor[0] for _landfill, receptor in found_by_rule["SCH-1000"]}
    assert kinds == {"n", "w", "r"}


def test_every_landfill_school_and_hospital_of_the_extract_is_stored(maldives):
    """One school is a site of three grounds (relation 9994380): a collection in GDAL's terms."""
    stored = set(maldives.city.rows(CLASSES_OF_FEATURES))
    expected = {(f"osm:{place.id}", place.kind) for place in places().itertuples()}

    assert ("osm:r9994380", "school") in expected
    assert sum(kind == "landfill" for _id, kind in expected) == 16
    assert stored == expected
    assert places().is_valid.all()


def test_no_row_of_the_extract_is_dropped_in_silence(maldives):
    rows = maldives.imports["osm"]["rows"]
    assert rows["read"] == rows["stored"] + rows["refused"] + rows["unclassified"]
    assert rows["read"] > 60_000
