"""OGC API Features Part 1: what a program reads, page by page, and what it is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from django.contrib.auth.models import User
from django.utils import timezone

from layers.crs import to_wgs84
from layers.services import publish_features, retire_features
from tests.factories import EAST, NORTH, feature, rectangle, square
from tests.layers.editing.web import allowed
from tests.standards.ground import KHMER, PARCELS, Reader, link, parcels, text_of, wells

pytestmark = pytest.mark.django_db
ITEMS = f"collections/{PARCELS}/items"


def changed(layer, *features):
    """Publish these anew; all others stay."""
    publish_features(layer=layer, features=features, replaces_all=False)


def lon_lat_box(*shape):
    return ",".join(map(repr, to_wgs84(rectangle(*shape)).bounds))


def test_the_landing_page_leads_to_everything():
    parcels()
    reader = Reader()

    landing = reader.told("")

    for rel in ("service-desc", "conformance", "data"):
        assert reader.follow(link(landing, rel))
    collections = reader.follow(link(landing, "data"))["collections"]
    items = reader.follow(link(collections[0], "items"))
    assert len(items["features"]) == 5


def test_a_collection_tells_its_khmer_title_extent_and_systems():
    parcels()

    told = Reader().told(f"collections/{PARCELS}", lang="km")

    west, south, east, north = told["extent"]["spatial"]["bbox"][0]
    assert told["title"] == "ក្បាលដី"
    assert told["storageCrs"] == "http://www.opengis.net/def/crs/EPSG/0/32648"
    assert (west, south) == pytest.approx(to_wgs84(square(0, 0, 10)).bounds[:2], abs=1e-5)
    assert east > west
    assert north > south


def test_a_feature_is_geojson_with_khmer_intact_and_its_outline_counterclockwise():
    parcels()

    first = Reader().told(ITEMS)["features"][0]

    shape = shapely.geometry.shape(first["geometry"])
    assert first["id"] == "P-00"
    assert first["properties"] == {
        "height_m": 0, "label": f"{KHMER} 0", "is_public": True, "opened": "2010-05-31",
        "land_use": "R1", "lifecycle": "existing",
    }  # fmt: skip
    assert shape.exterior.is_ccw
    drawn = to_wgs84(square(0, 0, 10))
    assert shape.normalize().equals_exact(drawn.normalize(), 1e-8)


def test_pages_of_two_hold_each_feature_once_in_order():
    parcels()
    reader, seen = Reader(), []
    page = reader.told(ITEMS, limit=2)
    while True:
        assert page["numberReturned"] == len(page["features"]) <= 2
        seen += [found["id"] for found in page["features"]]
        following = link(page, "next")
        if following is None:
            break
        page = reader.follow(following)

    assert seen == ["P-00", "P-01", "P-02", "P-03", "P-04"]


def test_pages_show_one_version_though_another_is_published_meanwhile():
    layer = parcels()
    reader = Reader()
    first = reader.told(ITEMS, limit=2)
    retire_features(layer=layer, stable_ids=["P-02"])
    changed(layer, feature("P-03", square(900, 0, 10), height_m=99))

    second = reader.follow(link(first, "next"))

    assert [found["id"] for found in second["features"]] == ["P-02", "P-03"]
    assert second["features"][1]["properties"]["height_m"] == 3
    assert reader.ids() == ["P-00", "P-01", "P-03", "P-04"]


def test_the_number_of_all_is_told_where_it_costs_nothing():
    parcels()
    reader = Reader()

    assert reader.told(ITEMS, limit=2)["numberMatched"] == 5
    assert reader.told(ITEMS, height_m=3)["numberMatched"] == 1
    assert "numberMatched" not in reader.told(ITEMS, limit=1, filter="height_m > 1")


def test_a_box_selects_what_it_touches_not_what_lies_beside():
    parcels()
    reader = Reader()

    # squares lie at 0-10, 20-30, 40-50 m: a box from 12 m to 35 m touches the second only
    assert reader.ids(bbox=lon_lat_box(12, -5, 23, 20)) == ["P-01"]
    metres = f"{EAST + 12},{NORTH - 5},{EAST + 45},{NORTH + 20}"
    assert reader.ids(bbox=metres, bbox_crs="http://www.opengis.net/def/crs/EPSG/0/32648") == [
        "P-01",
        "P-02",
    ]


def test_a_box_over_the_180th_meridian_holds_the_other_side_of_the_world():
    parcels()
    reader = Reader()

    assert reader.ids(bbox="170,-90,-170,90") == []
    assert len(reader.ids(bbox="100,-90,-170,90")) == 5
    assert len(reader.ids(bbox="-180,-90,180,90")) == 5


def test_a_box_with_heights_is_the_same_box():
    parcels()
    west, south, east, north = lon_lat_box(12, -5, 23, 20).split(",")

    assert Reader().ids(bbox=f"{west},{south},0,{east},{north},100") == ["P-01"]


@pytest.fixture
def history():
    """First A and B; then B moved; then A gone; then C came."""
    layer = parcels(0)
    changed(layer, *(feature(n, square(0, 0, 5), n=1) for n in "AB"))
    changed(layer, feature("B", square(50, 0, 5), n=2))
    retire_features(layer=layer, stable_ids=["A"])
    changed(layer, feature("C", square(90, 0, 5), n=1))
    return layer


def test_datetime_shows_the_layer_as_it_was_published_then(history):
    days = [version.published_at for version in history.versions.order_by("number")]
    reader, moments = Reader(), [day.isoformat() for day in days]
    before = (days[0] - timedelta(days=1)).isoformat()

    assert reader.ids(datetime=before) == []
    assert reader.ids(datetime=moments[1]) == ["A", "B"]
    assert reader.ids(datetime=moments[-1]) == ["B", "C"]
    assert reader.ids() == ["B", "C"]


def test_an_interval_shows_each_feature_once_in_its_last_state(history):
    days = [version.published_at for version in history.versions.order_by("number")]
    reader = Reader()

    found = reader.told(ITEMS, datetime=f"{days[1].isoformat()}/..")["features"]

    assert [(one["id"], one["properties"]["n"]) for one in found] == [("A", 1), ("B", 2), ("C", 1)]
    assert reader.ids(datetime=f"../{days[1].isoformat()}") == ["A", "B"]
    assert reader.ids(datetime="../..") == ["A", "B", "C"]


def test_a_day_alone_ends_at_midnight_in_cambodia(history):
    last = history.versions.first().published_at.astimezone(timezone.get_default_timezone())

    assert Reader().ids(datetime=last.date().isoformat()) == ["B", "C"]
    assert Reader().ids(datetime=(last.date() - timedelta(days=1)).isoformat()) == []


def test_a_feature_has_an_address_a_validator_and_a_past(history):
    reader = Reader()

    answer = reader.ask(f"{ITEMS}/B")
    then = reader.told(
        f"{ITEMS}/B", datetime=history.versions.get(number=2).published_at.isoformat()
    )

    assert answer["ETag"].startswith('"r')
    assert json.loads(text_of(answer))["properties"]["n"] == 2
    assert then["properties"]["n"] == 1
    reader.refused(f"{ITEMS}/A", status=404)


def test_attributes_are_parameters_and_have_exactly_that_value():
    parcels()
    reader = Reader()

    assert reader.ids(land_use="COM") == ["P-01", "P-03"]
    assert reader.ids(height_m="2") == ["P-02"]
    assert reader.ids(height_m="2.0", is_public="true") == ["P-02"]
    assert reader.ids(label=f"{KHMER} 4") == ["P-04"]
    assert reader.ids(lifecycle="planned") == []


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "1e3"},
        {"limit": "9" * 40},
        {"limit": "٣"},
        {"bbox": "1,2,3"},
        {"bbox": "1,2,3,4,5"},
        {"bbox": "NaN,0,1,1"},
        {"bbox": "0,0,inf,1"},
        {"bbox": "0,5,1,1"},
        {"bbox": "-500,0,1,1"},
        {"bbox": ""},
        {"bbox": "2,0,1,1", "bbox_crs": "http://www.opengis.net/def/crs/EPSG/0/32648"},
        {"bbox_crs": "http://www.opengis.net/def/crs/EPSG/0/3148"},
        {"crs": "http://www.opengis.net/def/crs/EPSG/0/3148"},
        {"crs": "EPSG:4326"},
        {"datetime": "yesterday"},
        {"datetime": "2026-13-01"},
        {"datetime": "2026-05-31T12:00:00"},
        {"datetime": "2026-06-01/2026-05-01"},
        {"datetime": "2026-06-01/2026-07-01/2026-08-01"},
        {"next": "!!"},
        {"next": "WzEsMl0"},
        {"next": "WzAsOTk5OTk5OTk5LCIiXQ"},
        {"height_m": "tall"},
        {"height_m": "nan"},
        {"is_public": "maybe"},
        {"filter_lang": "cql-text", "filter": "height_m=1"},
        {"filter": "\x00"},
    ],
)
def test_what_cannot_mean_anything_is_refused_with_a_sentence(query):
    parcels()

    Reader().refused(ITEMS, **query)


def test_a_parameter_said_twice_is_refused():
    parcels()

    answer = Reader().client.get(f"/ogc/{ITEMS}?limit=1&limit=2")

    assert answer.status_code == 400


def test_more_than_the_most_means_the_most():
    # OGC API Features Part 1, 7.15.3: no error, the maximum is used instead
    parcels()

    assert len(Reader().ids(limit=1_000_000)) == 5


@pytest.mark.parametrize("path", ["", "conformance", "collections", f"collections/{PARCELS}"])
def test_pages_without_parameters_refuse_any(path):
    parcels()

    Reader().refused(path, limit=3)


def test_an_unknown_layer_an_unknown_format_and_a_grid_are_told():
    parcels()
    reader = Reader()

    reader.refused("collections/nowhere/items", status=404)
    reader.refused(ITEMS, f="gml")
    assert reader.client.options(f"/ogc/{ITEMS}")["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert reader.client.put(f"/ogc/{ITEMS}").status_code == 405
    head = reader.client.head(f"/ogc/{ITEMS}")
    assert head.status_code == 200
    assert not head.getvalue()


def test_a_hidden_layer_answers_like_one_that_is_not_there():
    parcels(visibility="restricted")
    clerk = allowed(User.objects.create_user("clerk"), "view_layer")

    assert Reader().told("collections")["collections"] == []
    for path in (ITEMS, f"{ITEMS}/P-00", f"collections/{PARCELS}/queryables"):
        Reader().refused(path, status=404)
    assert len(Reader(clerk).ids()) == 5


def test_every_resource_is_also_a_page_in_khmer():
    parcels()
    client = Reader().client

    for path in ("", "conformance", "collections", f"collections/{PARCELS}", ITEMS,
                 f"{ITEMS}/P-00", f"collections/{PARCELS}/queryables", "api"):  # fmt: skip
        answer = client.get(f"/ogc/{path}", headers={"Accept": "text/html,*/*;q=0.8"})
        page = answer.getvalue().decode()
        assert answer["Content-Type"].startswith("text/html"), path
        assert '<html lang="km">' in page
        assert "://" not in page.replace("http://testserver", "").split("<main")[0]


def test_queryables_state_types_and_classes():
    parcels()
    wells()

    told = Reader().told(f"collections/{PARCELS}/queryables")

    properties = told["properties"]
    assert properties["height_m"]["type"] == "number"
    assert properties["label"]["type"] == "string"
    assert properties["is_public"]["type"] == "boolean"
    assert {"R1", "COM"} <= set(properties["land_use"]["enum"])
    assert properties["geometry"]["format"] == "geometry-polygon-or-multipolygon"
    assert told["additionalProperties"] is False


def test_a_stated_schema_gives_titles_units_and_limits():
    field = {"type": "integer", "title_km": "កម្ពស់", "title_en": "Height", "unit": "m", "min": 0}
    layer = parcels(attribute_schema={"fields": {"height_m": field}, "closed": True})

    told = Reader().told(f"collections/{layer.slug}/schema", lang="km")["properties"]

    assert told["height_m"] == {
        "title": "កម្ពស់", "type": "integer", "minimum": 0, "x-ogc-unit": "m"
    }  # fmt: skip
    assert "label" not in told
    Reader().refused(ITEMS, label="x")


def test_a_layers_own_attribute_called_land_use_is_not_lost():
    layer = parcels(0)
    changed(layer, feature("A", square(0, 0, 5), "R1", land_use="rice"))

    (found,) = Reader().told(ITEMS)["features"]

    assert found["properties"]["land_use"] == "rice"
    assert found["properties"]["krong_land_use"] == "R1"
    assert Reader().ids(krong_land_use="R1") == ["A"]


def test_times_are_told_in_utc():
    parcels()

    stamp = Reader().told(ITEMS)["timeStamp"]

    assert abs(datetime.fromisoformat(stamp) - datetime.now(UTC)) < timedelta(minutes=1)
