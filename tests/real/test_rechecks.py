"""Re-checks of real cities leave exactly what full detections leave, step by step.

Features of OpenStreetMap, and of Cambridge's cadastre, flood zones and zoning, are moved and
removed; both ways of asking see the same land, in one transaction that is taken back.
"""

import json
import subprocess
import sys

import pytest

from tests.city import ROOT
from tests.conflicts.ground import rule_data

pytestmark = pytest.mark.real


def both_ways(city, layers, rules, seed=11):
    """Return what the changed city told: steps, findings, and how many changed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.recheck_of_city"],
        env=city.environment
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RECHECK": json.dumps({"layers": layers, "rules": rules, "seed": seed}),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_landfills_schools_and_hospitals_of_the_maldives(maldives):
    rules = [
        rule_data("R-01", "separation", min_distance_m=1000),
        rule_data("R-02", "separation", object={"classes": ["hospital"]}, min_distance_m=500),
        rule_data("R-03", "overlap", subject={"classes": ["school"]}, object={"layers": ["osm"]}),
    ]

    told = both_ways(maldives.city, ["osm"], rules)

    assert (told["steps"], told["full"]) == (4, 0)
    assert told["findings"] > 20


def test_parcels_flood_zones_and_zoning_of_cambridge(cambridge):
    parcels, flood, zones = ({"layers": [slug]} for slug in ("parcels", "fema-100yr", "zones"))
    rules = [
        rule_data("R-01", "overlap", subject=parcels, object=flood, min_overlap_m2=1),
        rule_data("R-02", "plan_vs_existing", subject=parcels | {"lifecycles": ["existing"]},
                  object={"classes": ["I1", "I2"]}, min_share=0.3),
        rule_data("R-03", "separation", subject=flood, object={"classes": ["C2"]},
                  min_distance_m=100),
        rule_data("R-04", "standard_violation", subject=parcels, measure="area", attribute="",
                  bound="min", unit="m2", limits=[{"value": 120}],
                  zone={"classes": ["C2"], "layers": ["zones"]}),
        rule_data("R-05", "network_coordination", subject=flood, object={"classes": ["C2"]}),
        rule_data("R-06", "containment", subject=flood, object=zones, min_share=0.5),
    ]  # fmt: skip

    told = both_ways(cambridge.city, ["parcels", "fema-100yr", "zones"], rules)

    assert (told["steps"], told["full"]) == (4, 0)
    assert told["findings"] > 100
    assert told["changes"] > 10
