"""Storms against numbers worked out by hand from the printed table of the Department of Hydrology.

RR(t) = t/24 x (24.23 / (0.23 + t))^0.86; the table gives the 24-hour depth of each return period.
"""

import pytest

from layers.classes import read_table
from scenarios.errors import SpecError
from scenarios.model_setup import prepare_model
from scenarios.rainfall import (
    MAX_INTENSITY_MM_H,
    climate_named,
    design_rain,
    design_rain_codes,
    read_rain_series,
)
from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.storms import PATTERNS, Hyetograph, alternating_block, block, steady_rain, triangle
from tests.scenarios.basins import write_scenario

TABLE = "sihanoukville-doh-1999-2019"

# Shares of the 24-hour rain, from the form with a pocket calculator:
# 1 h: 1/24 x (24.23/1.23)^0.86 = 0.04167 x 12.979; 3 h: 0.125 x (24.23/3.23)^0.86 = 0.125 x 5.658;
# 6 h: 0.25 x 3.2157; 12 h: 0.5 x (24.23/12.23)^0.86 = 0.5 x 1.8002.
SHARES = {1: 0.5408, 3: 0.7072, 6: 0.8039, 12: 0.9001, 24: 1.0}

# 24-hour depths as printed, and 6-hour depths = 0.8039 of them [mm].
PRINTED = {
    2.33: (129.9, 104.4),
    5: (170.2, 136.8),
    10: (203.0, 163.2),
    25: (244.5, 196.6),
    50: (275.2, 221.2),
    100: (305.8, 245.8),
}


@pytest.fixture
def rain():
    return design_rain(TABLE)


@pytest.mark.parametrize(("hours", "share"), SHARES.items())
def test_the_share_of_the_day_that_falls_in_fewer_hours(rain, hours, share):
    assert rain.ratio.share_of_24h(hours) == pytest.approx(share, abs=2e-4)


@pytest.mark.parametrize(("years", "depths"), PRINTED.items())
def test_six_hours_of_every_return_period(rain, years, depths):
    day_mm, six_hours_mm = depths

    assert rain.depth_24h_mm(years) == day_mm
    assert rain.depth_mm(6, years) == pytest.approx(six_hours_mm, abs=0.15)


@pytest.mark.parametrize("years", PRINTED)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_every_return_period_brings_its_depth(rain, years, pattern):
    storm = PATTERNS[pattern](rain, years, 6, 15)

    assert len(storm.depths_mm) == 24
    assert storm.total_mm == pytest.approx(PRINTED[years][1], abs=0.15)


def test_longer_and_rarer_storms_bring_more_rain_and_shorter_ones_more_per_hour(rain):
    for years in PRINTED:
        depths = [rain.depth_mm(hours, years) for hours in SHARES]
        rates = [depth / hours for depth, hours in zip(depths, SHARES, strict=True)]
        assert depths == sorted(depths)
        assert rates == sorted(rates, reverse=True)
    six_hours = [rain.depth_mm(6, years) for years in PRINTED]
    assert six_hours == sorted(six_hours)


def test_the_worst_quarter_hour_of_the_hundred_year_storm_brings_92_9_mm(rain):
    # RR(0.25) = 0.010417 x (24.23/0.48)^0.86 = 0.010417 x 29.16 = 0.3037; x 305.8 = 92.9
    storm = alternating_block(rain, 100, 6, 15)

    assert max(storm.depths_mm) == pytest.approx(92.9, abs=0.1)
    assert max(storm.intensities_mm_h) == pytest.approx(4 * 92.9, abs=0.4)


def test_the_worst_hour_of_the_hundred_year_storm_brings_165_mm(rain):
    # RR(1) x 305.8 = 0.5408 x 305.8 = 165.4; the four middle blocks of a quarter of an hour
    blocks = sorted(alternating_block(rain, 100, 6, 15).depths_mm, reverse=True)

    assert sum(blocks[:4]) == pytest.approx(165.4, abs=0.1)


def test_a_block_storm_of_ten_years_falls_with_27_mm_an_hour(rain):
    storm = block(rain, 10, 6, 60)  # 163.2 mm in 6 h

    assert storm.intensities_mm_h == pytest.approx([27.2] * 6, abs=0.03)


def test_half_of_a_triangle_has_fallen_at_half_time_and_an_eighth_at_a_quarter(rain):
    storm = triangle(rain, 100, 4, 60)
    total = rain.depth_mm(4, 100)

    assert storm.depths_mm == pytest.approx([total * part / 8 for part in (1, 3, 3, 1)])


def test_a_finer_step_sharpens_the_peak_and_changes_nothing_of_the_sum(rain):
    coarse, fine = (alternating_block(rain, 100, 6, step) for step in (30, 5))

    assert max(fine.intensities_mm_h) > max(coarse.intensities_mm_h)
    assert fine.total_mm == pytest.approx(coarse.total_mm)


def test_no_block_of_any_table_is_beyond_what_a_gauge_has_ever_measured():
    for code in design_rain_codes():
        table = design_rain(code)
        for years in table.rain_24h_mm:
            storm = alternating_block(table, years, 6, 5)
            assert max(storm.intensities_mm_h) < MAX_INTENSITY_MM_H, (code, years)


@pytest.mark.parametrize("code", ["phnom-penh-demo", "siem-reap-demo", "battambang-demo"])
def test_a_demo_table_holds_the_rows_of_its_city_and_says_that_they_are_demo_values(code):
    table = design_rain(code)
    city = table.title_en.partition(",")[0]
    rows = {
        float(row["return_period_y"]): float(row["r24_mm"])
        for row in read_table("design_rainfall")
        if row["city"] == city
    }

    assert dict(table.rain_24h_mm) == rows
    assert len(rows) == 6
    assert table.basis == "demo_value"
    assert table.title_km


def test_mononobe_for_phnom_penh_equals_the_printed_intensity_of_six_hours():
    # 100 years: 19 mm/h over 6 h, as design_rainfall.csv prints it (rounded)
    depth = design_rain("phnom-penh-demo").depth_mm(6, 100)

    assert depth / 6 == pytest.approx(19, abs=0.6)


FACTORS = {
    "BASE": (1.00, 0.0),
    "S245_2050": (1.08, 0.20),
    "S585_2050": (1.10, 0.23),
    "S245_2100": (1.13, 0.56),
    "S585_2100": (1.22, 0.77),
    "STRESS_1M": (1.22, 1.0),
    "STRESS_2M": (1.22, 2.0),
}


def test_the_climates_of_the_table_are_these_and_no_others():
    assert {row["code"] for row in read_table("climate_scenarios")} == set(FACTORS)


@pytest.mark.parametrize(("code", "expected"), FACTORS.items())
def test_a_climate_multiplies_the_rain_by_7_percent_per_degree(code, expected):
    climate = climate_named(code)
    row = next(r for r in read_table("climate_scenarios") if r["code"] == code)

    assert (climate.rain_factor, climate.sea_level_rise_m) == expected
    assert climate.rain_factor == pytest.approx(1 + 0.07 * float(row["warming_c"]), abs=0.006)
    assert row["name"] in climate.source


@pytest.mark.parametrize(("code", "expected"), FACTORS.items())
def test_rain_and_sea_of_a_run_follow_its_climate(tmp_path, code, expected):
    factor, rise_m = expected
    path = write_scenario(
        tmp_path, climate=code, sea={"below_m": 6, "level_m": 0.5, "source": "table"}
    )

    setup = prepare_model(read_spec(path), FileSources())

    assert setup.rain.total_mm == pytest.approx(60 * factor)
    assert setup.forcing.stage_cells.level == pytest.approx(0.5 + rise_m)
    stated = {each.kind.value: each.value for each in setup.assumptions}
    assert stated["climate"] == f"{code}: x {factor:g}"
    assert stated["sea_level"] == f"{0.5 + rise_m:.2f} (0.5 + {rise_m:g})"


def test_scaling_a_storm_keeps_its_times_and_its_shape():
    storm = Hyetograph(ends_s=(600.0, 1200.0, 3600.0), depths_mm=(1.0, 5.0, 2.0))

    warmer = storm.scaled(1.5)

    assert warmer.ends_s == storm.ends_s
    assert warmer.depths_mm == (1.5, 7.5, 3.0)
    assert warmer.intensities_mm_h == pytest.approx([9.0, 45.0, 4.5])


def test_a_run_that_ends_while_it_rains_is_refused_for_it_would_understate_the_flood(tmp_path):
    event = {"steady_rain": {"depth_mm": 60, "duration_h": 3, "source": "test"}}
    with pytest.raises(SpecError, match=r"'duration_h' is 2, but it rains until 3 h") as refused:
        run_spec(read_spec(write_scenario(tmp_path, event=event)), FileSources())
    assert "at least that long" in refused.value.remedy

    enough = read_spec(write_scenario(tmp_path, event=event, duration_h=3))
    assert run_spec(enough, FileSources()).result.mass_balance.rain_m3 == pytest.approx(288.0)


def test_a_series_that_ends_with_dry_hours_may_be_cut_there(tmp_path):
    (tmp_path / "rain.csv").write_text("end_min,rain_mm\n60,10\n600,0\n", encoding="utf-8")
    event = {"rain_series": {"file": "rain.csv", "source": "gauge"}}

    outcome = run_spec(read_spec(write_scenario(tmp_path, event=event)), FileSources())

    assert outcome.result.mass_balance.rain_m3 == pytest.approx(48.0)  # 10 mm on 4,800 m2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00end", b"end_min,rain_mm\n\x005,\xe9\n"])
def test_a_series_that_is_no_text_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "gauge.csv"
    path.write_bytes(content)

    with pytest.raises(SpecError, match=r"gauge\.csv"):
        read_rain_series(path)


def test_a_series_may_carry_other_columns_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "gauge.csv"
    path.write_bytes("\ufeffend_min,rain_mm,note\n5,1.5,start\n10,2,\n".encode())

    assert read_rain_series(path).depths_mm == (1.5, 2.0)


def test_a_rain_of_31_mm_in_one_minute_was_measured_and_32_never(tmp_path):
    path = tmp_path / "gauge.csv"
    path.write_text("end_min,rain_mm\n1,31.2\n", encoding="utf-8")
    assert read_rain_series(path).total_mm == 31.2
    path.write_text("end_min,rain_mm\n1,32\n", encoding="utf-8")
    with pytest.raises(SpecError, match="1920 mm/h"):
        read_rain_series(path)


def test_steady_rain_of_286_mm_in_five_hours_falls_with_57_mm_an_hour():
    storm = steady_rain(286, 5)

    assert storm.total_mm == 286
    assert storm.duration_s == 18_000
    assert storm.intensities_mm_h == pytest.approx([57.2])
