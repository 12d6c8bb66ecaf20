"""Addresses of the map: at a feature, with it marked and its card open."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.http import urlencode


def map_address(
    slug: str,
    stable_ids: Iterable[str],
    place: tuple[float, float] | None = None,
    *,
    zoom: int | None = None,
) -> str:
    """Return the address of the map with features of a layer marked, the first one's card open.

    ``place``: longitude and latitude [degrees] to look at; without it the feature itself.
    """
    asked = [("feature", f"{slug}/{name}") for name in stable_ids] or [("layer", slug)]
    address = f"{reverse('map')}?{urlencode(asked)}"
    if place is None:
        return address
    view: dict[str, str | int] = {
        "lat": f"{place[1]:.6f}",
        "lon": f"{place[0]:.6f}",
        "z": zoom or 17,
    }
    return f"{address}#{urlencode(view)}"
