"""Open a collection in QGIS without a screen, by name and password; print its rows as JSON.

Runs in the system's Python, which QGIS belongs to.
"""

import json
import sys

from qgis.core import QgsApplication, QgsVectorLayer

address, collection, field, name, password = sys.argv[1:]


def main():
    source = f"url='{address}' typename='{collection}' username='{name}' password='{password}'"
    layer = QgsVectorLayer(source, collection, "OAPIF")
    found = list(layer.getFeatures())
    rows = {feature["id"]: feature[field] for feature in found}
    areas = sum(feature.geometry().area() > 0 for feature in found)
    sys.stdout.write(json.dumps({"valid": layer.isValid(), "rows": rows, "areas": areas}) + "\n")


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main()
    application.exitQgis()
