"""A compliance run: every check of one application, the outcome, and the frozen record."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from layers.visibility import PUBLIC_ONLY, Seen
from layers.vocab import Answer
from planning.extract import (
    area_facts,
    data_versions,
    parcel_facts,
    plan_facts,
    reservations_of,
)
from planning.models import ComplianceRun, PlanVersion, RegulationGroup
from planning.permits.application import Application, read_application
from planning.permits.authority import competent_authority, eia_triggers
from planning.permits.checks import Case, Check
from planning.permits.distances import distance_checks, distance_inputs
from planning.permits.hazard import hazard_checks
from planning.permits.headline import headline_of, worst_answer
from planning.permits.land import reservation_checks, tenure_check
from planning.permits.limits import limit_checks
from planning.permits.overlays import hidden_checks, overlay_checks, unknown_overlays
from planning.permits.parking import parking_checks
from planning.permits.repeated import told_once
from planning.permits.setbacks import setback_check
from planning.permits.standing import standing_on
from planning.permits.uses import use_checks, zone_check
from planning.sentences import Said, joined, labelled, said
from planning.situation import Situation, situation_of
from planning.vocab import Outcome

ENGINE_VERSION = "permit-check 3"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedApplication:
    """An application with its answers; nothing is stored yet."""

    application: Application
    plans: Sequence[PlanVersion]
    as_of: date
    digest: str
    outcome: Outcome
    results: dict[str, Any]


def check_application(
    given: object, *, on: date | None = None, seen: Seen = PUBLIC_ONLY
) -> CheckedApplication:
    """Check an application against the law of a day: the one given, else that of submission.

    Raises
    ------
    ApplicationError
        The application cannot be read; nothing is checked.
    """
    application = read_application(given, seen=seen)
    day = on or application.submitted_on or timezone.localdate()
    case = _case(application, day, seen)
    situation = case.situation
    checks = told_once([*_checks(case), *distance_checks(case, seen=seen)])
    outcome = outcome_of(checks)
    versions = data_versions(situation, *application.parcels, also=case.standing.version)
    digest = _digest(case, versions)
    told = _told(outcome, checks, not_checked(case))
    results = _results(case, day, digest, told) | {"data_versions": versions}
    return CheckedApplication(
        application=application,
        plans=situation.plans,
        as_of=day,
        digest=digest,
        outcome=outcome,
        results=results,
    )


def _case(application: Application, day: date, seen: Seen) -> Case:
    """Return an application with the law of a day on its site and what stands there."""
    situation = situation_of(application.site, on=day, seen=seen)
    return Case(
        application=application,
        situation=situation,
        groups=_groups(situation),
        standing=standing_on(application.site, application.proposal, seen=seen),
    )


def _results(case: Case, day: date, digest: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a check found as a document, but for the versions of the data it used."""
    application, situation = case.application, case.situation
    return {
        "kind": "permit_check",
        "reference": application.reference,
        "permit_type": application.permit_type,
        "as_of": day.isoformat(),
        "created_at": timezone.localtime().isoformat(timespec="seconds"),
        "engine": ENGINE_VERSION,
        "inputs_digest": digest,
        **told,
        "authority": competent_authority(application),
        "environment": eia_triggers(application),
        "law": permit_law(),
        "parcels": [parcel_facts(parcel) for parcel in application.parcels],
        "plans": [plan_facts(plan) for plan in situation.plans],
        **area_facts(situation),
    }


def _told(outcome: Outcome, checks: Sequence[Check], left_out: list[Said]) -> dict[str, Any]:
    """Return what the checks came to, from the headline to each of them."""
    return {
        "outcome": outcome.value,
        "outcome_name": spoken_outcome(outcome, left_out),
        "headline": headline_of(outcome, checks),
        "headline_answer": worst_answer(checks).value,
        "counts": {answer.value: sum(c.answer == answer for c in checks) for answer in Answer},
        "checks": [check.as_record() for check in checks],
        "not_checked": left_out,
    }


@transaction.atomic
def store_run(checked: CheckedApplication, *, user: User | None = None) -> ComplianceRun:
    """Freeze the answers as a new run. A run is never changed: a new check is a new run."""
    return ComplianceRun.objects.create(
        reference=checked.application.reference,
        application=dict(checked.application.given),
        inputs_digest=checked.digest,
        as_of=checked.as_of,
        plan_version=checked.plans[0] if checked.plans else None,
        data_versions=checked.results["data_versions"],
        engine_version=ENGINE_VERSION,
        results=checked.results,
        outcome=checked.outcome,
        created_by=user,
    )


def outcome_of(checks: Sequence[Check]) -> Outcome:
    """Return what the answers amount to; the machine never decides, it says what stands open.

    A failure that may block: not compliant. Else an open question that may block: undetermined.
    Else any failure or open question on a basis that only warns: warnings. Else compliant.
    """
    blocking = {check.answer for check in checks if check.may_block}
    warning = {check.answer for check in checks if not check.may_block}
    if Answer.FAILS in blocking:
        return Outcome.NOT_COMPLIANT
    if Answer.CANNOT_TELL in blocking or not checks:
        return Outcome.UNDETERMINED
    if warning & {Answer.FAILS, Answer.CANNOT_TELL}:
        return Outcome.WARNINGS
    return Outcome.COMPLIANT


def spoken_outcome(outcome: Outcome, left_out: Sequence[Said]) -> Said:
    """Return the outcome in words; one that reads like a permission names what was not checked."""
    label = labelled(outcome.label)
    if outcome in {Outcome.NOT_COMPLIANT, Outcome.UNDETERMINED} or not left_out:
        return label
    return said(
        "%(outcome)s. Not checked: %(left_out)s",
        outcome=label,
        left_out=joined(list(left_out), " "),
    )


def not_checked(case: Case) -> list[Said]:
    """Return what this check leaves out, so that its silence is not read as permission."""
    left_out = [
        said("Heights near the airport, access and utilities."),
        said("Setbacks, green and parking of buildings that stay on the plot."),
    ]
    if unknown := unknown_overlays(case):
        names = joined(unknown, ", ")
        left_out.append(said("Restrictions nobody has mapped here: %(names)s.", names=names))
    return left_out


def permit_law() -> list[dict[str, Any]]:
    """Return what is known of the permit itself, each with its source."""
    return [
        {
            "text": said("A permit is valid for one year and may be renewed once."),
            "basis": "press_report",
            "source": "S05",
        },
        {
            "text": said("Silence past the deadline counts as approval."),
            "basis": "press_report",
            "source": "S05",
        },
        {
            "text": said(
                "The deadlines under Sub-decree 224/2020 are not known here; "
                "Sub-decree 86/1997 had 45 working days."
            ),
            "basis": "press_report",
            "source": "S04; S55",
        },
    ]


def _checks(case: Case) -> Iterator[Check]:
    yield zone_check(case)
    yield from use_checks(case)
    yield from limit_checks(case)
    yield from setback_check(case)
    yield from parking_checks(case)
    yield from hazard_checks(case)
    yield from overlay_checks(case)
    yield from hidden_checks(case)
    yield from reservation_checks(case)
    yield tenure_check(case)


def _groups(situation: Situation) -> dict[tuple[int, str], RegulationGroup]:
    groups = (
        RegulationGroup.objects.filter(plan_version__in=situation.plans)
        .filter(zone_class__code__in=[zone.hit.class_code for zone in situation.ruling_zones])
        .select_related("zone_class")
        .prefetch_related("regulations__applies_to", "use_rules__use_class")
    )
    return {(group.plan_version_id, group.zone_class.code): group for group in groups}


def _digest(case: Case, versions: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of everything the answers follow from."""
    application, situation = case.application, case.situation
    inputs = {
        "application": application.given,
        "as_of": situation.on.isoformat(),
        "plans": [[plan.plan.code, plan.number] for plan in situation.plans],
        "data": [[row["layer"], row["version"]] for row in versions],
        "rules": [_rules(group) for _key, group in sorted(case.groups.items())],
        "surveyed": [
            [s.topic.code, s.is_shown, s.is_hidden_here, round(s.surveyed_share, 6)]
            for s in situation.topics
        ],
        "hidden_plan": situation.has_hidden_plan,
        "reservations": _reservations(situation),
        "distances": distance_inputs(),
        "engine": ENGINE_VERSION,
    }
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _rules(group: RegulationGroup) -> list[Any]:
    """Return what a zone class is ruled by: an edited limit is another law."""
    limits = [
        [row.parameter, row.bound, str(row.value.normalize()), row.basis, row.applies_to_id]
        for row in group.regulations.all()
    ]
    uses = [[rule.use_class.code, rule.permission, rule.basis] for rule in group.use_rules.all()]
    return [group.zone_class.code, group.parking_key, sorted(limits, key=str), sorted(uses)]


def _reservations(situation: Situation) -> list[list[str]]:
    """Return how far each reservation on the site has come."""
    registered = [row for state in situation.topics for row in reservations_of(state).values()]
    return sorted([row.reference, row.status, str(row.expires_on)] for row in registered)
