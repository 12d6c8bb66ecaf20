"""What the worker does every day (``./krong db_worker``)."""

from django.tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from conflicts.life.expiry import end_acceptances, next_day
from conflicts.review.digest import make_due_digests


@task()
def begin_the_day() -> int:
    """End the acceptances that have run out, and come back tomorrow; return how many ended."""
    keep_the_days()  # first: whatever happens today, there is a tomorrow
    ended = len(end_acceptances())
    make_due_digests()  # of the weeks that are over; the others stay as they are
    return ended


def keep_the_days() -> None:
    """See to it that the next day is begun, unless someone else sees to it already."""
    waiting = DBTaskResult.objects.filter(
        task_path=begin_the_day.module_path,
        status=TaskResultStatus.READY,
        run_after__gte=next_day(),
    )
    if not waiting.exists():
        begin_the_day.using(run_after=next_day()).enqueue()
