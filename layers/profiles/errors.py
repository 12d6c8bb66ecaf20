"""What may go wrong with a city profile; each says what to do."""

from django.utils.translation import gettext as _

from layers.errors import NotFoundError, UserFacingError


class UnknownProfileError(NotFoundError):
    """A profile was named that this installation does not hold."""

    def __init__(self, code: str, known: list[str]) -> None:
        names = ", ".join(known) or _("none yet")
        super().__init__(
            _("There is no city profile '%(code)s'.") % {"code": code},
            remedy=_("Use one of these: %(names)s; or make one with './krong profile import'.")
            % {"names": names},
        )


class StaleProfileError(UserFacingError):
    """The profile was changed since the one who saves it has read it."""

    status = 409

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Profile '%(code)s' was changed after you read it. Nothing was saved.")
            % {"code": code},
            remedy=_("Look at what saving would do now, then save again."),
        )


class UnseenProfileError(UserFacingError):
    """What is to be saved is not what was looked at before."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("What would be saved is not what you looked at. Nothing was saved."),
            remedy=_("Look at what saving would do now, then save again."),
        )


class NoReasonError(UserFacingError):
    """A change of a profile comes without its reason."""

    def __init__(self) -> None:
        super().__init__(
            _("A change of the city profile needs its reason. Nothing was saved."),
            remedy=_("Say in a sentence why."),
        )


class UnusableReasonError(UserFacingError):
    """A reason cannot be kept as it was typed."""

    def __init__(self, problem: str) -> None:
        super().__init__(_("The reason cannot be kept. Nothing was saved."), remedy=problem)


class UnknownInProfileError(UserFacingError):
    """A profile names layers or classes that are not here."""

    def __init__(self, what: str, names: list[str]) -> None:
        listed = ", ".join(f"'{name}'" for name in names[:8])
        super().__init__(
            _("The profile names what is not here (%(what)s): %(names)s. Nothing was saved.")
            % {"what": what, "names": listed},
            remedy=_("Load it first, or take it out of the profile."),
        )


class ProfileFileError(UserFacingError):
    """A profile file cannot be taken; file and line are named where there is one."""

    def __init__(self, problem: str, *, remedy: str, line: int = 0) -> None:
        where = _("Line %(line)s: ") % {"line": line} if line else ""
        super().__init__(f"{where}{problem}", remedy=remedy)
