"""Scenario runs as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from layers.errors import UserFacingError
from scenarios.queries import run_numbered, scenario_named
from scenarios.services import carry_out, spec_of


@task()
def carry_out_run(number: int) -> str:
    """Carry out a waiting run of a stored scenario; return how it ended.

    What a user can put right is written into the run itself and is no failure of the worker.
    """
    run = run_numbered(number)
    try:
        run = carry_out(run, spec_of(scenario_named(run.parameters["scenario"])))
    except UserFacingError as error:
        return str(error)
    return run.state
