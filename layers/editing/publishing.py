"""How a draft becomes a version, and how a layer goes back to an earlier one."""

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.editing.checks import check_draft
from layers.editing.drafts import locked
from layers.editing.errors import EditingError, ProblemsError, StaleEditError
from layers.editing.models import Draft
from layers.editing.problems import refusing
from layers.editing.reading import edited_content, latest_edits, stale_edits
from layers.editing.survey_log import end_complete_statements
from layers.editing.vocab import DraftState, EditAction
from layers.errors import NotFoundError
from layers.models import Layer, LayerVersion
from layers.services import (
    Provenance,
    Publication,
    next_number,
    publish_changes,
    publish_number,
    published_version,
)
from layers.sql_files import load_sql
from layers.vocab import VersionState


@transaction.atomic
def publish_draft(
    *, draft: Draft, author: User, message: str, accepts_warnings: bool = False
) -> Publication:
    """Publish all changes of a draft as one new version, or none of them.

    Raises
    ------
    StaleEditError
        Someone published a changed feature since it was edited; the draft stays open.
    ProblemsError
        A change cannot stand; or there are only warnings and they were not accepted.
    """
    draft = locked(draft)
    layer = Layer.objects.select_for_update().get(pk=draft.layer_id)
    why = _stated(message)
    edits = latest_edits(draft)
    if not edits:
        raise EditingError(
            _("Draft %(number)d changes nothing.") % {"number": draft.pk},
            remedy=_("Change a feature first, or discard the draft."),
        )
    if stale := stale_edits(draft):
        raise StaleEditError([row.as_json() for row in stale])
    _refuse_problems(draft, accepts_warnings=accepts_warnings)
    changed = [
        content.named(edit.stable_id)
        for edit in edits
        if (content := edited_content(edit)) is not None
    ]
    removed = [edit.stable_id for edit in edits if edit.action == EditAction.DELETE]
    provenance = _provenance(layer, f"draft {draft.pk}: {draft.title}", author, why)
    publication = publish_changes(layer, changed, removed, provenance)
    _close(draft, author, why, publication.version)
    return publication


@transaction.atomic
def revert_layer(*, layer: Layer, number: int, author: User, message: str) -> Publication:
    """Publish a new version that holds exactly what version ``number`` held; none is taken away.

    Complete surveys were stated about what stood before: they end, on record.

    Raises
    ------
    NotFoundError
        The layer has no such version.
    EditingError
        The layer stands as it stood then.
    """
    layer = Layer.objects.select_for_update().get(pk=layer.pk)
    why, back_to = _stated(message), published_then(layer, number)
    parameters = {"layer_id": layer.pk, "number": next_number(layer), "back_to": number}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "revert_retire.sql"), parameters)
        changed, removed = cursor.fetchone()
        cursor.execute(load_sql(__file__, "revert_insert.sql"), parameters)
        (opened,) = cursor.fetchone()
    if not opened and not removed:
        raise EditingError(
            _("Layer '%(slug)s' stands as in version %(number)d.")
            % {"slug": layer.slug, "number": number},
            remedy=_("Choose another version from the history."),
        )
    source = f"version {number} of {timezone.localtime(back_to.published_at):%Y-%m-%d}"
    provenance = _provenance(layer, source, author, why, captured=back_to)
    version = publish_number(layer, parameters["number"], provenance, back_to.feature_count)
    return Publication(
        version=version,
        added=opened - changed,
        changed=changed,
        removed=removed,
        unchanged=back_to.feature_count - opened,
        ended_surveys=_surveys_ended(layer, number, author),
    )


def _surveys_ended(layer: Layer, number: int, author: User) -> int:
    why = _("The layer went back to version %(number)d.") % {"number": number}
    return end_complete_statements(layer, why=why, by=author)


def published_then(layer: Layer, number: int) -> LayerVersion:
    """Return a version that is or was published, or raise NotFoundError."""
    versions = layer.versions.exclude(state=VersionState.DRAFT).select_related("published_by")
    version = versions.filter(number=number).first()
    if version is None:
        raise NotFoundError(
            _("Layer '%(slug)s' has no version %(number)d.")
            % {"slug": layer.slug, "number": number},
            remedy=_("Choose another version from the history."),
        )
    return version


def _stated(message: str) -> str:
    if message.strip():
        return message.strip()
    raise EditingError(
        _("A version says why it was published."),
        remedy=_("Write one sentence for those who come after you."),
    )


def _refuse_problems(draft: Draft, *, accepts_warnings: bool) -> None:
    problems = check_draft(draft)
    unaccepted = refusing(problems) if accepts_warnings else problems
    if unaccepted:
        raise ProblemsError([problem.as_json() for problem in problems])


def _provenance(
    layer: Layer, source: str, author: User, why: str, captured: LayerVersion | None = None
) -> Provenance:
    """Return what the new version says; correcting a feature is no new survey of the layer."""
    if captured is None and layer.published_number is not None:
        captured = published_version(layer)
    return Provenance(
        source_name=source,
        captured_on=captured.captured_on if captured else None,
        published_by=author,
        message=why,
    )


def _close(draft: Draft, author: User, why: str, version: LayerVersion) -> None:
    draft.state, draft.message = DraftState.PUBLISHED, why
    draft.closed_by, draft.closed_at = author, timezone.now()
    draft.published_number = version.number
    draft.save()
