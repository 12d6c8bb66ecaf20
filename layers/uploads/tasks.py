"""The steps of an import as tasks of the worker (``./krong db_worker``)."""

from django.tasks import task

from layers.errors import UserFacingError
from layers.uploads.models import Upload
from layers.uploads.work import carry_out


@task()
def carry_out_step(upload: int, step: str, language: str) -> str:
    """Carry out one step of an upload; return how it ended.

    What a user can put right is written into the run itself and is no failure of the worker.
    """
    found = Upload.objects.filter(pk=upload).first()
    if found is None:
        return "gone"
    try:
        carry_out(found, step, language)
    except UserFacingError as error:
        return str(error)
    return "done"
