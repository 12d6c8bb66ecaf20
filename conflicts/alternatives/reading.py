"""Alternatives as they are sent: read without trust, refused with what is wrong where."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext as _

from conflicts.alternatives.changes import Alternative, Change
from conflicts.city_ground import boundary_layers
from conflicts.whatif import PROPOSALS
from layers.crs import PROJECT_SRID
from layers.editing.content import Content, from_geojson
from layers.editing.errors import EditingError, ProblemsError
from layers.editing.reading import row_state
from layers.errors import UserFacingError
from layers.models import Feature, Layer
from layers.visibility import Reader, seen_by, visible_layer
from layers.vocab import GeometryKind

MOST_ALTERNATIVES = 5
MOST_CHANGES = 50  # of one alternative
MOST_CORNERS = 20_000  # of one alternative
LONGEST_NAME = 60
LONGEST_ID = 80
_COLLECTIONS = {"FeatureCollection", "Feature"}


class WrongAlternativeError(EditingError):
    """Something that was sent cannot stand; programs are told all that is wrong."""

    status = 422

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        first = problems[0]
        super().__init__(
            _("Alternative %(alternative)s, feature %(feature)s: %(message)s")
            % {name: first[name] for name in ("alternative", "feature", "message")},
            remedy=_("Correct it on the map or in the file and ask again. Nothing was asked yet."),
            problems=list(problems),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Unstated:
    """What counts for features that do not say it themselves."""

    layer: str = PROPOSALS
    land_use: str | None = None
    lifecycle: str | None = None


@dataclass(slots=True)
class _Reading:
    """One alternative being read."""

    name: str
    reader: Reader
    unstated: Unstated
    layers: dict[str, Layer] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def changes(self, given: Sequence[object]) -> Iterator[Change]:
        for place, each in enumerate(given, start=1):
            try:
                yield self._change(place, _mapping(each))
            except ProblemsError as error:
                for problem in error.detail["problems"]:
                    self._note(place, problem["message"], problem.get("point"))
            except UserFacingError as error:
                self._note(place, f"{error.what} {error.remedy}")

    def _note(self, place: int, message: str, point: object = None) -> None:
        self.problems.append(
            {"alternative": self.name, "feature": place, "message": message, "point": point}
        )

    def _change(self, place: int, given: Mapping[str, Any]) -> Change:
        layer = self._layer(given.get("layer") or self.unstated.layer)
        stable_id = _identifier(given.get("id"), place)
        if given.get("removed") is True:
            return Change(layer=layer, stable_id=stable_id, after=None)
        base = _standing(layer, stable_id)
        content = from_geojson(self._with_words(given, base), layer, base=base)
        return Change(layer=layer, stable_id=stable_id, after=content.named(stable_id))

    def _with_words(self, given: Mapping[str, Any], base: Content | None) -> dict[str, Any]:
        """Return a feature with class and lifecycle as it, its attributes or the form say."""
        told = dict(given)
        attributes = given.get("properties")
        stated = attributes if isinstance(attributes, Mapping) else {}
        for name in ("land_use", "lifecycle"):
            if told.get(name) is None and isinstance(stated.get(name), str):
                told[name] = stated[name]
            if told.get(name) is None and base is None:
                told[name] = getattr(self.unstated, name)
        return told

    def _layer(self, slug: object) -> Layer:
        if not isinstance(slug, str):
            raise UserFacingError(_("'layer' is no text."), remedy=_("Name a layer, or none."))
        if slug not in self.layers:
            self.layers[slug] = _layer_named(self.reader, slug)
        return self.layers[slug]


def read_alternatives(
    given: object, *, reader: Reader, unstated: Unstated | None = None
) -> list[Alternative]:
    """Return the alternatives that a JSON value describes, or a GeoJSON file as one.

    Raises
    ------
    UserFacingError
        There are too many, or it is no such value.
    WrongAlternativeError
        With everything that is wrong with their features.
    """
    read: list[Alternative] = []
    problems: list[dict[str, Any]] = []
    for name, changes in _described(given):
        reading = _Reading(name=name, reader=reader, unstated=unstated or Unstated())
        alternative = Alternative(name=name, changes=tuple(reading.changes(changes)))
        problems += reading.problems or _together(alternative)
        read.append(alternative)
    if problems:
        raise WrongAlternativeError(problems)
    return read


def _described(given: object) -> list[tuple[str, Sequence[object]]]:
    """Return the name and the changes of each alternative."""
    sent = _mapping(given)
    if sent.get("type") in _COLLECTIONS:
        features = sent.get("features", []) if sent["type"] == "FeatureCollection" else [sent]
        return [("A", _counted(features, "A"))]
    alternatives = sent.get("alternatives")
    if not isinstance(alternatives, list) or not 1 <= len(alternatives) <= MOST_ALTERNATIVES:
        raise UserFacingError(
            _("There must be 1 to %(most)s alternatives.") % {"most": MOST_ALTERNATIVES},
            remedy=_("Send {alternatives: [{name, changes: [...]}]}, or a GeoJSON file."),
        )
    described = []
    for letter, each in zip("ABCDE", map(_mapping, alternatives), strict=False):
        name = str(each.get("name") or letter)[:LONGEST_NAME]
        described.append((name, _counted(each.get("changes"), name)))
    return described


def _counted(changes: object, name: str) -> Sequence[object]:
    if not isinstance(changes, list) or not changes:
        raise UserFacingError(
            _("Alternative %(name)s holds no feature.") % {"name": name},
            remedy=_("Draw or choose something first, or hand in a file that holds features."),
        )
    if len(changes) > MOST_CHANGES:
        raise UserFacingError(
            _("Alternative %(name)s holds %(count)s features; %(most)s can be asked about at once.")
            % {"name": name, "count": len(changes), "most": MOST_CHANGES},
            remedy=_("Ask about fewer at a time, or publish a draft and detect."),
        )
    return changes


def _together(alternative: Alternative) -> Iterator[dict[str, Any]]:
    """Yield what is wrong with the features of an alternative together, or with their places."""
    told = {"alternative": alternative.name, "point": None}
    names: set[tuple[str, str]] = set()
    corners = 0
    for place, change in enumerate(alternative.changes, start=1):
        name = (change.layer.slug, change.stable_id)
        if name in names:
            yield told | {"feature": place, "message": _("It stands there twice, by its name.")}
        names.add(name)
        if change.after is not None:
            corners += int(shapely.get_num_coordinates(change.after.geometry))
    if corners > MOST_CORNERS:
        message = _("There are %(count)s corners; %(most)s can be asked about at once.")
        yield told | {"feature": 1, "message": message % {"count": corners, "most": MOST_CORNERS}}
        return
    for place in _outside(alternative.changes):
        message = _("It lies outside the city. Check the coordinate system: GeoJSON holds degrees.")
        yield told | {"feature": place, "message": message}


def _outside(changes: Iterable[Change]) -> list[int]:
    """Return the places of the features that share no ground with the city, if it is known."""
    own, _parts = boundary_layers()
    city = Feature.objects.filter(layer__slug__in=own, retired_in=None)
    if not own:
        return []
    return [
        place
        for place, change in enumerate(changes, start=1)
        if change.after is not None
        and not city.filter(geometry__intersects=_for_django(change.after.geometry)).exists()
    ]


def _for_django(shape: Any) -> GEOSGeometry:  # noqa: ANN401 - a shape, as read above
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=PROJECT_SRID)


def _mapping(given: object) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    raise UserFacingError(
        _("The request is not a JSON object."), remedy=_("Send one JSON object in UTF-8.")
    )


def _identifier(given: object, place: int) -> str:
    name = f"what-if-{place}" if given in (None, "") else str(given)
    if len(name) <= LONGEST_ID and not isinstance(given, bool | list | dict):
        return name
    raise UserFacingError(
        _("An identifier is a text of up to %(most)s letters.") % {"most": LONGEST_ID},
        remedy=_("Leave it out for something new."),
    )


def _layer_named(reader: Reader, slug: str) -> Layer:
    """Return a layer of features; that of proposals may not have been made yet."""
    if slug == PROPOSALS:
        found = Layer.objects.filter(slug=slug, visibility__in=seen_by(reader)).first()
        return found or Layer(slug=slug, geometry_kind=GeometryKind.MIXED, title_en="Proposals")
    layer = visible_layer(reader, slug)
    if layer.geometry_kind == GeometryKind.RASTER:
        raise UserFacingError(
            _("'%(slug)s' is a grid: it holds no features.") % {"slug": slug},
            remedy=_("Choose a layer of features."),
        )
    return layer


def _standing(layer: Layer, stable_id: str) -> Content | None:
    """Return a feature as it stands; None: it would be new."""
    if layer.pk is None:
        return None
    rows = Feature.objects.filter(layer=layer, stable_id=stable_id, retired_in=None)
    row = rows.select_related("land_use").first()
    return None if row is None else row_state(row).content
