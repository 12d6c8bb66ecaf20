"""The planning app: it names the codes that its records hold, for whoever shows them."""

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """Lets cards and tables of layers read tenure and the state of reservations."""

    name = "planning"

    def ready(self) -> None:
        """Hand the names down: the layers below know no planning."""
        from layers.property_names import name_codes  # noqa: PLC0415 - texts are ready
        from planning.vocab import ReservationStatus, Tenure  # noqa: PLC0415

        name_codes("tenure", Tenure)
        name_codes("status", ReservationStatus)
