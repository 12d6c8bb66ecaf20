"""What may happen to a draft: it is opened, features in it are changed, it is discarded.

A change names the state it was made on; if another stands now, it is refused and nothing is lost.
Every step is kept: the newest of each feature counts.
"""

import secrets

import shapely
from django.contrib.auth.models import User
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID
from layers.editing.content import Content, FeatureState, content_problems, to_geojson
from layers.editing.errors import (
    ClosedDraftError,
    EditingError,
    PreconditionMissingError,
    ProblemsError,
    StaleStateError,
)
from layers.editing.etags import GONE, matches
from layers.editing.models import Draft, DraftEdit
from layers.editing.reading import feature_state, published_state, state_of
from layers.editing.vocab import DraftState, EditAction
from layers.errors import NotFoundError
from layers.models import LandUseClass, Layer

LONGEST_ID = 80
LONGEST_TITLE = 200
NEW_ID_BYTES = 8


class IdentifierTakenError(EditingError):
    """A new feature was to get the identifier of one that stands (RFC 9110, If-None-Match)."""

    status = 412


def open_draft(*, layer: Layer, title: str, author: User) -> Draft:
    """Open a draft over what is published now."""
    return Draft.objects.create(
        layer=layer,
        title=title.strip()[:LONGEST_TITLE] or str(layer),
        author=author,
        base_number=layer.published_number,
    )


@transaction.atomic
def working_draft(*, layer: Layer, author: User) -> Draft:
    """Return the author's newest open draft of a layer, opened if there is none."""
    Layer.objects.select_for_update().get(pk=layer.pk)
    own = layer.drafts.filter(author=author, state=DraftState.OPEN)
    title = _("Changes by %(who)s") % {"who": author.get_username()}
    return own.first() or open_draft(layer=layer, title=title, author=author)


@transaction.atomic
def discard_draft(*, draft: Draft, author: User, reason: str = "") -> Draft:
    """Close a draft without publishing; it and its edits stay on record."""
    draft = locked(draft)
    draft.state, draft.message = DraftState.DISCARDED, reason
    draft.closed_by, draft.closed_at = author, timezone.now()
    draft.save()
    return draft


@transaction.atomic
def create_feature(
    *,
    draft: Draft,
    content: Content,
    author: User,
    stable_id: str | None = None,
    note: str = "",
) -> FeatureState:
    """Add a feature; without an identifier it gets a new one.

    Raises
    ------
    IdentifierTakenError
        A feature with the identifier stands already.
    ProblemsError
        Shape or attributes cannot be as given.
    """
    draft = locked(draft)
    name = _usable(stable_id) if stable_id is not None else _new_id(draft.layer)
    now = state_of(draft, name)
    if now.content is not None:
        raise IdentifierTakenError(
            _("'%(id)s' stands already.") % {"id": name},
            remedy=_("Choose another identifier, or change the feature that stands."),
            id=name,
            etag=now.etag,
        )
    return _store(draft, now, content, author, note)


@transaction.atomic
def replace_feature(
    *,
    draft: Draft,
    stable_id: str,
    content: Content,
    if_match: str | None,
    author: User,
    note: str = "",
) -> FeatureState:
    """Change a feature to what is given, if it still stands as the author saw it.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError, ProblemsError
    """
    draft = locked(draft)
    return _store(draft, standing(draft, stable_id, if_match), content, author, note)


@transaction.atomic
def delete_feature(
    *, draft: Draft, stable_id: str, if_match: str | None, author: User, note: str = ""
) -> FeatureState:
    """Delete a feature from the draft, if it still stands as the author saw it.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    draft = locked(draft)
    now = standing(draft, stable_id, if_match)
    action = EditAction.WITHDRAW if now.action == EditAction.CREATE else EditAction.DELETE
    return _write(draft, stable_id, action, author, base_row=now.row, note=note)


@transaction.atomic
def withdraw_edit(
    *, draft: Draft, stable_id: str, if_match: str | None, author: User
) -> FeatureState:
    """Take back what the draft does to a feature, so that it stands as published.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    draft = locked(draft)
    now = state_of(draft, stable_id)
    if not now.is_edited:
        raise NotFoundError(
            _("The draft does not change '%(id)s'.") % {"id": stable_id},
            remedy=_("There is nothing to take back."),
        )
    _require_state(draft, now, if_match)
    return _write(draft, stable_id, EditAction.WITHDRAW, author, base_row=now.row)


@transaction.atomic
def resolve_stale(
    *, draft: Draft, stable_id: str, keep: str, if_match: str | None, author: User
) -> FeatureState:
    """Decide about a feature that was published anew since it was edited: keep mine or theirs.

    ``if_match`` is the validator of *their* state, so that no third state is decided on unseen.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    draft = locked(draft)
    mine, theirs = state_of(draft, stable_id), published_state(draft.layer, stable_id)
    if not mine.is_edited:
        raise NotFoundError(
            _("The draft does not change '%(id)s'.") % {"id": stable_id},
            remedy=_("There is nothing to take back."),
        )
    _require_state(draft, theirs, if_match)
    if keep == "theirs":
        return _write(draft, stable_id, EditAction.WITHDRAW, author, base_row=theirs.row)
    return _rebased(draft, mine, theirs.row, author)


def locked(draft: Draft) -> Draft:
    """Return the draft locked until the transaction ends; refuse a closed one."""
    held = Draft.objects.select_for_update(of=("self",)).select_related("layer")
    fresh = held.get(pk=draft.pk)
    if fresh.state != DraftState.OPEN:
        raise ClosedDraftError(fresh.pk, str(fresh.get_state_display()))
    return fresh


def _rebased(draft: Draft, mine: FeatureState, row: int | None, author: User) -> FeatureState:
    if mine.content is not None:
        on_theirs = FeatureState(stable_id=mine.stable_id, etag=GONE, content=None, row=row)
        return _store(draft, on_theirs, mine.content, author, mine.note)
    action = EditAction.WITHDRAW if row is None else EditAction.DELETE
    return _write(draft, mine.stable_id, action, author, base_row=row)


def standing(draft: Draft, stable_id: str, if_match: str | None) -> FeatureState:
    """Return the feature if the author saw it as it stands; hold the draft's lock.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    now = state_of(draft, stable_id)
    if now.content is None and not now.is_edited:
        feature_state(draft, stable_id)
    _require_state(draft, now, if_match)
    if now.content is None:
        feature_state(draft, stable_id)
    return now


def _require_state(draft: Draft, now: FeatureState, if_match: str | None) -> None:
    if not if_match:
        raise PreconditionMissingError(now.stable_id)
    if matches(if_match, now.etag):
        return
    seen = now if now.is_edited else published_state(draft.layer, now.stable_id)
    raise StaleStateError(
        now.stable_id,
        who=seen.changed_by,
        when=timezone.localtime(seen.changed_at).isoformat(" ", "seconds")
        if seen.changed_at
        else "",
        changed_at=seen.changed_at.isoformat() if seen.changed_at else None,
        action=str(now.action) if now.is_edited else "published",
        etag=now.etag,
        current=to_geojson(now) if now.content else None,
    )


def _store(
    draft: Draft, now: FeatureState, content: Content, author: User, note: str
) -> FeatureState:
    problems = content_problems(content, draft.layer, now.stable_id)
    if problems:
        raise ProblemsError([problem.as_json() for problem in problems])
    action = EditAction.CREATE if now.row is None else EditAction.REPLACE
    return _write(
        draft, now.stable_id, action, author, base_row=now.row, content=content, note=note
    )


def _write(  # noqa: PLR0913 - one row of the record
    draft: Draft,
    stable_id: str,
    action: EditAction,
    author: User,
    *,
    base_row: int | None,
    content: Content | None = None,
    note: str = "",
) -> FeatureState:
    draft.revision += 1
    draft.edits.filter(stable_id=stable_id, is_latest=True).update(is_latest=False)
    edit = DraftEdit(
        draft=draft, revision=draft.revision, stable_id=stable_id, action=action,
        base_row=base_row, edited_by=author, note=note[:200],
    )  # fmt: skip
    if content is not None:
        wkb = memoryview(shapely.to_wkb(content.geometry))
        edit.geometry = GEOSGeometry(wkb, srid=PROJECT_SRID)
        edit.land_use = LandUseClass.objects.filter(code=content.land_use).first()
        edit.lifecycle, edit.properties = content.lifecycle, dict(content.properties)
    edit.save(force_insert=True)
    draft.save(update_fields=["revision"])
    return state_of(draft, stable_id)


def _new_id(layer: Layer) -> str:
    return f"{layer.slug[:40]}-{secrets.token_hex(NEW_ID_BYTES)}"


def _usable(stable_id: str) -> str:
    if 0 < len(stable_id) <= LONGEST_ID and stable_id.isprintable() and stable_id.strip():
        return stable_id
    raise EditingError(
        _("'%(id)s' cannot be an identifier.") % {"id": stable_id[:100]},
        remedy=_("Use 1 to %(most)d letters, digits and signs.") % {"most": LONGEST_ID},
    )
