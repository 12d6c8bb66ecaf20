"""Design storms: what falls, when, and that nothing is invented between return periods."""

import pytest

from scenarios.errors import StormError
from scenarios.rainfall import design_rain
from scenarios.storms import (
    PATTERNS,
    DesignRain,
    RatioForm,
    alternating_block,
    block,
    centre_outwards,
    steady_rain,
    step_count,
    triangle,
)

SIHANOUKVILLE = "sihanoukville-doh-1999-2019"


@pytest.fixture
def rain():
    return design_rain(SIHANOUKVILLE)


@pytest.fixture
def plain_rain():
    """100 mm in 24 h, shorter durations in proportion: depth(t) = t / 24 x 100 mm."""
    return DesignRain(
        code="plain", title_en="Plain", title_km="", rain_24h_mm={10.0: 100.0},
        ratio=RatioForm(b_h=0.0, n=0.0), basis="demo_value", source="test",
    )  # fmt: skip


def test_the_ratio_of_24_hours_is_one(rain):
    assert rain.ratio.share_of_24h(24) == 1.0


def test_the_hundred_year_rain_of_six_hours_at_sihanoukville_is_246_mm(rain):
    # RR(6) = 6/24 x (24.23 / 6.23)^0.86 = 0.25 x 3.8892^0.86 = 0.25 x 3.2158 = 0.8039
    stretched = 24.23 / 6.23
    assert stretched == pytest.approx(3.8892, abs=1e-4)
    assert rain.ratio.share_of_24h(6) == pytest.approx(0.8039, abs=1e-4)
    assert rain.depth_mm(6, 100) == pytest.approx(0.8039 * 305.8, abs=0.05)


def test_the_table_of_the_department_of_hydrology_is_kept_as_printed(rain):
    printed = {2.33: 129.9, 5: 170.2, 10: 203.0, 25: 244.5, 50: 275.2, 100: 305.8}
    assert dict(rain.rain_24h_mm) == printed
    assert (rain.ratio.b_h, rain.ratio.n) == (0.23, 0.86)
    assert "Department of Hydrology" in rain.source


def test_mononobe_puts_a_third_of_the_day_into_the_first_hour_of_the_demo_tables():
    # i = R24/24 x (24/1)^(2/3) = 200/24 x 8.32 = 69.3 mm in one hour
    siem_reap = design_rain("siem-reap-demo")
    assert siem_reap.depth_24h_mm(100) == 200
    assert siem_reap.depth_mm(1, 100) == pytest.approx(200 / 24 * 24 ** (2 / 3))
    assert siem_reap.basis == "demo_value"


@pytest.mark.parametrize("years", [2, 20, 75, 1000])
def test_a_return_period_outside_the_table_is_refused_and_those_held_are_named(rain, years):
    with pytest.raises(StormError) as refused:
        rain.depth_mm(6, years)
    assert f"{years} years" in refused.value.what
    assert "2.33, 5, 10, 25, 50, 100" in refused.value.remedy


@pytest.mark.parametrize("hours", [0, -1, 24.5, 48])
def test_a_storm_longer_than_the_table_describes_is_refused(rain, hours):
    with pytest.raises(StormError, match="24-hour tables"):
        rain.depth_mm(hours, 100)


def test_an_unknown_table_is_refused_and_those_there_are_named():
    with pytest.raises(StormError) as refused:
        design_rain("kampot")
    assert SIHANOUKVILLE in refused.value.remedy


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@pytest.mark.parametrize(("hours", "step_min"), [(6, 5), (1, 15), (24, 60), (0.5, 10)])
def test_every_pattern_lets_exactly_the_design_depth_fall(rain, pattern, hours, step_min):
    storm = PATTERNS[pattern](rain, 100, hours, step_min)
    assert storm.total_mm == pytest.approx(rain.depth_mm(hours, 100), rel=1e-12)
    assert storm.duration_s == hours * 3600
    assert len(storm.depths_mm) == hours * 60 / step_min
    assert min(storm.depths_mm) > 0


def test_the_peak_of_the_alternating_block_is_the_design_rain_of_one_step(rain):
    storm = alternating_block(rain, 100, 6, 5)
    assert max(storm.depths_mm) == pytest.approx(rain.depth_mm(5 / 60, 100), rel=1e-12)


def test_each_centred_stretch_of_the_alternating_block_is_the_design_rain_of_its_length(rain):
    storm = alternating_block(rain, 100, 6, 5)
    by_rank = [storm.depths_mm[place] for place in centre_outwards(72)]
    for steps in (1, 2, 6, 12, 36, 72):
        assert sum(by_rank[:steps]) == pytest.approx(rain.depth_mm(steps * 5 / 60, 100))


def test_the_alternating_block_rises_to_its_peak_and_falls_from_it(rain):
    depths = alternating_block(rain, 100, 6, 5).depths_mm
    peak = depths.index(max(depths))
    assert peak == 35
    assert list(depths[: peak + 1]) == sorted(depths[: peak + 1])
    assert list(depths[peak:]) == sorted(depths[peak:], reverse=True)


def test_the_second_largest_block_lies_right_of_the_peak_and_the_third_left():
    assert centre_outwards(5) == [2, 3, 1, 4, 0]
    assert centre_outwards(4) == [1, 2, 0, 3]
    assert centre_outwards(1) == [0]


def test_a_block_storm_has_one_intensity(plain_rain):
    storm = block(plain_rain, 10, 6, 60)  # 25 mm in 6 h
    assert storm.intensities_mm_h == pytest.approx([25 / 6] * 6)


def test_a_triangle_peaks_at_twice_its_mean_in_the_middle(plain_rain):
    storm = triangle(plain_rain, 10, 6, 60)  # 25 mm; shares 1, 3, 5, 5, 3, 1 of 18
    assert storm.depths_mm == pytest.approx([25 * part / 18 for part in (1, 3, 5, 5, 3, 1)])


def test_a_warmer_climate_multiplies_every_block(plain_rain):
    storm = block(plain_rain, 10, 6, 60).scaled(1.22)
    assert storm.total_mm == pytest.approx(25 * 1.22)
    assert storm.ends_s[-1] == 6 * 3600


def test_a_step_that_does_not_divide_the_storm_is_refused():
    assert step_count(6, 5) == 72
    with pytest.raises(StormError, match="cannot be divided"):
        step_count(1, 7)
    with pytest.raises(StormError, match="cannot be divided"):
        step_count(1, 0)


def test_steady_rain_is_one_block_from_the_beginning():
    storm = steady_rain(286, 5)  # the evening of 24 August 2021 at Sihanoukville
    assert storm.edges_s == (0.0, 18_000.0)
    assert storm.intensities_mm_h == pytest.approx([57.2])
