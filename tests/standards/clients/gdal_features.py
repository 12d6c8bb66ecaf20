"""Read a collection with GDAL's OAPIF driver; print what was read as JSON."""

import json
import sys

import pyogrio
import shapely

address, collection, *options = sys.argv[1:]
source = f"OAPIF:{address}"
opened = dict(option.split("=") for option in options)
names = [str(name) for name, _kind in pyogrio.list_layers(source)]
frame = pyogrio.read_dataframe(source, layer=collection, **opened)
second = frame.sort_values("label").geometry.iloc[1]
west, south, east, north = second.bounds
inside = pyogrio.read_dataframe(source, layer=collection, bbox=(west, south, east, north))
places = frame.to_crs(4326).geometry
filtered = pyogrio.read_dataframe(source, layer=collection, where="height_m > 1")
both = pyogrio.read_dataframe(
    source,
    layer=collection,
    where="label LIKE '%1' OR height_m = 3",
    bbox=(west, south, east, north),
)
among = pyogrio.read_dataframe(source, layer=collection, where="height_m IN (0, 4)")
told = {
    "layers": names,
    "features": [
        {"id": name, "label": label, "bounds": list(shapely.bounds(place))}
        for name, label, place in zip(frame["id"], frame["label"], places, strict=True)
    ],
    "in_box": list(inside["id"]),
    "filtered": list(filtered["id"]),
    "both": list(both["id"]),
    "among": list(among["id"]),
}
sys.stdout.write(json.dumps(told) + "\n")
