"""Every test runs on a real PostGIS: the embedded one, unless DATABASE_URL names another."""

import pytest

from config import cluster
from tests.real_cities import cambridge, maldives, merewether, sihanoukville  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Start the embedded PostGIS before the test database is made."""
    cluster.ensure_running()
