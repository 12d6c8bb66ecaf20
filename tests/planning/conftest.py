"""A database kept for a whole module: what is slow to build stands for all its tests."""

import csv

import pytest
from django.db import transaction
from django.utils import translation

from tests.factories import rectangle, square
from tests.planning.city import buildings_on, flooded, nothing_reserved, parcel, zoned
from tests.planning.street import TABLES, ZONE_CODES, west_of


@pytest.fixture(autouse=True)
def own_sheets(settings, tmp_path):
    """Printed sheets are kept apart for each test."""
    settings.VAR_DIR = tmp_path


@pytest.fixture(scope="module")
def kept_db(django_db_setup, django_db_blocker):
    """Open the database for a module; at its end everything is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def street(kept_db):
    """One zone of each class in a row, each 100 m x 100 m and one parcel P-<class> of 10,000 m2.

    Nothing is reserved, nothing floods and nothing stands on the whole street: all are known.
    """
    shapes = {code: square(west_of(code), 0, 100) for code in ZONE_CODES}
    zoned(
        *((f"Z-{code}", code, shape) for code, shape in shapes.items()),
        parcels=[parcel(f"P-{code}", shape, 10_000.0) for code, shape in shapes.items()],
    )
    whole = rectangle(-100, -100, 300 * len(ZONE_CODES), 300)
    nothing_reserved(whole)
    flooded(whole, "H4", square(-90, -90, 5), None)
    buildings_on(whole)


@pytest.fixture(scope="session")
def printed():
    """The tables of the reference as they are printed, read without the product's reader."""

    def rows(name):
        with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return rows


@pytest.fixture
def in_english():
    """Sentences of errors in English, as a program reads them that asks for English."""
    with translation.override("en"):
        yield
