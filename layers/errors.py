"""Errors a person can act on, in the reader's language: Khmer on the web, English in the shell."""

import json
from pathlib import Path

from layers.retold import gettext as _


class UserFacingError(Exception):
    """Something the user can put right; its text is shown as it is, on the page and in the shell.

    Say what happened, then what to do about it. Name the file, layer, plan or zone.
    Never a class name, an SQL fragment or "invalid input".
    """

    status = 400

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy

    def as_json(self) -> str:
        """Return what a program reads on standard output where a person reads the sentence."""
        body = {"error": {"what": self.what, "remedy": self.remedy}}
        return json.dumps(body, ensure_ascii=False)


class NotFoundError(UserFacingError):
    """What was asked for by name does not exist."""

    status = 404


class UnknownLayerError(NotFoundError):
    """A layer was named that the catalogue does not hold."""

    def __init__(self, slug: str, known: list[str]) -> None:
        names = ", ".join(sorted(known)[:12]) or _("none yet")
        super().__init__(
            _("There is no layer '%(slug)s'.") % {"slug": slug},
            remedy=_("Use one of these: %(names)s; or create it by importing a file into it.")
            % {"names": names},
        )


class UnknownLandUseError(UserFacingError):
    """A land-use class was named that the class list does not hold."""

    def __init__(self, codes: list[str]) -> None:
        names = ", ".join(f"'{code}'" for code in sorted(codes)[:8])
        super().__init__(
            _("Unknown land-use class: %(names)s. Nothing was stored.") % {"names": names},
            remedy=_("See './krong classes' for the codes in use, or load the class first."),
        )


class UnknownCrsError(UserFacingError):
    """A source file does not say which coordinate system it uses."""

    def __init__(self, path: Path, layer: str) -> None:
        super().__init__(
            _(
                "%(file)s: layer '%(layer)s' does not state its coordinate system. "
                "Nothing was imported."
            )
            % {"file": path.name, "layer": layer},
            remedy=_("Ask the supplier for the EPSG code, then run again with --srid CODE."),
        )


class RunCancelledError(UserFacingError):
    """The user asked a running job to stop.

    In English: the sentence is stored with the run, which readers of both languages see.
    """

    def __init__(self, title: str) -> None:
        super().__init__(
            _("'%(title)s' was cancelled. Everything is as it was before it started.")
            % {"title": title},
            remedy=_("Start it again when you are ready."),
        )
