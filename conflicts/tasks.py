"""Re-checks as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from conflicts.recheck_requests import recheck_kept
from layers.errors import UserFacingError
from layers.models import Run
from layers.runs import executing


@task()
def carry_out_recheck(number: int) -> str:
    """Carry out a waiting re-check; return how it ended."""
    run = Run.objects.get(pk=number)
    try:
        with executing(run) as report:
            recheck_kept(report)
    except UserFacingError as error:
        return str(error)
    return run.state
