"""What may happen to a scenario: it is stored, started, carried out, and its result published."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from layers.errors import RunCancelledError
from layers.models import Run
from layers.runs import Progress, Reporter, executing, fail_stale_runs, queue_run
from scenarios import flood
from scenarios.model_setup import ModelSetup
from scenarios.models import Scenario
from scenarios.publication import check_publishable, store_outcome, write_grids
from scenarios.queries import RUN_KIND, CatalogueSources, exposed_versions, finished_run
from scenarios.scratch import scratch_folder
from scenarios.simulation import (
    Outcome,
    accepted_model,
    combined_digest,
    input_digests,
    run_model,
    volume_error,
)
from scenarios.spec import ScenarioSpec
from scenarios.spec_reader import spec_from

# A cancel must be heard within 2 s; every line of progress is also a line of the log.
SECONDS_BETWEEN_LINES = 2.0
SECONDS_BETWEEN_CHECKS = 0.5
# So long a computation is watched before the time left is told.
SECONDS_TO_ESTIMATE = 4.0
# The computation is this share of a run's progress; the rest is writing and publishing.
SHARE_OF_COMPUTING = 0.9


@transaction.atomic
def store_scenario(spec: ScenarioSpec, folder: Path) -> Scenario:
    """Keep a scenario under its code, so that it can be listed and started again."""
    scenario, _created = Scenario.objects.update_or_create(
        code=spec.code,
        defaults={
            "title_en": spec.title_en,
            "title_km": spec.title_km,
            "spec": dict(spec.stated),
            "file_name": spec.file,
            "folder": str(folder),
        },
    )
    return scenario


def spec_of(scenario: Scenario) -> ScenarioSpec:
    """Return what a stored scenario states, read again with every check."""
    return spec_from(scenario.spec, file=scenario.file_name, folder=Path(scenario.folder))


def start_run(*, scenario: Scenario, spec: ScenarioSpec, publish: bool = True) -> tuple[Run, bool]:
    """Return a waiting run of a scenario, or the finished one of exactly the same inputs.

    Returns
    -------
    tuple
        The run, and True when it is an earlier one whose result still stands.
    """
    fail_stale_runs()
    is_published = publish and spec.publish
    digests = {**input_digests(spec, CatalogueSources()), "is published": str(is_published)}
    if is_published:
        digests |= {f"exposed {slug}": f"v{number}" for slug, number in exposed_versions().items()}
    digest = combined_digest(digests)
    if earlier := finished_run(spec.code, digest):
        return earlier, True
    run = queue_run(
        kind=RUN_KIND,
        title=spec.title_en,
        parameters={"scenario": scenario.code, "publish": is_published, "digests": digests},
        input_digest=digest,
    )
    return run, False


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Submission:
    """A scenario that was accepted: its run, and its model unless an earlier run stands."""

    run: Run
    setup: ModelSetup | None

    @property
    def is_reused(self) -> bool:
        """True when nothing has changed since an earlier run."""
        return self.setup is None


@transaction.atomic
def submit(spec: ScenarioSpec, folder: Path, *, publish: bool = True) -> Submission:
    """Keep a scenario and its waiting run if it can be computed; of a refused one nothing remains.

    A scenario of that code that was accepted before stays as it was when the new one is refused.

    Raises
    ------
    UserFacingError
        Why it cannot be run.
    """
    scenario = store_scenario(spec, folder)
    run, reused = start_run(scenario=scenario, spec=spec, publish=publish)
    return Submission(run=run, setup=None if reused else _accepted(run, spec))


def _accepted(run: Run, spec: ScenarioSpec) -> ModelSetup:
    setup = accepted_model(spec, CatalogueSources())
    if run.parameters["publish"]:
        check_publishable(setup)
    return setup


def carry_out(
    run: Run,
    spec: ScenarioSpec,
    *,
    setup: ModelSetup | None = None,
    echo: Progress | None = None,
) -> Run:
    """Compute a waiting run, store its result and publish its layers, all or nothing.

    ``setup`` is its model where it was already prepared.

    Raises
    ------
    RunCancelledError
        Someone asked it to stop (``./krong run cancel N``, the page, or Ctrl-C).
    UserFacingError
        Why it cannot be run; the run is marked failed with that sentence.
    """
    with executing(run, echo=echo) as report, scratch_folder() as folder:
        try:
            report(0.0, "Reads the terrain and what lies on it")
            _compute_and_store(run, setup or _accepted(run, spec), report, folder)
        except KeyboardInterrupt as error:
            raise RunCancelledError(run.title) from error
    run.refresh_from_db()
    return run


def _compute_and_store(run: Run, setup: ModelSetup, report: Reporter, folder: Path) -> None:
    watch = RunWatch(report=report)
    outcome = run_model(setup, on_progress=watch.show, should_stop=watch.is_cancelled)
    if outcome.result.cancelled:
        raise RunCancelledError(run.title)
    _tell_balance(report, outcome)
    report(SHARE_OF_COMPUTING, "Writes the grids")
    files = write_grids(outcome, folder)
    report(SHARE_OF_COMPUTING + 0.05, "Stores the result")
    with transaction.atomic():
        publish = bool(run.parameters["publish"])
        store_outcome(run=run, outcome=outcome, files=files, publish=publish)
        report(1.0, "Done")


def _tell_balance(report: Reporter, outcome: Outcome) -> None:
    balance = outcome.result.mass_balance
    report(
        SHARE_OF_COMPUTING,
        f"{outcome.result.steps:,} steps; volume error {volume_error(balance):.1e}; "
        f"{balance.stored_end_m3:,.0f} m3 still standing",
    )
    if outcome.setup.hole_cells:
        report(
            SHARE_OF_COMPUTING,
            f"Warning: {outcome.setup.hole_cells:,} cells without elevation inside the terrain "
            "were treated as walls",
        )


@dataclass(slots=True)
class Pace:
    """How fast a computation goes, measured from its first step on.

    The first step of a fresh installation waits for the solver to be compiled, a minute that says
    nothing about the others; and a few steps say little about a million.
    """

    began_at: float | None = None
    began_with: float = 0.0

    def seconds_left(self, progress: flood.Progress, now: float) -> float | None:
        """Return the wall-clock time left [s]; None until it can be estimated."""
        if progress.steps == 0:
            return None
        if self.began_at is None:
            self.began_at, self.began_with = now, progress.share
        taken_s, done = now - self.began_at, progress.share - self.began_with
        if taken_s < SECONDS_TO_ESTIMATE or done <= 0:
            return None
        return taken_s * (1 - progress.share) / done


@dataclass(slots=True)
class RunWatch:
    """Tells a run how far the computation is, not more often than a reader can follow."""

    report: Reporter
    pace: Pace = field(default_factory=Pace)
    told_at: float = 0.0
    checked_at: float = 0.0

    def show(self, progress: flood.Progress) -> None:
        """Report the share of simulated time, the time left and the deepest water."""
        now = time.monotonic()
        seconds_left = self.pace.seconds_left(progress, now)
        if now - self.told_at < SECONDS_BETWEEN_LINES and progress.share < 1:
            return
        self.told_at = now
        self.report(SHARE_OF_COMPUTING * progress.share, _line(progress, seconds_left))

    def is_cancelled(self) -> bool:
        """Tell whether someone asked the run to stop."""
        now = time.monotonic()
        if now - self.checked_at < SECONDS_BETWEEN_CHECKS:
            return False
        self.checked_at = now
        return self.report.is_cancelled()


def _line(progress: flood.Progress, seconds_left: float | None) -> str:
    left = "" if seconds_left is None else f", {_clock(seconds_left)} left"
    return (
        f"{_clock(progress.time_s)} of {_clock(progress.duration_s)} simulated{left}; "
        f"step {progress.dt_s:.2f} s, deepest {progress.max_depth_m:.2f} m"
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
