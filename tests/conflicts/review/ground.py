"""A city of two sangkats for the tests of the review: west of x = 200 m, and east of it."""

from conflicts.models import Finding
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import feature, filled_layer, land_use, rectangle, square

WEST, EAST_SIDE = "1801", "1802"
ON_LANDFILL = rule_data(
    "OV-01",
    kind="overlap",
    severity="critical",
    subject={"classes": ["landfill"]},
    object={"classes": ["market"]},
)
NEAR_LANDFILL = rule_data("SEP-01", severity="high")


def sangkats(**described):
    """Two sangkats that meet at x = 200 m, from 1,000 m south to 1,000 m north."""
    return filled_layer(
        "sangkat",
        feature(WEST, rectangle(-1_000, -1_000, 1_200, 2_000), name_km="ខាងលិច", name_en="West"),
        feature(EAST_SIDE, rectangle(200, -1_000, 1_000, 2_000), name_km="ខាងកើត", name_en="East"),
        theme="base-boundaries",
        **described,
    )


def facilities(*more):
    """A landfill of 100 m in the west; schools 180 m east of it (in the east) and 50 m north."""
    land_use("landfill", name_km="ទីលានចាក់សំរាម", name_en="Landfill")
    land_use("school", name_km="សាលារៀន", name_en="School")
    land_use("market", name_km="ផ្សារ", name_en="Market")
    return surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill", name_en="Dump"),
        feature("S-EAST", square(280, 0, 50), "school", name_en="School East"),
        feature("S-NORTH", square(0, 150, 50), "school", name_en="School North"),
        *more,
    )


def detected(*more):
    """The findings of that city: two schools too near, and a market on the landfill."""
    facilities(feature("M", square(50, 50, 100), "market", name_en="Market"), *more)
    return {f.object_id: f for f in find(NEAR_LANDFILL, ON_LANDFILL)}


def numbers_of(found):
    return {row.key: row.total.count for row in found}


def all_findings():
    return Finding.objects.order_by("pk")
