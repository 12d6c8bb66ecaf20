"""Which uses a planner looks for a site for, in the reader's words."""

from collections import Counter

from layers.models import LandUseClass

# Nobody looks for a square of ground for these: what nature or history put there, names for any
# building or any nuisance at all, what is a zone of the plan, and what runs along a line.
GIVEN_BY_NATURE = frozenset(
    {"beach", "coast", "flood_zone", "heritage", "mangrove", "protected", "river", "stream"}
)
GENERAL_NAMES = frozenset(
    {"any_building", "building", "building_tall", "industrial_zone", "pollution_source"}
)
LINES = frozenset(
    {"expressway", "power_line", "railway", "road_district", "road_national", "road_provincial"}
)


def placeable_uses() -> list[tuple[str, str]]:
    """Return code and name of each use that is offered, by name, no name twice."""
    left_out = GIVEN_BY_NATURE | GENERAL_NAMES | LINES
    known = LandUseClass.objects.filter(scheme="use").select_related("parent")
    rows = [
        row
        for row in known
        if not {row.code, row.parent and row.parent.code} & left_out and not _repeats_parent(row)
    ]
    times = Counter(row.name for row in rows)
    named = [
        (row.code, row.name if times[row.name] == 1 else f"{row.name} ({row.code})") for row in rows
    ]
    return sorted(named, key=lambda use: use[1])


def _repeats_parent(row: LandUseClass) -> bool:
    """Tell whether a class has the name of the one above it, whose branch holds it."""
    above = row.parent
    return above is not None and (row.name == above.name or row.name_en == above.name_en)
