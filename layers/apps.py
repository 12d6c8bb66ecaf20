"""The layers app and its deployment checks."""

from django.apps import AppConfig


class LayersConfig(AppConfig):
    """Registers the checks that keep one database in one metric CRS."""

    name = "layers"

    def ready(self) -> None:
        """Register the system checks."""
        from layers import checks  # noqa: F401, PLC0415 - registering is its effect
