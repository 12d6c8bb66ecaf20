"""``./krong detect``: ask every rule of a rule book of the current data."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from conflicts.models import DetectionRun, Finding
from conflicts.queries import answer_counts, rulebook_named
from conflicts.rule_answers import ground_summary
from conflicts.services import detect_conflicts
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Find where the land breaks a rule book, and say what cannot be told."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rulebook", required=True, metavar="CODE", help="e.g. krong-demo")
        parser.add_argument(
            "--rulebook-version", type=int, help="default: the one in force, else the newest"
        )

    def run(
        self, rulebook: str, rulebook_version: int | None = None, **_options: Any
    ) -> dict[str, Any]:
        book = rulebook_named(rulebook, rulebook_version)
        self.say(f"Rule book {book.code} version {book.version} ({book.status})")
        detection = detect_conflicts(rulebook=book, on_progress=self.show_progress)
        return self._summary(detection)

    def _summary(self, detection: DetectionRun) -> dict[str, Any]:
        found = Finding.objects.filter(last_seen=detection)
        severities = Counter(found.values_list("severity", flat=True))
        changes = Counter(detection.observations.values_list("change", flat=True))
        answers = answer_counts(detection)
        gaps = detection.standing_outcomes.exclude(missing=[]).count()
        self.say(f"{found.count()} conflicts: " + _counted(severities))
        self.say("Against the detection before: " + _counted(changes))
        self.say("Rules: " + _counted(answers))
        if gaps:
            self.say(f"{gaps} rules cannot tell everything: see /findings/ for what is missing.")
        ground = ground_summary(detection)
        if ground:
            self.say(ground)
        return {
            "run": detection.pk,
            "rulebook": str(detection.rulebook),
            "conflicts": found.count(),
            "by_severity": severities,
            "by_change": changes,
            "by_answer": answers,
            "rules_with_gaps": gaps,
            "ground": ground,
            "data_versions": detection.data_versions,
        }


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
