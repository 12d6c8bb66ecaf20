"""The examples of docs/rulebook-format.md are rules of the demonstration rule book."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from conflicts.kinds import KINDS
from conflicts.rule_schema import rule_from_data
from conflicts.rulebook_file import read_rulebook

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "rulebook-format.md").read_text(encoding="utf-8")
EXAMPLES = [
    rule
    for block in re.findall(r"```yaml\n(- code: .*?)```", PAGE, re.DOTALL)
    for rule in yaml.safe_load(block)
]


def test_there_is_an_example_of_every_kind():
    assert {example["kind"] for example in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["code"])
def test_each_example_can_be_read_and_asks_what_the_demo_book_asks(example):
    book = {rule.code: rule for rule in read_rulebook(
        ROOT / "fixtures" / "rulebook" / "krong-demo.yaml").rules}  # fmt: skip

    rule = rule_from_data(example)

    same = book[rule.code]
    assert (rule.kind, rule.severity, rule.basis) == (same.kind, same.severity, same.basis)
    assert (rule.subject, rule.object) == (same.subject, same.object)
    assert KINDS[rule.kind].bind(rule) == KINDS[rule.kind].bind(same)


def test_every_field_of_a_selector_is_explained():
    for field in ("classes", "layers", "except_layers", "theme", "lifecycles", "where",
                  "surveyed_in"):  # fmt: skip
        assert f"| `{field}` |" in PAGE
