"""Making a report as a task of the worker (``./krong db_worker``), behind what someone awaits."""

from django.tasks import task
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.models import LayerVersion, Run
from layers.quality.making import make_report
from layers.runs import executing
from layers.vocab import RunState

BEHIND_OTHERS = -10
# In English: stored with the run, which readers of both languages see.
SUPERSEDED = "A newer version was published before this report was begun."


@task(priority=BEHIND_OTHERS)
def make_quality_report(number: int, language: str) -> str:
    """Carry out a waiting run; return how it ended."""
    run = Run.objects.get(pk=number)
    if run.state != RunState.QUEUED:
        return run.state  # cancelled while it waited
    version = LayerVersion.objects.select_related("layer").get(
        layer__slug=run.parameters["layer"], number=run.parameters["version"]
    )
    if is_superseded(run, version):
        run.state, run.message, run.finished_at = RunState.CANCELLED, SUPERSEDED, timezone.now()
        run.save(update_fields=["state", "message", "finished_at"])
        return run.state
    try:
        with translation.override(language), executing(run) as report:
            make_report(version, lambda share: report(share, _("Counting and comparing")))
    except UserFacingError as error:
        return str(error)
    return run.state


def is_superseded(run: Run, version: LayerVersion) -> bool:
    """Tell whether nobody asked for this report and the layer has gone on since."""
    return not run.parameters["by"] and version.number != version.layer.published_number
