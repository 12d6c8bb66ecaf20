"""Every test runs on a real PostGIS: the embedded one, unless DATABASE_URL names another."""

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

from config import cluster
from tests.real_cities import cambridge, maldives, merewether, sihanoukville  # noqa: F401 - fixtures

# Loaded once per process and costly to load: whoever looks at the same one shares a process.
SHARED_CITIES = ("cambridge", "maldives", "merewether", "sihanoukville", "demo_city")


# A busy machine is no defect of what is tested: how long an example takes is for the benches.
settings.register_profile("krong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("krong")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of one file, or of one shared city, in one process of the runner."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_shared_city(item) or item.nodeid.split("::")[0]))
    items.sort(key=lambda item: _shared_city(item) is None)  # what takes longest begins first


def _shared_city(item):
    call = getattr(item, "callspec", None)
    visit = call.params.get("visited") if call else None
    asked = {getattr(visit, "city", None), *getattr(item, "fixturenames", ())}
    return next((city for city in SHARED_CITIES if city in asked), None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Start the embedded PostGIS before the test database is made."""
    cluster.ensure_running()


@pytest.fixture(autouse=True)
def english_as_in_the_shell():
    """Speak English like a command; pages still answer in Khmer, because each request says so."""
    with translation.override("en"):
        yield
