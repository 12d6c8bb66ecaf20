"""Small shapes and layers for tests, in metres that can be checked in the head.

The origin of the test ground lies at easting 330,000 m, northing 1,170,000 m.
"""

from shapely.geometry import LineString, Point, Polygon, box

from layers.models import LandUseClass
from layers.services import NewFeature, open_layer, publish_features

EAST, NORTH = 330_000.0, 1_170_000.0


def square(x, y, size):
    """A square with its south-west corner at (x, y) metres from the origin."""
    return box(EAST + x, NORTH + y, EAST + x + size, NORTH + y + size)


def rectangle(x, y, width, height):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def at(x, y):
    return Point(EAST + x, NORTH + y)


def line(*points):
    return LineString([(EAST + x, NORTH + y) for x, y in points])


def outline(*points):
    return Polygon([(EAST + x, NORTH + y) for x, y in points])


def land_use(code, parent=None, scheme="use", **fields):
    fields.setdefault("name_en", code)
    found, _ = LandUseClass.objects.get_or_create(
        code=code, defaults={"parent": parent, "scheme": scheme, "source": "test", **fields}
    )
    return found


def feature(stable_id, geometry, land_use_code=None, lifecycle="existing", **properties):
    return NewFeature(
        stable_id=stable_id,
        geometry=geometry,
        land_use=land_use_code,
        lifecycle=lifecycle,
        properties=properties,
    )


def filled_layer(slug, *features, geometry_kind="mixed", **described):
    """A published layer with these features; their classes are made as needed."""
    for code in {f.land_use for f in features if f.land_use}:
        land_use(code)
    layer = open_layer(slug=slug, geometry_kind=geometry_kind, **described)
    publish_features(layer=layer, features=features)
    layer.refresh_from_db()
    return layer
