"""``./krong export``: a layer becomes a file."""

import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from layers.exports.asking import refuse_unknown_words, selection_asked, srid_asked
from layers.exports.formats import ExportError, ExportFormat, format_named
from layers.exports.selection import SelectionError
from layers.exports.service import Download, ExportRequest, export
from layers.queries import layer_named


class Command(KrongCommand):
    help = "Write a layer, or a part of it, to a file that says what it is and who made it."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--layer", required=True, metavar="SLUG")
        codes = [known.code for known in ExportFormat]
        parser.add_argument("--format", required=True, choices=codes, dest="code")
        parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE")
        # Django's own --version tells Django's, which nobody asks of a layer
        group = parser.add_argument_group("which state", conflict_handler="resolve")
        group.add_argument("--version", dest="number", metavar="N", help="default: the published")
        parser.add_argument("--date", help="as published at the end of this day, YYYY-MM-DD")
        parser.add_argument("--bbox", help="west,south,east,north in degrees")
        parser.add_argument("--ids", help="identifiers, with commas between")
        parser.add_argument("--class", dest="class_code", help="with its whole branch")
        parser.add_argument("--lifecycle")
        parser.add_argument("--search", metavar="WORDS", help="features whose texts hold all words")
        parser.add_argument(
            "--where", action="append", default=[], metavar="is.NAME=VALUE",
            help="also has., min., max.; repeatable",
        )  # fmt: skip
        parser.add_argument("--crs", default="", help="EPSG code of the file's coordinates")
        parser.add_argument("--excel", action="store_true", help="CSV: with a byte order mark")

    def run(self, layer: str, code: str, output: Path, **options: Any) -> Mapping[str, Any]:
        known = layer_named(layer)
        made = export(
            ExportRequest(
                selection=selection_asked(known, _words(options)),
                wanted=format_named(code, known.geometry_kind),
                srid=srid_asked(options["crs"]),
                for_excel=options["excel"],
            )
        )
        size = _store(made, output)
        self.say(f"{output}: {size} bytes.")
        return {"layer": layer, "format": code, "file": str(output), "bytes": size}


def _words(options: Mapping[str, Any]) -> dict[str, str]:
    asked = {
        "version": options["number"],
        "date": options["date"],
        "bbox": options["bbox"],
        "ids": options["ids"],
        "class": options["class_code"],
        "lifecycle": options["lifecycle"],
        "q": options["search"],
    }
    for text in options["where"]:
        key, _sign, value = text.partition("=")
        if not value:
            raise SelectionError(
                f"--where '{text}' does not say what to compare with.",
                remedy="Write for example --where min.floors=3.",
            )
        refuse_unknown_words([key])
        asked[key] = value
    return {word: value for word, value in asked.items() if value}


def _store(made: Download, output: Path) -> int:
    """Write beside the place and then put it there: a file is whole or not there."""
    if output.is_dir():
        raise ExportError(f"{output} is a folder.", remedy="Name a file in it.")
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise ExportError(
            f"Nothing can be written in {output.parent}: {error.strerror}.",
            remedy="Name a file in a folder you may write to.",
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(file.write(piece) for piece in made.content)
        Path(name).chmod(0o666 & ~_umask())  # mkstemp's own files are for their maker only
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return size


def _umask() -> int:
    """Return the rights that new files of this process lack; it can be read by setting it only."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
