"""What ends with a decision: its acceptance, its measure, the measure it was taken on."""

from django.utils import timezone

from conflicts.life.vocab import AcceptanceState
from conflicts.models import Finding, Handling
from conflicts.vocab import FindingState


def end_standing(finding: Finding) -> None:
    """End what stood while the finding was in another state than it is now."""
    now = timezone.now()
    if finding.state != FindingState.ACCEPTED:
        in_force = finding.acceptances.filter(state=AcceptanceState.APPROVED)
        in_force.update(state=AcceptanceState.ENDED, ended_at=now)
    if finding.state == FindingState.DISMISSED:
        waiting = finding.acceptances.filter(state=AcceptanceState.PROPOSED)
        waiting.update(state=AcceptanceState.ENDED, ended_at=now)
    if finding.state != FindingState.MITIGATING:
        finding.mitigations.filter(ended_at=None).update(ended_at=now)
    if finding.state in {FindingState.OPEN, FindingState.TRIAGED}:
        Handling.objects.filter(finding=finding).update(decided_on=None)
