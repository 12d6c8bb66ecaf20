"""Coordinates: accurate or refused; the 459 m trap of Indian 1960; metres only."""

import numpy as np
import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from layers import crs
from layers.checks import database_has_the_project_crs, project_crs_is_metric
from layers.crs import (
    CrsError,
    coordinate_function,
    crs_of,
    inside_project_extent,
    is_metric,
    project_extent,
    reproject,
    to_project,
    to_wgs84,
    transformer,
)
from tests.factories import EAST, NORTH, square

OLD_CADASTRE = (339087.07, 1175118.14)  # EPSG:3148, at Sihanoukville


@pytest.fixture
def no_memory():
    """Transformations are remembered for the life of the process; forget them around a test."""
    crs.transformer.cache_clear()
    crs._between.cache_clear()
    yield
    crs.transformer.cache_clear()
    crs._between.cache_clear()


def test_indian_1960_without_parameters_is_refused_not_guessed(settings, no_memory):
    settings.KRONG_DATUM_SHIFT_3148 = ""
    with pytest.raises(CrsError, match="hundreds of metres wrong"):
        transformer(crs_of(3148), crs_of(32648))


def test_indian_1960_with_parameters_lands_459_m_from_the_guess(settings, no_memory):
    settings.KRONG_DATUM_SHIFT_3148 = "198,881,317"
    x, y = coordinate_function(3148, 32648)(*OLD_CADASTRE)

    assert (x, y) == (pytest.approx(338667.71, abs=0.01), pytest.approx(1175441.41, abs=0.01))
    guess = (339065.20, 1175211.00)  # what PROJ, GDAL and PostGIS answer unasked
    assert np.hypot(x - guess[0], y - guess[1]) == pytest.approx(459, abs=1)


def test_the_way_back_into_indian_1960_is_refused_too(settings, no_memory):
    settings.KRONG_DATUM_SHIFT_3148 = ""
    with pytest.raises(CrsError):
        transformer(crs_of(32648), crs_of(3148))


def test_an_unknown_code_is_a_sentence():
    with pytest.raises(CrsError, match="EPSG:1 is not a known coordinate system"):
        crs_of(1)


@pytest.mark.parametrize(
    ("srid", "metric"), [(32648, True), (4326, False), (26986, True), (2249, False)]
)
def test_only_projected_systems_in_metres_measure(srid, metric):
    assert is_metric(crs_of(srid)) is metric  # 2249 counts in US survey feet


def test_sihanoukville_lies_where_the_map_says():
    there = to_project(Point(103.5, 10.6), 4326)
    assert there.x == pytest.approx(335_900, abs=300)  # 1.5 degrees west of 105° E
    assert there.y == pytest.approx(1_172_000, abs=500)  # 10.6 degrees of about 110.6 km


@given(st.floats(102.5, 107.5), st.floats(9, 15))
def test_there_and_back_is_within_a_millimetre(longitude, latitude):
    there = to_project(Point(longitude, latitude), 4326)
    back = to_wgs84(there)
    assert back.x == pytest.approx(longitude, abs=1e-8)
    assert back.y == pytest.approx(latitude, abs=1e-8)


def test_the_same_system_changes_nothing_at_all():
    shape = square(0, 0, 10)
    assert reproject(shape, 32648, 32648) is shape


def test_arrays_are_projected_at_once():
    shapes = np.array([Point(EAST, NORTH), Point(EAST + 100, NORTH)])
    degrees = to_wgs84(shapes)
    assert degrees[1].x > degrees[0].x
    assert degrees[0].x == pytest.approx(103.45, abs=0.05)


def test_cambodia_is_inside_and_degrees_and_other_continents_are_outside():
    rows = np.array(
        [
            [EAST, NORTH, EAST + 10, NORTH + 10],
            [103.5, 10.6, 103.6, 10.7],
            [5e6, NORTH, 5e6, NORTH],
            [EAST, -1e6, EAST, NORTH],
            [np.nan] * 4,
        ]
    )
    assert inside_project_extent(rows).tolist() == [True, False, False, False, False]


def test_the_extent_holds_the_whole_zone_with_a_tenth_more():
    west, south, east, north = project_extent()
    width = 2 * (500_000 - 166_021)  # 6 degrees at the equator
    assert west == pytest.approx(166_021 - width / 10, abs=100)
    assert east == pytest.approx(833_979 + width / 10, abs=100)
    assert south < 0
    assert north > 9_000_000


@pytest.mark.django_db
def test_the_checks_pass_on_this_database():
    assert project_crs_is_metric(None) == []
    assert database_has_the_project_crs(None) == []
    assert not [m for m in run_checks() if m.id and m.id.startswith("krong.E")]


@pytest.mark.parametrize(("srid", "found"), [(4326, "krong.E002"), (1, "krong.E001")])
def test_a_deployment_in_degrees_or_nowhere_is_refused(monkeypatch, srid, found):
    monkeypatch.setattr("layers.checks.PROJECT_SRID", srid)
    assert [message.id for message in project_crs_is_metric(None)] == [found]


@pytest.mark.django_db
def test_a_database_made_for_another_system_is_refused(monkeypatch):
    monkeypatch.setattr("layers.checks.PROJECT_SRID", 32647)
    [message] = database_has_the_project_crs(None)
    assert "stores features in EPSG:32648, but KRONG_SRID is 32647" in message.msg
