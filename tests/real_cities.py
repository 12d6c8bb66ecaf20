"""Cities made of data that nobody here wrote; loaded once, shared by real tests and journeys."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyogrio
import pytest
import yaml

from tests.city import MISSING_DATA, SHARED_DATA, City, new_city

UTM_43N, UTM_48N, UTM_56S, MASSACHUSETTS = 32643, 32648, 32756, 26986


@dataclass(frozen=True, slots=True)
class RealCity:
    """A city and what each import said about itself, by layer."""

    city: City
    imports: dict[str, dict[str, object]] = field(default_factory=dict)

    def load(self, file, layer, *options):
        """Import one layer of a file of the shared data."""
        arguments = ("import", SHARED_DATA / file, "--layer", layer, *options)
        self.imports[layer] = self.city.json(*arguments)

    def judge(self, rulebook):
        """Load a rule book, detect, and return what the detection said."""
        path = self.city.var / f"{rulebook['code']}.yaml"
        path.write_text(yaml.safe_dump(rulebook, allow_unicode=True), encoding="utf-8")
        self.city.krong("rulebook", "load", path)
        return self.city.json("detect", "--rulebook", rulebook["code"])

    def findings(self, rulebook):
        """Return the findings of a rule book as ``./krong findings`` writes them."""
        path = self.city.var / f"{rulebook}-findings.json"
        self.city.krong("findings", "--rulebook", rulebook, "--output", path)
        return json.loads(path.read_text(encoding="utf-8"))["findings"]


@contextmanager
def real_city(srid, name, tmp_path_factory):
    """Yield an empty city, or skip where the real data is absent."""
    if not SHARED_DATA.exists():
        pytest.skip(MISSING_DATA)
    with new_city(srid, f"real_{name}", tmp_path_factory.mktemp(name)) as city:
        yield RealCity(city)


def separation(code, subject, of_object, metres):
    """Return a separation rule as a rule book writes it."""
    return {
        "code": code,
        "kind": "separation",
        "title": {"en": f"{subject} and {of_object} less than {metres} m apart"},
        "severity": "high",
        "basis": "general_knowledge",
        "provision": {"citation": "distances of this test"},
        "subject": {"classes": [subject]},
        "object": {"classes": [of_object]},
        "min_distance_m": metres,
    }


DISTANCES_M = (100, 300, 500, 1000)
RECEPTORS = {"school": "SCH", "hospital": "HOS"}


@pytest.fixture(scope="session")
def maldives(tmp_path_factory):
    """The Maldives from OpenStreetMap, landfills judged against schools and hospitals."""
    with real_city(UTM_43N, "maldives", tmp_path_factory) as made:
        made.load("maldives-latest.osm.pbf", "osm", "--classify", "osm")
        rules = [
            separation(f"{short}-{metres}", "landfill", receptor, metres)
            for receptor, short in RECEPTORS.items()
            for metres in DISTANCES_M
        ]
        made.judge({"code": "landfills", "title": {"en": "Landfills"}, "rules": rules})
        yield made


# Cambridge's zoning read as Krong's classes, by how the code begins; what is not listed is mixed.
CAMBRIDGE_ZONES = {"A-": "R1", "B": "R2", "C-1": "R2", "C-": "R3", "BA": "C1", "BB": "C2",
                   "O-": "C2", "IA": "I1", "IB": "I2", "OS": "GP"}  # fmt: skip


def zone_class_of(code):
    """Return the class of a zoning code: that of the longest beginning that is listed."""
    fitting = [start for start in CAMBRIDGE_ZONES if code.startswith(start)]
    return CAMBRIDGE_ZONES[max(fitting, key=len)] if fitting else "MX"


def _zones_with_classes(folder):
    """Write Cambridge's zoning districts with a class column, as a planner would prepare them."""
    zones = pyogrio.read_dataframe(SHARED_DATA / "cambridge_ma.gpkg", layer="zoning_districts")
    zones["zone_class"] = zones["ZONE_TYPE"].map(zone_class_of)
    path = folder / "zones.gpkg"
    pyogrio.write_dataframe(zones[["ZONE_TYPE", "zone_class", "geometry"]], path)
    return path


PARCELS_IN_FLOOD_ZONE = {
    "code": "PF-01",
    "kind": "overlap",
    "title": {"en": "Parcel in the 100-year flood zone"},
    "severity": "medium",
    "basis": "foreign_reference",
    "provision": {"citation": "FEMA flood insurance rate map 25017C"},
    "subject": {"layers": ["parcels"]},
    "object": {"layers": ["fema-100yr"]},
    "min_overlap_m2": 0.01,
}


@pytest.fixture(scope="session")
def cambridge(tmp_path_factory):
    """Cambridge, Massachusetts: parcels and zoning, judged against FEMA's 100-year flood zone."""
    with real_city(MASSACHUSETTS, "cambridge", tmp_path_factory) as made:
        file = "cambridge_ma.gpkg"
        made.load(file, "parcels", "--source-layer", "parcels_fy2014", "--theme", "cadastre")
        made.load(_zones_with_classes(made.city.var), "zones", "--class-field", "zone_class")
        for years in (100, 500):
            told = ("--theme", "hazard-flood", "--title-en", f"{years}-year flood zone")
            made.load(file, f"fema-{years}yr", "--source-layer", f"fema_flood_{years}yr", *told)
        made.load(file, "streets", "--source-layer", "street_centerlines")
        made.city.krong("plan", "adopt", "--plan", "cambridge", "--from", "2020-01-01")
        rules = [PARCELS_IN_FLOOD_ZONE]
        made.judge({"code": "flood-zones", "title": {"en": "Flood zones"}, "rules": rules})
        yield made


# Layer in the file, layer on the map, and what names its features.
SIHANOUKVILLE_LAYERS = (
    ("adm2", "districts", "--id-field", "ncdd_dist_code", "--theme", "boundaries"),
    ("adm3", "sangkat", "--id-field", "shapeID", "--theme", "boundaries"),
    ("villages", "villages", "--id-field", "vil_code", "--theme", "boundaries"),
    ("land_osm_coastline", "coast", "--theme", "base"),
    ("trunk_roads_osm", "roads", "--theme", "base"),
    ("protected_areas_2013", "protected-areas", "--theme", "protected"),
)


@pytest.fixture(scope="session")
def sihanoukville(tmp_path_factory):
    """Sihanoukville: boundaries, villages, coast, roads and protected areas."""
    with real_city(UTM_48N, "sihanoukville", tmp_path_factory) as made:
        for source, layer, *options in SIHANOUKVILLE_LAYERS:
            made.load("sihanoukville.gpkg", layer, "--source-layer", source, *options)
        yield made


def _merewether_spec(folder):
    """Write the flood of June 2007 as published with ANUGA (see tests/real/test_merewether.py)."""
    grid, survey = (
        str(SHARED_DATA / "dem" / name) for name in ("merewether_nsw_1m.tif", "merewether_nsw.gpkg")
    )
    source = "ARR/WRL Merewether test"
    culvert = {"point": [382265, 6354280], "radius_m": 10, "discharge_m3s": 19.7}
    street = {"file": survey, "file_layer": "roadpolygon", "value": 0.02}
    spec = {
        "code": "merewether-2007",
        "title_en": "Merewether, June 2007",
        "terrain": {"file": grid, "made": "airborne laser scan, ANUGA validation data"},
        "window": [382255, 6354270, 382565, 6354675],
        "roughness": {"default": 0.04, "source": source, "areas": [street]},
        "buildings": {"file": survey, "file_layer": "houses", "raise_m": 3},
        "inflows": [culvert | {"name": "culvert", "source": source}],
        "edges": {"north": "open", "east": "open", "south": "closed", "west": "closed"},
        "duration_h": 1000 / 3600,
    }
    path = folder / "merewether.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return path


HOUSES_UNDER_WATER = {
    "code": "HW-01",
    "kind": "hazard_exposure",
    "title": {"en": "House in deep or fast water"},
    "severity": "high",
    "basis": "general_knowledge",
    "provision": {"citation": "exposure of this test"},
    "subject": {"layers": ["buildings"]},
    "object": {"layers": ["flood-merewether-2007"]},
    "thresholds": [
        {"depth_ge_m": 0.3, "severity": "medium"},
        {"depth_ge_m": 0.6, "severity": "high"},
        {"depth_ge_m": 1.2, "severity": "critical"},
    ],
}


@pytest.fixture(scope="session")
def merewether(tmp_path_factory):
    """Merewether, New South Wales, under all 1000 s of the flood of June 2007."""
    with real_city(UTM_56S, "merewether", tmp_path_factory) as made:
        made.load("dem/merewether_nsw_1m.tif", "terrain", "--theme", "terrain")
        for source, layer in (("houses", "buildings"), ("roadpolygon", "roads")):
            made.load("dem/merewether_nsw.gpkg", layer, "--source-layer", source, "--theme", layer)
        made.city.krong("scenario", "run", _merewether_spec(made.city.var))
        rules = [HOUSES_UNDER_WATER]
        made.judge({"code": "houses", "title": {"en": "Houses"}, "rules": rules})
        yield made
