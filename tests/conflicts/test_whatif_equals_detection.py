"""What is judged of a proposal equals what detection finds of it once it is published."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflicts.models import Finding, Observation
from conflicts.whatif import findings_for
from layers.models import Feature, Layer
from layers.services import publish_features, set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import CITY, find, rule_data, rulebook, surveyed_layer
from tests.conflicts.test_against_shapely import few, shapes
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


def identity(finding):
    return (
        finding.rule_code,
        finding.subject_layer,
        finding.subject_id,
        finding.object_layer,
        finding.object_id,
    )


def measures(findings):
    return {
        identity(f): (
            f.severity,
            f.basis,
            f.current.unit,
            pytest.approx(f.current.measured_value, abs=1e-6),
            pytest.approx(f.current.required_value),
            pytest.approx(f.current.margin, abs=1e-6),
        )
        for f in findings
    }


USES = ("landfill", "school", "market")
WHERE = {"attr": "pupils", "op": "gt", "value": 100}
EXEMPTION = {"reason": {"en": "small"}, "object": {"attr": "pupils", "op": "lt", "value": 20}}
RULES = [
    rule_data("SEP", min_distance_m=150),
    rule_data("SAME", subject={"classes": ["school"]}, object={"classes": ["school"]}),
    rule_data("MIXED", subject={"classes": ["school", "market"]}, object={"classes": ["market"]}),
    rule_data("COND", object={"classes": ["school"], "where": WHERE}, exemptions=[EXEMPTION]),
    rule_data("EXEMPT", exemptions=[EXEMPTION]),
    rule_data("LAYER", subject={"layers": ["facilities", "proposals"]}, min_distance_m=40),
    rule_data("OVER", kind="overlap", object={"classes": ["school", "market"]}),
    rule_data("SELF", kind="overlap", subject={"layers": ["proposals", "facilities"]},
              object={"layers": ["proposals", "facilities"]}),
    rule_data("SIDE", kind="adjacency", max_border_m=5, tolerance_m=5,
              between={"classes": ["market"]}, between_within_m=20),
    rule_data("ALIKE", kind="adjacency", subject={"classes": ["school"]}, max_border_m=5,
              tolerance_m=5),
    rule_data("HELD", kind="reservation_encroachment", coming_severity="low",
              subject={"layers": ["proposals", "facilities"],
                       "lifecycles": ["existing", "proposed"]},
              object={"classes": ["market"], "lifecycles": ["reserved"]}),
    rule_data("PLAN", kind="plan_vs_existing", min_share=0.5,
              object={"classes": ["school", "market"]}),
    rule_data("WITHIN", kind="containment", subject={"classes": ["school"]}, min_share=0.5,
              object={"classes": ["market"], "lifecycles": ["reserved", "proposed"]}),
    rule_data("SHARED", kind="data_quality", check="overlap", tolerance_m=1,
              subject={"layers": ["proposals", "facilities"]}),
    rule_data("STATED", kind="data_quality", check="attribute", attribute="pupils", least=20,
              subject={"layers": ["proposals", "facilities"]}),
    rule_data("PLANS", kind="plan_vs_plan", subject={"classes": ["school"]},
              object={"classes": ["market"]}),
    rule_data("AWAY", kind="plan_vs_plan", subject={"classes": ["school"]}, min_distance_m=90,
              object={"classes": ["landfill"]}),
    rule_data("HIGH", kind="standard_violation", attribute="pupils", limits=[{"value": 20}],
              subject={"classes": ["school", "landfill"]}, zone={"classes": ["market"]}),
    rule_data("COVER", kind="standard_violation", measure="coverage", attribute="", unit="%",
              subject={"classes": ["market"]}, zone=None, limits=[{"value": 10}],
              counted={"classes": ["school", "landfill"]}),
    rule_data("EDGE", kind="standard_violation", measure="setback", attribute="", bound="min",
              subject={"classes": ["market"]}, zone={"classes": ["landfill"]},
              counted={"classes": ["school"]}, limits=[{"value": 9}], unit="m"),
    rule_data("NET", kind="network_coordination", subject={"classes": ["school"]},
              object={"classes": ["market"]}, max_distance_m=40),
    rule_data("TALL", kind="obstacle_limitation", subject={"classes": ["school", "market"]},
              height_attribute="pupils", ground_attribute="pupils", elevation_attribute="pupils",
              approach={"inner_edge_m": 20, "from_threshold_m": 10, "divergence": 0.2,
                        "sections": [{"length_m": 400, "slope": 0.05}]}),
    rule_data("WET", kind="hazard_exposure", subject={"classes": ["school"]},
              thresholds=[{"depth_ge_m": 0.3, "severity": "low"},
                          {"depth_ge_m": 1.0, "severity": "high"}]),
]  # fmt: skip
pupils = st.sampled_from([None, 10, 50, 500])
places = st.tuples(st.sampled_from(USES), shapes(), pupils)
water = st.tuples(shapes(("box", "diamond")), st.sampled_from([0.0, 0.5, 2.0]))


def as_feature(stable_id, place, lifecycle="existing"):
    use, shape, number = place
    return feature(stable_id, shape, use, lifecycle, **({"pupils": number} if number else {}))


def build(city, others, flood):
    Finding.objects.all().delete()
    Observation.objects.all().delete()
    Feature.objects.all().delete()
    Layer.objects.all().delete()
    for use in USES:
        land_use(use)
    surveyed_layer(
        "facilities",
        *(
            as_feature(f"F{n}", place, "reserved" if place[0] == "market" and n % 2 else "existing")
            for n, place in enumerate(city)
        ),
    )
    filled_layer(
        "proposals", *(as_feature(f"O{n}", place, "proposed") for n, place in enumerate(others))
    )
    wet = [
        feature(f"W{n}", shape, hazard_class="H2", depth_min_m=depth, depth_max_m=depth + 1)
        for n, (shape, depth) in enumerate(flood)
    ]
    layer = filled_layer("flood", *wet, theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=CITY)


@settings(few, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.lists(places, max_size=10),
    st.lists(places, max_size=3),
    st.lists(water, max_size=3),
    places,
)
def test_it_finds_exactly_what_detection_finds_once_it_is_published(city, others, flood, asked):
    build(city, others, flood)
    book = rulebook(*RULES, code="asked")
    what_if = as_feature("P", asked, "proposed")

    judged = findings_for([what_if], [book])

    publish_features(
        layer=Layer.objects.get(slug="proposals"), features=[what_if], replaces_all=False
    )
    mine = {("proposals", "P")}
    found = [
        f
        for f in find(*RULES, code="published")
        if {(f.subject_layer, f.subject_id), (f.object_layer, f.object_id)} & mine
    ]
    expected = measures(found)
    assert measures(j.finding for j in judged if j.finding) == expected
    broken = {f.rule_code for f in found}
    assert {j.rule.code for j in judged if j.answer == Answer.FAILS} == broken
    assert not {j.rule.code for j in judged if j.answer == Answer.COMPLIES} & broken


def test_the_property_is_tried_on_proposals_that_do_conflict():
    build([("landfill", square(0, 0, 50), None)], [], [(square(0, 0, 300), 2.0)])
    what_if = as_feature("P", ("school", square(40, 0, 50), 500), "proposed")

    judged = findings_for([what_if], [rulebook(*RULES)])

    broken = {j.rule.code for j in judged if j.answer == Answer.FAILS}
    assert broken == {
        "SEP", "COND", "EXEMPT", "LAYER", "OVER", "SELF", "SIDE", "AWAY", "WET",
    }  # fmt: skip
