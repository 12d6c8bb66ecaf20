"""An import into a layer whose areas must not overlap keeps to what a draft keeps to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from layers.editing.topology import topology_of
from layers.errors import UserFacingError
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText
from layers.models import Layer
from layers.numbers import number as spoken
from layers.sql_files import load_sql
from layers.vocab import IssueAction, IssueKind

# A file may stack all its areas on one place: a list longer than this helps nobody.
MOST_PAIRS = 5_000
_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Contested:
    """Ground that two areas share, or that none covers where all must be covered."""

    stable_id: str  # empty: nobody's
    other: str
    area_m2: float
    east_m: float
    north_m: float
    is_new: bool  # made by the import; else it stood before

    @property
    def issue(self) -> Issue:
        """What the import says about it."""
        place = {"east": round(self.east_m), "north": round(self.north_m)}
        told: dict[str, Any] = {"area": self.area_m2, **place}
        kind, text = IssueKind.GAP, ImportText.GAP
        if self.other:
            kind, text = IssueKind.OVERLAP, ImportText.OVERLAP
            told |= {"id": self.stable_id, "other": self.other}
        action = IssueAction.REFUSED if self.is_new else IssueAction.KEPT
        return Issue(0, kind, action, text, told, self.stable_id)


def contested_ground(layer: Layer, number: int) -> list[Contested]:
    """Return overlaps and gaps that a version just stored leaves, overlaps first, largest first.

    Empty where the areas of the layer are free to overlap. At most ``MOST_PAIRS`` of each.
    """
    stated = topology_of(layer)
    if stated is None or not stated.must_not_overlap:
        return []
    asked = {
        "layer_id": layer.pk,
        "number": number,
        "tolerance_m": stated.tolerance_m,
        "most": MOST_PAIRS,
    }
    files = ["imported_overlaps.sql", *(["imported_gaps.sql"] if stated.must_cover else [])]
    found = []
    with connection.cursor() as cursor:
        for file in files:
            cursor.execute(load_sql(__file__, file), asked)
            names = Contested.__dataclass_fields__
            found += [Contested(**dict(zip(names, row, strict=True))) for row in cursor]
    return found


def refusal_of(name: str, slug: str, found: Sequence[Contested]) -> UserFacingError | None:
    """Return why an import is refused, None when all that is contested stood before."""
    new = [one for one in found if one.is_new]
    if not new:
        return None
    first = " ".join(one.issue.message for one in new[:_NAMED])
    count = spoken(len(new)) + ("+" if len(found) >= MOST_PAIRS else "")
    return UserFacingError(
        _(
            "%(file)s: %(count)s overlap(s) or gap(s) in layer '%(layer)s', whose areas must share "
            "the ground without. %(first)s Nothing was stored."
        )
        % {"file": name, "count": count, "layer": slug, "first": first},
        remedy=_("Correct them in the file; a trial on the import page lists all of them."),
    )
