"""Which parts of which standards these pages keep to. Only what is tested is listed."""

FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
COMMON = "http://www.opengis.net/spec/ogcapi-common-"
TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"

CONFORMS_TO = (
    COMMON + "1/1.0/conf/core",
    COMMON + "1/1.0/conf/json",
    COMMON + "1/1.0/conf/html",
    COMMON + "2/1.0/conf/collections",
    FEATURES + "1/1.0/conf/core",
    FEATURES + "1/1.0/conf/oas30",
    FEATURES + "1/1.0/conf/html",
    FEATURES + "1/1.0/conf/geojson",
    FEATURES + "2/1.0/conf/crs",
    FEATURES + "3/1.0/conf/queryables",
    FEATURES + "3/1.0/conf/queryables-query-parameters",
    FEATURES + "3/1.0/conf/filter",
    FEATURES + "3/1.0/conf/features-filter",
    FEATURES + "4/1.0/conf/create-replace-delete",
    FEATURES + "4/1.0/conf/update",
    FEATURES + "4/1.0/conf/features",
    FEATURES + "4/1.0/conf/optimistic-locking-etags",
    FEATURES + "5/1.0/conf/schemas",
    CQL2 + "cql2-text",
    CQL2 + "cql2-json",
    CQL2 + "basic-cql2",
    CQL2 + "advanced-comparison-operators",
    CQL2 + "case-insensitive-comparison",
    CQL2 + "basic-spatial-functions",
    CQL2 + "basic-spatial-functions-plus",
    TILES + "core",
    TILES + "tileset",
    TILES + "tilesets-list",
    TILES + "geodata-tilesets",
    TILES + "mvt",
    TILES + "png",
    TILES + "oas30",
)
