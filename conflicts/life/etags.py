"""Which state of a finding a person looked at: a decision holds for that one only."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from conflicts.life.errors import StaleFindingError
from conflicts.lifecycle import NOISE_M
from conflicts.models import Finding, FindingEvent
from layers.numbers import moment


def newest_event(finding: Finding) -> FindingEvent | None:
    """Return what was last recorded of a finding."""
    return FindingEvent.objects.filter(finding=finding).order_by("-pk").first()


def etag(finding: Finding, newest: FindingEvent | None = None) -> str:
    """Return the validator of a finding: decisions, state, both sides, rule and what is measured.

    A detection that measures the same, up to the noise of drawing, leaves it as it is. A side that
    was published anew, of another class or shape, or another version of the rule does not.
    """
    return _validator(finding, newest or newest_event(finding))


def _validator(finding: Finding, event: FindingEvent | None) -> str:
    seen = finding.current
    margin = None if seen is None or seen.margin is None else round(seen.margin / NOISE_M)
    said = (
        event and event.pk,
        finding.state,
        finding.severity,
        finding.note,
        finding.is_present,
        margin,
        finding.basis,
        seen and (seen.subject_row_id, seen.object_row_id),
        seen and seen.outcome and seen.outcome.rule_id,
    )
    return f'"f{finding.pk}-{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"'


def etags(findings: Sequence[Finding]) -> dict[int, str]:
    """Return the validators of many findings with one query."""
    numbers = [finding.pk for finding in findings]
    events = FindingEvent.objects.filter(finding__in=numbers).order_by("finding_id", "-pk")
    newest = {event.finding_id: event for event in events.distinct("finding_id")}
    return {finding.pk: _validator(finding, newest.get(finding.pk)) for finding in findings}


def refuse_stale(finding: Finding, if_match: str | None) -> None:
    """Refuse a step taken on another state than stands now; None: the caller holds the row.

    Raises
    ------
    StaleFindingError
        With what stands now.
    """
    newest = newest_event(finding)
    now = etag(finding, newest)
    if if_match is None or if_match.strip().removeprefix("W/") == now:
        return
    raise StaleFindingError(
        who=_who(newest), when=_when(finding, newest), **standing_facts(finding)
    )


def _who(newest: FindingEvent | None) -> str:
    if newest is None or newest.by is None:
        return str(_("a detection"))
    return str(newest.by.get_username())


def _when(finding: Finding, newest: FindingEvent | None) -> str:
    at = newest.at if newest is not None and newest.by else finding.last_seen.run.finished_at
    return "–" if at is None else moment(at)


def standing_facts(finding: Finding) -> dict[str, Any]:
    """Return for programs how a finding stands now."""
    seen = finding.current
    return {
        "number": finding.pk,
        "etag": etag(finding),
        "state": finding.state,
        "severity": finding.severity,
        "note": finding.note,
        "present": finding.is_present,
        "measured": None if seen is None else seen.measured_value,
        "margin": None if seen is None else seen.margin,
        "unit": "" if seen is None else seen.unit,
    }
