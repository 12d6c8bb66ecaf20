import json
from datetime import date

import pytest
import shapely
import yaml
from django.core.management import call_command

from layers.crs import to_wgs84
from layers.models import Feature, LayerVersion
from planning.models import AreaBalance, LandReservation, ReservationParcel
from planning.reservation_spec import ReservationSpecError, read_spec, read_upload, spec_from
from planning.vocab import ReservationStatus
from tests.factories import EAST, NORTH, rectangle
from tests.planning.reserved_land import PURPOSE, block, request

pytestmark = pytest.mark.django_db

BOW_TIE = f"POLYGON (({EAST} {NORTH}, {EAST + 9} {NORTH + 9}, {EAST + 9} {NORTH}, " \
    f"{EAST} {NORTH + 9}, {EAST} {NORTH}))"  # fmt: skip
NESTED = "GEOMETRYCOLLECTION (" * 50 + "POINT (1 1)" + ")" * 50
# What is wrong with the file, and what its reader is told.
MISTAKES = {
    "no reference": ({"reference": None}, "'reference' is missing"),
    "no purpose": ({"purpose": None}, "'purpose' is missing"),
    "no class": ({"purpose_class": None}, "'purpose_class' is missing"),
    "a key nobody knows": ({"colour": "red"}, "unknown key 'colour'"),
    "a purpose in one language": ({"purpose": "School"}, "needs both languages"),
    "a purpose without English": ({"purpose": {"km": "សាលា"}}, "needs both languages"),
    "a purpose too long to print": ({"purpose": {"en": "x" * 301}}, "longer than 300"),
    "a reference that names a folder": ({"reference": "../etc"}, "cannot be a reference"),
    "a reference with a slash": ({"reference": "12/2026"}, "cannot be a reference"),
    "a reference too long": ({"reference": "x" * 41}, "longer than 40"),
    "a reference over two lines": ({"reference": "A\nB"}, "runs over several lines"),
    "a reference that is a list": ({"reference": ["A"]}, "'reference' is no text"),
    "a class that is a list": ({"purpose_class": ["school"]}, "'purpose_class' is no text"),
    "a beneficiary too long": ({"beneficiary": "x" * 201}, "longer than 200"),
    "neither outline nor parcels": ({"geometry": None}, "not named once"),
    "outline and parcels": ({"parcels": ["A"]}, "not named once"),
    "an outline without its system": ({"srid": None}, "'srid' does not say"),
    "a system that is a name": ({"srid": "UTM"}, "'srid' does not say"),
    "an outline that is no shape": ({"geometry": "here"}, "cannot be read"),
    "a ring that is cut off": ({"geometry": "POLYGON ((1 1, 2 2"}, "cannot be read"),
    "a point": ({"geometry": f"POINT ({EAST} {NORTH})"}, "cannot be read"),
    "a nest of collections": ({"geometry": NESTED}, "cannot be read"),
    "a GeoJSON without corners": ({"geometry": {"type": "Polygon"}}, "cannot be read"),
    "a corner beyond every number": (
        {"geometry": {"type": "Polygon", "coordinates": [[[10**400, 0], [1, 1], [2, 0]]]}},
        "cannot be read",
    ),
    "an empty outline": ({"geometry": "POLYGON EMPTY"}, "not an area"),
    "an outline that crosses itself": ({"geometry": BOW_TIE}, "Self-intersection"),
    "degrees called metres": (
        {"geometry": "POLYGON ((103 10, 104 10, 104 11, 103 10))"},
        "outside the area of EPSG:32648",
    ),
    "latitude before longitude": (
        {"geometry": "POLYGON ((10 103, 11 103, 11 104, 10 103))", "srid": 4326},
        "outside the area of EPSG:32648",
    ),
    "a corner that is not a number": (
        {"geometry": f"POLYGON ((nan {NORTH}, {EAST} {NORTH}, {EAST} 0, nan {NORTH}))"},
        "outside the area|cannot be read",
    ),
    "a parcel that is not there": (
        {"geometry": None, "srid": None, "parcels": ["A", "Z"]}, "holds no parcel 'Z'",
    ),
    "one parcel written as a word": (
        {"geometry": None, "srid": None, "parcels": "A"}, "no list of parcels",
    ),
    "an unknown status": ({"status": "maybe"}, "unknown status 'maybe'"),
    "a status that is a list": ({"status": ["proposed"]}, "unknown status a list"),
    "adopted without a decision": ({"status": "adopted"}, "without the decision"),
    "a horizon in words": ({"horizon_year": "soon"}, "no year"),
    "a horizon long past": ({"horizon_year": 1900}, "1900, no year"),
    "an end in words": ({"expires_on": "soon"}, "no day"),
    "a claimed area of nothing": ({"claimed_area_m2": 0}, "'claimed_area_m2' is 0"),
    "a claimed area below nothing": ({"claimed_area_m2": -5}, "'claimed_area_m2' is -5"),
    "a claimed area without end": ({"claimed_area_m2": float("inf")}, "'claimed_area_m2' is inf"),
    "a claimed area that is no number": ({"claimed_area_m2": float("nan")}, "is nan"),
}  # fmt: skip


def everything():
    kinds = (LandReservation, ReservationParcel, AreaBalance, Feature, LayerVersion)
    return [list(kind.objects.order_by("pk").values_list("pk", flat=True)) for kind in kinds]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_stops_the_command_with_code_2_and_leaves_the_database_as_it_was(
    mistake, tmp_path, capsys
):
    changed, sentence = MISTAKES[mistake]
    block()
    before = everything()
    path = tmp_path / "request.yaml"
    path.write_text(yaml.safe_dump(request(**changed), allow_unicode=True), encoding="utf-8")

    with pytest.raises(SystemExit) as stopped:
        call_command("reserve", str(path))

    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "Nothing was reserved." in told
    assert told.startswith("request.yaml: ")
    assert any(part in told for part in sentence.split("|")), told
    assert everything() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no keys"),
        (b"- a\n- b\n", "holds no keys"),
        (b"reference: [1\n", "no readable YAML near line 2"),
        (b"\xff\xfe\x00x", "no readable YAML"),
        (b"[" * 20_000, "no readable YAML"),
        (b"expires_on: 2026-02-31\n", "no readable YAML"),
        (b"x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_a_file_that_is_no_request_is_refused_by_name(content, sentence, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(ReservationSpecError, match=sentence) as refused:
        read_spec(path)
    assert refused.value.what.startswith("plan.yaml: ")
    with pytest.raises(ReservationSpecError, match=sentence):
        read_upload(content, "plan.yaml")


def test_a_nest_of_a_billion_entries_is_refused_without_writing_it_out():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    lines += [f"{key}: *a9" for key in ("reference", "purpose_class", "status")]
    content = yaml.safe_load("\n".join(lines))
    for key in ("reference", "status", "horizon_year", "claimed_area_m2", "expires_on"):
        with pytest.raises(ReservationSpecError):
            spec_from(request(**{key: content["reference"]}), file="bomb.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ReservationSpecError, match=r"nowhere\.yaml: there is no such file"):
        read_spec(tmp_path / "nowhere.yaml")


def test_every_key_of_a_request_is_read(tmp_path):
    path = tmp_path / "request.yaml"
    stated = request(
        status="adopted",
        instrument="Decision 12",
        beneficiary="Office of education",
        horizon_year=2035,
        expires_on=date(2035, 12, 31),
        claimed_area_m2=9_990.5,
    )
    path.write_text(yaml.safe_dump(stated, allow_unicode=True), encoding="utf-8")

    spec = read_spec(path)

    assert (spec.reference, spec.purpose_class) == ("RES-1", "school")
    assert (spec.purpose_km, spec.purpose_en) == (PURPOSE["km"], PURPOSE["en"])
    assert (spec.status, spec.instrument) == (ReservationStatus.ADOPTED, "Decision 12")
    assert (spec.beneficiary, spec.horizon_year) == ("Office of education", 2035)
    assert (spec.expires_on, spec.claimed_area_m2) == (date(2035, 12, 31), 9_990.5)
    assert spec.geometry.equals(rectangle(50, 0, 100, 100))


def test_heights_in_the_outline_are_dropped():
    corners = [(EAST, NORTH, 7), (EAST + 9, NORTH, 7), (EAST, NORTH + 9, 7)]
    flat = spec_from(request(geometry=shapely.to_wkt(shapely.Polygon(corners))), file="t").geometry
    assert not flat.has_z
    assert flat.area == pytest.approx(40.5)


def test_a_geojson_feature_is_a_request_with_its_outline_in_degrees():
    keys = {"reference": "RES-7", "purpose_class": "school", "purpose_km": "សាលា",
            "purpose_en": "School", "horizon_year": 2040}  # fmt: skip
    shape = shapely.geometry.mapping(to_wgs84(rectangle(50, 0, 100, 100)))
    feature = {"type": "Feature", "properties": keys, "geometry": shape}
    collection = {"type": "FeatureCollection", "features": [feature]}
    for content in (feature, collection):
        spec = read_upload(json.dumps(content).encode(), "school.GeoJSON")
        assert (spec.reference, spec.purpose_km, spec.horizon_year) == ("RES-7", "សាលា", 2040)
        assert spec.geometry.area == pytest.approx(10_000, abs=0.01)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "no readable GeoJSON"),
        (b"[]", "does not hold one feature"),
        (b'{"type": "FeatureCollection", "features": []}', "does not hold one feature"),
        (b'{"type": "FeatureCollection", "features": [{}, {}]}', "does not hold one feature"),
        (b'{"type": "FeatureCollection", "features": [7]}', "does not hold one feature"),
        (b'{"type": "Feature", "properties": {"reference": "R"}}', "'purpose' is missing"),
        (b'{"type": "Feature", "properties": 7}', "does not hold one feature"),
    ],
)
def test_a_geojson_that_is_no_request_is_refused(content, sentence):
    with pytest.raises(ReservationSpecError, match=sentence):
        read_upload(content, "request.geojson")


def test_the_command_says_what_it_took_and_that_it_adds_up(tmp_path, capsys):
    block()
    path = tmp_path / "request.yaml"
    path.write_text(yaml.safe_dump(request(), allow_unicode=True), encoding="utf-8")
    call_command("reserve", str(path))
    said = capsys.readouterr().out
    assert "RES-1: 10000.00 m2 reserved = 10000.00 on 4 parcels" in said
    assert "- 0.00 counted twice + 0.00 outside every parcel." in said

    call_command("reserve", str(path), "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["balance"]["reserved_m2"] == "10000.00"
    assert LandReservation.objects.count() == 1
