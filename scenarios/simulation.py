"""One scenario, computed: no database, no layers needed, nothing stored."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios import flood
from scenarios.errors import SolverError
from scenarios.flood.checks import check_input
from scenarios.hazard_zones import worst_at_walls
from scenarios.model_setup import ModelSetup, prepare_model
from scenarios.rainfall import climate_named, design_rain
from scenarios.sources import Sources
from scenarios.spec import DesignStorm, Place, RainSeries, ScenarioSpec
from scenarios.vocab import Quantity, ValidityNote, WaterAccount

ENGINE = "krong local-inertial"

# A cell counts as wet for the share that is outside the scheme's validity from here on; the
# solver records no Froude number in thinner films.
WET_DEPTH_M = 0.05
TRUSTED_VOLUME_ERROR = 1e-3
# Streets and alleys need a few cells to carry water between blocks; the Environment Agency's urban
# benchmark 8 (SC080035, 2010) uses 2 m. On the demo city 10 m cells with blocks gave five times the
# area of H2 and worse than without.
WIDEST_CELL_FOR_BLOCKS_M = 5.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """A computed scenario: the model, what the solver found, the hazard class of each cell."""

    setup: ModelSetup
    result: flood.FloodResult
    classes: NDArray[np.int8]  # -1 outside the domain
    depth_at_walls: NDArray[np.float64]  # as max_depth; buildings: deepest water at their walls

    def grids(self) -> dict[Quantity, NDArray[Any]]:
        """Return the result by quantity; NaN outside the domain, in the sea and on buildings."""
        result = self.result
        hidden = ~self.setup.domain | (self.setup.buildings > 0)
        found = {
            Quantity.DEPTH: result.max_depth,
            Quantity.VELOCITY: result.max_velocity,
            Quantity.HAZARD_RATING: result.max_hazard_rating,
            Quantity.ARRIVAL: result.arrival_s,
            Quantity.FROUDE: result.max_froude,
        }
        return {quantity: np.where(hidden, np.nan, grid) for quantity, grid in found.items()}

    def water_accounts(self) -> dict[str, float]:
        """Return the mass balance: volumes [m3] by WaterAccount, and the relative error."""
        balance = self.result.mass_balance
        accounts = {
            account.value: float(getattr(balance, account.value)) for account in WaterAccount
        }
        return {**accounts, "relative_error": volume_error(balance)}

    def validity(self) -> dict[str, Any]:
        """Return what limits the use of this result."""
        seen = self.setup.domain & (self.setup.buildings == 0)
        wet = seen & (self.result.max_depth >= WET_DEPTH_M)
        beyond = wet & self.result.outside_validity
        return {
            "wet_cells": int(wet.sum()),
            "wet_share_beyond_froude": float(beyond.sum() / max(int(wet.sum()), 1)),
            "froude_limit": flood.FROUDE_VALID_TO,
            "hole_cells": self.setup.hole_cells,
            "validation": self.setup.spec.validation,
            "notes": [note.value for note in self._notes()],
        }

    def _notes(self) -> Iterator[ValidityNote]:
        if abs(volume_error(self.result.mass_balance)) > TRUSTED_VOLUME_ERROR:
            yield ValidityNote.MASS_ERROR
        if not self.setup.spec.validation:
            yield ValidityNote.NOT_VALIDATED
        yield ValidityNote.SIMPLIFIED
        if self.setup.rain is not None:
            yield ValidityNote.NO_DRAINS
        if self.setup.buildings.any():
            yield ValidityNote.BUILDINGS_HIDE
            if self.setup.grid.dx_m > WIDEST_CELL_FOR_BLOCKS_M:
                yield ValidityNote.COARSE_BLOCKS
        if self.setup.hole_cells:
            yield ValidityNote.HOLES


def accepted_model(spec: ScenarioSpec, sources: Sources) -> ModelSetup:
    """Return the model of a scenario that can be computed; nothing is computed yet.

    Raises
    ------
    TerrainError, SpecError, StormError
        The scenario cannot be set up.
    SolverError
        The solver refuses the input.
    """
    setup = prepare_model(spec, sources)
    try:
        check_input(setup.terrain, setup.forcing, setup.settings)
    except flood.InvalidFloodInput as error:
        raise SolverError(error.what, remedy=error.remedy) from error
    return setup


def run_spec(
    spec: ScenarioSpec,
    sources: Sources,
    *,
    on_progress: Callable[[flood.Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """Compute a scenario. A stopped run has ``outcome.result.cancelled``.

    Raises
    ------
    TerrainError, SpecError, StormError
        The scenario cannot be set up.
    SolverError
        The solver refused the input or broke down.
    """
    setup = prepare_model(spec, sources)
    return run_model(setup, on_progress=on_progress, should_stop=should_stop)


def run_model(
    setup: ModelSetup,
    *,
    on_progress: Callable[[flood.Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """Compute a model. A stopped run has ``outcome.result.cancelled``.

    Raises
    ------
    SolverError
        The solver refused the input or broke down.
    """
    try:
        result = flood.simulate(
            setup.terrain,
            setup.forcing,
            setup.settings,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    except (flood.InvalidFloodInput, flood.UnstableRunError) as error:
        raise SolverError(error.what, remedy=error.remedy) from error
    return outcome_of(setup, result)


def volume_error(balance: flood.MassBalance) -> float:
    """Return the water made or lost by the computation per water the event brought [-].

    Against all water handled the error would look small beside a sea that flows in and out of
    the model all the time. Without rain and inflow that is all there is to compare with.
    """
    brought_m3 = balance.rain_m3 - balance.lost_m3 + balance.inflow_m3
    if brought_m3 <= 0:
        return float(balance.relative_error)
    return float(balance.created_m3 / brought_m3)


def outcome_of(setup: ModelSetup, result: flood.FloodResult) -> Outcome:
    """Return a result with the hazard class of each cell, buildings by the water at their walls."""
    classes = flood.flood_class(result.max_depth, result.max_unit_discharge)
    classes = np.where(setup.domain, classes, -1).astype(np.int8)
    depth = np.where(setup.domain, result.max_depth, np.nan).astype(np.float64)
    buildings = np.where(setup.domain, setup.buildings, 0).astype(np.int32)
    return Outcome(
        setup=setup,
        result=result,
        classes=worst_at_walls(classes, buildings),
        depth_at_walls=worst_at_walls(depth, buildings),
    )


def input_digests(spec: ScenarioSpec, sources: Sources) -> dict[str, str]:
    """Return a digest of everything a result depends on, by name."""
    digests = {"scenario": _digest(spec.stated), "solver": solver_digest()}
    if isinstance(spec.rain, DesignStorm):
        rain = design_rain(spec.rain.table)
        digests["design_rain"] = _digest([list(rain.rain_24h_mm.items()), astuple(rain.ratio)])
    digests["climate"] = _digest(astuple(climate_named(spec.climate)))
    for place in dict.fromkeys(_places(spec)):
        digests[_free_name(str(place), digests)] = sources.digest(place)
    return digests


def _free_name(name: str, taken: Mapping[str, str]) -> str:
    """Return a name for one more input: two files of one name may lie in two folders."""
    numbered = (f"{name} ({number})" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def combined_digest(digests: Mapping[str, str]) -> str:
    """Return one digest for a set of them."""
    return _digest(dict(digests))


def _places(spec: ScenarioSpec) -> Iterator[Place]:
    yield spec.terrain.place
    yield from (areas.place for areas in (*spec.roughness.areas, *spec.runoff.areas))
    if spec.buildings is not None:
        yield spec.buildings.place
    if spec.sea is not None and spec.sea.place is not None:
        yield spec.sea.place
    if isinstance(spec.rain, RainSeries):
        yield Place(file=spec.rain.file)


@cache
def solver_digest() -> str:
    """Return the digest of the code that computes and classifies: its version."""
    here = Path(__file__).parent
    sources = sorted([*(here / "flood").glob("*.py"), *here.glob("*.py")])
    seen = hashlib.sha256()
    for path in sources:
        if path.stem not in {"views", "urls", "charts", "tasks", "queries", "models"}:
            seen.update(path.read_bytes())
    return seen.hexdigest()


def _digest(stated: Any) -> str:  # noqa: ANN401 - anything that is JSON
    text = json.dumps(stated, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
