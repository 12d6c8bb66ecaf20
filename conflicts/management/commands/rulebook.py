"""``./krong rulebook``: build, load, list and show rule books."""

from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from conflicts.errors import RuleBookFileError
from conflicts.models import RuleBook
from conflicts.queries import rulebook_named
from conflicts.rulebooks.builder import BOOK_FILE, built_book, cells, written_book
from conflicts.rulebooks.printing import PAGE_FILE, printed_book
from conflicts.services import load_rulebook, ratify_rulebook
from layers.commands import KrongCommand


def is_same(path: Path, text: str) -> bool:
    """Tell whether a file holds exactly this text."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


class Command(KrongCommand):
    help = (
        "Make the standard rule book from the reference tables (build [--check]), "
        "load a rule book (load FILE.yaml [--ratify]), list them (list), show one (show CODE)."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        build = actions.add_parser("build", help="make the standard book and docs/rulebook.md")
        build.add_argument("--check", action="store_true", help="only tell if they are in step")
        load = actions.add_parser("load", help="store a YAML file as a new version")
        load.add_argument("file", type=Path, help="e.g. fixtures/rulebook/krong-demo.yaml")
        load.add_argument("--ratify", action="store_true", help="put this version in force")
        listed = actions.add_parser("list", help="all versions of all rule books")
        show = actions.add_parser("show", help="the rules of one rule book")
        show.add_argument("code", help="e.g. krong-demo")
        show.add_argument("--rulebook-version", type=int, help="default: the one in force")
        for action in (build, load, listed, show):
            action.add_argument(
                "--json", action="store_true", default=SUPPRESS, help="print one JSON object"
            )

    def run(self, action: str, **options: Any) -> dict[str, Any]:
        if action == "build":
            return self._build(only_check=options["check"])
        if action == "load":
            return self._load(options["file"], ratify=options["ratify"])
        if action == "show":
            return self._show(rulebook_named(options["code"], options["rulebook_version"]))
        books = [self._line(book) for book in RuleBook.objects.prefetch_related("rules")]
        if not books:
            self.say("No rule book yet. Try: ./krong rulebook load FILE.yaml")
        return {"rulebooks": books}

    def _build(self, *, only_check: bool) -> dict[str, Any]:
        book = built_book()
        texts = {BOOK_FILE: written_book(book), PAGE_FILE: printed_book(book, cells())}
        behind = [path for path, text in texts.items() if not is_same(path, text)]
        if only_check and behind:
            raise RuleBookFileError(
                f"Not in step with the reference tables: {', '.join(p.name for p in behind)}.",
                remedy="Make them again: ./krong rulebook build",
            )
        for path in behind:
            path.write_text(texts[path], encoding="utf-8")
            self.say(f"{path.name} written.")
        self.say(f"{book.code}: {len(book.rules)} rules; digest {book.digest[:12]}.")
        return {"rules_count": len(book.rules), "digest": book.digest,
                "written": [path.name for path in behind]}  # fmt: skip

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
