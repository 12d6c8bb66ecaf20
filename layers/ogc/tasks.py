"""Making the index of an attribute as a task of the worker (``./krong db_worker``)."""

from django.tasks import task

from layers.errors import UserFacingError
from layers.models import Run
from layers.ogc.attribute_indexes import build
from layers.queries import layer_named
from layers.runs import executing


@task()
def make_attribute_index(number: int) -> str:
    """Carry out a waiting run; return how it ended."""
    run = Run.objects.get(pk=number)
    asked = run.parameters
    try:
        with executing(run) as report:
            report(0.0, run.title)
            build(layer_named(asked["layer"]), asked["attribute"], asked["kind"])
    except UserFacingError as error:
        return str(error)
    return run.state
