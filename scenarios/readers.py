"""What of a finished run a reader may see: no more than the layers it was made of and became."""

from collections.abc import Iterable
from typing import Any

from layers.models import Run
from layers.visibility import Reader, hidden_layers
from scenarios.models import ScenarioRun
from scenarios.queries import BUILDINGS, FACILITIES


def result_seen(run: Run, user: Reader) -> ScenarioRun | None:
    """Return the result of a run as this reader may see it, never to be saved.

    Grids that became hidden layers are left out; so is what stands in the water, where it was
    counted from a hidden layer or in a hidden hazard map: ``exposure["not_shown"]`` names those.
    """
    result = ScenarioRun.objects.filter(run=run).select_related("scenario").first()
    if result is not None:
        hidden = _hidden(user, [FACILITIES, BUILDINGS, *result.outputs["layers"]])
        result.exposure = _exposure(result, hidden)
        result.outputs = {**result.outputs, "files": _files(result, hidden)}
    return result


def _exposure(result: ScenarioRun, hidden: set[str]) -> dict[str, Any]:
    if not result.exposure:
        return {}
    counted = {FACILITIES, BUILDINGS}
    left_out = counted if f"flood-{result.scenario.code}" in hidden else counted & hidden
    empty: dict[str, Any] = {name: [] for name in left_out}
    return {**result.exposure, **empty, "not_shown": sorted(left_out)}


def _files(result: ScenarioRun, hidden: set[str]) -> dict[str, str]:
    files: dict[str, str] = result.outputs["files"]
    slug = f"flood-{result.scenario.code}-"
    return {quantity: name for quantity, name in files.items() if slug + quantity not in hidden}


def _hidden(user: Reader, slugs: Iterable[str]) -> set[str]:
    return set(hidden_layers(user).filter(slug__in=slugs).values_list("slug", flat=True))
