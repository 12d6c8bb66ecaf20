"""Overlaps and gaps of a whole layer, a strip at a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from layers.crs import project_extent
from layers.topology.areas import Areas, strips
from layers.topology.gaps import Bare, Gap, Piece, joined, pieces_in
from layers.topology.overlaps import Overlap, overlaps_in

Tell = Callable[[int], None]


@dataclass(slots=True)
class Contested:
    """What was found, the largest first; ``is_cut``: there is more than anyone could list."""

    overlaps: list[Overlap] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    is_cut: bool = False


def contested(
    batches: Iterable[Areas],
    *,
    bare: Bare,
    most: int,
    looks_for_overlaps: bool = True,
    tell: Tell = lambda _done: None,
) -> Contested:
    """Return the overlaps and gaps of areas ordered by their western end, at most so many of each.

    ``tell`` hears after each strip how many areas are done; what it raises ends the search.
    """
    extent, found, pieces = project_extent(), Contested(), list[Piece]()
    looks_for_gaps = bare.reach_m > 0 or bare.must_cover is not None
    for strip in strips(batches, extent, bare.margin_m):
        if looks_for_overlaps:
            room = most + 1 - len(found.overlaps)
            found.overlaps += islice(overlaps_in(strip, bare.tolerance_m), max(room, 0))
        if looks_for_gaps and len(pieces) <= most:
            pieces += pieces_in(strip, bare, extent)
        tell(strip.done)
    found.gaps = joined(pieces, bare.tolerance_m)
    found.is_cut = max(len(found.overlaps), len(pieces)) > most
    return _largest(found, most)


def _largest(found: Contested, most: int) -> Contested:
    """Keep so many of each kind, largest first."""
    overlaps = sorted(found.overlaps, key=lambda o: (-o.area_m2, o.stable_id, o.other))
    gaps = sorted(found.gaps, key=lambda g: (not g.is_required, -g.area_m2, g.ground.wkt))
    return Contested(overlaps[:most], gaps[:most], found.is_cut)
