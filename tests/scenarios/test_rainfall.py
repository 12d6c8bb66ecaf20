"""Measured rain and climate: what the files state, and what no gauge can have measured."""

import pytest

from scenarios.errors import SpecError, StormError
from scenarios.rainfall import climate_named, read_rain_series


def series(folder, *rows, header="end_min,rain_mm"):
    path = folder / "gauge.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_rain_series(path)


def test_a_gauge_series_keeps_depths_and_uneven_steps(tmp_path):
    rain = series(tmp_path, "5,1.5", "10,0", "30,4")
    assert rain.ends_s == (300, 600, 1800)
    assert rain.total_mm == 5.5
    assert rain.intensities_mm_h == pytest.approx([18, 0, 12])


def test_a_sentinel_of_6555_mm_is_refused_with_its_row(tmp_path):
    with pytest.raises(SpecError) as refused:
        series(tmp_path, "5,1.5", "10,6555.2")
    assert "gauge.csv" in refused.value.what
    assert "row 3" in refused.value.what
    assert "most ever measured" in refused.value.remedy


@pytest.mark.parametrize("row", ["5,-1", "5,nan", "5,", "five,1", "nan,1", "0,1"])
def test_a_row_that_is_no_measurement_is_refused_with_its_number(tmp_path, row):
    with pytest.raises(SpecError, match="row 2"):
        series(tmp_path, row)


def test_time_must_run_forward(tmp_path):
    with pytest.raises(SpecError, match=r"row 3.*does not end after"):
        series(tmp_path, "10,1", "10,2")


def test_a_missing_column_and_an_empty_series_are_refused(tmp_path):
    with pytest.raises(SpecError, match="rain_mm"):
        series(tmp_path, "5,1", header="end_min,mm")
    with pytest.raises(SpecError, match="holds no rain"):
        series(tmp_path)


def test_the_end_of_the_century_brings_22_percent_more_rain_and_77_cm_more_sea():
    climate = climate_named("S585_2100")
    assert climate.rain_factor == 1.22
    assert climate.sea_level_rise_m == 0.77
    assert climate.basis == "general_knowledge"
    assert "3.1 °C" in climate.source
    # 7 % per degree: 1 + 0.07 x 3.1 = 1.217
    assert climate.rain_factor == pytest.approx(1 + 0.07 * 3.1, abs=0.005)


def test_the_present_climate_changes_nothing():
    climate = climate_named("BASE")
    assert (climate.rain_factor, climate.sea_level_rise_m) == (1.0, 0.0)


def test_an_unknown_climate_is_refused_and_those_there_are_named():
    with pytest.raises(StormError) as refused:
        climate_named("RCP85")
    assert "S245_2050" in refused.value.remedy
