"""Only what orders and shortens asks the profile; what answers about the land never does."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
APPS = ("config", "layers", "conflicts", "scenarios", "planning")
MAY_ASK = {
    "conflicts/alternatives/forms.py",
    "conflicts/alternatives/page_texts.py",
    "layers/catalogue/views.py",
    "layers/editing/editor_page.py",
    "layers/editing/editor_texts.py",
    "layers/management/commands/profile.py",
    "layers/map_content.py",
    "layers/models.py",
    "layers/uploads/forms.py",
    "layers/urls.py",
    "layers/views.py",
    "planning/forms.py",
}
# Of all of layers.views only the search asks; the module answers "what is here" too.
ASKS_IN_VIEWS = {"search"}


def imported(tree):
    """Return what a module imports, and the strings that could name a module to be imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def asks(tree):
    return any(name.startswith("layers.profiles") for name in imported(tree))


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name and not name.startswith("layers/profiles/"):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from layers.profiles.choice import current_choice", True),
        ("import layers.profiles.reading", True),
        ("from layers import profiles", True),
        ("import_module('layers.profiles.choice')", True),
        ("from layers.property_names import TITLES", False),
    ],
)
def test_an_import_of_the_profiles_is_recognised(source, expected):
    assert asks(ast.parse(source)) is expected


def test_only_maps_lists_searches_and_pick_lists_ask_the_profile():
    assert {name for name, tree in modules() if asks(tree)} == MAY_ASK


def test_of_the_map_pages_only_the_search_asks_the_profile():
    tree = ast.parse((ROOT / "layers" / "views.py").read_text(encoding="utf-8"))
    asking = {
        function.name
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id in {"current_choice", "matches_used_first"}
    }
    assert asking == ASKS_IN_VIEWS


def test_no_sql_outside_the_models_reads_the_tables_of_the_profile():
    asking = [
        path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in (ROOT / app).rglob("*.sql")
        if "layers_profile" in (text := path.read_text(encoding="utf-8")) or "cityprofile" in text
    ]
    assert asking == []
