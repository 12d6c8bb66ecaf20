"""A digest as files: a page that needs no other file, and a table."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conflicts.exports import csv_table
from conflicts.review.columns import COLUMNS

Context = Mapping[str, Any]


def digest_html(context: Context) -> str:
    """Return a digest as one page that opens without a server."""
    return render_to_string("conflicts/review/digest_file.html", dict(context))


def digest_csv(context: Context) -> str:
    """Return what a digest tells one by one as a table under the reader's headings."""
    language = get_language() or "km"
    headings = {column.name: column.title(language) for column in COLUMNS}
    rows = [
        {
            _("section"): section.label,
            _("due or runs out on"): row["day"],
            **{heading: row.get(name) for name, heading in headings.items()},
        }
        for section in context["sections"]
        for row in section.rows
    ]
    return csv_table(rows, _("section"))
