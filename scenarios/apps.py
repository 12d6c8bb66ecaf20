"""The app of scenarios."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """What if: events, climate, runs and what they publish."""

    name = "scenarios"
    default_auto_field = "django.db.models.BigAutoField"
