"""The list of sources: what the numbers in square brackets ([S23]) stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from layers.classes import read_table
from layers.vocab import Basis

# One address and nothing around it; what was only noted in words stays text.
_ADDRESS = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/[^\s;,]*)?")
_WORD = re.compile(r"(\w+)")
_BASES = frozenset(Basis.values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One source as it was noted; empty fields were not noted."""

    id: str
    title: str
    publisher: str
    year: str
    address: str
    basis: str  # what a number from here counts as; empty: none is used

    @property
    def link(self) -> str:
        """The address to open, where it is one whole address."""
        is_whole = _ADDRESS.fullmatch(self.address) and "..." not in self.address
        return f"https://{self.address}" if is_whole else ""

    @property
    def basis_name(self) -> str:
        """The basis in the reader's language."""
        return str(Basis(self.basis).label) if self.basis in _BASES else ""


@cache
def sources() -> Mapping[str, Source]:
    """Return the list of sources by id, in its order."""
    return {row["id"]: Source(**row) for row in read_table("sources")}


def with_links(text: str, address: str) -> SafeString:
    """Return a text in which each known source id leads to its line in the list of sources."""
    known = sources()
    parts = _WORD.split(text)
    return format_html_join(
        "",
        "{}",
        ((_linked(part, address) if part in known else part,) for part in parts),
    )


def _linked(source_id: str, address: str) -> SafeString:
    return format_html('<a class="source" href="{}#{}">{}</a>', address, source_id, source_id)
