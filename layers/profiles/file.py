"""The exchange format of city profiles: YAML (JSON is read too), with limits, for people to review.

Nodes are read, never constructed: a file can hold texts, yes and no, lists and fields, no objects.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext as _

from layers.models import LandUseClass
from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision
from layers.profiles.errors import ProfileFileError
from layers.profiles.text import check_name
from layers.profiles.vocab import LONGEST_CODE, LONGEST_NAME

FORMAT = 1
# A profile of 1,000 layers and classes has about 0.1 MB.
LARGEST_FILE_BYTES = 500_000
DEEPEST_NESTING = 8
SCHEMES = ("zone", "use")
LONGEST_LAYER = 60
_TEXT, _BOOL, _INT, _NOTHING = (
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "bool", "int", "null")
)


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """What a file says; whether a profile is in use is said where it is used, not in its file."""

    code: str
    decisions: Decisions


class _PlainLoader(yaml.SafeLoader):
    """Composes YAML without aliases and bottomless nesting."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's own types
        """Refuse what a small file could blow up with."""
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        if self.check_event(yaml.events.AliasEvent):
            raise ProfileFileError(
                _("uses a YAML alias (*name)."),
                remedy=_("Write the part out where it is needed."),
                line=line,
            )
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise ProfileFileError(
                _("is nested more than %(deepest_nesting)s deep.")
                % {"deepest_nesting": DEEPEST_NESTING},
                remedy=_("Check the brackets."),
                line=line,
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_profile(content: bytes) -> ProfileFile:
    """Return what a profile file says.

    Raises
    ------
    ProfileFileError
        Names the line, says what is wrong and what to do.
    """
    said = _fields(_composed(content), "krong_profile", "code", "name", "layers", "classes")
    version = _needed(said, "krong_profile")
    if (version.tag, version.value) != (_INT, str(FORMAT)):
        raise _refused(version, _("is no profile of format %(format)s.") % {"format": FORMAT})
    names = _names(said.get("name"))
    code = _code(_needed(said, "code"), LONGEST_CODE)
    layers = [_layer(node) for node in _items(said.get("layers"))]
    kinds = _fields(said["classes"], *SCHEMES) if "classes" in said else {}
    classes = [_class(node) for scheme in SCHEMES for node in _items(kinds.get(scheme))]
    if not any(names.values()):
        raise _refused(said.get("name") or version, _("gives the profile no name."))
    return ProfileFile(
        code,
        Decisions(
            name_km=names["km"],
            name_en=names["en"],
            layers=_once(layers),
            classes=_once(classes),
        ),
    )


def written_profile(profile: ProfileFile) -> str:
    """Return a profile as YAML that ``read_profile`` reads back to the same decisions."""
    said = profile.decisions
    schemes = LandUseClass.objects.filter(code__in=said.classes).values_list("code", "scheme")
    by_scheme: dict[str, list[dict[str, Any]]] = {scheme: [] for scheme in SCHEMES}
    for code, scheme in sorted(schemes):
        by_scheme[scheme].append(_class_record(code, said.classes[code]))
    content = {
        "krong_profile": FORMAT,
        "code": profile.code,
        "name": {"km": said.name_km, "en": said.name_en},
        "layers": [_layer_record(slug, decided) for slug, decided in said.layers.items()],
        "classes": by_scheme,
    }
    text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
    return text


def _layer_record(slug: str, decided: LayerDecision) -> dict[str, Any]:
    record: dict[str, Any] = {"layer": slug, "use": decided.use}
    if decided.on is not None:
        record["on"] = decided.on
    if decided.group_km or decided.group_en:
        record["group"] = {"km": decided.group_km, "en": decided.group_en}
    return record


def _class_record(code: str, decided: ClassDecision) -> dict[str, Any]:
    record: dict[str, Any] = {"class": code, "use": decided.use}
    if decided.name_km or decided.name_en:
        record["name"] = {"km": decided.name_km, "en": decided.name_en}
    return record


def _composed(content: bytes) -> yaml.Node:
    if len(content) > LARGEST_FILE_BYTES:
        raise ProfileFileError(
            _("The file is larger than a profile may be: %(most)d bytes.")
            % {"most": LARGEST_FILE_BYTES},
            remedy=_("Check that it is the right file."),
        )
    try:
        node: yaml.Node | None = yaml.compose(content, Loader=_PlainLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ProfileFileError(
            _("is no readable YAML: %(where)s") % {"where": " ".join(str(error).split())[:300]},
            remedy=_("Put right that line, then load again."),
        ) from error
    if node is None:
        raise ProfileFileError(
            _("The file is empty."), remedy=_("Check that it is the right file.")
        )
    return node


def _refused(node: yaml.Node, problem: str) -> ProfileFileError:
    return ProfileFileError(
        problem,
        remedy=_("docs/city-profiles.md shows how a profile is written."),
        line=node.start_mark.line + 1,
    )


def _fields(node: yaml.Node, *known: str) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _refused(node, _("is no group of fields."))
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) and key.tag in {_TEXT, _BOOL} else ""
        if name not in known:
            raise _refused(key, _("has a field that is not known: '%(name)s'.") % {"name": name})
        if name in found:
            raise _refused(key, _("is written twice: '%(name)s'.") % {"name": name})
        found[name] = value
    return found


def _needed(said: dict[str, yaml.Node], name: str) -> yaml.Node:
    if name not in said:
        raise ProfileFileError(
            _("The field '%(name)s' is missing.") % {"name": name},
            remedy=_("docs/city-profiles.md shows how a profile is written."),
        )
    return said[name]


def _items(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if node is None:
        return
    if not isinstance(node, yaml.SequenceNode):
        raise _refused(node, _("is no list: begin each line with '- '."))
    yield from node.value


def _text(node: yaml.Node, longest: int = LONGEST_NAME) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag not in {_TEXT, _NOTHING}:
        raise _refused(node, _("is no text: put it in quotes."))
    text = str(node.value).strip() if node.tag == _TEXT else ""
    if len(text) > longest:
        raise _refused(node, _("is longer than %(longest)d letters.") % {"longest": longest})
    if problem := check_name(text):
        raise _refused(node, problem)
    return text


def _code(node: yaml.Node, longest: int) -> str:
    text = _text(node, longest)
    plain = text.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum()):
        raise _refused(node, _("'%(code)s' is no code.") % {"code": text})
    return text


def _flag(node: yaml.Node) -> bool:
    words = yaml.SafeLoader.bool_values
    if not isinstance(node, yaml.ScalarNode) or node.tag != _BOOL:
        raise _refused(node, _("is neither true nor false."))
    return bool(words[node.value.lower()])


def _names(node: yaml.Node | None) -> dict[str, str]:
    said = _fields(node, "km", "en") if node is not None else {}
    return {
        language: _text(said[language]) if language in said else "" for language in ("km", "en")
    }


Line = tuple[yaml.Node, str, Any]


def _layer(node: yaml.Node) -> Line:
    said = _fields(node, "layer", "use", "on", "group")
    names = _names(said.get("group"))
    decided = LayerDecision(
        use=_flag(said["use"]) if "use" in said else True,
        on=_flag(said["on"]) if "on" in said else None,
        group_km=names["km"],
        group_en=names["en"],
    )
    return node, _code(_needed(said, "layer"), LONGEST_LAYER), decided


def _class(node: yaml.Node) -> Line:
    said = _fields(node, "class", "use", "name")
    names = _names(said.get("name"))
    use = _flag(said["use"]) if "use" in said else True
    decided = ClassDecision(use=use, name_km=names["km"], name_en=names["en"])
    return node, _text(_needed(said, "class"), LONGEST_CODE), decided


def _once(lines: list[Line]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node, name, decided in lines:
        if name in found:
            raise _refused(node, _("is written twice: '%(name)s'.") % {"name": name})
        found[name] = decided
    return found
