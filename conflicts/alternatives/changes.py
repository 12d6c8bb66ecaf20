"""What an alternative would change: features that come, stand otherwise, or go."""

from dataclasses import dataclass

from layers.models import Layer
from layers.services import NewFeature


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One feature of a layer as it would stand; ``after`` None: it would be gone."""

    layer: Layer
    stable_id: str
    after: NewFeature | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """Changes that would be made together."""

    name: str
    changes: tuple[Change, ...]
