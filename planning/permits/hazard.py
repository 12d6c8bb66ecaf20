"""Building where water goes: the rule of each flood class, on the footprint or the whole plot."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from layers.classes import read_table
from layers.queries import class_branches
from layers.vocab import Answer, Basis
from planning.extract import what_is_missing
from planning.permits.checks import Case, Check
from planning.sentences import Said, english_only, named, said
from planning.situation import WHOLE_SHARE, Hit, TopicState
from planning.topics import FLOOD

# A critical facility is kept out of what floods once in so many years, whatever the depth.
CRITICAL_RETURN_PERIOD_YEARS = 100
# Freeboard above the flood level [m], as the rules of flood_classes.csv state it.
FREEBOARD_M = {"H1": 0.3, "H2": 0.5}
CRITICAL_USES = ("school", "hospital", "fuel_station", "fuel_depot")
DWELLING_USES = ("residential",)
WORST_LAST = (Answer.COMPLIES, Answer.CANNOT_TELL, Answer.FAILS)
SOURCE = "flood_classes.csv"
RULES_SOURCE = "conflict_rules.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class FloodAnswer:
    """What a flood class answers, before the place of the building is considered."""

    answer: Answer
    missing: tuple[Said, ...] = ()
    measured: float | None = None
    required: float | None = None


def hazard_checks(case: Case) -> Iterator[Check]:
    """Yield one check per flood layer, by the worst class the building meets there."""
    for state in case.situation.states_of(FLOOD):
        met = _met_by_building(case, state)
        if met:
            yield _flooded_check(case, state, met)
            yield from _critical_checks(case, state, met)
        elif state.is_surveyed:
            beside = said("Water on the plot, but not where the building stands.")
            dry = beside if state.hits else said("No flooding here.")
            yield _check(state, FloodAnswer(answer=Answer.COMPLIES), dry)
        else:
            unknown = FloodAnswer(answer=Answer.CANNOT_TELL, missing=(what_is_missing(state),))
            yield _check(state, unknown, said("Nothing can be said about flooding here."))


def _met_by_building(case: Case, state: TopicState) -> list[Hit]:
    footprint = case.application.proposal.footprint
    if footprint is None:
        return list(state.hits)
    return [hit for hit in state.hits if hit.inside.intersects(footprint)]


def _flooded_check(case: Case, state: TopicState, met: list[Hit]) -> Check:
    """Return the worst answer of all the areas met: a shallow one clears no other."""
    answers = [(hit, _where_it_stands(case, hit, _class_answer(case, hit))) for hit in met]
    worst, found = max(answers, key=_severity)
    flood_class = _class_of(worst)
    if found.answer == Answer.COMPLIES and not state.is_surveyed:
        found = FloodAnswer(answer=Answer.CANNOT_TELL, missing=(_part_unknown(state),))
    rows = {row["class"]: row for row in read_table("flood_classes")}
    row = rows.get(flood_class)
    explanation = said(
        "Flood class %(code)s (%(meaning)s) on %(area)s m² of the plot. Rule: %(rule)s.",
        code=flood_class or "?",
        meaning=named(row["meaning_km_draft"], row["meaning_en"]) if row else "?",
        area=worst.area_m2,
        rule=english_only(row["new_building_rule"]) if row else "?",
    )
    return _check(state, found, explanation, worst)


def _severity(answered: tuple[Hit, FloodAnswer]) -> tuple[int, str, float]:
    hit, found = answered
    return WORST_LAST.index(found.answer), _class_of(hit), found.required or 0.0


def _part_unknown(state: TopicState) -> Said:
    share = state.surveyed_share * 100
    return said("flood data for the whole plot: only %(share)s %% was surveyed", share=share)


def _critical_checks(case: Case, state: TopicState, met: list[Hit]) -> Iterator[Check]:
    """Yield one check per critical facility the rule list keeps out of the 100-year flood."""
    often = [hit for hit in met if _within_critical_flood(hit)]
    if not often:
        return
    worst = max(often, key=_class_of)
    for row in read_table("conflict_rules"):
        branch = class_branches([row["source"]])[row["source"]]
        concerned = case.application.proposal.use_codes & set(branch)
        if row["receptor"] != "flood_zone" or not concerned:
            continue
        found = FloodAnswer(answer=Answer.FAILS)
        explanation = said("Critical facilities stay out of the 100-year flood, however shallow.")
        check = _check(state, _where_it_stands(case, worst, found), explanation, worst)
        rule, is_foreign = row["rule_id"], row["basis"].startswith("REF_")
        yield replace(
            check,
            code=f"{rule}:{check.code}",
            basis=Basis.FOREIGN_REFERENCE if is_foreign else Basis.DEMO_VALUE,
            provision=f"{rule}: {row['source']} outside the flood area",
            source=row["src"] or RULES_SOURCE,
            kept_dry=concerned,
        )


def _within_critical_flood(hit: Hit) -> bool:
    """Tell whether an area floods at least once in 100 years; one that does not say, may."""
    years = hit.properties.get("return_period_years")
    return not isinstance(years, int | float) or years <= CRITICAL_RETURN_PERIOD_YEARS


def _where_it_stands(case: Case, worst: Hit, found: FloodAnswer) -> FloodAnswer:
    """Take back a failure where only part of the plot floods and the building is not drawn."""
    place_known = case.application.proposal.footprint is not None
    on_part = worst.area_m2 < float(case.situation.site.area) * WHOLE_SHARE
    if found.answer != Answer.FAILS or place_known or not on_part:
        return found
    where = said("where on the plot the building stands: draw the footprint")
    return FloodAnswer(answer=Answer.CANNOT_TELL, missing=(where,))


def _class_of(hit: Hit) -> str:
    return str(hit.properties.get("hazard_class") or "")


def _class_answer(case: Case, hit: Hit) -> FloodAnswer:
    flood_class = _class_of(hit)
    if flood_class == "H4":
        return FloodAnswer(answer=Answer.FAILS)
    if flood_class == "H3":
        return _high(case)
    if flood_class in FREEBOARD_M:
        return _floor_level(case, flood_class, hit)
    return FloodAnswer(
        answer=Answer.CANNOT_TELL, missing=(said("the flood class of the mapped area"),)
    )


def _high(case: Case) -> FloodAnswer:
    if _has_use(case, CRITICAL_USES):
        return FloodAnswer(answer=Answer.FAILS)
    study = said("a drainage study and a raised structure: for the officer to judge")
    return FloodAnswer(answer=Answer.CANNOT_TELL, missing=(study,))


def _floor_level(case: Case, flood_class: str, hit: Hit) -> FloodAnswer:
    """Compare the ground floor with the deepest water of the mapped class plus freeboard [m]."""
    proposal = case.application.proposal
    depth = hit.properties.get("depth_max_m")
    if not isinstance(depth, int | float) or proposal.floor_level_above_ground_m is None:
        missing = said("the level of the ground floor above the ground in m")
        return FloodAnswer(answer=Answer.CANNOT_TELL, missing=(missing,))
    required = float(depth) + FREEBOARD_M[flood_class]
    measured = proposal.floor_level_above_ground_m
    if measured < required - 1e-9:
        return FloodAnswer(answer=Answer.FAILS, measured=measured, required=required)
    if flood_class == "H2" and _has_use(case, DWELLING_USES) and proposal.basement_depth_m != 0:
        missing = said("that no one will live in the basement")
        return FloodAnswer(answer=Answer.CANNOT_TELL, missing=(missing,))
    return FloodAnswer(answer=Answer.COMPLIES, measured=measured, required=required)


def _has_use(case: Case, roots: tuple[str, ...]) -> bool:
    branches = class_branches(roots)
    return any(case.application.proposal.use_codes & set(codes) for codes in branches.values())


def _check(
    state: TopicState, found: FloodAnswer, explanation: Said, worst: Hit | None = None
) -> Check:
    layer = state.topic.layer
    return Check(
        code=f"flood:{layer.slug}" if layer and state.is_shown else "flood",
        title=said(
            "Flood: %(layer)s",
            layer=named(layer.title_km, layer.title_en)
            if layer and state.is_shown
            else state.topic.title,
        ),
        answer=found.answer,
        explanation=explanation,
        basis=Basis.DEMO_VALUE,
        provision="Flood hazard classes of the demo city and what each permits",
        source=SOURCE,
        measured=found.measured,
        required=found.required,
        bound="min" if found.required is not None else "",
        unit="m" if found.required is not None else "",
        missing=found.missing,
        evidence=worst.inside if worst else None,
    )
