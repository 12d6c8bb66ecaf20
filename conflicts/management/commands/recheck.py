"""``./krong recheck``: bring the findings up to date with what changed, now."""

from typing import Any

from conflicts.recheck import Recheck
from conflicts.recheck_requests import recheck_kept
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Re-check what changed since each rule book was asked last, and what lies near it."

    def run(self, **_options: Any) -> dict[str, Any]:
        done = recheck_kept(self.show_progress)
        if not done:
            self.say("No rule book was asked yet: './krong detect --rulebook CODE' is the first.")
        return {"rechecks": [self._told(recheck) for recheck in done]}

    def _told(self, recheck: Recheck) -> dict[str, Any]:
        detection = recheck.detection
        if detection is None:
            self.say("Nothing changed.")
            return {"run": None, "full": False, "rules_asked": 0}
        asked = detection.outcomes.count()
        why = f", in full ({recheck.why_full.value})" if recheck.why_full else ""
        self.say(f"{detection}: {asked} rules asked again{why}.")
        return {"run": detection.pk, "full": bool(recheck.why_full), "rules_asked": asked}
