"""System checks: one deployment, one metric CRS, and a database that agrees."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import connection

from layers.crs import PROJECT_SRID, CrsError, crs_of, is_metric
from layers.errors import UserFacingError
from layers.ingest.confined.defences import DEFENCES, offered


@register(Tags.models)
def project_crs_is_metric(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by name
    **_kwargs: Any,  # noqa: ANN401
) -> list[CheckMessage]:
    """Refuse a geographic CRS or one that does not count in metres."""
    try:
        crs = crs_of(PROJECT_SRID)
    except CrsError as error:
        return [Error(error.what, hint=error.remedy, id="krong.E001")]
    if is_metric(crs):
        return []
    return [
        Error(
            f"KRONG_SRID={PROJECT_SRID} ({crs.name}) does not measure in metres.",
            hint="Choose a projected system in metres, e.g. 32648 for Cambodia.",
            id="krong.E002",
        )
    ]


@register(Tags.database)
def database_has_the_project_crs(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by name
    **_kwargs: Any,  # noqa: ANN401
) -> list[CheckMessage]:
    """Refuse a database whose features were stored in another CRS."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT srid FROM geometry_columns"
            " WHERE f_table_name = 'layers_feature' AND f_geometry_column = 'geometry'"
        )
        row = cursor.fetchone()
    if row is None or row[0] == PROJECT_SRID:
        return []
    return [
        Error(
            f"This database stores features in EPSG:{row[0]}, but KRONG_SRID is {PROJECT_SRID}.",
            hint=f"Set KRONG_SRID={row[0]}, or use another database for EPSG:{PROJECT_SRID}.",
            id="krong.E003",
        )
    ]


@register(Tags.security)
def imports_are_confined(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by name
    **_kwargs: Any,  # noqa: ANN401
) -> list[CheckMessage]:
    """Warn of each defence around the reading of foreign files that this machine lacks."""
    return [
        Warning(
            f"Foreign files are read without the defence '{name}': {DEFENCES[name]}.",
            hint="docs/operations.md, 'Reading foreign files', says what each one needs.",
            id="krong.W004",
        )
        for name, is_on in offered().items()
        if not is_on
    ]


def refuse_another_crs() -> None:
    """Refuse to work where the deployment's CRS is no metric one or not the database's.

    Raises
    ------
    UserFacingError
        KRONG_SRID measures in degrees, is unknown, or differs from what is stored.
    """
    for message in [*project_crs_is_metric(None), *database_has_the_project_crs(None)]:
        raise UserFacingError(str(message.msg), remedy=str(message.hint))


def refuse_an_empty_database() -> None:
    """Refuse to work in a database whose tables were never made.

    Raises
    ------
    UserFacingError
        The tables of layers are not there.
    """
    if "layers_run" not in connection.introspection.table_names():
        raise UserFacingError(
            "The database has no tables yet.",
            remedy="Run './krong migrate' and './krong load_classes' first, "
            "or 'make demo' for the demo city.",
        )
