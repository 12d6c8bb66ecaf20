"""Making what is kept of a large layer as a task of the worker (``./krong db_worker``)."""

from django.tasks import task

from layers.errors import UserFacingError
from layers.generalised.building import generalise
from layers.generalised.drawing import draw_squares
from layers.generalised.filling import fill_dense_tiles
from layers.models import Run
from layers.queries import layer_named
from layers.runs import executing


@task()
def make_low_zooms(number: int) -> str:
    """Carry out a waiting run; return how it ended."""
    run = Run.objects.get(pk=number)
    try:
        with executing(run) as report:
            report(0.0, run.title)
            layer = layer_named(run.parameters["layer"])
            generalise(layer)
            report(0.5, run.title)
            fill_dense_tiles(layer)
            report(0.9, run.title)
            draw_squares(layer)
    except UserFacingError as error:
        return str(error)
    return run.state
