"""The exchange format of rule books: YAML, read with limits, written for people to review."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from conflicts.errors import RuleBookFileError, RuleFieldError
from conflicts.kinds import Rule
from conflicts.rule_parts import Text
from conflicts.rule_schema import at_place, read_record, rule_from_data, rule_to_data
from layers import numbers

# A rule book of 1,000 rules has about 0.6 MB; what is larger is no rule book.
LARGEST_FILE_BYTES = 2_000_000
MOST_RULES = 2_000
DEEPEST_NESTING = 40
LONGEST_CODE = 40
FIELDS = ("code", "title", "rules")


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleBookFile:
    """What a rule-book file says."""

    code: str
    title: Text
    rules: tuple[Rule, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of what the book says; comments and layout of the file do not count."""
        said = {
            "code": self.code,
            "title": [self.title.km, self.title.en],
            "rules": sorted((rule_to_data(rule) for rule in self.rules), key=lambda d: d["code"]),
        }
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, duplicate keys and bottomless nesting."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's own types
        """Refuse what a small file could blow up with."""
        if self.check_event(yaml.events.AliasEvent):
            raise RuleFieldError(
                "",
                _("uses a YAML alias (*name)."),
                remedy=_("Write the part out where it is needed."),
            )
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise RuleFieldError(
                "",
                _("is nested more than %(deepest_nesting)s deep.")
                % {"deepest_nesting": DEEPEST_NESTING},
                remedy=_("Check the brackets."),
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's signature
        """Refuse a key that is written twice: YAML would silently keep the last."""
        seen = set()
        for key_node, _value_node in node.value:
            if key_node.value in seen:
                raise RuleFieldError(
                    str(key_node.value),
                    _("is written twice (line %(line)s).") % {"line": key_node.start_mark.line + 1},
                    remedy=_("Keep one of them."),
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_rulebook(path: Path) -> RuleBookFile:
    """Return the rule book of a YAML file.

    Raises
    ------
    RuleBookFileError
        Names file, rule code and field, says what is wrong and what to do.
    """
    try:
        return _book(path.name, _load(path))
    except RuleFieldError as error:
        raise RuleBookFileError(f"{path.name}: {error.what}", remedy=error.remedy) from None


def write_rulebook(book: RuleBookFile) -> str:
    """Return a rule book as YAML that ``read_rulebook`` reads back to the same digest."""
    said = {
        "code": book.code,
        "title": {"km": book.title.km, "en": book.title.en},
        "rules": [rule_to_data(rule) for rule in book.rules],
    }
    text: str = yaml.safe_dump(
        said, allow_unicode=True, sort_keys=False, width=100, default_flow_style=None
    )
    return text


def _load(path: Path) -> object:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RuleBookFileError(
            _("The rule book '%(path)s' cannot be read (%(strerror)s).")
            % {"path": path, "strerror": error.strerror},
            remedy=_("Check the path and that you may read the file."),
        ) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise RuleFieldError(
            "",
            _("has %(content)s bytes; a rule book has at most %(largest_file_bytes)s.")
            % {
                "content": numbers.number(len(content)),
                "largest_file_bytes": numbers.number(LARGEST_FILE_BYTES),
            },
            remedy=_("Split it, or check that it is the right file."),
        )
    try:
        return yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader with limits
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        where = " ".join(str(error).split())[:300]
        raise RuleFieldError(
            "",
            _("is no readable YAML: %(where)s") % {"where": where},
            remedy=_("Put right that line, then load again."),
        ) from error


def _book(name: str, said: object) -> RuleBookFile:
    if not isinstance(said, Mapping) or set(said) - set(FIELDS) or set(FIELDS) - set(said):
        raise RuleFieldError(
            "",
            _("is not laid out as a rule book."),
            remedy=_("It needs the fields code, title and rules; see docs/rulebook-format.md."),
        )
    code = said["code"]
    if not isinstance(code, str) or not code.replace("-", "").isalnum() or not _fits(code):
        raise RuleFieldError(
            "code",
            _("'%(code)s' is no rule-book code.") % {"code": code},
            remedy=_("Use small letters, digits and hyphens, e.g. krong-demo."),
        )
    return RuleBookFile(
        code=code,
        title=at_place("title", read_record, Text, said["title"]),
        rules=_rules(name, said["rules"]),
    )


def _fits(code: str) -> bool:
    return code.isascii() and code == code.lower() and len(code) <= LONGEST_CODE


def _rules(name: str, said: object) -> tuple[Rule, ...]:
    if not isinstance(said, list) or not 0 < len(said) <= MOST_RULES:
        raise RuleFieldError(
            "rules",
            _("is no list of rules."),
            remedy=_("List 1 to %(most_rules)s rules, each with '- '.")
            % {"most_rules": MOST_RULES},
        )
    rules: dict[str, Rule] = {}
    for number, data in enumerate(said, start=1):
        rule = _rule(name, number, data)
        if rule.code in rules:
            raise RuleBookFileError(
                _("%(name)s: rule %(rule)s: the code is used twice.")
                % {"name": name, "rule": rule.code},
                remedy=_("Codes are public and permanent: give the second rule its own."),
            )
        rules[rule.code] = rule
    return tuple(rules.values())


def _rule(name: str, number: int, data: object) -> Rule:
    try:
        return rule_from_data(data)
    except RuleFieldError as error:
        code = data.get("code") if isinstance(data, Mapping) else None
        place = f"rule {code}" if code else f"rule number {number}"
        raise RuleBookFileError(f"{name}: {place}: {error.what}", remedy=error.remedy) from None
