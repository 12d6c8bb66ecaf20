"""When what is kept of a large layer is made: by the worker, once, at the first look.

Until then its tiles are drawn from the features themselves: slow, but nothing is missing. Later
versions that change little are brought in at once.
"""

from layers.generalised.building import TOP_ZOOM, changes_since_kept, generalise, is_kept
from layers.generalised.dense import DENSE_ZOOMS
from layers.generalised.filling import fill_dense_tiles, is_filled, was_filled
from layers.generalised.tasks import make_low_zooms
from layers.models import LayerVersion, Run
from layers.runs import queue_run
from layers.tiles import is_heavy
from layers.vocab import RunState

RUN_KIND = "generalise"
# So many changed rows are brought in while a reader waits (about 0.2 s).
MOST_CHANGES_AT_ONCE = 2_000
# A version whose run failed so often is left to './krong generalise': no look queues another.
MOST_ATTEMPTS = 3


def ask_for_low_zooms(version: LayerVersion, zoom: int) -> bool:
    """See to it that what is kept of a large layer is made.

    True while a tile of this zoom will look better once it is; the shapes of dense squares are the
    same either way.
    """
    layer = version.layer
    is_newest = version.number == layer.published_number
    if zoom > max(DENSE_ZOOMS) or not is_newest or not is_heavy(version):
        return False
    if is_kept(version) if zoom <= TOP_ZOOM else is_filled(version):
        return False
    changes = changes_since_kept(layer)
    is_little = changes is not None and changes <= MOST_CHANGES_AT_ONCE
    if is_little:
        generalise(layer)
    if is_little and was_filled(version):
        fill_dense_tiles(layer)
    else:
        _queue(version)
    return zoom <= TOP_ZOOM and not is_little


def _queue(version: LayerVersion) -> None:
    slug = version.layer.slug
    runs = Run.objects.filter(kind=RUN_KIND, parameters__layer=slug)
    if runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).exists():
        return
    failed = runs.filter(state=RunState.FAILED, parameters__version=version.number)
    if failed.count() >= MOST_ATTEMPTS:
        return
    run = queue_run(
        kind=RUN_KIND,
        title=f"{slug}: low zooms of version {version.number}",
        parameters={"layer": slug, "version": version.number},
    )
    make_low_zooms.enqueue(run.pk)
