"""Small rule books and detections for the tests of conflicts."""

from conflicts.kinds import selectors
from conflicts.models import Finding, Rule, RuleBook
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.services import detect_conflicts
from layers.services import publish_features, set_surveyed_area
from tests.factories import EAST, NORTH, filled_layer, land_use, square

CITY = square(-20_000, -20_000, 40_000)


# What a rule of each kind says unless told otherwise; None: the field is left out.
STATED = {
    "separation": {"min_distance_m": 200},
    "plan_vs_existing": {
        "subject": {"classes": ["landfill"], "lifecycles": ["existing"]},
        "min_share": 0.1,
    },
    "reservation_encroachment": {
        "subject": {"layers": ["buildings"], "lifecycles": ["existing", "permitted"]},
        "object": {"layers": ["reservations"], "lifecycles": ["reserved"]},
    },
    "containment": {
        "subject": {"classes": ["factory"]},
        "object": {"classes": ["I1"], "layers": ["zones"]},
    },
    "plan_vs_plan": {
        "subject": {"classes": ["I2"], "theme": "plan"},
        "object": {"classes": ["R1"], "theme": "plan"},
    },
    "data_quality": {"subject": {"layers": ["buildings"]}, "check": "duplicate", "object": None},
    "adjacency": {"max_border_m": 10},
    "capacity": {
        "subject": {"layers": ["zones"]},
        "object": {"classes": ["market"]},
        "served": {"classes": ["school"], "layers": ["facilities", "buildings"]},
        "required_each": 0.5,
        "supply": "number",
    },
    "service_coverage": {
        "subject": {"layers": ["zones"]},
        "object": {"classes": ["market"]},
        "served": {"classes": ["school"], "layers": ["facilities", "buildings"]},
        "max_distance_m": 150,
        "along": "straight_line",
    },
    "standard_violation": {
        "subject": {"layers": ["buildings", "facilities"]},
        "object": None,
        "zone": {"classes": ["school", "market"], "layers": ["zones"]},
        "measure": "attribute",
        "attribute": "beds",
        "bound": "max",
        "unit": "storeys",
        "limits": [{"value": 1}],
    },
    "network_coordination": {
        "subject": {"layers": ["zones"], "lifecycles": ["existing", "planned"]},
        "object": {"classes": ["road"]},
    },
    "obstacle_limitation": {
        "subject": {"classes": ["school", "market"]},
        "object": {"classes": ["landfill"], "layers": ["facilities"]},
        "surfaces": [
            {"surface": "inner_horizontal", "to_m": 100, "height_m": 1},
            {"surface": "conical", "from_m": 100, "to_m": 200, "height_m": 1, "slope": 0.05},
        ],
        "height_attribute": "beds",
        "ground_attribute": "beds",
        "elevation_attribute": "beds",
    },
    "hazard_exposure": {"object": {"theme": "hazard-flood"}},
}


def rule_data(code="T-01", kind="separation", **fields):
    """A rule as a file would say it: school (subject) and landfill (object) unless told."""
    data = {
        "code": code,
        "kind": kind,
        "title": {"km": "ច្បាប់សាកល្បង", "en": "Test rule"},
        "severity": "high",
        "basis": "demo_value",
        "provision": {"citation": "Value chosen for the test"},
        "subject": {"classes": ["landfill"]},
        "object": {"classes": ["school"]},
    } | STATED.get(kind, {})
    return {name: value for name, value in data.items() if value is not None} | fields


def rulebook(*rules, code="test-book"):
    """A stored rule book with these rules; the classes they name exist afterwards."""
    read = [rule_from_data(rule) for rule in rules]
    for rule in read:
        for selector in selectors(rule).values():
            for name in selector.classes:
                land_use(name)
    version = RuleBook.objects.filter(code=code).count() + 1
    book = RuleBook.objects.create(code=code, version=version, title_en="Test", digest=str(version))
    Rule.objects.bulk_create(
        Rule(
            rulebook=book,
            code=rule.code,
            kind=rule.kind,
            severity=rule.severity,
            basis=rule.basis,
            title_km=rule.title.km,
            title_en=rule.title.en,
            definition=rule_to_data(rule),
        )
        for rule in read
    )
    return book


def surveyed_layer(slug, *features, looked_for=("landfill", "school"), **described):
    """A layer completely surveyed in all of the test ground: for its own classes and these."""
    layer = filled_layer(slug, *features, **described)
    set_surveyed_area(layer=layer, geometry=CITY)
    for code in looked_for:
        land_use(code)
    if looked_for:
        set_surveyed_area(layer=layer, geometry=CITY, classes=looked_for, source="looked for")
    return layer


def put(layer, *features):
    """The layer holds exactly these features from now on."""
    for code in {f.land_use for f in features if f.land_use}:
        land_use(code)
    publish_features(layer=layer, features=features)


def find(*rules, code="test-book"):
    """The findings of a detection with just these rules."""
    detect_conflicts(rulebook=rulebook(*rules, code=code))
    return list(Finding.objects.filter(rulebook_code=code).select_related("current"))


def pairs(findings):
    return {(f.subject_id, f.object_id) for f in findings}


def only_outcome(detection):
    [outcome] = detection.outcomes.select_related("rule")
    return outcome


__all__ = ["CITY", "EAST", "NORTH", "find", "only_outcome", "pairs", "put", "rule_data",
           "rulebook", "surveyed_layer"]  # fmt: skip
