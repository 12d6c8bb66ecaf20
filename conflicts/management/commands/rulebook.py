"""``./krong rulebook``: load, list and show rule books."""

from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from conflicts.models import RuleBook
from conflicts.queries import rulebook_named
from conflicts.services import load_rulebook, ratify_rulebook
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = (
        "Load a rule book (rulebook load FILE.yaml [--ratify]), "
        "list them (list), show one (show CODE)."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        load = actions.add_parser("load", help="store a YAML file as a new version")
        load.add_argument("file", type=Path, help="e.g. fixtures/rulebook/krong-demo.yaml")
        load.add_argument("--ratify", action="store_true", help="put this version in force")
        listed = actions.add_parser("list", help="all versions of all rule books")
        show = actions.add_parser("show", help="the rules of one rule book")
        show.add_argument("code", help="e.g. krong-demo")
        show.add_argument("--rulebook-version", type=int, help="default: the one in force")
        for action in (load, listed, show):
            action.add_argument(
                "--json", action="store_true", default=SUPPRESS, help="print one JSON object"
            )

    def run(self, action: str, **options: Any) -> dict[str, Any]:
        if action == "load":
            return self._load(options["file"], ratify=options["ratify"])
        if action == "show":
            return self._show(rulebook_named(options["code"], options["rulebook_version"]))
        books = [self._line(book) for book in RuleBook.objects.prefetch_related("rules")]
        if not books:
            self.say("No rule book yet. Try: ./krong rulebook load FILE.yaml")
        return {"rulebooks": books}

    def _load(self, file: Path, *, ratify: bool) -> dict[str, Any]:
        loaded = load_rulebook(file)
        book = ratify_rulebook(loaded.rulebook) if ratify else loaded.rulebook
        what = "stored" if loaded.is_new else "was known already, nothing changed"
        self.say(f"{file.name}: {book.rules.count()} rules; {what}.")
        return self._line(book) | {"is_new": loaded.is_new}

    def _show(self, book: RuleBook) -> dict[str, Any]:
        line = self._line(book)
        rules = [rule.definition for rule in book.rules.all()]
        for rule in rules:
            self.say(
                f"{rule['code']:<10} {rule['kind']:<16} {rule['severity']:<9}"
                f" {rule['basis']:<18} {rule['title']['en']}"
            )
        return line | {"rules": rules}

    def _line(self, book: RuleBook) -> dict[str, Any]:
        count = book.rules.count()
        self.say(f"{book.code} version {book.version} ({book.status}): {count} rules")
        return {
            "code": book.code,
            "version": book.version,
            "status": book.status,
            "title_km": book.title_km,
            "title_en": book.title_en,
            "rules_count": count,
            "digest": book.digest,
        }
