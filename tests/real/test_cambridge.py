"""Cambridge, Massachusetts: 13,116 parcels against FEMA's 100-year flood zone and the zoning.

The other side is geopandas alone: it reads the same file and intersects whole shapes pair by pair.
34 parcels are invalid as published, so both sides must repair: here shapely's ``make_valid`` with
the method "structure", as documented for Krong. Everything else is independent.
"""

from functools import cache

import geopandas
import pyogrio
import pytest
import shapely

from tests.city import SHARED_DATA
from tests.real_cities import PARCELS_IN_FLOOD_ZONE, zone_class_of

pytestmark = pytest.mark.real

FILE = SHARED_DATA / "cambridge_ma.gpkg"
INVALID_PARCELS, PARCELS_WITHOUT_SHAPE = 34, 1


@cache
def published(layer):
    """Return a layer of the file by the names Krong gives its rows, valid, without empty shapes."""
    frame = pyogrio.read_dataframe(FILE, layer=layer, fid_as_index=True)
    frame.index = [f"fid-{fid}" for fid in frame.index]
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    invalid = ~frame.geometry.is_valid
    repaired = [
        shapely.make_valid(shape, method="structure", keep_collapsed=False)
        for shape in frame.geometry[invalid]
    ]
    frame.loc[invalid, "geometry"] = geopandas.GeoSeries(
        repaired, index=frame.index[invalid], crs=frame.crs
    )
    return frame


@cache
def expected_overlaps():
    """Return shared area [m2] and share of the parcel, by parcel and flood zone."""
    parcels, zones = published("parcels_fy2014"), published("fema_flood_100yr")
    limit = PARCELS_IN_FLOOD_ZONE["min_overlap_m2"]
    found = {}
    for zone_id, zone in zones.geometry.items():
        for parcel_id, parcel in parcels.geometry[parcels.intersects(zone)].items():
            area = parcel.intersection(zone).area
            if area > 0 and area >= min(limit, parcel.area / 2, zone.area / 2):
                found[parcel_id, zone_id] = (area, area / parcel.area)
    return found


@pytest.fixture(scope="module")
def findings(cambridge):
    listed = cambridge.findings("flood-zones")
    return {(finding["subject"], finding["object"]): finding for finding in listed}


@pytest.fixture(scope="module")
def issues(cambridge):
    run = cambridge.imports["parcels"]["run"]
    return cambridge.city.json("run", "show", run)["issues"]


def test_every_parcel_is_stored_or_named_with_the_reason(cambridge, issues):
    rows = cambridge.imports["parcels"]["rows"]
    assert rows["read"] == 13_116
    assert (rows["repaired"], rows["refused"]) == (INVALID_PARCELS, PARCELS_WITHOUT_SHAPE)
    assert rows["stored"] == 13_116 - PARCELS_WITHOUT_SHAPE
    assert len(issues) == INVALID_PARCELS + PARCELS_WITHOUT_SHAPE


def test_the_repaired_parcels_are_the_rows_that_are_invalid_in_the_file(issues):
    frame = pyogrio.read_dataframe(FILE, layer="parcels_fy2014", fid_as_index=True)
    invalid = frame.index[~frame.geometry.is_valid & ~frame.geometry.isna()]

    repaired = {issue["stable_id"] for issue in issues if issue["action"] == "repaired"}

    assert repaired == {f"fid-{fid}" for fid in invalid}
    assert all("Area before" in i["message"] for i in issues if i["action"] == "repaired")


def test_a_repaired_parcel_keeps_the_outline_of_an_independent_repair(cambridge, issues):
    stored = dict(
        cambridge.city.rows(
            "SELECT f.stable_id, ST_Area(f.geometry) FROM layers_feature f "
            "JOIN layers_layer l ON l.id = f.layer_id WHERE l.slug = 'parcels'"
        )
    )
    parcels = published("parcels_fy2014").geometry
    assert stored.keys() == set(parcels.index)
    for name, area in stored.items():
        assert area == pytest.approx(parcels[name].area, rel=1e-9)


def test_the_parcels_in_the_100_year_zone_are_those_of_an_independent_computation(findings):
    assert len(expected_overlaps()) > 100
    assert findings.keys() == expected_overlaps().keys()


def test_overlap_area_and_share_agree_to_a_millionth(findings):
    for pair, (area, share) in expected_overlaps().items():
        assert findings[pair]["unit"] == "m2"
        assert findings[pair]["measured"] == pytest.approx(area, rel=1e-6)
        assert findings[pair]["subject_share"] == pytest.approx(share, rel=1e-6)


@pytest.fixture(scope="module")
def split_parcel():
    """The largest parcel that three or more zoning districts divide."""
    parcels, zones = published("parcels_fy2014"), published("zoning_districts")
    pairs = geopandas.sjoin(parcels, zones, predicate="intersects")
    count = pairs.groupby(level=0).size()
    split = parcels.loc[count.index[count >= 3]]
    name = split.area.idxmax()
    shape = parcels.geometry[name]
    shares = {
        zone_id: zone.intersection(shape).area / shape.area
        for zone_id, zone in zones.geometry.items()
        if zone.intersection(shape).area > 0
    }
    return name, shares


def test_the_extract_of_a_split_parcel_gives_the_share_of_every_zone(cambridge, split_parcel):
    parcel, shares = split_parcel
    extract = cambridge.city.json("extract", parcel)

    assert len(shares) >= 3
    told = {zone["stable_id"]: zone for zone in extract["zones"]}
    assert told.keys() == shares.keys()
    districts = published("zoning_districts")["ZONE_TYPE"]
    for zone_id, share in shares.items():
        assert told[zone_id]["share"] == pytest.approx(share, rel=1e-6, abs=1e-9)
        assert told[zone_id]["zone"] == zone_class_of(districts[zone_id])
    assert sum(zone["share"] for zone in told.values()) <= 1 + 1e-9
    whole = extract["zoned_share"] + extract["unzoned_share"]
    assert whole == pytest.approx(1, abs=1e-8)


def test_the_extract_names_the_flood_zones_on_the_parcel(cambridge):
    (parcel, _zone), (_area, _share) = max(expected_overlaps().items(), key=lambda kv: kv[1][0])
    expected = {zone: hit for (name, zone), hit in expected_overlaps().items() if name == parcel}

    extract = cambridge.city.json("extract", parcel)

    hits = {
        hit["stable_id"]: hit
        for entry in extract["concerned"]
        if entry["layer"] == "fema-100yr"
        for hit in entry["hits"]
    }
    # an extract leaves out less than 1 m2 of shared border
    assert hits.keys() == {zone for zone, (area, _share) in expected.items() if area >= 1}
    for zone, hit in hits.items():
        assert hit["area_m2"] == pytest.approx(expected[zone][0], abs=0.005)
        assert hit["share"] == pytest.approx(expected[zone][1], abs=1e-9)
