"""The matrices of the plan as rules: zones side by side, and uses in zones that prohibit them.

The adjacency matrix rates pairs of groups of zones: 0 compatible (nothing is asked), 1 screen with
a green strip (only green counts as lying between), 2 conditional, 3 strong conflict, 4
incompatible.
``zone_groups.csv`` says which zone is of which group; a zone that is of none is not rated against
any, and a rule of verdict "unrated" finds where it lies beside another.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from conflicts.kinds import Rule
from conflicts.pair_rules import STANDS, Adjacency, PlanVsExisting
from conflicts.rule_parts import Provision, Selector, Text
from conflicts.rulebooks.reference import RATING_NAMES, RATINGS
from conflicts.vocab import Severity, Verdict
from layers.classes import class_records, read_table
from layers.vocab import Basis, Lifecycle

ZONES = "zones"
# Demo values: a border up to 20 m is a corner or an access; a road or green strip drawn within 5 m
# of the border lies between; two drawings of one border differ by less than 1 m.
MAX_BORDER_M = 20.0
TOLERANCE_M = 1.0
BETWEEN_WITHIN_M = 5.0
ROADS = ("expressway", "road_national", "road_national_1digit", "road_national_2digit",
         "road_provincial", "road_district", "TR")  # fmt: skip
GREEN = ("park", "GP", "GC")
NEEDS_GREEN = "1"
COMING_TOO = (
    Lifecycle.EXISTING,
    Lifecycle.UNDER_CONSTRUCTION,
    Lifecycle.PERMITTED,
    Lifecycle.PLANNED,
)
# A use table's share of ground from which on a use lies in a zone: less is a border a little off.
MIN_SHARE = 0.1
PROHIBITED = "X"
# Layers that repeat what others say of uses.
NO_USES = ("zones", "land-cover")
ADDED_TO_TITLE = {
    "1": Text(km="៖ សុំជួរបៃតងនៅចន្លោះ", en=": a green strip between is asked for"),
    "2": Text(km="៖ មានលក្ខខណ្ឌ", en=": only under conditions"),
}


@cache
def group_zones() -> Mapping[str, tuple[str, ...]]:
    """Return the zone classes of each group of the matrix, in the order of the zoning code."""
    zones: dict[str, tuple[str, ...]] = {}
    for row in read_table("zone_groups"):
        if row["group"]:
            zones[row["group"]] = (*zones.get(row["group"], ()), row["zone"])
    return zones


@cache
def ratings() -> Mapping[tuple[str, str], str]:
    """Return the cells of the adjacency matrix."""
    return {
        (row["group"], other): value
        for row in read_table("adjacency_matrix")
        for other, value in row.items()
        if other != "group"
    }


def zoning_rules() -> Iterator[Rule]:
    """Yield the rules of zones side by side, of unrated zones and of uses in zones."""
    names = {row["group"]: row for row in read_table("matrix_groups")}
    for row in read_table("adjacency_rules"):
        yield _side_by_side(row["code"], row["subject"], row["object"], names)
    yield from _unrated()
    for row in read_table("use_rules"):
        yield _use_in_zone(row)


def _side_by_side(
    code: str, subject: str, of_object: str, names: Mapping[str, Mapping[str, str]]
) -> Adjacency:
    rating = ratings()[subject, of_object]
    added = ADDED_TO_TITLE.get(rating, Text(en=""))
    one, other = names[subject], names[of_object]
    return Adjacency(
        code=code,
        title=Text(
            km=f"{one['name_km_draft']}ជាប់{other['name_km_draft']}{added.km}",
            en=f"Zone of {one['name_en']} side by side with a zone of {other['name_en']}{added.en}",
        ),
        severity=RATINGS[rating],
        basis=Basis.DEMO_VALUE,
        provision=_matrix_says(f"{subject} and {of_object}: {rating} ({RATING_NAMES[rating]})"),
        subject=_zones(group_zones()[subject]),
        object=_zones(group_zones()[of_object]),
        between=_between(GREEN if rating == NEEDS_GREEN else (*ROADS, *GREEN)),
        max_border_m=MAX_BORDER_M,
        tolerance_m=TOLERANCE_M,
        between_within_m=BETWEEN_WITHIN_M,
    )


def _unrated() -> Iterator[Adjacency]:
    """Yield a rule per zone that the matrix rates against no other; each pair is asked once."""
    rows = read_table("zone_groups")
    names = {record.code: record for record in class_records()}
    reasons = {row["zone"]: row["reason"] for row in rows}
    others = [row["zone"] for row in rows if row["answer"] != "between"]
    for row in read_table("unrated_rules"):
        zone = row["zone"]
        others.remove(zone)
        yield Adjacency(
            code=row["code"],
            title=Text(
                km=f"{names[zone].name_km}ជាប់តំបន់ផ្សេង៖ មិនទាន់វាយតម្លៃ",
                en=f"{names[zone].name_en}: side by side with another zone, not rated",
            ),
            severity=Severity.INFO,
            basis=Basis.DEMO_VALUE,
            provision=Provision(
                citation=f"Adjacency matrix of planned zones: {zone} is not rated, because"
                f" {reasons[zone]}"
            ),
            subject=_zones((zone,)),
            object=_zones(tuple(others)),
            between=_between((*ROADS, *GREEN)),
            verdict=Verdict.UNRATED,
            max_border_m=MAX_BORDER_M,
            tolerance_m=TOLERANCE_M,
            between_within_m=BETWEEN_WITHIN_M,
        )


def _use_in_zone(row: Mapping[str, str]) -> PlanVsExisting:
    use = row["use_code"]
    [cells] = [cells for cells in read_table("use_zone_matrix") if cells["use_code"] == use]
    [named] = [record for record in class_records() if record.code == use]
    return PlanVsExisting(
        code=row["code"],
        title=Text(
            km=f"{named.name_km} ក្នុងតំបន់ដែលប្លង់មិនអនុញ្ញាត",
            en=f"{cells['use_en']}: in a zone that does not permit it",
        ),
        severity=Severity.MEDIUM,
        basis=Basis.DEMO_VALUE,
        provision=Provision(
            citation=f"Use table of the demonstration zoning code, row {use}: X (prohibited),"
            " value chosen for the demonstration"
        ),
        subject=Selector(
            classes=(use,),
            except_layers=NO_USES,
            lifecycles=STANDS,
            surveyed_in=(row["surveyed_in"],),
        ),
        object=_zones(tuple(zone for zone, value in cells.items() if value == PROHIBITED)),
        min_share=MIN_SHARE,
    )


def _matrix_says(what: str) -> Provision:
    return Provision(
        citation=f"Adjacency matrix of planned zones, {what}, value chosen for the demonstration"
    )


def _zones(codes: tuple[str, ...]) -> Selector:
    return Selector(classes=codes, layers=(ZONES,))


def _between(classes: tuple[str, ...]) -> Selector:
    return Selector(classes=classes, lifecycles=COMING_TOO)
