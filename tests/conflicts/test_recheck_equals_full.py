"""Whatever changes in a random city, a re-check leaves what a full detection would have left."""

import contextlib

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from conflicts.kinds import KINDS
from conflicts.life.errors import StepNotPossibleError
from conflicts.models import Finding
from layers.editing.errors import EditingError
from layers.editing.publishing import revert_layer
from layers.models import Layer, SurveyedArea
from layers.services import publish_changes, publish_features, retire_features, set_surveyed_area
from tests.conflicts.changing_city import FULL, NEAR, TwoBooks, key, same
from tests.conflicts.ground import CITY, rule_data
from tests.conflicts.people import decide as decided
from tests.conflicts.test_against_shapely import shapes, taken_back
from tests.factories import EAST, NORTH, feature, filled_layer, land_use, rectangle

pytestmark = pytest.mark.django_db(transaction=False)

few = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
    ],
)  # fmt: skip
USES = ("landfill", "school", "market")
LAYERS = ("facilities", "buildings", "zones", "reservations", "flood-r100", "roads")
NAMES = [f"F{n}" for n in range(8)]
STAGES = ("existing", "permitted", "planned", "reserved", "closed")
DEPTHS = {"H0": (0.0, 0.01), "H1": (0.01, 0.3), "H3": (0.6, 1.2), "H4": (1.2, None)}

attributes = st.fixed_dictionaries(
    {},
    optional={
        "capped": st.booleans(),
        "beds": st.one_of(st.integers(0, 3), st.just("many")),
    },
)


@st.composite
def things(draw, layer, names=NAMES):
    """A feature as it may stand in one of the layers."""
    name, stage = draw(st.sampled_from(names)), draw(st.sampled_from(STAGES))
    if layer == "flood-r100":
        water = draw(st.sampled_from(sorted(DEPTHS)))
        least, most = DEPTHS[water]
        depths = {"depth_min_m": least, "depth_max_m": most} if draw(st.booleans()) else {}
        shape = draw(shapes(("box", "diamond")))
        return feature(name, shape, hazard_class=water, **depths, return_period_years=100)
    if layer in {"zones", "reservations"}:
        stage = "reserved" if layer == "reservations" else stage
        return feature(
            name, draw(shapes(("box", "diamond", "point"))), draw(st.sampled_from(USES)), stage
        )
    if layer == "roads":
        return feature(name, draw(shapes(("line", "box"))), "road")
    shape = draw(shapes())
    if draw(st.booleans()):  # neighbours that share a border
        x, y = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        shape = box(EAST + 100 * x, NORTH + 100 * y, EAST + 100 * x + 100, NORTH + 100 * y + 100)
    used = draw(st.one_of(st.sampled_from(USES), st.none()))
    return feature(name, shape, used, stage, **draw(attributes))


def cities():
    def of(layer):
        return st.lists(things(layer), max_size=6, unique_by=lambda thing: thing.stable_id)

    return st.fixed_dictionaries({layer: of(layer) for layer in LAYERS})


grounds = st.sampled_from(
    [
        CITY,
        rectangle(0, 0, 300, 700),
        rectangle(-100, -100, 500, 300),
        rectangle(-50, -50, 900, 900),
    ]
)
ADDED, GONE, REPLACED, BACK, SURVEYED, UNSURVEYED, DECIDED = (
    "add", "remove", "replace all", "go back", "survey", "withdraw a survey", "decide",
)  # fmt: skip


@st.composite
def edits(draw):
    """One thing that happens: published, withdrawn, surveyed or decided."""
    what = draw(
        st.sampled_from([ADDED] * 5 + [GONE] * 2 + [REPLACED, BACK, SURVEYED, UNSURVEYED, DECIDED])
    )
    layer = draw(st.sampled_from(LAYERS))
    several = st.lists(things(layer), min_size=1, max_size=3, unique_by=lambda t: t.stable_id)
    given_ = {
        ADDED: several,
        REPLACED: several,
        GONE: st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
        BACK: st.integers(1, 3),
        SURVEYED: st.tuples(grounds, st.sampled_from([(), USES, ("school",)])),
        UNSURVEYED: st.just(None),
        DECIDED: st.tuples(
            st.integers(0, 5), st.sampled_from(["accepted", "dismissed", "triaged", "mitigating"])
        ),
    }
    return what, layer, draw(given_[what])


steps = st.lists(st.lists(edits(), min_size=1, max_size=3), min_size=1, max_size=4)


def happen(edit, author):
    what, slug, given_ = edit
    EVENTS[what](Layer.objects.get(slug=slug), given_, author)


def resurvey(layer, given_, _author):
    ground, classes = given_
    set_surveyed_area(layer=layer, geometry=ground, classes=classes, source=str(classes))


def withdraw(layer, _given, _author):
    SurveyedArea.objects.filter(pk=getattr(layer.surveyed_areas.first(), "pk", 0)).delete()


def go_back(layer, number, author):
    if number == layer.published_number or not layer.versions.filter(number=number).exists():
        return
    with contextlib.suppress(EditingError):  # it stands as it stood then
        revert_layer(layer=layer, number=number, author=author, message="back")


def decide(number, state):
    """The same decision on the same finding of both books."""
    by_name = {}
    for finding in Finding.objects.exclude(state="resolved").order_by("pk"):
        by_name.setdefault(key(finding), {})[finding.rulebook_code] = finding
    both = [pair for _name, pair in sorted(by_name.items()) if set(pair) == {FULL, NEAR}]
    if both:
        for finding in both[number % len(both)].values():
            with contextlib.suppress(StepNotPossibleError):  # not possible from where it stands
                decided(finding, state)


EVENTS = {
    ADDED: lambda layer, things_, _author: publish_changes(layer, things_, []),
    REPLACED: lambda layer, things_, _author: publish_features(layer=layer, features=things_),
    GONE: lambda layer, names, _author: retire_features(layer=layer, stable_ids=names),
    BACK: go_back,
    SURVEYED: resurvey,
    UNSURVEYED: withdraw,
    DECIDED: lambda _layer, given_, _author: decide(*given_),
}
RULES = {
    "separation": [
        {},
        {"min_distance_m": 60, "subject": {"classes": ["school"]}},  # from its own kind
        {"subject": {"classes": list(USES)}, "object": {"classes": ["market", "school"]}},
    ],
    "overlap": [
        {"subject": {"layers": ["buildings"]}, "object": {"layers": ["buildings", "zones"]}},
    ],
    "adjacency": [
        {"subject": {"classes": ["school"]}, "object": {"classes": list(USES)},
         "between": {"classes": ["road"]}, "between_within_m": 15, "tolerance_m": 0.5},
    ],
    "plan_vs_existing": [
        {"subject": {"layers": ["buildings"], "lifecycles": ["existing"]},
         "object": {"layers": ["zones", "buildings"]}, "min_share": 0.4},
    ],
    "standard_violation": [
        {"zone": None, "measure": "area", "attribute": "", "bound": "min", "unit": "m2",
         "subject": {"classes": list(USES)}, "limits": [{"value": 2500, "classes": ["school"]}]},
        {"measure": "coverage", "attribute": "", "unit": "%", "min_share": 0.5,
         "subject": {"layers": ["zones", "reservations"]}, "counted": {"layers": ["buildings"]},
         "limits": [{"value": 20}]},
        {"measure": "setback", "attribute": "", "bound": "min", "zone": None, "unit": "m",
         "subject": {"layers": ["zones"]}, "limits": [{"value": 5, "clear": 20}],
         "counted": {"layers": ["facilities"], "where": {"attr": "beds", "op": "ge", "value": 1}}},
    ],
    "network_coordination": [{"max_distance_m": 60, "year_attribute": "beds"}],
    "hazard_exposure": [
        {"subject": {"classes": list(USES)}, "return_period_years": 100,
         "thresholds": [{"depth_ge_m": 0.3, "severity": "low"},
                        {"depth_ge_m": 1.0, "severity": "critical"}]},
    ],
}  # fmt: skip
EXEMPT = [{"reason": {"en": "Capped", "km": "បិទ"},
           "subject": {"attr": "capped", "op": "eq", "value": True}}]  # fmt: skip
ATTENTIVE = {"where": {"attr": "beds", "op": "ge", "value": 2}}


def rules_of(kind):
    """Rules of a kind: as the tests have it, with variants, exemptions and conditions."""
    variants = [rule_data(kind=kind), *(rule_data(kind=kind, **v) for v in RULES.get(kind, ()))]
    variants.append(rule_data(kind=kind, exemptions=EXEMPT))
    plain = rule_data(kind=kind)
    variants.append(rule_data(kind=kind, subject=plain["subject"] | ATTENTIVE))
    if "object" in plain:
        surveyed = plain["object"] | {"surveyed_in": ["facilities", "buildings"]}
        variants.append(rule_data(kind=kind, object=surveyed))
    return [rule | {"code": f"T-{n:02}"} for n, rule in enumerate(variants)]


def build(city):
    for use in (*USES, "road"):
        land_use(use)
    for slug, features in city.items():
        theme = {"flood-r100": "hazard-flood"}.get(slug, "other")
        filled_layer(slug, *features, theme=theme)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_re_checks_leave_what_full_detections_leave(kind):
    @few
    @given(cities(), steps)
    @taken_back
    def changes(city, steps_of_city):
        author = User.objects.get_or_create(username="planner")[0]
        build(city)
        books = TwoBooks(rules_of(kind)).begin()
        for edits_of_step in steps_of_city:
            for edit in edits_of_step:
                happen(edit, author)
            recheck = books.ask_again()
            assert recheck.why_full is None
            same(books)

    changes()
