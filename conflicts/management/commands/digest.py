"""``./krong digest``: what the weeks that are over brought, as files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.filters import day_asked
from conflicts.review.digest import WEEK, make_digest, make_due_digests, monday_of, shown_sections
from conflicts.review.digest_files import digest_csv, digest_html
from conflicts.review.models import WeeklyDigest
from layers.commands import KrongCommand
from layers.models import Feature


class Command(KrongCommand):
    help = "Make the digests of all weeks that are over; with --week also write one as files."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--week", default="", metavar="DAY", help="any day of the week")
        parser.add_argument("--output", type=Path, help="a folder for its HTML and CSV")
        parser.add_argument("--language", default="km", help="km or en")

    def run(self, **options: Any) -> dict[str, Any]:
        if options["language"] not in {"km", "en"}:
            raise RuleFieldError(
                "--language",
                _("'%(value)s' is unknown.") % {"value": options["language"]},
                remedy=_("Use one of: %(known)s.") % {"known": "km, en"},
            )
        made = [digest.week_begins.isoformat() for digest in make_due_digests()]
        self.say(", ".join(made) if made else "No week is due.")
        files: list[str] = []
        if options["week"]:
            digest = make_digest(_asked_week(options["week"]))
            files = self._write(digest, options["output"] or Path(), options["language"])
        return {"made": made, "files": files}

    def _write(self, digest: WeeklyDigest, folder: Path, language: str) -> list[str]:
        with translation.override(language):
            context = {
                "digest": digest,
                "sections": shown_sections(digest, hidden=frozenset(), names=_sangkat_names()),
                "LANGUAGE_CODE": language,
            }
            contents = {"html": digest_html(context), "csv": digest_csv(context)}
        paths = []
        for kind, content in contents.items():
            path = folder / f"findings-{digest.week_begins.isoformat()}.{kind}"
            try:
                path.write_bytes(content.encode())
            except OSError as error:
                raise RuleFieldError(
                    "--output",
                    _("'%(path)s' cannot be written (%(strerror)s).")
                    % {"path": path, "strerror": error.strerror},
                    remedy=_("Choose a folder that exists and where you may write."),
                ) from error
            self.say(str(path))
            paths.append(str(path))
        return paths


def _asked_week(text: str) -> Any:
    monday = monday_of(day_asked("--week", text))
    if monday + WEEK > timezone.localdate():
        raise RuleFieldError(
            "--week",
            _("The week from %(day)s is not over.") % {"day": monday.isoformat()},
            remedy=_("A digest is made when its week is over; the list shows those there are."),
        )
    return monday


def _sangkat_names() -> dict[str, str]:
    rows = Feature.objects.filter(layer__slug="sangkat", retired_in=None)
    return {row.stable_id: row.name for row in rows.select_related("layer")}
