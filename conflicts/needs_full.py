"""When a re-check does not do: what else changed asks for a full detection."""

from enum import Enum

from conflicts.changes import Change
from conflicts.memory import Land
from layers.models import LayerVersion
from layers.vocab import VersionState

# From so many changed rows on, and such a share of all features, asking everything is quicker.
LEAST_ROWS_FOR_FULL = 20_000
SHARE_FOR_FULL = 0.1


class Why(Enum):
    """Why a full detection was made instead of a re-check."""

    NEVER_ASKED = "never_asked"
    RULES = "rules"
    CLASSES = "classes"
    BOUNDARY = "boundary"
    LAYERS = "layers"
    MUCH = "much"


class NeedsFullError(Exception):
    """Only a full detection can tell."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def refuse_other_rules(before: Land, now: Land) -> None:
    """Refuse to go on from before where rules, classes, boundary or layers are others."""
    themes = {number: layer.theme for number, layer in before.layers.items()}
    if (before.rulebook, before.rules) != (now.rulebook, now.rules):
        raise NeedsFullError(Why.RULES)
    if before.class_tree != now.class_tree:
        raise NeedsFullError(Why.CLASSES)
    if before.boundaries != now.boundaries:
        raise NeedsFullError(Why.BOUNDARY)
    for number, layer in before.layers.items():
        stands = now.layers.get(number)
        if stands is None or (stands.slug, stands.theme) != (layer.slug, themes[number]):
            raise NeedsFullError(Why.LAYERS)


def refuse_much(before: Land, change: Change) -> None:
    """Refuse to go on from before where the boundary changed, or so much that all is asked."""
    cities, places = before.boundaries
    if change.changed_layers & {*cities, *places}:
        raise NeedsFullError(Why.BOUNDARY)
    if change.rows < LEAST_ROWS_FOR_FULL:
        return
    standing = sum(
        LayerVersion.objects.filter(state=VersionState.PUBLISHED).values_list(
            "feature_count", flat=True
        )
    )
    if change.rows > SHARE_FOR_FULL * standing:
        raise NeedsFullError(Why.MUCH)
