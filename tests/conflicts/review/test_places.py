"""In which sangkats a finding lies: where its evidence lies, in each that its inside meets."""

from datetime import timedelta

import pytest
import shapely
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from conflicts.filters import OUTSIDE, UNPLACED, FindingFilter
from conflicts.models import Finding
from conflicts.queries import narrowed
from conflicts.review import stocktaking
from conflicts.review.models import FindingPlace, Stocktaking
from conflicts.review.stocktaking import detections_to_take, keep_up, take_stock
from layers.models import Run
from tests.conflicts.ground import find, put, rule_data
from tests.conflicts.review.ground import (
    EAST_SIDE,
    NEAR_LANDFILL,
    ON_LANDFILL,
    WEST,
    detected,
    facilities,
    sangkats,
)
from tests.conflicts.test_against_shapely import build, cities, few, shapes, taken_back
from tests.factories import EAST, NORTH, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db


def places():
    """Return the sangkats of each finding by its object."""
    rows = FindingPlace.objects.select_related("finding")
    return {row.finding.object_id: row.sangkats for row in rows}


def in_sangkat(name):
    found = narrowed(FindingFilter(sangkat=name), reader=None)
    return sorted(found.values_list("object_id", flat=True))


def test_a_gap_of_180_m_across_the_border_counts_in_both_sangkats():
    sangkats()
    detected()

    assert take_stock()

    assert places() == {"S-EAST": [WEST, EAST_SIDE], "S-NORTH": [WEST], "M": [WEST]}
    assert in_sangkat(EAST_SIDE) == ["S-EAST"]
    assert in_sangkat(WEST) == ["M", "S-EAST", "S-NORTH"]


def test_evidence_that_only_touches_the_border_lies_on_its_own_side():
    """The market shares 100 m x 100 m with the landfill, up to the border at x = 200 m."""
    sangkats()
    land_use("school")
    filled_layer(
        "facilities",
        feature("L", square(100, 0, 100), "landfill"),
        feature("M", square(100, 0, 200), "market"),
    )
    find(ON_LANDFILL)

    take_stock()

    assert places() == {"M": [WEST]}


def test_evidence_on_the_border_alone_lies_in_both():
    """From (200, 0) to (200, 100): the shortest way runs along the border."""
    sangkats()
    filled_layer(
        "facilities",
        feature("L", rectangle(200, -50, 0.5, 50), "landfill"),
        feature("S", rectangle(200, 100, 0.5, 50), "school"),
    )
    [finding] = find(NEAR_LANDFILL)
    finding.current.witness = f"SRID={finding.current.witness.srid};LINESTRING(" \
        f"{EAST + 200} {NORTH}, {EAST + 200} {NORTH + 100})"  # fmt: skip
    finding.current.save()

    take_stock()

    assert places() == {"S": [WEST, EAST_SIDE]}


def test_evidence_outside_every_sangkat_is_told_as_such():
    sangkats()
    filled_layer(
        "facilities",
        feature("L", square(5_000, 0, 100), "landfill"),
        feature("S", square(5_150, 0, 50), "school"),
    )
    find(NEAR_LANDFILL)
    take_stock()

    assert places() == {"S": []}
    assert in_sangkat(OUTSIDE) == ["S"]
    assert in_sangkat(UNPLACED) == []


def test_findings_of_a_detection_nobody_looked_at_yet_are_not_placed():
    sangkats()
    detected()

    assert in_sangkat(UNPLACED) == ["M", "S-EAST", "S-NORTH"]
    assert in_sangkat(OUTSIDE) == in_sangkat(WEST) == []


def test_moved_evidence_is_placed_anew_and_all_else_is_left_alone():
    sangkats()
    detected()
    take_stock()
    layer = facilities()  # the market is gone, so is its finding; it keeps its place
    put(
        layer,
        feature("L", square(300, 0, 100), "landfill"),
        feature("S-EAST", square(430, 0, 50), "school"),
    )
    find(NEAR_LANDFILL, ON_LANDFILL)
    assert in_sangkat(UNPLACED) == ["S-EAST"]

    take_stock()

    assert places() == {"S-EAST": [EAST_SIDE], "S-NORTH": [WEST], "M": [WEST]}
    assert detections_to_take() == []


def test_other_borders_place_everything_anew():
    layer = sangkats()
    detected()
    take_stock()
    put(layer, feature("ONE", rectangle(-1_000, -1_000, 2_200, 2_000), name_en="One"))
    assert in_sangkat(UNPLACED) == ["M", "S-EAST", "S-NORTH"]

    assert keep_up()

    assert places() == {"S-EAST": ["ONE"], "S-NORTH": ["ONE"], "M": ["ONE"]}


def test_without_sangkats_all_lies_outside_and_a_first_layer_places_it():
    detected()
    take_stock()
    assert in_sangkat(OUTSIDE) == ["M", "S-EAST", "S-NORTH"]

    sangkats()
    take_stock()

    assert in_sangkat(OUTSIDE) == []
    assert in_sangkat(EAST_SIDE) == ["S-EAST"]


def test_many_findings_are_left_to_the_worker_once(monkeypatch):
    sangkats()
    detected()
    monkeypatch.setattr(stocktaking, "MOST_AT_ONCE", 2)

    assert not keep_up()
    assert not keep_up()

    [run] = Run.objects.filter(kind=stocktaking.RUN_KIND)
    assert run.state in {"queued", "succeeded"}


def test_a_stocktaking_whose_process_was_killed_holds_up_no_other(monkeypatch):
    """It last gave a sign three days ago; no process has its session."""
    sangkats()
    detected()
    dead = stocktaking.request_stocktaking()
    long_ago = timezone.now() - timedelta(days=3)
    Run.objects.filter(pk=dead.pk).update(state="running", heartbeat_at=long_ago)
    monkeypatch.setattr(stocktaking, "MOST_AT_ONCE", 0)

    keep_up()

    runs = Run.objects.filter(kind=stocktaking.RUN_KIND).order_by("pk")
    assert runs[0].state == "failed"
    assert len(runs) == 2


def test_sangkats_published_while_stock_is_taken_end_it_and_the_next_look_places_anew(monkeypatch):
    layer = sangkats()
    detected()
    place, calls = stocktaking._place, []

    def publish_first(numbers, version):
        calls.append(version)
        if len(calls) == 1:
            put(layer, feature("ONE", rectangle(-1_000, -1_000, 2_200, 2_000), name_en="One"))
        assert len(calls) < 5, "it never ends"
        return place(numbers, version)

    monkeypatch.setattr(stocktaking, "_place", publish_first)

    assert not take_stock()
    assert not Stocktaking.objects.exists()
    assert take_stock()
    assert places() == {"S-EAST": ["ONE"], "S-NORTH": ["ONE"], "M": ["ONE"]}
    assert calls == [1, 2]


def test_portions_place_all_of_them(monkeypatch):
    sangkats()
    detected()
    monkeypatch.setattr(stocktaking, "PORTION", 1)
    told = []

    assert take_stock(lambda share, message: told.append((share, message)))

    assert len(places()) == 3
    assert [message for _share, message in told] == ["1", "2", "3"]


def test_the_tally_of_a_detection_counts_what_is_new_and_what_is_gone():
    detected()
    take_stock()
    layer = facilities()
    put(layer, feature("L", square(0, 0, 100), "landfill"),
        feature("S-EAST", square(280, 0, 50), "school"))  # fmt: skip
    find(NEAR_LANDFILL, ON_LANDFILL)
    take_stock()

    first, second = Stocktaking.objects.order_by("pk")
    assert {(t["change"], t["severity"]): t["count"] for t in first.tally} == {
        ("new", "high"): 2, ("new", "critical"): 1,
    }  # fmt: skip
    assert {(t["change"], t["severity"]): t["count"] for t in second.tally} == {
        ("unchanged", "high"): 1, ("gone", "high"): 1, ("gone", "critical"): 1,
    }  # fmt: skip


@few
@given(cities(shapes()), st.integers(50, 550).map(float))
@taken_back
def test_places_equal_what_shapely_says(city, border_m):
    """Sangkats left and right of a border; inside meets, or only borders are met."""
    halves = {
        "left": box(EAST - 3_000, NORTH - 3_000, EAST + border_m, NORTH + 3_000),
        "right": box(EAST + border_m, NORTH - 3_000, EAST + 3_000, NORTH + 3_000),
    }
    filled_layer("sangkat", *(feature(name, shape) for name, shape in halves.items()))
    for use in ("landfill", "school", "market"):
        land_use(use)
    build(city)
    find(rule_data())
    take_stock()

    for finding in Finding.objects.select_related("current", "place"):
        evidence = shapely.from_wkb(bytes(finding.current.witness.wkb))
        met = {n for n, half in halves.items() if half.intersects(evidence)}
        inside = {n for n in met if not halves[n].touches(evidence)}
        assert set(finding.place.sangkats) == (inside or met)


SENTENCE = "In which sangkats the newest findings lie is being looked up"


def test_an_empty_list_of_a_sangkat_says_that_findings_are_not_placed_yet(client, monkeypatch):
    sangkats()
    detected()
    monkeypatch.setattr(stocktaking, "MOST_AT_ONCE", 0)

    waiting = client.get(f"/findings/?sangkat={WEST}&lang=en").content.decode()
    assert SENTENCE in waiting

    take_stock()
    assert SENTENCE not in client.get(f"/findings/?sangkat={WEST}&lang=en").content.decode()
    assert SENTENCE not in client.get("/findings/?lang=en").content.decode()


@pytest.mark.parametrize("path", ["file.json", "file.csv", "file.gpkg", "report.pdf"])
def test_no_file_and_no_report_of_a_sangkat_is_made_before_findings_are_placed(
    client, monkeypatch, path
):
    sangkats()
    detected()
    monkeypatch.setattr(stocktaking, "MOST_AT_ONCE", 0)

    refused = client.get(f"/findings/{path}?sangkat={WEST}&lang=en")

    assert refused.status_code == 400
    assert SENTENCE in refused.content.decode()
