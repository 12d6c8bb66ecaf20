"""Errors a person can act on."""

from pathlib import Path


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


class NotFoundError(UserFacingError):
    """What was asked for by name does not exist."""

    status = 404


class UnknownLayerError(NotFoundError):
    """A layer was named that the catalogue does not hold."""

    def __init__(self, slug: str, known: list[str]) -> None:
        names = ", ".join(sorted(known)[:12]) or "none yet"
        super().__init__(
            f"There is no layer '{slug}'.",
            remedy=f"Use one of these: {names}; or create it by importing a file into it.",
        )


class UnknownLandUseError(UserFacingError):
    """A land-use class was named that the class list does not hold."""

    def __init__(self, codes: list[str]) -> None:
        names = ", ".join(f"'{code}'" for code in sorted(codes)[:8])
        super().__init__(
            f"Unknown land-use class: {names}. Nothing was stored.",
            remedy="See './krong classes' for the codes in use, or load the class first.",
        )


class UnknownCrsError(UserFacingError):
    """A source file does not say which coordinate system it uses."""

    def __init__(self, path: Path, layer: str) -> None:
        super().__init__(
            f"{path.name}: layer '{layer}' does not state its coordinate system. "
            "Nothing was imported.",
            remedy="Ask the supplier for the EPSG code, then run again with --srid CODE.",
        )


class RunCancelledError(UserFacingError):
    """The user asked a running job to stop."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"'{title}' was cancelled. Everything is as it was before it started.",
            remedy="Start it again when you are ready.",
        )
