"""WebMercatorQuad, the squares of web maps (OGC 17-083r4, annex D.1), and what lies in them."""

from typing import Any

from layers.ogc.crs_list import EPSG_URI, MERCATOR_EDGE_M
from layers.tiles import MAX_ZOOM, WEB_EQUATOR_M

NAME = "WebMercatorQuad"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CRS_URI = EPSG_URI.format(srid=3857)
WELL_KNOWN = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
TILE_CELLS = 256
STANDARD_PIXEL_M = 0.00028  # OGC 17-083r4, 6.2: the pixel scale denominators are stated for


def matrices() -> list[dict[str, Any]]:
    """Return each zoom: how large a cell is, how many squares there are."""
    listed = []
    for zoom in range(MAX_ZOOM + 1):
        cell_m = WEB_EQUATOR_M / (TILE_CELLS * 2**zoom)
        listed.append(
            {
                "id": str(zoom),
                "scaleDenominator": cell_m / STANDARD_PIXEL_M,
                "cellSize": cell_m,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-MERCATOR_EDGE_M, MERCATOR_EDGE_M],
                "tileWidth": TILE_CELLS,
                "tileHeight": TILE_CELLS,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
        )
    return listed


def tile_matrix_set() -> dict[str, Any]:
    """Return the definition (OGC 17-083r4, 7.1)."""
    return {
        "id": NAME,
        "title": "Google Maps Compatible for the World",
        "uri": URI,
        "crs": CRS_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": WELL_KNOWN,
        "tileMatrices": matrices(),
    }
