"""The zoning code: what the tables of the fixtures say about each zone class, as regulations.

A cell of 0 in the table means two things, kept apart here: where nothing may be built at all
(coverage 0) a limit of zero is stored; a minimum or a density of 0 states nothing and stores
nothing. No row therefore always means "nothing stated", never "zero".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from layers.classes import read_table
from layers.models import LandUseClass
from layers.vocab import Basis
from planning.models import PlanVersion, Regulation, RegulationGroup, UseRule
from planning.vocab import Bound, Parameter, Permission

# Column of zone_classes.csv, what it limits, on which side, and how the column counts (divisor).
COLUMNS = (
    ("bcr_max_pct", Parameter.COVERAGE, Bound.MAX, 100),
    ("far_max", Parameter.FLOOR_AREA_RATIO, Bound.MAX, 1),
    ("height_max_m", Parameter.HEIGHT, Bound.MAX, 1),
    ("storeys_max", Parameter.STOREYS, Bound.MAX, 1),
    ("setback_front_m", Parameter.SETBACK_FRONT, Bound.MIN, 1),
    ("setback_side_m", Parameter.SETBACK_SIDE, Bound.MIN, 1),
    ("setback_rear_m", Parameter.SETBACK_REAR, Bound.MIN, 1),
    ("plot_min_m2", Parameter.PLOT_AREA, Bound.MIN, 1),
    ("frontage_min_m", Parameter.FRONTAGE, Bound.MIN, 1),
    ("green_min_pct", Parameter.GREEN, Bound.MIN, 100),
    ("du_ha_max", Parameter.DENSITY, Bound.MAX, 1),
)
SETBACKS = frozenset({Parameter.SETBACK_FRONT, Parameter.SETBACK_SIDE, Parameter.SETBACK_REAR})
STATES_NOTHING_AT_ZERO = frozenset(
    {Parameter.PLOT_AREA, Parameter.FRONTAGE, Parameter.GREEN, Parameter.DENSITY}
)
PERMISSIONS = {
    "P": Permission.PERMITTED,
    "C": Permission.CONDITIONAL,
    "X": Permission.PROHIBITED,
}
DEMO_SOURCE = "zone_classes.csv"
MATRIX_SOURCE = "use_zone_matrix.csv"
MINISTRY_PROVISION = (
    "Zoning code of the demo city: prohibited except by written decision of the responsible "
    "ministry"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegulationRecord:
    """One limit as the tables state it."""

    parameter: Parameter
    bound: Bound
    value: Decimal
    provision: str
    basis: Basis
    source: str


def regulation_records(
    row: Mapping[str, str], bases: Mapping[tuple[str, str], Mapping[str, str]]
) -> Iterator[RegulationRecord]:
    """Yield the limits one row of zone_classes.csv states, each with its basis.

    ``bases`` maps (zone code, parameter) to the row of zone_value_basis.csv that sources it; a
    limit it does not name is a demo value.
    """
    for column, parameter, bound, divisor in COLUMNS:
        value = Decimal(row[column]) / divisor
        if not _states_limit(parameter, value, builds=Decimal(row["bcr_max_pct"]) > 0):
            continue
        sourced = bases.get((row["code"], parameter))
        yield RegulationRecord(
            parameter=parameter,
            bound=bound,
            value=value,
            provision=sourced["provision"] if sourced else _demo_provision(row["code"]),
            basis=Basis(sourced["basis"]) if sourced else Basis.DEMO_VALUE,
            source=sourced["src"] if sourced else f"{DEMO_SOURCE}, {column}",
        )
    if row["code"] == "R4":
        yield HIGH_RISE_IS_HIGH


# "Higher than the 11th floor" describes the class; that lower buildings are refused there was
# found nowhere, so it may only warn.
HIGH_RISE_IS_HIGH = RegulationRecord(
    parameter=Parameter.STOREYS,
    bound=Bound.MIN,
    value=Decimal(12),
    provision="Sub-decree 42/2015 as reported describes high-rise as higher than the 11th floor",
    basis=Basis.GENERAL_KNOWLEDGE,
    source="S02",
)


def _states_limit(parameter: Parameter, value: Decimal, *, builds: bool) -> bool:
    """Tell whether a cell states a limit or merely fills the table."""
    if value:
        return True
    if parameter in STATES_NOTHING_AT_ZERO:
        return False
    # where nothing may be built a setback says nothing; where it may, 0 m is a stated 0 m
    return builds if parameter in SETBACKS else True


def _demo_provision(zone: str) -> str:
    return f"Zoning code of the demo city, class {zone}"


def permission_of(use: Mapping[str, str], zone: str) -> tuple[Permission, str]:
    """Return what the use table says of a use in a zone class, and the provision."""
    cell = use.get(zone)
    if cell is None:  # WA, FR, TR, AP and ML have no column
        return Permission.PROHIBITED, MINISTRY_PROVISION
    return PERMISSIONS[cell], f"Zoning code of the demo city, use table, class {zone}"


@transaction.atomic
def load_zoning_code(plan_version: PlanVersion) -> int:
    """Give a plan version the regulations and use rules of the fixtures, all or none.

    Returns
    -------
    int
        How many zone classes are regulated.
    """
    classes = {row.code: row for row in LandUseClass.objects.all()}
    bases = {(row["zone"], row["parameter"]): row for row in read_table("zone_value_basis")}
    zones, uses = read_table("zone_classes"), read_table("use_zone_matrix")
    for row in zones:
        group = RegulationGroup.objects.create(
            plan_version=plan_version,
            zone_class=classes[row["code"]],
            parking_key="" if row["parking_key"] == "none" else row["parking_key"],
            note=row["note"],
        )
        Regulation.objects.bulk_create(
            Regulation(group=group, **{name: getattr(record, name) for name in record.__slots__})
            for record in regulation_records(row, bases)
        )
        UseRule.objects.bulk_create(_use_rules(group, uses, classes))
    return len(zones)


def _use_rules(
    group: RegulationGroup, uses: list[dict[str, str]], classes: Mapping[str, LandUseClass]
) -> Iterator[UseRule]:
    for use in uses:
        permission, provision = permission_of(use, group.zone_class.code)
        yield UseRule(
            group=group,
            use_class=classes[use["use_code"]],
            permission=permission,
            provision=provision,
            basis=Basis.DEMO_VALUE,
            source=MATRIX_SOURCE,
        )
