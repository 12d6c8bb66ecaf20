"""What may happen to a scenario: it is stored, started, carried out, and its result published."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import transaction

from layers.errors import RunCancelledError
from layers.models import Run
from layers.runs import Progress, Reporter, executing, fail_stale_runs, queue_run
from scenarios import flood
from scenarios.models import Scenario
from scenarios.publication import check_publishable, store_outcome, write_grids
from scenarios.queries import RUN_KIND, CatalogueSources, exposed_versions, finished_run
from scenarios.simulation import Outcome, combined_digest, input_digests, run_spec, volume_error
from scenarios.spec import ScenarioSpec
from scenarios.spec_reader import spec_from

# A cancel must be heard within 2 s; every line of progress is also a line of the log.
SECONDS_BETWEEN_LINES = 2.0
SECONDS_BETWEEN_CHECKS = 0.5
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


def carry_out(run: Run, spec: ScenarioSpec, *, echo: Progress | None = None) -> Run:
    """Compute a waiting run, store its result and publish its layers, all or nothing.

    Raises
    ------
    RunCancelledError
        Someone asked it to stop (``./krong run cancel N``, the page, or Ctrl-C).
    UserFacingError
        Why it cannot be run; the run is marked failed with that sentence.
    """
    with executing(run, echo=echo) as report, _scratch_folder() as folder:
        try:
            _compute_and_store(run, spec, report, Path(folder))
        except KeyboardInterrupt as error:
            raise RunCancelledError(run.title) from error
    run.refresh_from_db()
    return run


def _compute_and_store(run: Run, spec: ScenarioSpec, report: Reporter, folder: Path) -> None:
    report(0.0, "Reads the terrain and what lies on it")
    publish = bool(run.parameters["publish"])
    watch = RunWatch(report=report)
    outcome = run_spec(
        spec, CatalogueSources(), on_progress=watch.show, should_stop=watch.is_cancelled
    )
    if outcome.result.cancelled:
        raise RunCancelledError(run.title)
    _tell_balance(report, outcome)
    if publish:
        check_publishable(outcome)
    report(SHARE_OF_COMPUTING, "Writes the grids")
    files = write_grids(outcome, folder)
    report(SHARE_OF_COMPUTING + 0.05, "Stores the result")
    with transaction.atomic():
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


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that goes with the run, on the disk of the deployment's own files."""
    parent = Path(settings.VAR_DIR) / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=parent, prefix="scenario-")


@dataclass(slots=True)
class RunWatch:
    """Tells a run how far the computation is, not more often than a reader can follow."""

    report: Reporter
    began_at: float = field(default_factory=time.monotonic)
    told_at: float = 0.0
    checked_at: float = 0.0

    def show(self, progress: flood.Progress) -> None:
        """Report the share of simulated time, the time left and the deepest water."""
        now = time.monotonic()
        if now - self.told_at < SECONDS_BETWEEN_LINES and progress.share < 1:
            return
        self.told_at = now
        self.report(SHARE_OF_COMPUTING * progress.share, self._line(progress, now))

    def is_cancelled(self) -> bool:
        """Tell whether someone asked the run to stop."""
        now = time.monotonic()
        if now - self.checked_at < SECONDS_BETWEEN_CHECKS:
            return False
        self.checked_at = now
        return self.report.is_cancelled()

    def _line(self, progress: flood.Progress, now: float) -> str:
        left = ""
        if progress.share > 0:
            seconds = (now - self.began_at) * (1 - progress.share) / progress.share
            left = f", {_clock(seconds)} left"
        return (
            f"{_clock(progress.time_s)} of {_clock(progress.duration_s)} simulated{left}; "
            f"step {progress.dt_s:.2f} s, deepest {progress.max_depth_m:.2f} m"
        )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
