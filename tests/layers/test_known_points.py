"""Published coordinates, to the centimetre they are published with; guesses are refused."""

import math

import numpy as np
import pytest
from shapely.geometry import Point, Polygon

from layers import checks, crs
from layers.checks import refuse_another_crs
from layers.crs import (
    CrsError,
    coordinate_function,
    crs_of,
    project_extent,
    reproject,
    to_project,
    transformer,
    with_datum_shift,
)
from layers.errors import UserFacingError
from tests.factories import EAST, NORTH


def dms(degrees, minutes, seconds):
    sign = math.copysign(1, degrees)
    return sign * (abs(degrees) + minutes / 60 + seconds / 3600)


# Worked examples of IOGP Publication 373-7-2 (EPSG guidance note 7-2), "Coordinate Conversions and
# Transformations including Formulas": geographic CRS, projected CRS, longitude, latitude, E, N.
GUIDANCE_NOTE = {
    "transverse mercator, british grid": (
        4277, 27700, dms(0, 30, 0), dms(50, 30, 0), 577274.99, 69740.50,
    ),
    "lambert conic 1SP, jamaica": (
        4242, 24200, dms(-76, 56, 37.26), dms(17, 55, 55.80), 255966.58, 142493.51,
    ),
    "lambert conic 2SP, texas, in US feet": (
        4267, 32040, dms(-96, 0, 0), dms(28, 30, 0), 2963503.91, 254759.80,
    ),
    "oblique mercator, borneo": (
        4298, 29873, dms(115, 48, 19.8196), dms(5, 23, 14.1129), 679245.73, 596562.78,
    ),
    "polar stereographic, antarctica": (
        4326, 3032, 120.0, -75.0, 7255380.79, 7053389.56,
    ),
    "lambert azimuthal equal area, europe": (4258, 3035, 5.0, 50.0, 3962799.45, 2999718.85),
    "web mercator": (
        4326, 3857, dms(-100, 20, 0), dms(24, 22, 54.433), -11169055.58, 2800000.00,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("geographic", "projected", "longitude", "latitude", "east", "north"),
    GUIDANCE_NOTE.values(),
    ids=GUIDANCE_NOTE,
)
def test_the_worked_examples_of_the_epsg_guidance_note_come_out_to_a_centimetre(
    geographic, projected, longitude, latitude, east, north
):
    found = coordinate_function(geographic, projected)(longitude, latitude)
    assert found == (pytest.approx(east, abs=0.011), pytest.approx(north, abs=0.011))


class TestUtm48:
    """Zone 48: central meridian 105 E, scale 0.9996, false easting 500,000 m."""

    def test_the_central_meridian_meets_the_equator_at_500_km(self):
        assert coordinate_function(4326, 32648)(105, 0) == pytest.approx((500_000, 0), abs=1e-4)

    def test_the_pole_lies_0_9996_quarter_meridians_north(self):
        """The quarter meridian of WGS 84 is 10,001,965.729 m."""
        _east, north = coordinate_function(4326, 32648)(105, 90)
        assert north == pytest.approx(0.9996 * 10_001_965.729, abs=0.01)

    def test_the_zone_begins_166_km_east_of_the_origin_at_the_equator(self):
        east, _north = coordinate_function(4326, 32648)(102, 0)
        assert east == pytest.approx(166_021.44, abs=0.01)

    def test_both_sides_of_the_meridian_are_mirror_images(self):
        project = coordinate_function(4326, 32648)
        west, east = project(104, 11.5), project(106, 11.5)
        assert west[0] + east[0] == pytest.approx(1_000_000, abs=1e-4)
        assert west[1] == pytest.approx(east[1], abs=1e-4)

    def test_a_kilometre_on_the_ground_is_999_6_m_on_the_central_meridian(self):
        """One minute of latitude at 11.5 degrees is 1843.59 m (meridian radius 6,337,860 m)."""
        project = coordinate_function(4326, 32648)
        (_e1, south), (_e2, north) = project(105, 11.5), project(105, 11.5 + 1 / 60)
        assert north - south == pytest.approx(0.9996 * 6_337_860 * math.radians(1 / 60), abs=0.1)

    def test_longitude_comes_first_and_latitude_second(self):
        there = to_project(Point(103.5, 10.6), 4326)
        assert there.x < 500_000 < there.y

    def test_a_shape_keeps_its_corners_and_their_order(self):
        ring = [(103.5, 10.6), (103.6, 10.6), (103.6, 10.7), (103.5, 10.6)]
        shape = to_project(Polygon(ring), 4326)
        assert len(shape.exterior.coords) == 4
        assert shape.exterior.coords[0] == shape.exterior.coords[-1]
        assert shape.exterior.is_ccw

    def test_neighbouring_zones_agree_on_the_ground(self):
        """From zone 47 and back again: the same spot, though 660 km of easting apart."""
        x, _y = coordinate_function(32648, 32647)(EAST, NORTH)
        assert x - EAST == pytest.approx(660_000, abs=10_000)
        back = reproject(reproject(Point(EAST, NORTH), 32648, 32647), 32647, 32648)
        assert back.distance(Point(EAST, NORTH)) < 1e-3

    def test_beyond_the_poles_there_is_no_coordinate(self):
        x, y = coordinate_function(4326, 32648)(105, 91)
        assert not (np.isfinite(x) and np.isfinite(y))

    def test_every_town_of_cambodia_lies_inside_the_projects_extent(self):
        west, south, east, north = project_extent()
        towns = {
            "Phnom Penh": (104.92, 11.56),
            "Sihanoukville": (103.53, 10.61),
            "Poipet": (102.56, 13.66),
            "Banlung": (106.99, 13.74),
        }
        for longitude, latitude in towns.values():
            x, y = coordinate_function(4326, 32648)(longitude, latitude)
            assert west < x < east
            assert south < y < north


class TestRefusals:
    @pytest.fixture(autouse=True)
    def _forgets(self):
        for function in (crs.transformer, crs._between):
            function.cache_clear()
        yield
        for function in (crs.transformer, crs._between):
            function.cache_clear()

    @pytest.mark.parametrize("srid", [3148, 3149, 4131])
    @pytest.mark.parametrize("target", [32648, 4326])
    def test_indian_1960_is_refused_in_each_of_its_forms(self, settings, srid, target):
        settings.KRONG_DATUM_SHIFT_3148 = ""
        with pytest.raises(CrsError, match="hundreds of metres wrong"):
            transformer(crs_of(srid), crs_of(target))

    def test_the_refusal_says_what_to_ask_the_supplier_for(self, settings):
        settings.KRONG_DATUM_SHIFT_3148 = ""
        with pytest.raises(CrsError) as refused:
            transformer(crs_of(3148), crs_of(32648))
        assert "EPSG:32648" in refused.value.remedy
        assert "KRONG_DATUM_SHIFT_3148" in refused.value.remedy

    def test_an_operation_made_for_another_country_is_not_taken(self, settings):
        """Indian 1960 has a published shift for Con Son island; it says nothing of Cambodia."""
        settings.KRONG_DATUM_SHIFT_3148 = ""
        assert with_datum_shift(crs_of(3148)) is crs_of(3148)

    def test_the_shift_of_the_deployment_touches_no_other_system(self, settings):
        settings.KRONG_DATUM_SHIFT_3148 = "198,881,317"
        for srid in (32648, 4326, 3149):
            assert with_datum_shift(crs_of(srid)) is crs_of(srid)

    def test_a_shift_of_one_metre_moves_the_ground_by_about_one_metre(self, settings):
        places = []
        for shift in ("198,881,317", "199,881,317"):
            settings.KRONG_DATUM_SHIFT_3148 = shift
            crs.transformer.cache_clear()
            crs._between.cache_clear()
            places.append(Point(coordinate_function(3148, 32648)(339087.07, 1175118.14)))
        # one metre along the x axis (0 E) is sin(103.5 deg) = 0.97 m on the ground, west
        assert places[0].distance(places[1]) == pytest.approx(0.99, abs=0.03)
        assert places[1].x < places[0].x

    @pytest.mark.parametrize(
        ("source", "target"),
        [(4269, 26986), (4269, 2249), (4267, 32040), (4167, 2193), (2249, 26986)],
    )
    def test_a_system_in_use_on_both_sides_of_the_180th_meridian_is_no_reason_to_refuse(
        self, source, target
    ):
        """NAD83 reaches from 167 E over the date line to 40 W; FEMA publishes flood zones in it."""
        assert transformer(crs_of(source), crs_of(target))

    @pytest.mark.parametrize("srid", [0, -1, 99_999_999])
    def test_codes_that_are_none_are_sentences(self, srid):
        with pytest.raises(CrsError, match="is not a known coordinate system"):
            crs_of(srid)


@pytest.mark.django_db
class TestDeployment:
    def test_a_database_in_the_projects_system_is_worked_on(self):
        assert checks.database_has_the_project_crs(None) == []
        refuse_another_crs()

    def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(
        self, monkeypatch
    ):
        monkeypatch.setattr(checks.connection.introspection, "table_names", list)
        with pytest.raises(UserFacingError) as refused:
            checks.refuse_an_empty_database()
        assert "./krong migrate" in refused.value.remedy

    def test_a_database_in_another_system_is_refused_before_anything_is_done(self, monkeypatch):
        monkeypatch.setattr(checks, "PROJECT_SRID", 32647)
        with pytest.raises(UserFacingError) as refused:
            refuse_another_crs()
        assert "EPSG:32648, but KRONG_SRID is 32647" in refused.value.what
        assert refused.value.remedy.startswith("Set KRONG_SRID=32648")

    @pytest.mark.parametrize("srid", [4326, 2249, 1])
    def test_degrees_feet_and_unknown_codes_are_refused(self, monkeypatch, srid):
        monkeypatch.setattr(checks, "PROJECT_SRID", srid)
        with pytest.raises(UserFacingError):
            refuse_another_crs()

    def test_every_command_asks_first_and_ends_with_code_2(self, monkeypatch, capsys):
        from django.core.management import call_command

        monkeypatch.setattr(checks, "PROJECT_SRID", 32647)
        with pytest.raises(SystemExit) as ended:
            call_command("layers")
        assert ended.value.code == 2
        assert "This database stores features in EPSG:32648" in capsys.readouterr().err
