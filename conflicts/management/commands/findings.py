"""``./krong findings``: the findings as JSON, GeoJSON or CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.exports import FORMATS, Report, rules_as_csv
from conflicts.queries import FindingFilter, findings, latest_detection, untold_outcomes
from conflicts.review.geopackage import geopackage_of
from conflicts.rule_answers import detection_record, rule_records
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Write the findings as json, geojson, csv or gpkg, gravest first."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rulebook", default="", metavar="CODE")
        parser.add_argument("--rule", default="", metavar="CODE", help="e.g. LF-02")
        parser.add_argument("--state", default="", help="open, triaged, accepted ...")
        parser.add_argument("--severity", default="", help="this severity or graver")
        parser.add_argument("--basis", default="", help="e.g. press_report")
        parser.add_argument("--format", default="json", help="json, geojson, csv or gpkg")
        parser.add_argument("--output", type=Path, help="a file; default: print")

    def run(self, **options: Any) -> dict[str, Any] | None:
        wanted = FindingFilter(
            **{name: options.get(name, "") for name in FindingFilter.__dataclass_fields__}
        )
        written_as = options["format"]
        if written_as not in (*FORMATS, "gpkg"):
            raise RuleFieldError(
                "--format",
                _("'%(written_as)s' is unknown.") % {"written_as": written_as},
                remedy=_("Use one of: %(formats)s.") % {"formats": ", ".join([*FORMATS, "gpkg"])},
            )
        detection = latest_detection(wanted.rulebook)
        report = Report(
            findings=list(findings(wanted)),
            rules=rule_records(detection, wanted.rule),
            detection=detection_record(detection),
        )
        self._warn_of_gaps(wanted)
        count = len(report.findings)
        output: Path | None = options["output"]
        if written_as == "gpkg":
            return self._write_geopackage(output, report)
        if output is None:
            if not self.as_json:
                self.stdout.write(FORMATS[written_as](report), ending="")
            return {"count": count, **report.as_data()}
        _write(output, FORMATS[written_as](report))
        self.say(f"{count} findings written to {output}.")
        told = {"count": count, "output": str(output)}
        if written_as == "csv":
            beside = output.with_suffix(".rules.csv")
            _write(beside, rules_as_csv(report))
            self.say(f"What each rule answered, and what it lacks: {beside}.")
            told["rules"] = str(beside)
        return told

    def _write_geopackage(self, output: Path | None, report: Report) -> dict[str, Any]:
        if output is None:
            raise RuleFieldError(
                "--output",
                _("A GeoPackage cannot be printed."),
                remedy=_("Name the file: --output findings.gpkg"),
            )
        _write(output, geopackage_of(report))
        self.say(f"{len(report.findings)} findings written to {output}.")
        return {"count": len(report.findings), "output": str(output)}

    def _warn_of_gaps(self, wanted: FindingFilter) -> None:
        """Say beside the findings how many rules could not tell: few findings are no all-clear."""
        detection = latest_detection(wanted.rulebook)
        if detection is None:
            self.stderr.write("No detection has run: nothing can be said.")
            return
        untold = [o.rule.code for o in untold_outcomes(detection)]
        if wanted.rule:
            untold = [code for code in untold if code == wanted.rule]
        if untold:
            self.stderr.write(
                f"{len(untold)} rules cannot tell everything ({', '.join(untold[:8])}"
                f"{' ...' if len(untold) > 8 else ''}): something is missing, "  # noqa: PLR2004
                "so what is not listed is no all-clear. See /findings/."
            )


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise RuleFieldError(
            "--output",
            _("'%(path)s' cannot be written (%(strerror)s).")
            % {"path": path, "strerror": error.strerror},
            remedy=_("Choose a folder that exists and where you may write."),
        ) from error
