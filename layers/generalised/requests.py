"""When the low zooms of a large layer are made: by the worker, once, at the first look from afar.

Until then a low zoom is drawn from the features themselves: slow, but nothing is missing. Later
versions that change little are brought in at once.
"""

from layers.generalised.building import (
    TOP_ZOOM,
    changes_since_kept,
    generalise,
    is_kept,
)
from layers.generalised.tasks import make_low_zooms
from layers.models import LayerVersion, Run
from layers.runs import queue_run
from layers.tiles import is_heavy
from layers.vocab import RunState

RUN_KIND = "generalise"
# So many changed rows are brought in while a reader waits (about 0.2 s).
MOST_CHANGES_AT_ONCE = 2_000


def ask_for_low_zooms(version: LayerVersion, zoom: int) -> bool:
    """See to it that the low zooms of a large layer are made; True while they are not yet."""
    layer = version.layer
    is_newest = version.number == layer.published_number
    if zoom > TOP_ZOOM or not is_newest or not is_heavy(version) or is_kept(version):
        return False
    changes = changes_since_kept(layer)
    if changes is not None and changes <= MOST_CHANGES_AT_ONCE:
        generalise(layer)
        return False
    waiting = Run.objects.filter(
        kind=RUN_KIND,
        state__in=[RunState.QUEUED, RunState.RUNNING],
        parameters__layer=layer.slug,
    )
    if not waiting.exists():
        run = queue_run(
            kind=RUN_KIND,
            title=f"{layer.slug}: low zooms of version {version.number}",
            parameters={"layer": layer.slug},
        )
        make_low_zooms.enqueue(run.pk)
    return True
