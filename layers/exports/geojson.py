"""GeoJSON (RFC 7946): longitude and latitude, rings against the clock, seven decimals."""

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import shapely

from layers.exports.batches import Batch, rounded
from layers.exports.columns import LABELS, unique_names
from layers.exports.formats import DECIMALS_GEOJSON
from layers.exports.provenance import Provenance

_RECORD_SEPARATOR = b"\x1e"  # RFC 8142
# Whole numbers beyond 64 bits: GDAL reads 1 with 300 zeros as 9,223,372,036,854,775,807.
_MAY_BE_LONG = re.compile("[0-9]{19}")
_LARGEST_WHOLE = 2**63


def feature_collection(found: Iterable[Batch], provenance: Provenance) -> Generator[bytes]:
    """Yield one FeatureCollection; where it comes from is told by the member ``provenance``."""
    name = json.dumps(provenance["layer"])
    told = _json(provenance)
    yield f'{{"type":"FeatureCollection","name":{name},"provenance":{told},"features":['.encode()
    comma = b""
    for batch in found:
        yield comma + b",\n".join(feature_texts(batch, {}))
        comma = b",\n"
    yield b"]}\n"


def sequence(found: Iterable[Batch], provenance: Provenance) -> Generator[bytes]:
    """Yield a GeoJSON text sequence (RFC 8142); each feature names layer, version and licence."""
    told = {"provenance": {name: provenance[name] for name in ("layer", "version", "licence")}}
    for batch in found:
        yield b"".join(_RECORD_SEPARATOR + text + b"\n" for text in feature_texts(batch, told))


def feature_texts(batch: Batch, more: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield each feature as GeoJSON: attributes as they are, class and lifecycle beside them."""
    foreign = "".join(f",{_json(name)}:{_json(value)}" for name, value in more.items())
    shapes = shapely.to_geojson(rounded(batch.shapes, DECIMALS_GEOJSON))
    labels = zip(batch.ids, batch.classes, batch.lifecycles, batch.properties, strict=True)
    for (stable_id, code, lifecycle, properties), shape in zip(labels, shapes, strict=True):
        own = dict(zip(unique_names(list(properties), LABELS), properties.values(), strict=True))
        told = {**own, "stable_id": stable_id, "class": code, "lifecycle": lifecycle}
        yield (
            f'{{"type":"Feature","id":{_json(stable_id)},"properties":{_properties(told)}'
            f',"geometry":{shape}{foreign}}}'
        ).encode()


def _properties(told: Mapping[str, Any]) -> str:
    text = _json(told)
    if _MAY_BE_LONG.search(text):
        return _json({name: _readable(value) for name, value in told.items()})
    return text


def _readable(value: Any) -> Any:  # noqa: ANN401 - whatever a layer holds
    """Return a whole number beyond 64 bits as a real one, or as text beyond that."""
    if not isinstance(value, int) or abs(value) < _LARGEST_WHOLE:
        return value
    try:
        return float(value)
    except OverflowError:
        return str(value)


def _json(value: Any) -> str:  # noqa: ANN401 - whatever a layer holds
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
