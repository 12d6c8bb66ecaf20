"""Short ways to change a draft in tests."""

from layers.editing.content import Content
from layers.editing.drafts import create_feature, delete_feature, open_draft, replace_feature
from layers.editing.publishing import publish_draft
from layers.editing.reading import feature_state


def draft_of(layer, author, title="Survey"):
    layer.refresh_from_db()
    return open_draft(layer=layer, title=title, author=author)


def put(draft, stable_id, shape, author=None, **content):
    """Replace a feature as it stands in the draft now."""
    return replace_feature(
        draft=draft,
        stable_id=stable_id,
        content=Content(geometry=shape, **content),
        if_match=feature_state(draft, stable_id).etag,
        author=author or draft.author,
    )


def add(draft, stable_id, shape, **content):
    return create_feature(
        draft=draft,
        content=Content(geometry=shape, **content),
        author=draft.author,
        stable_id=stable_id,
    )


def remove(draft, stable_id, author=None):
    return delete_feature(
        draft=draft,
        stable_id=stable_id,
        if_match=feature_state(draft, stable_id).etag,
        author=author or draft.author,
    )


def publish(draft, message="Corrected", **options):
    return publish_draft(draft=draft, author=draft.author, message=message, **options)
