"""The long work of reviewing findings as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from conflicts.review.stocktaking import take_stock
from layers.errors import UserFacingError
from layers.models import Run
from layers.runs import executing


@task()
def carry_out_stocktaking(number: int) -> str:
    """Carry out a waiting stocktaking; return how it ended."""
    run = Run.objects.get(pk=number)
    try:
        with executing(run) as report:
            report(0.0, run.title)
            take_stock(report)
    except UserFacingError as error:
        return str(error)
    return run.state
