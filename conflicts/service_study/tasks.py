"""Service studies as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.services import carry_out
from layers.errors import UserFacingError


@task()
def carry_out_service_study(number: int) -> str:
    """Carry out a waiting study; return how it ended.

    What a user can put right is written into the run itself and is no failure of the worker.
    """
    kept = ServiceStudy.objects.select_related("run").filter(pk=number).first()
    if kept is None:
        return "gone"
    try:
        carry_out(kept)
    except UserFacingError as error:
        return str(error)
    return "done"
