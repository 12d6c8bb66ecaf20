"""What was measured, in one sentence per kind of rule: what conflicts, how far, what is asked."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from conflicts.area_rules import Capacity, ServiceCoverage
from conflicts.kinds import Rule
from conflicts.measured_standards import network_sentence, obstacle_sentence, standard_sentence
from conflicts.models import Observation
from conflicts.pair_rules import (
    STANDS,
    Adjacency,
    Containment,
    HazardExposure,
    Overlap,
    PlanVsExisting,
    PlanVsPlan,
    ReservationEncroachment,
    Separation,
)
from conflicts.record_rules import DataQuality
from conflicts.vocab import Along, QualityCheck, Supply, Verdict
from conflicts.wording import amount, selector_name, share_text
from layers.models import Feature
from layers.numbers import number
from layers.property_names import property_title
from layers.vocab import Lifecycle

Names = Mapping[str, str]  # those of "subject" and "object"


def _separation(names: Names, seen: Observation, _rule: Separation) -> str:
    said = {
        **names,
        "measured": amount(seen.measured_value, "m"),
        "required": amount(seen.required_value, "m"),
        "short": amount(-(seen.margin or 0.0), "m"),
    }
    return (
        _(
            "%(subject)s lies %(measured)s from %(object)s; at least %(required)s is asked for,"
            " %(short)s is missing."
        )
        % said
    )


def _overlap(names: Names, seen: Observation, _rule: Overlap) -> str:
    said = {**names, "measured": amount(seen.measured_value, seen.unit)}
    if seen.unit == "place":
        return _("%(subject)s lies on %(object)s; none is allowed there.") % said
    share = seen.facts.get("subject_share")
    if share is None:
        return _("%(subject)s shares %(measured)s with %(object)s; none is allowed.") % said
    said["share"] = share_text(share)
    return (
        _("%(subject)s shares %(measured)s (%(share)s of it) with %(object)s; none is allowed.")
        % said
    )


def _exposure(names: Names, seen: Observation, rule: HazardExposure) -> str:
    said = {**names, "depth": _depth(seen.facts)}
    share = seen.facts.get("subject_share")
    said["share"] = share_text(share) if share is not None else "–"
    period = seen.facts.get("return_period_years") or rule.return_period_years
    said["period"] = number(float(period), 0) if period else "–"
    if not said["depth"]:
        return _("%(share)s of %(subject)s lies in the danger area of %(object)s.") % said
    return (
        _(
            "%(subject)s stands in water %(depth)s deep in %(object)s (return period %(period)s"
            " years); %(share)s of it is wet."
        )
        % said
    )


def _adjacency(names: Names, seen: Observation, rule: Adjacency) -> str:
    said = {
        **names,
        "measured": amount(seen.measured_value, "m"),
        "required": amount(seen.required_value, "m"),
        "border": amount(seen.facts.get("border_m"), "m"),
        "tolerance": amount(seen.facts.get("tolerance_m"), "m"),
    }
    if rule.verdict == Verdict.UNRATED:
        return (
            _(
                "%(subject)s and %(object)s share %(measured)s of border with nothing between;"
                " nobody has rated whether the two uses go together, so it cannot be told. What"
                " would settle it: the committee rates the pair in the rule book."
            )
            % said
        )
    if rule.between is None:
        return (
            _(
                "%(subject)s and %(object)s share %(measured)s of border (lines up to %(tolerance)s"
                " apart are one); at most %(required)s is allowed."
            )
            % said
        )
    said["between"] = selector_name(rule.between)
    return (
        _(
            "%(subject)s and %(object)s share %(border)s of border (lines up to %(tolerance)s apart"
            " are one), %(measured)s of it with nothing between; at most %(required)s is allowed."
            " One of these along the border would cure it: %(between)s."
        )
        % said
    )


def _nonconforming(names: Names, seen: Observation, _rule: PlanVsExisting) -> str:
    said = {
        **names,
        "measured": amount(seen.measured_value, seen.unit),
        "share": share_text(seen.facts["subject_share"]),
    }
    place = (
        _("%(subject)s stands on %(object)s, where the plan does not permit this use.")
        if seen.unit == "place"
        else _(
            "%(subject)s stands with %(measured)s (%(share)s of it) on %(object)s, where the plan"
            " does not permit this use."
        )
    )
    stands = (
        _("It exists already: an existing nonconforming use.")
        if seen.facts["existing_nonconforming"]
        else _("It is under construction.")
    )
    cure = _("What would cure it: another place for the use, or a plan that permits it here.")
    return f"{place % said} {stands} {cure}"


def _encroachment(names: Names, seen: Observation, _rule: ReservationEncroachment) -> str:
    stage = Lifecycle(seen.facts["lifecycle"])
    share = seen.facts.get("subject_share")
    said = {
        **names,
        "stage": stage.label,
        "measured": amount(seen.measured_value, seen.unit),
        "share": "" if share is None else f" ({share_text(share)})",
        "instrument": seen.facts.get("instrument") or _("not stated"),
    }
    where = _(
        "%(subject)s (%(stage)s) takes %(measured)s%(share)s of the land reserved as %(object)s"
        " (instrument: %(instrument)s)."
    )
    cure = (
        _(
            "What would cure it: what stands leaves before the land is used, or the land is"
            " released."
        )
        if stage in STANDS
        else _("What would cure it: another place for it, or the release of the land.")
    )
    return f"{where % said} {cure}"


def _outside(names: Names, seen: Observation, rule: Containment) -> str:
    said = {
        **names,
        "measured": amount(seen.measured_value, seen.unit),
        "share": share_text(seen.facts["subject_share"]),
        "within": selector_name(rule.object),
        "least": share_text(rule.min_share),
    }
    if seen.unit == "place":
        where = _("%(subject)s lies outside every area of %(within)s.")
    else:
        where = _("%(subject)s lies with %(measured)s (%(share)s of it) outside %(within)s.")
    asked = _("At least %(least)s of it must lie within.") if rule.min_share < 1 else ""
    cure = _("What would cure it: another place for it, or such an area around it.")
    return " ".join(part for part in (where, asked, cure) if part) % said


def _record(names: Names, seen: Observation, rule: DataQuality) -> str:
    sentences = {
        QualityCheck.NO_CLASS: _(
            "%(subject)s has no class: no rule that names classes sees it. What would cure it: its"
            " class."
        ),
        QualityCheck.DUPLICATE: _(
            "%(subject)s and %(object)s are recorded with one shape, at most %(measured)s apart."
            " What would cure it: one record of the two."
        ),
        QualityCheck.OVERLAP: _(
            "%(subject)s and %(object)s overlap by %(measured)s, somewhere wider than"
            " %(tolerance)s. What would cure it: one border between them."
        ),
        QualityCheck.SLIVER: _(
            "%(subject)s is nowhere wider than %(measured)s; below %(tolerance)s it is taken for a"
            " slip of the drawing. What would cure it: joining it to its neighbour."
        ),
    }
    if rule.check == QualityCheck.ATTRIBUTE:
        return _attribute(names, seen, rule)
    return sentences[rule.check] % {
        **names,
        "measured": amount(seen.measured_value, seen.unit),
        "tolerance": amount(rule.tolerance_m, "m"),
    }


def _attribute(names: Names, seen: Observation, rule: DataQuality) -> str:
    sentences = {
        "missing": _("%(subject)s does not state %(attribute)s."),
        "no_number": _('%(subject)s states "%(stated)s" as %(attribute)s: no number.'),
        "below": _(
            "%(subject)s states %(stated)s as %(attribute)s; below %(least)s it is not plausible."
        ),
        "above": _(
            "%(subject)s states %(stated)s as %(attribute)s; above %(greatest)s it is not"
            " plausible."
        ),
    }
    stated = seen.facts.get("stated")
    is_number = seen.facts["problem"] in {"below", "above"}
    said = {
        **names,
        "attribute": property_title(rule.attribute, {}),
        "stated": amount(seen.measured_value, rule.unit) if is_number else stated,
        "least": amount(rule.least, rule.unit),
        "greatest": amount(rule.greatest, rule.unit),
    }
    cure = _("What would cure it: the value, taken from where it was measured.")
    return f"{sentences[seen.facts['problem']] % said} {cure}"


def _between_plans(names: Names, seen: Observation, rule: PlanVsPlan) -> str:
    said = {
        **names,
        "plan": _plan_of(seen.subject_row),
        "other": _plan_of(seen.object_row),
        "measured": amount(seen.measured_value, seen.unit),
        "required": amount(seen.required_value, "m"),
    }
    if rule.min_distance_m is not None:
        sentence = _(
            "%(subject)s in the plan “%(plan)s” lies %(measured)s from %(object)s in “%(other)s”;"
            " at least %(required)s is asked for."
        )
    elif seen.unit == "place":
        sentence = _(
            "%(subject)s in the plan “%(plan)s” lies on %(object)s in “%(other)s”: the two"
            " plans contradict each other."
        )
    else:
        sentence = _(
            "%(subject)s in the plan “%(plan)s” shares %(measured)s with %(object)s in"
            " “%(other)s”: the two plans contradict each other."
        )
    cure = _("What would cure it: both plans agreed, with one of the two changed.")
    return f"{sentence % said} {cure}"


def _plan_of(row: Feature | None) -> str:
    return "–" if row is None else row.layer.title


def _unserved(names: Names, seen: Observation, rule: ServiceCoverage) -> str:
    said = {
        **names,
        "measured": amount(seen.measured_value, seen.unit),
        "total": amount(seen.facts["total"], "place"),
        "share": share_text(seen.facts["unserved_share"]),
        "unknown": amount(seen.facts["unknown"], "place"),
        "served": selector_name(rule.served),
        "service": selector_name(rule.object),
        "distance": amount(rule.max_distance_m, "m"),
    }
    parts = [
        _(
            "%(subject)s: %(measured)s of %(total)s (%(share)s) known %(served)s lie farther than"
            " %(distance)s, in a straight line, from every %(service)s."
        ),
        _("Along the streets, as the standard has it, there are at least so many.")
        if rule.along == Along.STREETS
        else "",
        _("Of %(unknown)s more it is not known.") if seen.facts["unknown"] else "",
        _("What would cure it: such a service nearer to them."),
    ]
    return " ".join(part for part in parts if part) % said


def _too_little_room(names: Names, seen: Observation, rule: Capacity) -> str:
    said = {
        **names,
        "supplied": amount(seen.measured_value, seen.unit),
        "required": amount(seen.required_value, seen.unit),
        "short": amount(-(seen.margin or 0.0), seen.unit),
        "people": number(seen.facts["people"], 0),
        "served": selector_name(rule.served),
        "service": selector_name(rule.object),
        "each": number(rule.required_each, most=4),
    }
    of_what = {
        Supply.AREA: _(
            "%(subject)s: the %(service)s there take up %(supplied)s. For %(people)s known people"
            " (%(served)s), each asking for %(each)s m², there should be %(required)s: %(short)s"
            " are missing."
        ),
        Supply.ATTRIBUTE: _(
            "%(subject)s: the %(service)s there have room for %(supplied)s. For %(people)s known"
            " people (%(served)s), each asking for %(each)s, there should be %(required)s:"
            " %(short)s are missing."
        ),
        Supply.NUMBER: _(
            "%(subject)s: of %(service)s there are %(supplied)s. For %(people)s known people"
            " (%(served)s), each asking for %(each)s, there should be %(required)s: %(short)s are"
            " missing."
        ),
    }
    parts = [
        of_what[rule.supply],
        _("Not all who need them are known: there may be more missing.")
        if seen.facts["at_least"]
        else "",
        _("What would cure it: more room in such services there."),
    ]
    return " ".join(part for part in parts if part) % said


def _depth(facts: Mapping[str, Any]) -> str:
    low, high = facts.get("depth_min_m"), facts.get("depth_max_m")
    if low is None and high is None:
        return ""
    if high is None:
        return _("more than %(low)s") % {"low": amount(low, "m")}
    return _("%(low)s to %(high)s") % {
        "low": number(low or 0.0, 2),
        "high": amount(high, "m"),
    }


_SENTENCES: Mapping[str, Callable[[Names, Observation, Any], str]] = {
    "separation": _separation,
    "overlap": _overlap,
    "hazard_exposure": _exposure,
    "adjacency": _adjacency,
    "plan_vs_existing": _nonconforming,
    "reservation_encroachment": _encroachment,
    "containment": _outside,
    "data_quality": _record,
    "plan_vs_plan": _between_plans,
    "capacity": _too_little_room,
    "service_coverage": _unserved,
    "standard_violation": standard_sentence,
    "network_coordination": network_sentence,
    "obstacle_limitation": obstacle_sentence,
}


def measured_sentence(names: Names, seen: Observation, rule: Rule) -> str:
    """Say what conflicts and how far; ``names`` holds those of subject and object."""
    return _SENTENCES[rule.kind](names, seen, rule)
