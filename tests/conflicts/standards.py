"""Standards, and the ground on which they are asked, for the tests."""

from conflicts.services import detect_conflicts
from tests.conflicts.ground import only_outcome, rule_data, rulebook, surveyed_layer
from tests.factories import feature, land_use, square

HEAD = ("code", "title", "severity", "basis", "provision")


def standard(**fields):
    """A standard with only what is given here."""
    stated = rule_data(kind="standard_violation")
    return {"kind": stated["kind"]} | {name: stated[name] for name in HEAD} | fields


HEIGHT = standard(subject={"layers": ["buildings"]}, zone={"classes": ["RES"], "layers": ["zones"]},
    measure="attribute", attribute="height_m", bound="max", unit="m",
    limits=[{"value": 20, "classes": ["RES"]}, {"value": 12, "classes": ["R2"]}],
)  # fmt: skip
COVERAGE = standard(subject={"layers": ["parcels"]}, zone={"classes": ["R1"], "layers": ["zones"]},
    measure="coverage", counted={"layers": ["buildings"]}, area_attribute="legal_area_m2",
    bound="max", unit="%", limits=[{"value": 50}],
)  # fmt: skip
FAR = standard(subject={"layers": ["parcels"]}, zone={"classes": ["R1"], "layers": ["zones"]},
    measure="floor_area_ratio", attribute="storeys", counted={"layers": ["buildings"]},
    bound="max", unit="m2/m2", limits=[{"value": 1.5}],
)  # fmt: skip
SETBACK = standard(subject={"layers": ["parcels"]}, zone={"classes": ["R1"], "layers": ["zones"]},
    measure="setback", counted={"layers": ["buildings"]}, bound="min", unit="m",
    limits=[{"value": 2, "clear": 5}],
)  # fmt: skip
PLOT = standard(subject={"classes": ["fuel_station"]}, measure="area", bound="min", unit="m2",
    limits=[{"value": 375}],
)  # fmt: skip


def zones(*features):
    for code, parent in (("RES", None), ("R1", "RES"), ("R2", "RES"), ("I1", None)):
        land_use(code, parent=land_use(parent) if parent else None)
    whole = features or (feature("Z", square(0, 0, 100), "R1"),)
    return surveyed_layer("zones", *whole, looked_for=("RES", "R1", "R2"))


def buildings(*features, **described):
    return surveyed_layer("buildings", *features, looked_for=(), **described)


def building(shape, stable_id="B", **properties):
    return feature(stable_id, shape, None, **properties)


def plots(*features):
    return surveyed_layer("parcels", *features, looked_for=())


def asked(rule):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"]: gap for gap in outcome.missing}
