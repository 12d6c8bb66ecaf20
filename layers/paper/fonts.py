"""The fonts of everything that is printed; all that is written is set by HarfBuzz."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from layers.errors import UserFacingError

FONT_FILES = {
    ("Sheet Khmer", 400): "noto-sans-khmer/files/noto-sans-khmer-khmer-400-normal.woff2",
    ("Sheet Khmer", 700): "noto-sans-khmer/files/noto-sans-khmer-khmer-700-normal.woff2",
    ("Sheet Latin", 400): "noto-sans/files/noto-sans-latin-400-normal.woff2",
    ("Sheet Latin", 700): "noto-sans/files/noto-sans-latin-700-normal.woff2",
}


@cache
def fonts() -> list[dict[str, Any]]:
    """Return the fonts of every sheet, or raise UserFacingError where they are missing."""
    found = []
    for (family, weight), name in FONT_FILES.items():
        path = Path(settings.VENDOR_DIR) / name
        if not path.is_file():
            raise UserFacingError(
                _("The fonts of the map sheet are not installed."),
                remedy=_("Run 'make setup' once."),
            )
        found.append({"family": family, "weight": weight, "address": path.as_uri()})
    return found


class SheetFonts(URLFetcher):  # type: ignore[misc]
    """Opens the sheet's fonts and nothing else: no text of a reservation may name file or host."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return a font's bytes, or stop the printing."""
        if url not in {font["address"] for font in fonts()}:
            raise FatalURLFetchingError(url)
        return super().fetch(url, headers)
