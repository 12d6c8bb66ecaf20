"""One import under way, as its steps see it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User

from layers.ingest.options import ImportOptions
from layers.models import Run
from layers.runs import Progress
from layers.services import Provenance


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """An import that someone ordered on a page: in which run, and seeing which version."""

    run: Run
    by: User
    seen_number: int | None  # the published version they saw; None: the layer was new or empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is imported into which layer, and who is told about the progress."""

    name: str  # of the file, as the user called it
    layer: str
    options: ImportOptions
    digest: str
    run: Run
    report: Progress
    wait: Callable[[], None]  # raises when the job is to stop; gives a sign of life
    by: User | None = None

    @property
    def provenance(self) -> Provenance:
        """Where the new version comes from."""
        return Provenance(
            source_name=self.name,
            source_digest=self.digest,
            captured_on=self.options.captured_on,
            published_by=self.by,
        )
