"""What stands of a finding's life, in sentences a planner can read aloud."""

from django.utils.translation import gettext as _

from conflicts.explanations import object_name, rule_of, subject_name
from conflicts.life.queries import (
    acceptance_in_force,
    handling_of,
    standing_mitigation,
    waiting_acceptance,
)
from conflicts.models import Acceptance, Finding, Mitigation, Observation
from conflicts.pair_rules import Adjacency, HazardExposure, Overlap, Separation
from conflicts.vocab import FindingState, Verdict
from conflicts.wording import amount
from layers.models import Layer
from layers.numbers import day


def existing_use_sentence(finding: Finding) -> str:
    """Say that the use existed before, and what shows it; empty where it did not."""
    handling = handling_of(finding)
    if handling is not None and handling.existing_use is not None:
        said = {"evidence": handling.existing_evidence}
        if handling.existing_use:
            return _("Existing nonconforming use, as a planner recorded: %(evidence)s") % said
        return _("Not an existing use, as a planner recorded: %(evidence)s") % said
    if not finding.is_existing_use:
        return ""
    return _(
        "Existing nonconforming use: it stood, as recorded, before the plan or rule was in force."
        " It is not forbidden by that alone; the conflict stays shown."
    )


def standing_sentence(finding: Finding) -> str:
    """Say what stands of the decisions: until when it is accepted, what is done, who waits."""
    parts = [
        accepted_sentence(finding, acceptance_in_force(finding)),
        mitigation_sentence(standing_mitigation(finding)),
        waiting_sentence(waiting_acceptance(finding)),
    ]
    return " ".join(part for part in parts if part)


def accepted_sentence(finding: Finding, acceptance: Acceptance | None) -> str:
    """Say until when a finding is accepted, and what was measured then and now."""
    if acceptance is None or finding.state != FindingState.ACCEPTED:
        return ""
    handling = handling_of(finding)
    then = None if handling is None else handling.decided_on
    return _("Accepted %(until)s; measured then: %(then)s, now: %(now)s.") % {
        "until": until(acceptance),
        "then": measured(then),
        "now": measured(finding.current),
    }


def until(acceptance: Acceptance) -> str:
    """Say when an acceptance ends."""
    if acceptance.valid_to is not None:
        return _("until %(day)s") % {"day": day(acceptance.valid_to)}
    layer = Layer.objects.filter(slug=acceptance.plan_layer).first()
    return _("until the next version of the plan '%(plan)s'") % {
        "plan": acceptance.plan_layer if layer is None else layer.title
    }


def measured(seen: Observation | None) -> str:
    """Return what an observation measured."""
    return "–" if seen is None else amount(seen.measured_value, seen.unit)


def waiting_sentence(waiting: Acceptance | None) -> str:
    """Say until when it is to be accepted, and that another person must decide."""
    if waiting is None:
        return ""
    said = _("It is proposed to accept it %(until)s; another person must decide.")
    return said % {"until": until(waiting)}


def mitigation_sentence(standing: Mitigation | None) -> str:
    """Say what is to be done, by whom and when; and whether it helped."""
    if standing is None:
        return ""
    said = {
        "measure": standing.measure,
        "office": standing.office,
        "due": day(standing.due_on),
        "done": day(standing.done_at),
    }
    if standing.is_still_found:
        return (
            _(
                "Reported as done on %(done)s, but a detection after that still finds it:"
                " %(measure)s"
            )
            % said
        )
    if standing.done_at is not None:
        return _("Reported as done on %(done)s; no detection has looked since: %(measure)s") % said
    return _("%(office)s does by %(due)s: %(measure)s") % said


def cure_sentence(finding: Finding) -> str:
    """Say what would end the conflict, where the explanation itself does not say it yet."""
    seen = finding.current
    if seen is None or seen.outcome is None:
        return ""
    rule = rule_of(seen)
    said = {
        "subject": subject_name(finding),
        "object": object_name(finding),
        "short": amount(-(seen.margin or 0.0), seen.unit),
        "required": amount(seen.required_value, seen.unit),
    }
    if isinstance(rule, Separation):
        return (
            _(
                "What would cure it: one of the two %(short)s farther away, so that %(required)s"
                " lie between them, or the end of one of the uses."
            )
            % said
        )
    if isinstance(rule, Overlap):
        return _("What would cure it: another place or outline for one of the two.")
    if isinstance(rule, HazardExposure):
        return _("What would cure it: another place for it, or works after which it stays dry.")
    if isinstance(rule, Adjacency) and rule.verdict != Verdict.UNRATED and rule.between is None:
        return _("What would cure it: another use, or an outline that leaves ground between them.")
    return ""
