"""What may go wrong while a layer is changed; each carries what a program needs to go on."""

from collections.abc import Sequence
from typing import Any

from layers.errors import UserFacingError
from layers.retold import gettext as _


class EditingError(UserFacingError):
    """An error with facts for programs beside its sentence."""

    def __init__(self, what: str, *, remedy: str, **detail: Any) -> None:  # noqa: ANN401
        super().__init__(what, remedy=remedy)
        self.detail = detail


class NotSignedInError(EditingError):
    """Nobody is signed in."""

    status = 401

    def __init__(self) -> None:
        super().__init__(_("You are not signed in."), remedy=_("Sign in, then try again."))


class NotAllowedError(EditingError):
    """The account may not do this."""

    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__(
            _("Your account may not do this ('%(permission)s' is missing).")
            % {"permission": permission},
            remedy=_("Ask an administrator for the permission."),
            permission=permission,
        )


class PreconditionMissingError(EditingError):
    """A change does not say which state it was made on (RFC 6585, 428)."""

    status = 428

    def __init__(self, stable_id: str) -> None:
        super().__init__(
            _("The change of '%(id)s' does not say which state it was made on.")
            % {"id": stable_id},
            remedy=_("Send the ETag you read as If-Match."),
        )


class StaleStateError(EditingError):
    """Someone else changed the feature since it was read (RFC 9110, 412)."""

    status = 412

    def __init__(self, stable_id: str, *, who: str, when: str, **detail: Any) -> None:  # noqa: ANN401
        super().__init__(
            _("%(who)s changed '%(id)s' at %(when)s, after you read it. Nothing was overwritten.")
            % {"who": who or _("someone"), "id": stable_id, "when": when or "–"},
            remedy=_("Look at the state as it is now, then send your change again."),
            id=stable_id,
            changed_by=who,
            **detail,
        )


class StaleEditError(EditingError):
    """Features of a draft were published by someone else since they were edited."""

    status = 412

    def __init__(self, stale: Sequence[dict[str, Any]]) -> None:
        names = ", ".join(f"'{row['id']}'" for row in stale[:8])
        super().__init__(
            _(
                "Changed in the layer after you edited them: %(names)s. "
                "The draft is kept as it is and nothing was published."
            )
            % {"names": names},
            remedy=_("For each of them keep yours or take theirs, then publish again."),
            stale=list(stale),
        )


class ClosedDraftError(EditingError):
    """A published or discarded draft was to be changed."""

    status = 409

    def __init__(self, number: int, state: str) -> None:
        super().__init__(
            _("Draft %(number)d is closed (%(state)s).") % {"number": number, "state": state},
            remedy=_("Open a new draft."),
        )


class ProblemsError(EditingError):
    """What was sent cannot stand as it is: each problem says where and why."""

    status = 422

    def __init__(self, problems: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            " ".join(str(problem["message"]) for problem in problems[:3]),
            remedy=_("Put it right, then try again. Nothing was stored."),
            problems=list(problems),
        )
