"""``./krong expire``: end the acceptances that have run out, now."""

from typing import Any

from conflicts.life.expiry import end_acceptances
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "End every acceptance whose last day has passed or whose plan was revised."

    def run(self, **_options: Any) -> dict[str, Any]:
        ended = end_acceptances()
        for event in ended:
            self.say(f"#{event.finding_id} {event.finding}: {event.get_step_display()}")
        if not ended:
            self.say("No acceptance has run out.")
        return {"ended": [{"finding": e.finding_id, "why": e.step} for e in ended]}
