"""``./krong rulebook``: build, load, list and show rule books."""

from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from conflicts.errors import RuleBookFileError
from conflicts.models import RuleBook
from conflicts.queries import rulebook_named
from conflicts.rulebook_file import write_rulebook
from conflicts.rulebooks.builder import BOOK_FILE, built_book, cells, written_book
from conflicts.rulebooks.comparison import compare_rules
from conflicts.rulebooks.effects import as_data, said_of
from conflicts.rulebooks.printing import PAGE_FILE, printed_book
from conflicts.rulebooks.versions import (
    load_rulebook,
    ratify_rulebook,
    rules_of,
    stored_book,
)
from layers.commands import KrongCommand


def is_same(path: Path, text: str) -> bool:
    """Tell whether a file holds exactly this text."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


class Command(KrongCommand):
    help = (
        "Make the standard rule book from the reference tables (build [--check]), "
        "load a rule book (load FILE.yaml [--ratify]), write one (export CODE), tell what "
        "ratifying one would change (compare CODE BEFORE AFTER), list them (list), "
        "show one (show CODE)."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        build = actions.add_parser("build", help="make the standard book and docs/rulebook.md")
        build.add_argument("--check", action="store_true", help="only tell if they are in step")
        load = actions.add_parser("load", help="store a YAML file as a new version")
        load.add_argument("file", type=Path, help="e.g. fixtures/rulebook/krong-demo.yaml")
        load.add_argument("--ratify", action="store_true", help="put this version in force")
        load.add_argument("--because", default="", help="why it is put in force")
        compare = actions.add_parser("compare", help="what ratifying one version would change")
        compare.add_argument("code", help="e.g. krong-demo")
        compare.add_argument("before", type=int, help="a version, e.g. the one in force: 1")
        compare.add_argument("after", type=int, help="another version, e.g. a draft: 2")
        compare.add_argument("--limit", type=float, metavar="SECONDS", help="default: no limit")
        export = actions.add_parser("export", help="one version as YAML")
        export.add_argument("code", help="e.g. krong-demo")
        export.add_argument("--rulebook-version", type=int, help="default: the one in force")
        export.add_argument("--output", type=Path, help="a file; default: print")
        listed = actions.add_parser("list", help="all versions of all rule books")
        show = actions.add_parser("show", help="the rules of one rule book")
        show.add_argument("code", help="e.g. krong-demo")
        show.add_argument("--rulebook-version", type=int, help="default: the one in force")
        for action in (build, load, compare, export, listed, show):
            action.add_argument(
                "--json", action="store_true", default=SUPPRESS, help="print one JSON object"
            )

    def run(self, action: str, **options: Any) -> dict[str, Any]:
        if action == "build":
            return self._build(only_check=options["check"])
        if action == "load":
            return self._load(options)
        if action == "compare":
            return self._compare(options)
        if action == "export":
            return self._export(options)
        if action == "show":
            return self._show(rulebook_named(options["code"], options["rulebook_version"]))
        return self._list()

    def _list(self) -> dict[str, Any]:
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
                _("Not in step with the reference tables: %(files)s.")
                % {"files": ", ".join(path.name for path in behind)},
                remedy=_("Make them again: ./krong rulebook build"),
            )
        for path in behind:
            path.write_text(texts[path], encoding="utf-8")
            self.say(f"{path.name} written.")
        self.say(f"{book.code}: {len(book.rules)} rules; digest {book.digest[:12]}.")
        return {"rules_count": len(book.rules), "digest": book.digest,
                "written": [path.name for path in behind]}  # fmt: skip

    def _load(self, options: dict[str, Any]) -> dict[str, Any]:
        loaded = load_rulebook(options["file"])
        book = loaded.rulebook
        if options["ratify"]:
            book = ratify_rulebook(book, because=options["because"])
        what = "stored" if loaded.is_new else "was known already, nothing changed"
        self.say(f"{options['file'].name}: {book.rules.count()} rules; {what}.")
        return self._line(book) | {"is_new": loaded.is_new}

    def _compare(self, options: dict[str, Any]) -> dict[str, Any]:
        before = rulebook_named(options["code"], options["before"])
        after = rulebook_named(options["code"], options["after"])
        told = compare_rules(
            rules_of(before), rules_of(after),
            limit_s=options["limit"], report=self.show_progress,
        )  # fmt: skip
        self.say(f"From {before} to {after}:")
        for line in said_of(told):
            self.say(line)
        return as_data(told) | {"before": str(before), "after": str(after)}

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        book = rulebook_named(options["code"], options["rulebook_version"])
        text = write_rulebook(stored_book(book))
        if options["output"] is None:
            self.stdout.write(text, ending="")
        else:
            options["output"].write_text(text, encoding="utf-8")
            self.say(f"{book} written to {options['output']}.")
        return {"rulebook": str(book), "digest": book.digest}

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
