"""Which layers answer a search: by words in both languages, theme, place and date of capture."""

from dataclasses import dataclass
from datetime import date

from layers.catalogue.places import SoughtPlace, reaching
from layers.legend import THEMES, summary, theme_of
from layers.models import LandUseClass, Layer, LayerVersion, SurveyedArea
from layers.queries import classes_looked_for
from layers.search import normalised, parsed
from layers.visibility import Reader, visible_versions
from layers.vocab import Completeness

PAGE = 50
SORTS = ("theme", "title", "published", "captured")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a reader looks for; empty means all."""

    words: str = ""
    theme: str = ""
    places: tuple[SoughtPlace, ...] = ()
    captured_from: date | None = None
    captured_to: date | None = None
    sort: str = "theme"


@dataclass(frozen=True, slots=True)
class Entry:
    """One layer in the list."""

    version: LayerVersion
    theme: str
    completeness: str  # of its surveyed areas, the best; empty for none
    looked_for: list[str]  # names of the classes its complete surveys looked for

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.version.layer


def entries(reader: Reader, wanted: Wanted) -> list[Entry]:
    """Return the layers this reader may see that answer a search, in the order asked for.

    A layer answers a place when its features or its surveyed areas reach into it: where a layer
    was surveyed and nothing was found, that is an answer too.
    """
    found = [v for v in visible_versions(reader) if _is_dated(v, wanted)]
    if wanted.theme:
        found = [v for v in found if theme_of(v.layer).code == wanted.theme]
    if wanted.words:
        found = _with_words(found, wanted.words)
    found = reaching(found, wanted.places)
    surveyed, looked_for = _completeness(), classes_looked_for()
    listed = [
        Entry(
            version,
            str(theme_of(version.layer).title),
            surveyed.get(version.layer_id, ""),
            looked_for.get(version.layer_id, []),
        )
        for version in found
    ]
    return sorted(listed, key=_ORDERS[wanted.sort])


def _theme_place(entry: Entry) -> tuple[int, str]:
    codes = [theme.code for theme in THEMES]
    code = theme_of(entry.layer).code
    return (codes.index(code) if code in codes else len(codes), entry.layer.slug)


_ORDERS = {
    "theme": _theme_place,
    "title": lambda entry: (normalised(entry.layer.title), entry.layer.slug),
    "published": lambda entry: (-entry.version.published_at.timestamp(), entry.layer.slug),
    "captured": lambda entry: (
        -(entry.version.captured_on or date.min).toordinal(),
        entry.layer.slug,
    ),
}


def _is_dated(version: LayerVersion, wanted: Wanted) -> bool:
    if not (wanted.captured_from or wanted.captured_to):
        return True
    day = version.captured_on
    if day is None:
        return False
    return (wanted.captured_from or day) <= day <= (wanted.captured_to or day)


def _with_words(versions: list[LayerVersion], words: str) -> list[LayerVersion]:
    names = {row.code: f"{row.name_km} {row.name_en}" for row in LandUseClass.objects.all()}
    asked = parsed(words).words or (normalised(words),)
    return [v for v in versions if all(word in _text(v, names) for word in asked)]


def _text(version: LayerVersion, class_names: dict[str, str]) -> str:
    """Return all that is said of a layer, as a search compares it."""
    layer = version.layer
    said = [
        layer.slug, layer.title_km, layer.title_en, layer.description_km, layer.description_en,
        layer.source, layer.steward, layer.licence, layer.theme, str(theme_of(layer).title),
    ]  # fmt: skip
    said += [f"{code} {class_names.get(code, '')}" for code in summary(version).classes]
    return normalised(" | ".join(said))


def _completeness() -> dict[int, str]:
    ranks = list(Completeness.values)
    best: dict[int, str] = {}
    for layer, stated in SurveyedArea.objects.values_list("layer_id", "completeness"):
        known = best.get(layer, ranks[-1])
        best[layer] = min(known, stated, key=ranks.index)
    return best
