"""The long work of reviewing findings as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from conflicts.review.models import FindingReport
from conflicts.review.reports import make_report
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


@task()
def carry_out_report(number: int) -> str:
    """Print a waiting report; return how it ended."""
    report = FindingReport.objects.select_related("run", "asked_by").get(pk=number)
    try:
        make_report(report)
    except UserFacingError as error:
        return str(error)
    return report.run.state
