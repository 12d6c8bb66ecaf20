"""The conflicts app listens to what happens on the ground."""

from django.apps import AppConfig


class ConflictsConfig(AppConfig):
    """Asks for a re-check after every change of a layer or of where it was surveyed."""

    name = "conflicts"

    def ready(self) -> None:
        """Begin to listen."""
        from conflicts.recheck_requests import request_recheck  # noqa: PLC0415 - models are ready
        from layers.listening import listen  # noqa: PLC0415

        listen(request_recheck)
