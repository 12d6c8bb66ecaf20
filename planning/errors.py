"""Errors of planning that a person can act on."""

from datetime import date

from django.utils.translation import gettext as _

from layers.errors import NotFoundError, UserFacingError


class UnknownInstrumentError(NotFoundError):
    """An instrument was named that is not known, or by a number that several bear."""

    def __init__(self, key: str, candidates: list[str]) -> None:
        if candidates:
            what = _("'%(key)s' does not name one legal instrument: %(names)s.") % {
                "key": key,
                "names": ", ".join(candidates),
            }
        else:
            what = _("There is no legal instrument '%(key)s'.") % {"key": key}
        super().__init__(
            what, remedy=_("Give its key, e.g. SD42-2015: numbers repeat across years.")
        )


class PlanAdoptionError(UserFacingError):
    """A plan version cannot come into force as asked."""


class ReservingNotAllowedError(UserFacingError):
    """The account is known but holds no right to reserve land."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("Your account may not reserve land."),
            remedy=_(
                "Ask who runs this system for the right to reserve land. Reading and printing "
                "need no right."
            ),
        )


class ReleasingNotAllowedError(UserFacingError):
    """The account may not release reserved land, or not this: it reserved it itself."""

    status = 403

    def __init__(self, own: str = "") -> None:
        if own:
            super().__init__(
                _("You reserved '%(reference)s' yourself. Nothing was released.")
                % {"reference": own},
                remedy=_("A second person with the right to release land has to release it."),
            )
            return
        super().__init__(
            _("Your account may not release reserved land."),
            remedy=_("Ask who runs this system for the right to release land."),
        )


class NothingToReleaseError(UserFacingError):
    """The reservation holds no land any more."""

    status = 409

    def __init__(self, reference: str, status: str) -> None:
        super().__init__(
            _("Reservation '%(reference)s' holds no land any more: %(status)s.")
            % {"reference": reference, "status": status},
            remedy=_("Nothing is left to do: the land can be reserved again."),
        )


class ReleaseError(UserFacingError):
    """What a release states is missing or cannot be; a form shows it beside ``field``."""

    def __init__(self, field: str, what: str, *, remedy: str) -> None:
        super().__init__(f"{what} {_('Nothing was released.')}", remedy=remedy)
        self.field = field
        self.problem = f"{what} {remedy}"


class ApplicationError(UserFacingError):
    """A permit application that cannot be read as it stands; nothing was checked.

    A form shows ``problem`` beside the field it names, of the use counted from 1 (0: of none).
    """

    def __init__(
        self, what: str, *, remedy: str = "", field: str = "", use: int = 0, problem: str = ""
    ) -> None:
        super().__init__(
            f"{what} {_('Nothing was checked.')}",
            remedy=remedy or _("Correct the application and send it again."),
        )
        self.field = field
        self.use = use
        self.problem = f"{problem or what} {remedy}".strip()


class NoParcelHereError(NotFoundError):
    """No parcel of the layer is at a point or bears an identifier."""

    def __init__(self, what: str, layer: str) -> None:
        super().__init__(
            _("Layer '%(layer)s' holds no parcel %(what)s.") % {"layer": layer, "what": what},
            remedy=_("Check the parcel number, or pick the place on the map."),
        )


def not_a_date(text: str) -> UserFacingError:
    """Return the sentence for a day that cannot be read."""
    today = date.today().isoformat()  # noqa: DTZ011 - an example of the form, not a time
    return UserFacingError(
        _("'%(text)s' is not a day.") % {"text": text[:40]},
        remedy=_("Write it as %(today)s.") % {"today": today},
    )
