"""Open features, vector tiles and picture tiles in QGIS without a screen; print JSON.

Runs in the system's Python, which QGIS belongs to.
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

EDGE_M = 20037508.342789244
address, collection, grid, zoom, column, row = sys.argv[1:]


def described(feature):
    box = feature.geometry().boundingBox()
    bounds = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
    return {"id": feature["id"], "label": feature["label"], "bounds": bounds}


def drawn_pixels(layer, zoom, column, row):
    """Return how many of 256 x 256 pixels of a square of the web map the layer paints."""
    side = 2 * EDGE_M / 2**zoom
    west, north = column * side - EDGE_M, EDGE_M - row * side
    view = QgsMapSettings()
    view.setLayers([layer])
    view.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    view.setExtent(QgsRectangle(west, north - side, west + side, north))
    view.setOutputSize(QSize(256, 256))
    view.setBackgroundColor(QColor(255, 255, 255))
    job = QgsMapRendererParallelJob(view)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    white = QColor(255, 255, 255).rgb()
    return sum(image.pixel(x, y) != white for x in range(256) for y in range(256))


def main():
    source = f"url='{address}/ogc/' typename='{collection}'"
    features = QgsVectorLayer(source, collection, "OAPIF")
    read = [described(feature) for feature in features.getFeatures()]
    west, south, east, north = next(found["bounds"] for found in read if found["id"] == "P-01")
    inside = QgsFeatureRequest(QgsRectangle(west, south, east, north))
    wanted = QgsFeatureRequest().setFilterExpression('"height_m" > 1 AND "land_use" = \'R1\'')
    filtered = QgsVectorLayer(source, collection, "OAPIF")
    filtered.setSubsetString("height_m > 2")
    square = f"{address}/ogc/collections/{collection}/tiles/WebMercatorQuad"
    tiles = QgsVectorTileLayer(f"type=xyz&url={square}/{{z}}/{{y}}/{{x}}&zmax=22", "tiles")
    pictures = QgsRasterLayer(
        "crs=EPSG:3857&format=image/png&styles=default&tileMatrixSet=WebMercatorQuad"
        f"&layers={grid}&url={address}/ogc/wmts/1.0.0/WMTSCapabilities.xml",
        "wmts",
        "wms",
    )
    xyz = QgsRasterLayer(f"type=xyz&url={address}/raster/{grid}/1/{{z}}/{{x}}/{{y}}.png", "", "wms")
    told = {
        "features": read,
        "in_box": [feature["id"] for feature in features.getFeatures(inside)],
        "filtered": [feature["id"] for feature in features.getFeatures(wanted)],
        "subset": [feature["id"] for feature in filtered.getFeatures()],
        "vector_tiles_drawn": drawn_pixels(tiles, *map(int, (zoom, column, row))),
        "wmts_drawn": drawn_pixels(pictures, *map(int, (zoom, column, row))),
        "xyz_drawn": drawn_pixels(xyz, *map(int, (zoom, column, row))),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main()
    application.exitQgis()
