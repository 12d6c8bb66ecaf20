"""What siting allows the detector lets pass; what siting forbids the detector finds."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conflicts.siting.vocab import Siting
from tests.conflicts.ground import rule_data
from tests.conflicts.siting.ground import USES, ask, broken_by, city
from tests.conflicts.test_against_shapely import shapes, taken_back
from tests.factories import feature

pytestmark = pytest.mark.django_db

several = settings(
    max_examples=12,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
places = st.lists(st.tuples(st.sampled_from(USES), shapes()), min_size=1, max_size=8)
areas = st.lists(shapes(("box", "diamond")), max_size=4)
depths = st.sampled_from([(0.0, 0.3), (0.3, 0.6), (0.6, 1.2), (1.2, None)])
SCHOOLS = {"classes": ["school"]}
RULES = (
    rule_data("S-01", min_distance_m=150),
    rule_data("S-02", subject={"classes": ["market"]}, object={"classes": ["landfill"]},
              min_distance_m=70, severity="medium"),
    rule_data("S-03", subject={"classes": ["landfill"]}, object={"classes": ["landfill"]},
              min_distance_m=90),
    rule_data("O-01", kind="overlap", object={"classes": ["market"]}),
    rule_data("A-01", kind="adjacency", object={"classes": ["market"]}),
    rule_data("H-01", kind="hazard_exposure",
              thresholds=[{"depth_ge_m": 0.4, "severity": "medium"},
                          {"depth_ge_m": 0.9, "severity": "critical"}]),
    rule_data("P-01", kind="plan_vs_existing", object={"classes": ["R1"]}),
    rule_data("R-01", kind="reservation_encroachment",
              subject={"classes": ["landfill"], "lifecycles": ["existing", "proposed"]}),
    rule_data("C-01", kind="containment", subject={"classes": ["landfill"]},
              object={"classes": ["I1"], "layers": ["zones"]}, severity="low"),
)  # fmt: skip


def built(standing, hazards, zones, reservations):
    city(
        *(feature(f"F{n:02}", shape, use) for n, (use, shape) in enumerate(standing)),
        hazards=[
            feature(f"H{n}", shape, hazard_class="H2", depth_min_m=low, depth_max_m=high)
            for n, (shape, (low, high)) in enumerate(hazards)
        ],
        zones=[feature(f"Z{n}", shape, code) for n, (code, shape) in enumerate(zones)],
        reservations=[
            feature(f"R{n}", shape, use, "reserved") for n, (use, shape) in enumerate(reservations)
        ],
    )


def sampled(answer, siting, seed, most=3):
    """Squares of one to three cells a side that lie wholly in such ground, drawn by chance."""
    marked = answer.verdicts.cells_of(siting)
    random = np.random.default_rng(seed)
    rows, cols = np.nonzero(marked)
    for number in random.permutation(len(rows))[:most]:
        side = int(random.integers(1, 4))
        row, col = int(rows[number]), int(cols[number])
        if not marked[row : row + side, col : col + side].all() or side > min(
            marked.shape[0] - row, marked.shape[1] - col
        ):
            side = 1
        yield (row, col), answer.cells.square(row, col, side).buffer(-random.uniform(0.001, 4))


@several
@given(
    places,
    st.lists(st.tuples(shapes(("box", "diamond")), depths), max_size=3),
    st.lists(st.tuples(st.sampled_from(["R1", "I1"]), shapes(("box", "diamond"))), max_size=4),
    st.lists(st.tuples(st.sampled_from(USES), shapes(("box", "diamond"))), max_size=2),
    st.sets(st.sampled_from(range(len(RULES))), min_size=1, max_size=4),
    st.integers(0, 99),
)
@taken_back
def test_a_feature_on_allowed_ground_raises_no_finding_and_one_on_forbidden_ground_the_named_one(
    standing, hazards, zones, reservations, asked, seed
):
    built(standing, hazards, zones, reservations)
    answer, book = ask(*(RULES[number] for number in sorted(asked)))

    for _cell, place in sampled(answer, Siting.ALLOWED, seed):
        assert broken_by(place, book) == set()
        assert broken_by(place, book, lifecycle="proposed") == set()
    for (row, col), place in sampled(answer, Siting.FORBIDDEN, seed):
        named = answer.tellings[answer.verdicts.binding[row, col]].concern.rule.code
        both = broken_by(place, book) | broken_by(place, book, lifecycle="proposed")
        assert named in both
