"""The conflicts app listens to what happens on the ground, and offers findings like a layer."""

from django.apps import AppConfig


class ConflictsConfig(AppConfig):
    """Asks for a re-check after every change of a layer or of where it was surveyed."""

    name = "conflicts"

    def ready(self) -> None:
        """Begin to listen."""
        from conflicts.recheck_requests import request_recheck  # noqa: PLC0415 - models are ready
        from conflicts.review.collection import FindingsCollection  # noqa: PLC0415
        from conflicts.service_study.vocab import PeopleFrom, Reach  # noqa: PLC0415
        from conflicts.siting.vocab import Siting  # noqa: PLC0415
        from layers.listening import listen  # noqa: PLC0415
        from layers.ogc.others import register  # noqa: PLC0415
        from layers.property_names import name_codes  # noqa: PLC0415

        listen(request_recheck)
        register(FindingsCollection())
        name_codes("siting", Siting)
        name_codes("coverage", Reach)
        name_codes("coverage_planned", Reach)
        name_codes("counted", PeopleFrom)
