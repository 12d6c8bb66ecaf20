"""What comes with a file never becomes markup: our scripts write texts, not HTML."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for app in ("layers", "conflicts", "scenarios", "planning", "config")
    for path in (ROOT / app / "static").rglob("*.js")
)
# Assigning HTML, and Leaflet's functions that take a text for HTML unless they get an element.
WRITES_HTML = re.compile(
    r"\.(?:innerHTML|outerHTML)\s*\+?=[^=]|insertAdjacentHTML|document\.write\("
    r"|\.(?:bindTooltip|bindPopup|setTooltipContent|setPopupContent)\((?!\(\) => element\()"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_writes_no_text_as_html(path):
    assert not WRITES_HTML.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line", ["place.innerHTML = name;", "layer.bindTooltip(title)", "marker.bindPopup(row.name)"]
)
def test_a_line_that_would_write_html_is_seen(line):
    assert WRITES_HTML.search(line)


def test_reading_markup_or_giving_an_element_is_no_fault():
    assert not WRITES_HTML.search("return holder.innerHTML;")
    assert not WRITES_HTML.search('layer.bindTooltip(() => element("span", {}, title))')
