"""Legal instruments: laws, sub-decrees and decisions, keyed so that no two are mixed up."""

import re

from django.db import transaction

from layers.classes import read_table
from planning.errors import UnknownInstrumentError
from planning.models import LegalInstrument


def year_of(dated: str) -> int | None:
    """Return the first year a date text names: '2014 (year gk)' gives 2014, '2005/2006' 2005."""
    found = re.search(r"\b(1[89]\d\d|20\d\d)\b", dated)
    return int(found.group()) if found else None


@transaction.atomic
def load_instruments() -> int:
    """Add the fixtures' instruments that are missing; those a city has edited stay.

    Returns
    -------
    int
        How many were added.
    """
    known = set(LegalInstrument.objects.values_list("key", flat=True))
    rows = [row for row in read_table("legal_instruments") if row["key"] not in known]
    LegalInstrument.objects.bulk_create(
        LegalInstrument(
            key=row["key"],
            title_en=row["short_title"],
            number=row["number"],
            year=year_of(row["date"]),
            dated=row["date"],
            kind=row["kind"],
            topic=row["topic"],
            status=row["status"],
            source=row["src"],
            verified=row["verified"],
            note=row["note"],
        )
        for row in rows
    )
    return len(rows)


def instrument_named(key: str) -> LegalInstrument:
    """Return an instrument by its key; a bare number never names one.

    Raises
    ------
    UnknownInstrumentError
        Nothing bears the key. Where it is a number, the instruments bearing it are listed.
    """
    found = LegalInstrument.objects.filter(key=key).first()
    if found is None:
        bearing = LegalInstrument.objects.filter(number__iregex=rf"^0*{re.escape(key)}(\D|$)")
        raise UnknownInstrumentError(key, [f"{i.key} ({i.number}, {i.year})" for i in bearing])
    return found
