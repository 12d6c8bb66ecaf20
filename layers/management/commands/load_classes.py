"""``./krong load_classes``: the land-use classes of the fixtures."""

from typing import Any

from layers.classes import load_classes
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Add the land-use classes of fixtures/reference; classes already there stay as they are."

    def run(self, **_options: Any) -> dict[str, Any]:
        added = load_classes()
        self.say(f"{added} land-use classes added.")
        return {"added": added}
