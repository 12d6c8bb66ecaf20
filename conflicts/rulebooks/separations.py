"""The rows of conflict_rules.csv and the cells of the three separation tables, as rules.

``table_rules.csv`` says of every cell which rule asks it: one of conflict_rules.csv (``same``), or
a rule of its own (``rule``) that is ``like`` such a one but for the distance, which is the cell's,
and for the parties it names. The table for wastewater plants goes by capacity: each of its rules
asks only of plants of its band, the strictest band of a process also of those whose capacity nobody
stated, so that these are "cannot tell" and not "far enough".
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conflicts.kinds import Rule
from conflicts.pair_rules import DepthThreshold, HazardExposure, Separation
from conflicts.predicates import AllOf, AnyOf, Comparison, Operator, Predicate
from conflicts.rule_parts import Exemption, Text
from conflicts.rulebooks.reference import (
    SEVERITIES,
    Party,
    basis_of,
    parties,
    provision_of,
)
from conflicts.vocab import Severity
from layers.classes import read_table

CAPACITY = "capacity_m3_day"
# Bands of wwtp_separation.csv [m3/day]: from and to, both counted to the stricter side.
BANDS: Mapping[str, tuple[float | None, float | None]] = {
    "lt_200_m3d": (None, 200.0),
    "200_5000_m3d": (200.0, 5_000.0),
    "5000_50000_m3d": (5_000.0, 50_000.0),
    "gt_50000_m3d": (50_000.0, None),
}
ROW_NAMES = {
    "wwtp_separation": "process",
    "water_protection": "object",
    "cemetery_separation": "receptor",
}
RETURN_PERIOD_YEARS = 100.0  # the tables' flood area: 1 % in a year
# Any water is a finding of low severity; from 0.30 m on, where class H2 of flood_classes.csv
# begins, it has the severity of the table.
ANY_WATER_M = 0.01
H2_FROM_M = 0.30


def separation_rules() -> Iterator[Rule]:
    """Yield a rule per row of conflict_rules.csv, then those of the tables' other cells."""
    rows = {row["rule_id"]: row for row in read_table("conflict_rules")}
    for row in rows.values():
        yield _rule(row)
    for cell in read_table("table_rules"):
        if cell["answer"] == "rule":
            yield _of_cell(cell, rows[cell["like"]])


def _rule(row: Mapping[str, str]) -> Rule:
    source, receptor = parties()[row["source"]], parties()[row["receptor"]]
    if row["mode"] == "inside":
        return _exposure(row, source, receptor)
    return _separation(row, source, receptor, float(row["distance_m"]))


def _separation(
    row: Mapping[str, str], source: Party, receptor: Party, distance_m: float
) -> Separation:
    return Separation(
        code=row["rule_id"],
        title=_title(source, receptor, distance_m),
        severity=SEVERITIES[row["severity"]],
        basis=basis_of(row),
        provision=provision_of(row),
        subject=source.selector,
        object=receptor.selector,
        min_distance_m=distance_m,
        exemptions=tuple(_other_bands(row["rule_id"])),
        note=row["note"],
    )


def _exposure(row: Mapping[str, str], source: Party, flood: Party) -> HazardExposure:
    severity = SEVERITIES[row["severity"]]
    return HazardExposure(
        code=row["rule_id"],
        title=Text(
            km=f"{source.name_km}ក្នុង{flood.name_km}",
            en=f"{source.name_en} in the {flood.name_en}",
        ),
        severity=severity,
        basis=basis_of(row),
        provision=provision_of(row),
        subject=source.selector,
        object=flood.selector,
        return_period_years=RETURN_PERIOD_YEARS,
        thresholds=(
            DepthThreshold(depth_ge_m=ANY_WATER_M, severity=Severity.LOW),
            DepthThreshold(depth_ge_m=H2_FROM_M, severity=severity),
        ),
        note=row["note"],
    )


def _title(source: Party, receptor: Party, distance_m: float) -> Text:
    pair = (
        f"Two {source.plural_en}"
        if source == receptor
        else f"{source.name_en} and {receptor.name_en[0].lower()}{receptor.name_en[1:]}"
    )
    return Text(
        km=f"{source.name_km}នៅជិត{receptor.name_km} (តិចជាង {distance_m:.0f} ម)",
        en=f"{pair} less than {distance_m:,.0f} m apart",
    )


def _of_cell(cell: Mapping[str, str], row: Mapping[str, str]) -> Separation:
    """Return the rule of one cell: like a row of conflict_rules.csv, with the cell's distance."""
    named = {
        "rule_id": cell["code"],
        "source": cell["subject"] or row["source"],
        "receptor": cell["object"] or row["receptor"],
        "note": f"{cell['table']}.csv: {cell['row']}, {cell['column']}; severity as {cell['like']}",
    }
    source, receptor = parties()[named["source"]], parties()[named["receptor"]]
    rule = _separation({**row, **named}, source, receptor, cell_distance_m(cell))
    if cell["column"] not in BANDS:
        return rule
    subject = replace(rule.subject, where=_in_band(cell))
    return replace(rule, subject=subject, title=_with_band(rule.title, cell["column"]))


def cell_distance_m(cell: Mapping[str, str]) -> float:
    """Return the distance a cell of a separation table asks for [m]."""
    return float(cell_value(cell))


def cell_value(cell: Mapping[str, str]) -> str:
    """Return what a cell of a separation table says, as it stands there."""
    name = ROW_NAMES[cell["table"]]
    [row] = [row for row in read_table(cell["table"]) if row[name] == cell["row"]]
    return row[cell["column"]]


def _in_band(cell: Mapping[str, str]) -> Predicate:
    least, most = BANDS[cell["column"]]
    bounds = [
        *(
            []
            if least is None
            else [_capacity(Operator.GT if most is None else Operator.GE, least)]
        ),
        *([] if most is None else [_capacity(Operator.LT if least is None else Operator.LE, most)]),
    ]
    if cell["column"] != _strictest_band(cell["row"]):
        bounds.insert(0, Comparison(attr=CAPACITY, op=Operator.IS_NULL, value=False))
    return bounds[0] if len(bounds) == 1 else AllOf(parts=tuple(bounds))


def _strictest_band(process: str) -> str:
    [row] = [row for row in read_table("wwtp_separation") if row["process"] == process]
    return max((band for band in BANDS if row[band]), key=lambda band: float(row[band]))


def _capacity(op: Operator, value: float) -> Comparison:
    return Comparison(attr=CAPACITY, op=op, value=value)


def _other_bands(code: str) -> Iterator[Exemption]:
    """Yield the exemption of plants whose stated capacity lies in another band of the table."""
    for cell in read_table("table_rules"):
        if cell["answer"] == "same" and cell["code"] == code and cell["column"] in BANDS:
            least, most = BANDS[cell["column"]]
            beyond = [] if most is None else [_capacity(Operator.GT, most)]
            if not _has_value(cell["row"], "gt_50000_m3d"):
                beyond = []  # the table ends here: what is larger is asked like this
            below = [] if least is None else [_capacity(Operator.LT, least)]
            parts = (*below, *beyond)
            yield Exemption(
                reason=Text(
                    km="សមត្ថភាពដែលបានប្រាប់ ស្ថិតក្នុងថ្នាក់ផ្សេងនៃតារាង",
                    en="Its stated capacity lies in another band, which has its own rule",
                ),
                subject=parts[0] if len(parts) == 1 else AnyOf(parts=parts),
            )


def _has_value(process: str, band: str) -> bool:
    return any(row["process"] == process and row[band] for row in read_table("wwtp_separation"))


def _with_band(title: Text, band: str) -> Text:
    least, most = BANDS[band]
    if least is None:
        km, en = f"តិចជាង {most:.0f}", f"below {most:,.0f}"
    elif most is None:
        km, en = f"លើស {least:.0f}", f"above {least:,.0f}"
    else:
        km, en = f"{least:.0f}-{most:.0f}", f"{least:,.0f} to {most:,.0f}"
    return Text(km=f"{title.km}៖ {km} ម³/ថ្ងៃ", en=f"{title.en}: {en} m³/day")
