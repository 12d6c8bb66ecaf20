"""A city to search for sites in: dwellings in its middle, empty ground around, all surveyed."""

from tests.factories import EAST, NORTH

APART_M = 20.0
MARGIN, LEAST_MARGIN_M = 0.25, 2_500.0  # of the side of the town: empty ground on each side
SURVEYED_M = 10_000.0  # beyond the boundary: farther than any rule reaches
FACILITIES = ("school", "hospital", "health_centre", "market", "hotel", "pagoda", "fuel_station")
NUISANCES = 200


def box_of(x, y, width, height=None):
    from shapely.geometry import box

    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + (height or width))


def dwellings(size):
    from layers.services import NewFeature

    side = int(size**0.5)
    for number in range(side * side):
        x, y = number % side * APART_M, number // side * APART_M
        shape = box_of(x, y, 9 + number % 3, 8)
        yield NewFeature(stable_id=f"B{number:07}", geometry=shape, land_use="residential")


def parcels(size):
    """One plot for five dwellings, nine of ten private."""
    from layers.services import NewFeature

    side = int((size / 5) ** 0.5)
    apart = int(size**0.5) * APART_M / side
    for number in range(side * side):
        shape = box_of(number % side * apart, number // side * apart, apart - 1)
        tenure = "private" if number % 10 else "state_private"
        yield NewFeature(stable_id=f"P{number:07}", geometry=shape, properties={"tenure": tenure})


def facilities(size):
    from layers.services import NewFeature

    town = int(size**0.5) * APART_M
    count = max(50, size // 200)
    side = int(count**0.5)
    for number in range(side * side):
        shape = box_of(number % side * town / side + 11, number // side * town / side + 11, 40)
        use = FACILITIES[number % len(FACILITIES)]
        yield NewFeature(stable_id=f"F{number:05}", geometry=shape, land_use=use)
    for number in range(NUISANCES):
        shape = box_of(town * number / NUISANCES, -60, 30)
        yield NewFeature(stable_id=f"N{number:04}", geometry=shape, land_use="factory_heavy")


def zones(size):
    from layers.services import NewFeature

    town = int(size**0.5) * APART_M
    side = max(4, int((size / 500) ** 0.5))
    for number in range(side * side):
        shape = box_of(number % side * town / side, number // side * town / side, town / side)
        code = ("R1", "R2", "C1", "I1")[number % 4]
        yield NewFeature(stable_id=f"Z{number:05}", geometry=shape, land_use=code)


def roads(size):
    from shapely.geometry import LineString

    from layers.services import NewFeature

    town = int(size**0.5) * APART_M
    for number in range(0, int(town), 500):
        line = LineString([(EAST + number, NORTH), (EAST + number, NORTH + town)])
        yield NewFeature(stable_id=f"R{number:06}", geometry=line, land_use="road_district")


def water(size):
    from shapely.geometry import LineString

    from layers.services import NewFeature

    town = int(size**0.5) * APART_M
    corners = [(EAST - town * MARGIN + n * town / 40, NORTH + town * 1.1 + n % 7 * 40)
               for n in range(60)]  # fmt: skip
    yield NewFeature(stable_id="W1", geometry=LineString(corners), land_use="river")


def filled(size):
    """Publish the city in this database; return its ground."""
    from django.db import connection

    from layers.models import LandUseClass
    from layers.services import NewFeature, open_layer, publish_features, set_surveyed_area

    town = int(size**0.5) * APART_M
    margin = max(town * MARGIN, LEAST_MARGIN_M)
    ground = box_of(-margin, -margin, town + 2 * margin)
    surveyed = ground.buffer(SURVEYED_M, join_style="mitre")
    uses = list(LandUseClass.objects.values_list("code", flat=True))
    boundary = open_layer(slug="city", geometry_kind="polygon", theme="city-boundary")
    city = [NewFeature(stable_id="C", geometry=ground)]
    publish_features(layer=boundary, features=city)
    for slug, kind, theme, features in (
        ("buildings", "polygon", "cadastre", dwellings(size)),
        ("parcels", "polygon", "cadastre", parcels(size)),
        ("facilities", "polygon", "facilities", facilities(size)),
        ("zones", "polygon", "plan", zones(size)),
        ("roads", "line", "base-roads", roads(size)),
        ("waterways", "line", "base-water", water(size)),
        ("coastline", "line", "base-coast", ()),
    ):
        layer = open_layer(slug=slug, geometry_kind=kind, theme=theme)
        publish_features(layer=layer, features=features)
        set_surveyed_area(layer=layer, geometry=surveyed, classes=uses)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return ground
