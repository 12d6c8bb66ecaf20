"""The text of a scenario file: plain YAML in which nothing is said twice or passed over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from scenarios.errors import SpecError


class _PlainLoader(yaml.SafeLoader):
    """YAML that refuses a key written twice, of which PyYAML would silently keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's signature
        """Return the mapping of a node, each key once."""
        seen = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"'{key.value}' is written twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def load_scenario_text(path: Path) -> Any:  # noqa: ANN401 - whatever the YAML holds
    """Return what a scenario file states; keys of mappings are texts, as JSON will keep them.

    Raises
    ------
    SpecError
        Names the file and, where it is known, the line that cannot be read.
    """
    try:
        # a subclass of SafeLoader: only plain values, no objects
        stated = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506
        return with_text_keys(stated)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        reason = getattr(error, "problem", None)
        why = f": {reason}" if isinstance(reason, str) else ""
        raise SpecError(
            path.name,
            "",
            _("is not readable as YAML%(place)s%(why)s.") % {"place": place, "why": why},
            remedy=_("Check the indentation, the quotes and the keys there."),
        ) from error


def with_text_keys(stated: Any) -> Any:  # noqa: ANN401 - YAML
    """Return the same with every key of a mapping as a text: 'values: {1: 0.5}' names class 1."""
    if isinstance(stated, Mapping):
        return {str(key): with_text_keys(value) for key, value in stated.items()}
    if isinstance(stated, list):
        return [with_text_keys(value) for value in stated]
    return stated
