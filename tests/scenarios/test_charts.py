"""The bars of a hyetograph stand where the rain fell."""

import pytest

from scenarios.charts import HEIGHT, LEFT, WIDTH, rain_chart


def test_two_equal_steps_of_twice_and_once_the_rain():
    chart = rain_chart([1800, 3600], [10, 5])  # 20 and 10 mm/h
    first, second = chart.bars
    assert float(first.x) == LEFT
    assert float(second.x) == pytest.approx(LEFT + WIDTH / 2)
    assert float(first.height) == pytest.approx(HEIGHT)  # the axis ends at 20 mm/h
    assert float(second.height) == pytest.approx(HEIGHT / 2)
    assert float(second.y) + float(second.height) == pytest.approx(HEIGHT)
    assert (chart.total_mm, chart.peak_mm_h) == ("15.0", "20")


def test_uneven_steps_are_drawn_as_wide_as_they_last():
    first, second = rain_chart([900, 3600], [1, 1]).bars
    assert float(first.width) + 0.5 == pytest.approx(WIDTH / 4, abs=0.01)
    assert float(second.width) + 0.5 == pytest.approx(WIDTH * 3 / 4, abs=0.01)


@pytest.mark.parametrize(
    ("depth", "top"),
    [(10, "10"), (11, "20"), (21, "50"), (51, "100"), (536, "1000"), (0.3, "0.5")],
)  # fmt: skip
def test_the_axis_ends_at_a_round_number_above_the_peak(depth, top):
    assert rain_chart([3600], [depth]).y_ticks[-1].label == top


def test_time_is_counted_by_the_clock():
    labels = [tick.label for tick in rain_chart([6 * 3600], [60]).x_ticks]
    assert labels == ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00", "6:00"]
    labels = [tick.label for tick in rain_chart([1800], [60]).x_ticks]
    assert labels == ["0:00", "0:05", "0:10", "0:15", "0:20", "0:25", "0:30"]


def test_a_step_says_what_it_is():
    assert rain_chart([300], [2]).bars[0].label == "0–5 min: 24.0 mm/h"


def test_without_rain_there_is_no_chart():
    assert rain_chart([], []) is None
    assert rain_chart([60], [0]) is None
