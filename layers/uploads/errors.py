"""What may go wrong between choosing a file and importing it."""

from layers.errors import NotFoundError, UserFacingError
from layers.numbers import number
from layers.retold import gettext as _


class UploadError(UserFacingError):
    """A file that could not be taken."""


class TooLargeError(UploadError):
    """A file above the limit of this server."""

    status = 413

    def __init__(self, max_mb: int) -> None:
        super().__init__(
            _("The file is larger than the %(mb)s MB that can be brought in here.")
            % {"mb": number(max_mb)},
            remedy=_(
                "Nothing was kept. Send it in parts, or ask the administrator: ./krong import "
                "takes files of any size."
            ),
        )


class CutError(UploadError):
    """An upload of which the end is missing."""

    def __init__(self) -> None:
        super().__init__(
            _("The connection was cut before the whole file had arrived."),
            remedy=_("Nothing was kept. Choose the file again and wait until it is there."),
        )


class NoUploadError(NotFoundError):
    """An upload that does not exist or is somebody else's."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no such file of yours."),
            remedy=_("Bring the file in again, or choose one from the list."),
        )


class ExpiredError(UploadError):
    """An upload whose file was removed."""

    status = 410

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(file)s was removed from the server when its time was over.") % {"file": name},
            remedy=_("Bring the file in again; what you chose before is proposed again."),
        )


class BusyError(UploadError):
    """A step while another one is under way."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("This file is being worked on just now."),
            remedy=_("Wait until that is finished, or cancel it."),
        )


class LostRightError(UploadError):
    """An import of an account that may no longer do it."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("The account that ordered this import may no longer publish this layer."),
            remedy=_("Nothing was stored. Ask whoever manages the accounts."),
        )
