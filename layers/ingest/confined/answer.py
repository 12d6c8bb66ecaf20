"""The worker's way to speak: frames into a pipe, written while it goes on reading."""

import os
import queue
import threading
from types import TracebackType
from typing import Any, Self

from layers.ingest.confined.frames import write_batch, write_message

# How many batches may wait to be taken; more would only fill memory.
_WAITING = 2


class Answer:
    """Sends messages and batches in order; ``with`` waits until the last one is written."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._waiting: queue.Queue[dict[str, Any] | list[bytes] | None] = queue.Queue(_WAITING)
        self._writer = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._writer.join()

    def say(self, kind: str, **content: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Send a message."""
        self._waiting.put({"type": kind, **content})

    def send(self, parts: list[bytes]) -> None:
        """Send a batch."""
        self._waiting.put(parts)

    def _write(self) -> None:
        try:
            while (item := self._waiting.get()) is not None:
                if isinstance(item, dict):
                    write_message(self._target, item)
                else:
                    write_batch(self._target, item)
        except OSError:  # nobody listens any more
            os._exit(1)
