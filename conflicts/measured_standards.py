"""What was measured against standards, surfaces and networks, in one sentence per kind of rule."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from conflicts.airport_rules import ObstacleLimitation
from conflicts.models import Observation
from conflicts.network_rules import NetworkCoordination
from conflicts.standard_rules import PER_AREA, StandardViolation
from conflicts.vocab import Bound, Measure, ObstacleSurface
from conflicts.wording import amount, selector_name
from layers.numbers import general
from layers.property_names import property_title

Names = Mapping[str, str]  # those of "subject" and "object"


def standard_sentence(names: Names, seen: Observation, rule: StandardViolation) -> str:
    """Say what a feature measures, what its zone or class asks for, and what would cure it."""
    measured = seen.measured_value or 0.0
    required = seen.required_value or 0.0
    said = {
        **names,
        "what": _measured_name(rule),
        "measured": amount(measured, seen.unit),
        "required": amount(required, seen.unit),
        "difference": amount(
            abs(measured - required), "percentage points" if seen.unit == "%" else seen.unit
        ),
    }
    parts = [
        _limit(rule) % said,
        _("It is at least so much: not all that counts is recorded.")
        if rule.bound == Bound.MAX and not seen.facts["is_whole"]
        else "",
        _("Title and map state different areas; it is taken by the one that speaks for it.")
        if seen.facts["areas_differ"]
        else "",
        _("It exists already: an existing nonconforming use.")
        if seen.facts["existing_nonconforming"] and rule.has_object
        else "",
        _cure(rule) % said,
    ]
    return " ".join(part for part in parts if part)


def _limit(rule: StandardViolation) -> str:
    if rule.has_object and rule.bound == Bound.MAX:
        return _(
            "%(subject)s: %(what)s is %(measured)s; in %(object)s at most %(required)s is allowed,"
            " it is %(difference)s more."
        )
    if rule.has_object:
        return _(
            "%(subject)s: %(what)s is %(measured)s; in %(object)s at least %(required)s is asked"
            " for, %(difference)s is missing."
        )
    if rule.bound == Bound.MAX:
        return _(
            "%(subject)s: %(what)s is %(measured)s; at most %(required)s is allowed, it is"
            " %(difference)s more."
        )
    return _(
        "%(subject)s: %(what)s is %(measured)s; at least %(required)s is asked for,"
        " %(difference)s is missing."
    )


def _cure(rule: StandardViolation) -> str:
    if rule.bound == Bound.MAX:
        less = _("What would cure it: %(difference)s less.")
        other = _("What would cure it: %(difference)s less, or a plan that allows more here.")
        return other if rule.has_object else less
    more = _("What would cure it: %(difference)s more.")
    other = _("What would cure it: %(difference)s more, or a plan that asks for less here.")
    return other if rule.has_object else more


def _measured_name(rule: StandardViolation) -> str:
    """Return what the standard is about, in the field's words."""
    if rule.measure == Measure.ATTRIBUTE and rule.per:
        whole = _("area") if rule.per == PER_AREA else property_title(rule.per, {})
        part = property_title(rule.attribute, {})
        return _("%(part)s by %(whole)s") % {"part": part, "whole": whole}
    return {
        Measure.ATTRIBUTE: property_title(rule.attribute, {}),
        Measure.AREA: _("its area"),
        Measure.COVERAGE: _("the share of its ground that is built over"),
        Measure.FLOOR_AREA_RATIO: _("its floor area ratio"),
        Measure.SETBACK: _("the distance from its buildings to the nearest edge"),
    }[rule.measure]


def network_sentence(names: Names, seen: Observation, rule: NetworkCoordination) -> str:
    """Say what network is missing, how far the nearest is or how late it comes."""
    said = {
        **names,
        "network": selector_name(rule.object),
        "measured": amount(seen.measured_value, seen.unit),
        "within": amount(rule.max_distance_m, "m"),
        "named": amount(rule.named_within_m, "m"),
        "year": general(seen.facts.get("year", 0)),
        "late_year": general(seen.facts.get("late_year", 0)),
    }
    if "late_year" in seen.facts:
        served = _(
            "%(subject)s is planned for %(year)s, but what serves it with %(network)s comes in"
            " %(late_year)s."
        )
        cure = _("What would cure it: the network by the same year, or the use later.")
        return f"{served} {cure}" % said
    served = (
        _("No %(network)s, standing or planned, lies within %(within)s of %(subject)s.")
        if rule.max_distance_m
        else _("No %(network)s, standing or planned, touches or crosses %(subject)s.")
    )
    nearest = (
        _("The nearest known is %(measured)s away.")
        if seen.unit == "m"
        else _("None is known within %(named)s.")
    )
    cure = _("What would cure it: such a network planned to it, or the use where one is.")
    return f"{served} {nearest} {cure}" % said


def obstacle_sentence(names: Names, seen: Observation, _rule: ObstacleLimitation) -> str:
    """Say how high a structure reaches, which surface it pierces and by how much."""
    facts = seen.facts
    said = {
        **names,
        "top": amount(seen.measured_value, "m"),
        "ground": amount(facts["ground_m"], "m"),
        "height": amount(facts.get("stated_height_m", 0.0), "m"),
        "surface": ObstacleSurface(facts["surface"]).label,
        "limit": amount(seen.required_value, "m"),
        "distance": amount(facts["distance_m"], "m"),
        "over": amount(-(seen.margin or 0.0), "m"),
    }
    where = _(
        "%(subject)s reaches %(top)s above sea level (ground %(ground)s, height %(height)s),"
        " %(over)s above the %(surface)s, which lies at %(limit)s there (%(distance)s from"
        " %(object)s)."
    )
    cure = _("What would cure it: %(over)s less of height, or another place.")
    return f"{where} {cure}" % said
