"""Collections that are no layers: an app above registers what it wants to be read like a layer.

They are only read: whatever writes into a draft is answered 405.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from layers.ogc.pages import Question
from layers.ogc.queryables import Queryable
from layers.visibility import Reader

_READ = "GET, HEAD, OPTIONS"


class OtherCollection(Protocol):
    """What a collection must answer for; whole numbers identify its features."""

    slug: str

    @property
    def title(self) -> str:
        """The title in the reader's language."""

    @property
    def description(self) -> str:
        """What it holds, in the reader's language."""

    def is_offered(self) -> bool:
        """Tell whether there is anything to be read."""

    def first_moment(self) -> datetime | None:
        """Return since when it tells of anything."""

    def queryables(self) -> Mapping[str, Queryable]:
        """Return what filters may name, each with its expression."""

    def json_schema(self, address: str, *, is_queryables: bool) -> dict[str, Any]:
        """Return its attributes as JSON Schema."""

    def features(
        self,
        reader: Reader,
        question: Question,
        *,
        after: int,
        interval: tuple[datetime, datetime] | None,
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (number, GeoJSON feature) by number, ``question.limit`` and one more at most."""

    def feature(self, reader: Reader, number: int, question: Question) -> dict[str, Any] | None:
        """Return one feature, None where the reader may see none."""


_REGISTERED: dict[str, OtherCollection] = {}


def register(collection: OtherCollection) -> None:
    """Offer a collection from now on; its name goes before a layer of that name."""
    _REGISTERED[collection.slug] = collection


def offered_others(_reader: Reader) -> list[OtherCollection]:
    """Return the collections that hold anything."""
    return [found for found in _REGISTERED.values() if found.is_offered()]


def other_named(_reader: Reader, slug: str) -> OtherCollection | None:
    """Return a collection by name; None: it is a layer, or nothing."""
    found = _REGISTERED.get(slug)
    return found if found is not None and found.is_offered() else None


def unless_other(writer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a writer that is refused for collections that are no layers."""

    def write(request: HttpRequest, slug: str, **parts: str) -> HttpResponseBase:
        if other_named(request.user, slug) is not None:
            return HttpResponse(status=405, headers={"Allow": _READ})
        return writer(request, slug, **parts)

    return write
