"""``./krong import``: a file becomes a layer."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from layers.ingest import ImportOptions, ImportReport, import_file
from layers.ingest.formats import KNOWN_FORMATS
from layers.ingest.options import OSM_TAGS
from layers.vocab import Completeness, GeometryKind


class Command(KrongCommand):
    help = (
        "Import a file into a layer: every row stored, repaired or refused, and said so.\n"
        f"Formats: {KNOWN_FORMATS}."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to import")
        parser.add_argument("--layer", required=True, metavar="SLUG", help="made if it is new")
        self._add_reading(parser)
        self._add_labels(parser)
        self._add_description(parser)
        self._add_raster(parser)

    def _add_reading(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group("reading")
        group.add_argument("--source-layer", metavar="NAME", help="which layer of the file")
        group.add_argument("--srid", type=int, help="EPSG code, if the file states none")
        group.add_argument("--encoding", help="of the texts of a Shapefile, if it states none")
        kinds = [kind for kind in GeometryKind.values if kind != GeometryKind.RASTER]
        group.add_argument("--geometry-kind", choices=kinds, help="what a new layer is to hold")

    def _add_labels(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group("identifier, class and lifecycle of the features")
        group.add_argument("--id-field", metavar="COLUMN", help="default: stable_id, if there")
        group.add_argument("--class", dest="land_use", metavar="CODE", help="of every feature")
        group.add_argument("--class-field", metavar="COLUMN", help="column with class codes")
        group.add_argument("--classify", choices=[OSM_TAGS], help="by OpenStreetMap tags")
        group.add_argument(
            "--keep-unclassified", action="store_true", help="store objects without a class too"
        )
        group.add_argument("--lifecycle-field", metavar="COLUMN", help="default: all existing")

    def _add_description(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group("description of a new layer")
        for name in ("title-en", "title-km", "theme", "source", "licence"):
            group.add_argument(f"--{name}")
        group.add_argument("--captured-on", type=date.fromisoformat, metavar="YYYY-MM-DD")
        group.add_argument(
            "--surveyed", choices=Completeness.values, help="what the file's extent is surveyed as"
        )
        group.add_argument(
            "--surveyed-class",
            dest="surveyed_classes",
            action="append",
            metavar="CODE",
            help="a class that was looked for; repeatable; default: those the layer holds",
        )

    def _add_raster(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group("rasters")
        group.add_argument("--band", type=int, help="which band, if there are several")
        group.add_argument("--nodata", type=float, help="if the file does not state it")
        group.add_argument("--quantity", help="default: elevation")
        group.add_argument("--units", help="default: m")
        group.add_argument("--vertical-datum", metavar="NAME")

    def run(self, file: Path, layer: str, **options: Any) -> Mapping[str, Any]:
        known = {field.name for field in fields(ImportOptions)}
        given = {k: v for k, v in options.items() if k in known and v is not None}
        given["surveyed_classes"] = tuple(given.get("surveyed_classes", ()))
        report = import_file(
            path=file, layer=layer, options=ImportOptions(**given), echo=self.show_progress
        )
        self._tell(report)
        return asdict(report)

    def _tell(self, report: ImportReport) -> None:
        rows = report.rows
        self.say(
            f"{rows.read} rows read = {rows.stored} stored + {rows.refused} refused"
            f" + {rows.unclassified} without a class."
        )
        for kind, count in report.issues.items():
            self.say(f"  {kind}: {count}")
        for note in report.notes:
            self.say(f"  {note}")
        if not report.is_new:
            self.say(f"Layer '{report.layer}' already held exactly this (v{report.version}).")
            return
        self.say(
            f"Layer '{report.layer}' v{report.version}: {report.added} added, "
            f"{report.changed} changed, {report.removed} removed, {report.unchanged} unchanged."
        )
