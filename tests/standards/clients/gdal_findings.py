"""Read the collection of findings with GDAL's OAPIF driver; print what was read as JSON."""

import json
import sys

import pyogrio

address, slug = sys.argv[1:3]
source = f"OAPIF:{address}"
whole = pyogrio.read_dataframe(source, layer=slug, fid_as_index=True)
graver = pyogrio.read_dataframe(source, layer=slug, where="severity = 'critical'")
sys.stdout.write(
    json.dumps(
        {
            "layers": [str(name) for name, _kind in pyogrio.list_layers(source)],
            "objects": sorted(whole["object"]),
            "measured": dict(zip(whole["object"], whole["measured"], strict=True)),
            "explained": list(whole["explanation_km"]),
            "bounds": [float(edge) for edge in whole.total_bounds],
            "critical": sorted(graver["object"]),
        },
        ensure_ascii=False,
    )
    + "\n"
)
