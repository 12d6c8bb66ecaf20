"""``./krong import``: a file becomes a layer."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from layers.editing.import_checks import refusal_of
from layers.errors import UserFacingError
from layers.ingest import ImportOptions, ImportReport, dry_run, import_file, look_into
from layers.ingest.formats import KNOWN_FORMATS
from layers.ingest.look import FileSurvey, Outcome
from layers.ingest.mapping import read_mapping
from layers.ingest.options import OSM_TAGS
from layers.uploads.comparison import Comparison, shift_sentence, trial_from_shell
from layers.vocab import Completeness, GeometryKind

_PRINTED_PLACES = 20


class Command(KrongCommand):
    help = (
        "Import a file into a layer: every row stored, repaired or refused, and said so.\n"
        f"Formats: {KNOWN_FORMATS}."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to import")
        parser.add_argument("--layer", metavar="SLUG", help="made if it is new")
        parser.add_argument("--look", action="store_true", help="say what the file holds, no more")
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, store nothing"
        )
        self._add_reading(parser)
        self._add_labels(parser)
        self._add_description(parser)
        self._add_raster(parser)

    def _add_reading(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group("reading")
        group.add_argument("--source-layer", metavar="NAME", help="which layer of the file")
        group.add_argument("--srid", type=int, help="EPSG code, if the file states none")
        group.add_argument("--encoding", help="of the texts of a Shapefile, if it states none")
        for shape in ("x", "y", "wkt"):
            text = f"column of a table with {'the shape as WKT' if shape == 'wkt' else shape}"
            group.add_argument(f"--{shape}-field", metavar="COLUMN", help=text)
        group.add_argument(
            "--mapping", type=Path, metavar="FILE.yaml", help="new names, classes and other options"
        )
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

    def run(self, file: Path, layer: str | None, **options: Any) -> Mapping[str, Any]:
        chosen = _chosen(options)
        if options.get("look"):
            return self._looked(look_into(file, chosen))
        if options.get("dry_run"):
            return self._tried(file, layer or "", chosen)
        if not layer:
            raise UserFacingError(
                "It is not said into which layer.",
                remedy="Add --layer SLUG; or --look, or --dry-run, which store nothing.",
            )
        report = import_file(path=file, layer=layer, options=chosen, echo=self.show_progress)
        self._tell(report)
        return _spoken(report)

    def _looked(self, survey: FileSurvey) -> Mapping[str, Any]:
        self.say(f"{survey.name}: {survey.format_title}")
        for layer in survey.layers:
            rows = layer["row_count"] if layer["row_count"] >= 0 else "?"
            self.say(f"  {layer['name']}: {rows} rows, {layer['geometry_kind']}")
            self.say(f"    {layer['crs']['title'] if layer['crs'] else layer['crs_problem']}")
            for possible in layer["candidates"]:
                self.say(f"    perhaps --srid {possible['srid']} ({possible['title']})")
            for column in layer["fields"]:
                examples = ", ".join(column["examples"])
                self.say(f"    {column['name']} ({column['type']}): {examples}")
        for name, value in (survey.grid or {}).items():
            if name not in {"shapes", "pictures"}:
                self.say(f"  {name}: {value}")
        return asdict(survey)

    def _tried(self, file: Path, layer: str, chosen: ImportOptions) -> Mapping[str, Any]:
        """Say what an import would do; raise what it would be refused with."""
        outcome = dry_run(file, chosen, layer=layer)
        spoken = self._rehearsed(outcome)
        if not layer:
            self.say("  Without --layer it is not compared with what is published.")
            return spoken
        found = trial_from_shell(path=file, slug=layer, options=chosen, echo=self.show_progress)
        self._compared(layer, found)
        if error := refusal_of(file.name, layer, found.contested):
            raise error
        counts = spoken["issue_counts"] | found.contested_counts
        return {**spoken, **found.as_fields(), "issue_counts": counts}

    def _compared(self, layer: str, found: Comparison) -> None:
        if found.changes is not None:
            counts = ", ".join(f"{count} {name}" for name, count in found.changes.items())
            self.say(f"Layer '{layer}' would have: {counts}.")
        if found.moved:
            self.say(f"  {shift_sentence(found.moved)}")
        for kind, count in found.contested_counts.items():
            self.say(f"  {kind}: {count}")
        for one in found.contested[:_PRINTED_PLACES]:
            self.say(f"    {one.issue.message}")

    def _rehearsed(self, outcome: Outcome) -> Mapping[str, Any]:
        rows = outcome.rows
        self.say(
            f"{rows.read} rows read; {rows.stored} would be stored, {rows.refused} refused, "
            f"{rows.unclassified} left out without a class. Nothing was stored."
        )
        for kind, count in outcome.issue_counts.items():
            self.say(f"  {kind}: {count}")
        for note in outcome.notes:
            self.say(f"  {note}")
        return _spoken(outcome)

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


def _chosen(options: Mapping[str, Any]) -> ImportOptions:
    """Return the choices: what the mapping file holds, then what the command line says."""
    known = {field.name for field in fields(ImportOptions)}
    given = {k: v for k, v in options.items() if k in known and v is not None and v is not False}
    given["surveyed_classes"] = tuple(given.get("surveyed_classes", ()))
    mapping = options.get("mapping")
    return ImportOptions(**(read_mapping(mapping) if mapping else {}) | given)


def _spoken(told: ImportReport | Outcome) -> dict[str, Any]:
    """Return a report for a program; what is told in words is in words."""
    spoken = asdict(told) | {"notes": [str(note) for note in told.notes]}
    if isinstance(told, Outcome):
        kept = ("row", "kind", "action", "message", "stable_id", "value")
        spoken["issues"] = [{n: getattr(issue, n) for n in kept} for issue in told.issues]
    return spoken
