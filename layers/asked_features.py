"""Features that an address of the map asks for: ``/map/?feature=zones/Z-12``."""

from collections.abc import Sequence
from typing import Any

import shapely
from django.utils.translation import gettext as _

from layers.answers import layer_content
from layers.crs import to_wgs84
from layers.errors import NotFoundError, UserFacingError
from layers.identify import FoundFeature, LayerAnswer
from layers.models import Feature, Layer
from layers.services import published_version
from layers.visibility import Reader, visible_layer

# A map on which more than a few are marked shows none of them.
MOST_ASKED = 20


def asked_features(names: Sequence[str], reader: Reader) -> dict[str, Any] | None:
    """Return which features to mark, where they lie and the card of the first; None for none.

    What cannot be shown is a sentence under ``problem``: hidden and missing layers get the same.
    """
    if not names:
        return None
    found, problems = [], []
    for name in names[:MOST_ASKED]:
        try:
            found.append(_feature(name, reader))
        except UserFacingError as error:
            problems.append(str(error))
    content: dict[str, Any] = {
        "features": [{"layer": row.layer.slug, "stable_id": row.stable_id} for row in found],
        "problem": " ".join(dict.fromkeys(problems)),
    }
    return content | _place_and_card(found) if found else content


def _feature(name: str, reader: Reader) -> Feature:
    slug, _slash, stable_id = name.partition("/")
    if not stable_id or "\x00" in name:
        raise NotFoundError(
            _("'%(name)s' names no feature.") % {"name": name[:80].replace("\x00", "\ufffd")},
            remedy=_("Write feature=LAYER/IDENTIFIER."),
        )
    layer = visible_layer(reader, slug)
    rows = layer.features.filter(stable_id=stable_id).select_related("land_use")
    row = rows.filter(retired_in=None).first()
    if row is None:
        raise _absent(layer, stable_id, rows.order_by("-retired_in").first())
    row.layer = layer
    return row


def _absent(layer: Layer, stable_id: str, last: Feature | None) -> NotFoundError:
    told = {"slug": layer.slug, "stable_id": stable_id[:80]}
    if last is None:
        return NotFoundError(
            _("Layer '%(slug)s' holds no '%(stable_id)s'.") % told,
            remedy=_("Search for it, or look into the attribute table of the layer."),
        )
    return NotFoundError(
        _("'%(stable_id)s' stands no more in layer '%(slug)s': it ended with version %(number)d.")
        % (told | {"number": last.retired_in}),
        remedy=_("The history of the layer shows what it was."),
    )


def _place_and_card(found: list[Feature]) -> dict[str, Any]:
    first = found[0]
    shapes = [shapely.from_wkb(bytes(row.geometry.wkb)) for row in found]
    point = to_wgs84(shapely.point_on_surface(shapes[0]))
    extent = to_wgs84(shapely.box(*shapely.total_bounds(shapes))).bounds
    version = published_version(first.layer)
    answer = LayerAnswer(first.layer.slug, version.number, was_surveyed=True)
    answer.features = [_as_found(first)]
    return {
        "point": [round(degree, 7) for degree in (point.x, point.y)],
        "extent": [round(float(degree), 7) for degree in extent],
        "card": layer_content(answer, version),
    }


def _as_found(row: Feature) -> FoundFeature:
    use = row.land_use
    return FoundFeature(
        stable_id=row.stable_id,
        lifecycle=row.lifecycle,
        properties=row.properties,
        distance_m=0.0,
        class_code=use.code if use else None,
        class_name_km=use.name_km if use else "",
        class_name_en=use.name_en if use else "",
        class_colour=use.colour if use else "",
    )
