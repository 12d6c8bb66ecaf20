"""Findings and gaps in sentences a planner can read aloud, in the reader's language."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from conflicts.kinds import KINDS, Rule, selectors
from conflicts.measured import measured_sentence
from conflicts.models import WHOLE_LAYER, Finding, Observation
from conflicts.rule_parts import Provision
from conflicts.rule_schema import rule_from_data
from conflicts.vocab import Gap
from conflicts.wording import amount, class_names, reader_language, share_text
from layers.models import Feature, Layer, in_reader_language
from layers.numbers import number, quantity
from layers.vocab import Basis

# So many unsurveyed parts of the city are named in a sentence.
NAMED_PLACES = 5
# Gaps of single features: around one proposal they are few, and named.
NAMES_FEATURES = (Gap.UNKNOWN_ATTRIBUTE, Gap.NO_AREA)


def jurisdiction_name(code: str) -> str:
    """Return a country's name, as an adjective of its law, for ISO codes the rule books use."""
    names = {
        "KH": _("Cambodian"),
        "VN": _("Vietnamese"),
        "TH": _("Thai"),
        "MY": _("Malaysian"),
        "LA": _("Lao"),
        "PH": _("Philippine"),
        "US": _("US American"),
    }
    return names.get(code, code)


def basis_sentence(basis: str, provision: Provision) -> str:
    """Say what a number rests on, and what that means."""
    country = jurisdiction_name(provision.jurisdiction)
    if basis == Basis.FOREIGN_REFERENCE and country:
        return _("%(country)s reference value, not Cambodian law.") % {"country": country}
    sentences = {
        Basis.BINDING_LAW: _("Binding law."),
        Basis.PLAN_PROVISION: _("Provision of the plan in force."),
        Basis.PRESS_REPORT: _("Cambodian rule known only from press reports; get the text."),
        Basis.FOREIGN_REFERENCE: _("Foreign reference value, not Cambodian law."),
        Basis.BENCHMARK: _("International benchmark, not law."),
        Basis.GENERAL_KNOWLEDGE: _("General knowledge, to be verified by the city."),
        Basis.DEMO_VALUE: _("Demo value without legal force."),
    }
    return sentences[Basis(basis)]


def feature_name(row: Feature | None, stable_id: str) -> str:
    """Return a feature with its use: 'Primary school 1 (School)'."""
    if row is None:
        return stable_id
    use = row.land_use.name if row.land_use else row.layer.title
    return f"{row.name} ({use})" if use else row.name


def object_name(finding: Finding) -> str:
    """Return the object's name; for a hazard map the title of its layer; empty without one."""
    row = finding.current.object_row if finding.current else None
    if finding.object_id == WHOLE_LAYER:
        return row.layer.title if row is not None else finding.object_layer
    return feature_name(row, finding.object_id)


def subject_name(finding: Finding) -> str:
    """Return the subject's name with its use."""
    row = finding.current.subject_row if finding.current else None
    return feature_name(row, finding.subject_id)


def rule_of(observation: Observation) -> Rule:
    """Return the rule as it stood when the observation was made."""
    if observation.outcome is None:
        raise TypeError(observation.change)
    return _read_once(json.dumps(observation.outcome.rule.definition, sort_keys=True))


@lru_cache(maxsize=4096)
def _read_once(definition: str) -> Rule:
    """Read a rule once, however many findings it has."""
    return rule_from_data(json.loads(definition))


def explain(finding: Finding) -> str:
    """Say what conflicts, how far, what the rule asks and what it rests on."""
    seen = finding.current
    if seen is None:
        return str(finding)
    rule = rule_of(seen)
    parts = [
        measured_sentence(_names(finding), seen, rule),
        _own_message(rule),
        _rests_on(rule),
        _data_used(finding, seen, rule),
    ]
    return " ".join(part for part in parts if part)


def say_conflict(finding: Finding) -> str:
    """Say only what conflicts and how far."""
    if finding.current is None:
        return str(finding)
    rule = rule_of(finding.current)
    said = (measured_sentence(_names(finding), finding.current, rule), _own_message(rule))
    return " ".join(part for part in said if part)


def explain_in(finding: Finding, language: str) -> str:
    """Return the explanation in one language, whatever the reader's is."""
    with translation.override(language):
        return explain(finding)


def _names(finding: Finding) -> dict[str, str]:
    return {"subject": subject_name(finding), "object": object_name(finding)}


def _own_message(rule: Rule) -> str:
    return "" if rule.message is None else in_reader_language(rule.message.km, rule.message.en)


def _rests_on(rule: Rule) -> str:
    citation = rule.provision.citation or ", ".join(
        part for part in (rule.provision.law, rule.provision.article) if part
    )
    sentence = basis_sentence(rule.basis, rule.provision)
    return _("Rule %(code)s: %(citation)s. %(basis)s") % {
        "code": rule.code,
        "citation": citation.rstrip(".") or _("no citation"),
        "basis": sentence,
    }


def layers_used(finding: Finding, rule: Rule) -> list[str]:
    """Return the layers a finding rests on; also those that would show what it lacks or counts."""
    asked = selectors(rule).values() if KINDS[rule.kind].tells_of_each else ()
    shown = [slug for part in asked for slug in part.surveyed_in or part.layers]
    layers = (finding.subject_layer, finding.object_layer, *shown)
    return list(dict.fromkeys(slug for slug in layers if slug))


def _data_used(finding: Finding, seen: Observation, rule: Rule) -> str:
    versions = seen.detection.data_versions
    layers = layers_used(finding, rule)
    named = ", ".join(f"{slug} v{versions[slug]}" for slug in layers if slug in versions)
    return _("Data: %(versions)s.") % {"versions": named} if named else ""


def explain_gap(gap: Mapping[str, Any], *, with_examples: bool = True) -> str:
    """Say what is missing and how many places that concerns, naming a few of them."""
    examples = gap.get("examples", ())[:5] if with_examples else ()
    said = {
        "what": class_names(gap.get("classes", ())) or gap.get("theme") or _("features"),
        "layers": ", ".join(gap.get("layers", ())),
        "attributes": ", ".join(gap.get("attributes", ())),
        "count": number(gap.get("count", 0), 0),
        "reach": amount(gap.get("reach_m", 0.0), "m"),
        "served": class_names(gap.get("served", ())) or _("features"),
        "counted": class_names(gap.get("counted", ())) or _("features"),
        "examples": ", ".join(examples) or "–",
    }
    if gap["gap"] == Gap.GROUND_NOT_SURVEYED:
        return _unsurveyed_ground(gap, said, names_places=with_examples)
    return _gap_sentences()[Gap(gap["gap"])] % said


def _unsurveyed_ground(
    gap: Mapping[str, Any], said: Mapping[str, str], *, names_places: bool
) -> str:
    """Say which share of the city nobody looked at, and where that is."""
    city_m2 = gap.get("city_m2")
    if not city_m2:
        return (
            _(
                "No ground is stated as completely surveyed for %(what)s (%(layers)s): there may"
                " be more."
            )
            % said
        )
    numbers = {
        "share": share_text(gap["unsurveyed_m2"] / city_m2),
        "area": square_kilometres(gap["unsurveyed_m2"]),
        "city": square_kilometres(city_m2),
        "places": _places(gap["places"]) if names_places else "",
    }
    sentence = _(
        "%(share)s of the city (%(area)s of %(city)s) is not completely surveyed for %(what)s"
        " (%(layers)s)."
    )
    where = _("Not surveyed: %(places)s.") if numbers["places"] else ""
    return f"{sentence} {where}".strip() % {**said, **numbers}


def _places(places: Sequence[Mapping[str, Any]]) -> str:
    language = reader_language()
    named = [f"{p[language]} ({square_kilometres(p['area_m2'])})" for p in places[:NAMED_PLACES]]
    more = len(places) - NAMED_PLACES
    if more > 0:
        named.append(_("%(count)s more") % {"count": number(more, 0)})
    return ", ".join(named)


def square_kilometres(area_m2: float) -> str:
    """Return an area in km²; one that is not nothing is never shown as nothing."""
    area_km2 = area_m2 / 1e6
    return quantity(area_km2, "km2", 2 if area_km2 >= 0.01 else 6)  # noqa: PLR2004 - two decimals


def explain_ground(surveyed_m2: float | None, city_m2: float | None) -> str:
    """Say of how much ground an answer speaks; nothing where no survey backs it."""
    if not surveyed_m2:
        return ""
    said = {"area": square_kilometres(surveyed_m2)}
    if city_m2:
        said["city"] = square_kilometres(city_m2)
        return _("This speaks of the %(area)s surveyed, out of %(city)s.") % said
    return _("Within the surveyed %(area)s only: no layer says where the city ends.") % said


def _gap_sentences() -> Mapping[Gap, str]:
    return {
        Gap.NO_LAYER: _("No layer holds %(what)s, and none is named as surveyed for it."),
        Gap.MISSING_LAYER: _("The layer %(layers)s that should show %(what)s does not exist."),
        Gap.NOT_SURVEYED: _(
            "%(count)s places have ground within %(reach)s that is not completely surveyed for"
            " %(what)s (%(layers)s), for example: %(examples)s."
        ),
        Gap.CLASS_NOT_SURVEYED: _(
            "Nobody has surveyed %(what)s: no complete survey of %(layers)s has looked for it."
        ),
        Gap.NO_SUBJECTS: _(
            "No %(what)s is known, but %(layers)s is not completely surveyed anywhere."
        ),
        Gap.UNKNOWN_ATTRIBUTE: _(
            "%(count)s places do not state %(attributes)s, for example: %(examples)s."
        ),
        Gap.NO_AREA: _(
            "%(count)s places (%(what)s) are drawn as points or lines: where their borders run is"
            " not known, for example: %(examples)s."
        ),
        Gap.NO_HAZARD_MAP: _("There is no such hazard map, so %(count)s places are unchecked."),
        Gap.NOT_PUBLIC: _("Layers that are not public have a say here: ask the office."),
        **_sentences_of_absence(),
    }


def _sentences_of_absence() -> Mapping[Gap, str]:
    """Return what is missing to say that something is not there, or goes together."""
    return {
        Gap.ABSENCE_NOT_SURE: _(
            "%(count)s places lie outside every known area of %(what)s, but there may be one that"
            " was not surveyed or not fully described (%(layers)s), for example: %(examples)s."
        ),
        Gap.SERVICE_NOT_SURE: _(
            "%(count)s places hold %(served)s with no known %(what)s within %(reach)s, but there"
            " may be one that was not surveyed or not fully described (%(layers)s), for example:"
            " %(examples)s."
        ),
        Gap.SERVED_NOT_SURE: _(
            "In %(count)s places not all %(served)s are known, so some may lie farther than"
            " %(reach)s from %(what)s, for example: %(examples)s."
        ),
        Gap.ROOM_NOT_SURE: _(
            "In %(count)s places the known %(what)s have too little room for all %(served)s, but"
            " there may be more that was not surveyed or not fully described (%(layers)s), for"
            " example: %(examples)s."
        ),
        Gap.NEED_NOT_SURE: _(
            "In %(count)s places the known %(what)s suffice for the known %(served)s, but not all"
            " of these are known, nor how many people each stands for, for example: %(examples)s."
        ),
        Gap.STRAIGHT_LINE_ONLY: _(
            "In %(count)s places all %(served)s lie within %(reach)s of %(what)s in a straight"
            " line; along the streets it may be farther, and that is not measured, for example:"
            " %(examples)s."
        ),
        **_sentences_of_standards(),
        Gap.NO_OTHER_PLAN: _(
            "%(layers)s is the only plan known to hold %(what)s: there is nothing to compare it"
            " with."
        ),
        Gap.UNRATED_PAIR: _(
            "%(count)s times %(what)s lies beside a use that nobody has rated against it: whether"
            " they go together cannot be told."
        ),
    }


def _sentences_of_standards() -> Mapping[Gap, str]:
    """Return what is missing to hold something against a standard, or to say it is served."""
    return {
        Gap.COUNTED_NOT_SURE: _(
            "On %(count)s places not all %(counted)s are known or fully described, so they may"
            " exceed the standard, for example: %(examples)s."
        ),
        Gap.AREAS_CONTRADICT: _(
            "The title and the map state different areas for %(count)s places, and the answer"
            " depends on which holds, for example: %(examples)s."
        ),
        Gap.EDGE_NOT_KNOWN: _(
            "On %(count)s plots something stands nearer to an edge than the greatest setback, and"
            " which edge is the front is not recorded, for example: %(examples)s."
        ),
        Gap.RUNWAY_NOT_KNOWN: _(
            "%(count)s places are near %(what)s drawn as a point or as a whole aerodrome: where its"
            " runway lies is not recorded, for example: %(examples)s."
        ),
        Gap.TRANSITIONAL_NOT_ASKED: _(
            "%(count)s places keep to the surfaces asked, but may reach above the transitional"
            " surface, whose width no table states, for example: %(examples)s."
        ),
        Gap.TAKE_OFF_NOT_ASKED: _(
            "%(count)s places keep to the surfaces asked, but may reach above the take-off climb"
            " surface, whose width no table states, for example: %(examples)s."
        ),
        Gap.NETWORK_NOT_SURE: _(
            "%(count)s places have no known %(what)s (within %(reach)s), but there may be one that"
            " was not surveyed or not fully described (%(layers)s), for example: %(examples)s."
        ),
    }


def explain_gap_of_place(gap: Mapping[str, Any]) -> str:
    """Say what is missing to judge one proposal at its place."""
    said = {
        "what": class_names(gap.get("classes", ())) or gap.get("theme") or _("features"),
        "layers": ", ".join(gap.get("layers", ())),
        "attributes": ", ".join(gap.get("attributes", ())),
        "reach": amount(gap.get("reach_m"), "m"),
    }
    sentence = _sentences_of_proposal() if gap.get("of_proposal") else _sentences_of_place(gap)
    if (kind := Gap(gap["gap"])) in sentence:
        return sentence[kind] % said
    return explain_gap(gap, with_examples=kind in NAMES_FEATURES)


def _sentences_of_proposal() -> Mapping[Gap, str]:
    return {
        Gap.UNKNOWN_ATTRIBUTE: _("The proposal does not state %(attributes)s."),
        Gap.NO_AREA: _(
            "The proposal is drawn as a point or line: where its border runs is not known."
        ),
    }


def _sentences_of_place(gap: Mapping[str, Any]) -> Mapping[Gap, str]:
    around = _("The ground within %(reach)s is not completely surveyed for %(what)s (%(layers)s).")
    here = _("The place is not completely surveyed for %(what)s (%(layers)s).")
    return {
        Gap.NO_HAZARD_MAP: _("There is no such hazard map."),
        Gap.NOT_SURVEYED: around if gap.get("reach_m") else here,
        Gap.RUNWAY_NOT_KNOWN: _(
            "Near the place %(what)s is drawn as a point or as a whole aerodrome: where its runway"
            " lies is not recorded."
        ),
        Gap.ABSENCE_NOT_SURE: _(
            "The place lies outside every known area of %(what)s, but there may be one that was"
            " not surveyed or not fully described (%(layers)s)."
        ),
    }


def layer_titles() -> dict[str, str]:
    """Return the title of every layer in the reader's language."""
    return {layer.slug: layer.title for layer in Layer.objects.all()}
