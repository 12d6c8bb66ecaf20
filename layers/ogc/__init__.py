"""The layers for other programs: OGC API Features and Tiles, TileJSON, WMTS."""
