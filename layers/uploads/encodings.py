"""A file's texts as several encodings read them, so that a person sees which one is right.

Which encoding wrote a text cannot be proved from its bytes; a reader of Khmer sees it at a glance.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, look_into
from layers.ingest.formats import SourceFormat
from layers.ingest.look import FileSurvey

# Formats whose files need not say, or say wrongly, how their texts are encoded.
UNSTATED = (SourceFormat.SHAPEFILE, SourceFormat.CSV, SourceFormat.DXF)
# Unicode; and what Windows wrote without it in the West, in Thailand, Vietnam and China.
CANDIDATES = ("UTF-8", "CP1252", "CP874", "CP1258", "GB18030")
_EXAMPLES = 3
_LONGEST = 60


def encoding_title(code: str) -> str:
    """Return what an encoding is called for people."""
    titles = {
        "UTF-8": _("Unicode (UTF-8): Khmer, and most newer files"),
        "CP1252": _("Western European (Windows 1252)"),
        "CP874": _("Thai (Windows 874)"),
        "CP1258": _("Vietnamese (Windows 1258)"),
        "GB18030": _("Chinese (GB 18030)"),
    }
    return titles.get(code, code)


def readings(
    path: Path, survey: FileSurvey, options: ImportOptions, wait: Callable[[], None]
) -> list[dict[str, Any]]:
    """Return for each encoding how the first texts read; none where every text is plain Latin.

    ``code``, ``examples`` and ``is_guess``: how the file itself, or Krong's guess, reads them.
    """
    if survey.format not in {known.name for known in UNSTATED}:
        return []
    own = _telling_texts(survey.layers)
    if not own:
        return []
    named = options.encoding
    found = []
    for code in dict.fromkeys((*CANDIDATES, *([named] if named else []))):
        asked = ImportOptions(
            encoding=code,
            x_field=options.x_field,
            y_field=options.y_field,
            wkt_field=options.wkt_field,
        )
        try:
            read = _texts_at(look_into(path, asked, wait=wait).layers, own)
        except UserFacingError:
            continue  # not readable so: not offered
        is_own = read == list(own.values())
        found.append({"code": code, "examples": read, "is_guess": is_own})
    return found


def _telling_texts(layers: tuple[dict[str, Any], ...]) -> dict[tuple[int, int], str]:
    """Return texts with signs that encodings write differently, by field and place of example."""
    found: dict[tuple[int, int], str] = {}
    for index, field in enumerate(layers[0]["fields"] if layers else []):
        for place, text in enumerate(field["examples"]):
            if not text.isascii() and len(found) < _EXAMPLES:
                found[index, place] = text[:_LONGEST]
    return found


def _texts_at(
    layers: tuple[dict[str, Any], ...], places: Mapping[tuple[int, int], str]
) -> list[str]:
    fields = layers[0]["fields"]
    return [fields[index]["examples"][place][:_LONGEST] for index, place in places]
