"""The words of a finding's life: what may happen to it, and how an acceptance stands."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Step(TextChoices):
    """What happens to a finding: done by a person, seen by a detection, or due by the calendar."""

    TRIAGE = "triage", _("looked at and graded")
    ASSIGN = "assign", _("given to someone")
    RECORD_USE = "record_use", _("stated whether the use existed before")
    PROPOSE = "propose", _("acceptance proposed")
    WITHDRAW = "withdraw", _("proposal withdrawn")
    REFUSE = "refuse", _("acceptance refused")
    APPROVE = "approve", _("acceptance approved")
    PLAN_MITIGATION = "plan_mitigation", _("measure planned")
    REPORT_MITIGATION = "report_mitigation", _("measure reported as done")
    DISMISS = "dismiss", _("dismissed as no conflict")
    REOPEN = "reopen", _("opened again")
    RESOLVED = "resolved", _("not found any more on surveyed ground")
    RULE_WITHDRAWN = "rule_withdrawn", _("its rule was withdrawn")
    CAME_BACK = "came_back", _("found again")
    GOT_WORSE = "got_worse", _("worse than when it was decided")
    FACTS_CHANGED = "facts_changed", _("what was dismissed has changed since")
    EXPIRED = "expired", _("the acceptance has run out")
    PLAN_REVISED = "plan_revised", _("the plan was revised, the acceptance ends")
    BEFORE_TWO = "before_two", _("accepted before a second person was asked; ends")


class Actor(TextChoices):
    """Who takes a step."""

    PLANNER = "planner", _("who may decide about conflicts")
    APPROVER = "approver", _("who may approve acceptances, never who proposed it")
    PROPOSER = "proposer", _("who proposed it")
    DETECTION = "detection", _("a detection or re-check")
    CALENDAR = "calendar", _("the day, or a new version of the plan")


class AcceptanceState(TextChoices):
    """How an acceptance stands."""

    PROPOSED = "proposed", _("waits for approval")
    APPROVED = "approved", _("in force")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("ended")
