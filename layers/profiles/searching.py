"""A search that tells of the layers a city uses first, and never conceals the others."""

from collections.abc import Iterable

from layers.models import Layer
from layers.profiles.choice import Choice
from layers.search import MOST_RESULTS, Match, Query, matches

# So many of the answers are kept for layers the city does not use, if any of them match.
LEAST_OTHERS = 5


def matches_used_first(query: Query, layers: Iterable[Layer], choice: Choice) -> list[Match]:
    """Return the matches in layers the city uses, the likeliest first, then those in others."""
    used: list[Layer] = []
    others: list[Layer] = []
    for layer in layers:
        (used if choice.uses_layer(layer.slug) else others).append(layer)
    found = matches(query, used)
    if not others:
        return found
    more = matches(query, others)
    kept = found[: MOST_RESULTS - min(LEAST_OTHERS, len(more))]
    return [*kept, *more[: MOST_RESULTS - len(kept)]]
