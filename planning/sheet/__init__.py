"""Map sheets of reserved land: a vector PDF at a fixed scale, a GeoPackage, a GeoJSON."""
