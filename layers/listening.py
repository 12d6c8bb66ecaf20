"""Who wants to hear that the ground changed: upper floors, which layers must not know.

A publication, a revert, an import and a statement about a survey tell it once their transaction
has committed; what is taken back is never told.
"""

from collections.abc import Callable

from django.db import transaction

Listener = Callable[[], object]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call a listener after every change of what layers hold or where they were surveyed."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_of_change() -> None:
    """Tell the listeners when this transaction has committed.

    What a listener cannot do is no reason to call the change back: it is logged.
    """
    for listener in _listeners:
        transaction.on_commit(listener, robust=True)
