"""A street with one parcel in each zone class, and what is asked about it."""

from pathlib import Path

from planning.permits.run import check_application
from tests.factories import rectangle
from tests.planning.city import DAY

TABLES = Path(__file__).resolve().parents[2] / "fixtures" / "reference"
ZONE_CODES = (
    "R1", "R2", "R3", "R4", "RM", "RA", "C1", "C2", "MX", "I1", "I2", "LG", "PT", "T1", "T2", "PA",
    "PE", "PH", "HR", "GP", "GC", "CN", "MG", "WA", "AG", "FR", "UT", "TR", "AP", "ML", "CE", "UR",
)  # fmt: skip


def west_of(code):
    """The western border of a class's zone [m from the origin]."""
    return 200 * ZONE_CODES.index(code)


def on_plot(code, x, y, width, height):
    """A rectangle measured from the south-west corner of the class's plot."""
    return rectangle(west_of(code) + x, y, width, height)


def asked(zone="R1", use="dwelling_single", of_use=None, **proposal):
    """An application for the plot of a zone class that states only what is given."""
    stated = {"class": use, **(of_use or {})}
    return {
        "reference": "S-1",
        "parcels": [f"P-{zone}"],
        "srid": 32648,
        "submitted_on": DAY.isoformat(),
        "proposal": {"uses": [stated], **proposal},
    }


def checks(given, **options):
    """All checks of an application by code; several of one code are kept in their order."""
    found = {}
    for row in check_application(given, **options).results["checks"]:
        found.setdefault(row["code"], []).append(row)
    return found


def answers(given, code, **options):
    return [row["answer"] for row in checks(given, **options).get(code, [])]
