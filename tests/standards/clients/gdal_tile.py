"""Read one vector tile with GDAL's MVT driver; print what was read as JSON."""

import json
import sys

import pyogrio

address, zoom, column, row = sys.argv[1:]
source = f"MVT:/vsicurl/{address}"
place = {"X": column, "Y": row, "Z": zoom}
names = [str(name) for name, _kind in pyogrio.list_layers(source)]
frame = pyogrio.read_dataframe(source, layer=names[0], **place).to_crs(4326)
told = {"layers": names, "ids": list(frame["stable_id"]), "west": frame.total_bounds[0]}
sys.stdout.write(json.dumps(told) + "\n")
