"""A city of a given size for bench_detection.py: the same at every run, every rule busy.

``Ground(size)`` holds so many buildings 20 m apart, a fifth as many parcels, and of every 1,000,000
buildings 2,000 zones, 5,000 facilities, 200 nuisance sites and 100 sangkats; beside them roads,
rails, lines, waters, two flood maps and reservations. One building in fifty stands where the zone
does not permit its use, one in a hundred has no height, two in ten thousand are drawn twice.
"""

from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np
import shapely

EAST, NORTH, APART_M = 330_000.0, 1_170_000.0, 20.0
ORIGIN = np.array([EAST, NORTH])
MISPLACED_ONE_IN, NO_HEIGHT_ONE_IN, TWICE_ONE_IN = 50, 100, 5_000
HOMES = ("dwelling_single", "shophouse", "apartment_low", "home_business")
# What is built in a zone of a class: each use is permitted there by the demo city's use table.
BUILT = {
    "R1": ("dwelling_single",),
    "R2": ("dwelling_single", "shophouse", "home_business"),
    "R3": ("apartment_low", "shophouse"),
    "R4": ("apartment_high",),
    "RM": ("dwelling_single", "shophouse", "apartment_low", "home_business"),
    "RA": ("dwelling_single", "apartment_low"),
    "C1": ("shophouse", "office", "restaurant"),
    "C2": ("office",),
    "MX": ("shophouse", "apartment_low", "office"),
    "I1": ("workshop", "warehouse"),
    "I2": ("warehouse",),
    "AG": ("farming",),
}
# So often a class of zone occurs among a hundred; elsewhere there are parking places.
ZONES = (
    "R1 " * 25 + "R2 " * 15 + "R3 " * 8 + "R4 " * 3 + "RM " * 10 + "RA " * 4 + "C1 " * 5
    + "C2 " * 2 + "MX " * 5 + "I1 " * 3 + "I2 " * 2 + "AG " * 5
    + "LG PT T1 T2 PA PE PH HR GP GC CN MG UT CE UR "
).split()  # fmt: skip
SENSITIVE = (
    "school_primary", "school_secondary", "kindergarten", "hospital", "health_centre", "clinic",
    "market", "pagoda", "park", "fire_station", "government", "hotel_small", "hotel_large",
    "heritage", "embassy", "water_intake", "well", "telecom_tower", "fuel_station", "karaoke_club",
)  # fmt: skip
NUISANCES = (
    "landfill", "landfill_inert", "waste_transfer", "waste_compost_incinerator", "wwtp_open",
    "wwtp_closed", "wwtp_pond", "pump_station", "fuel_depot", "factory_light", "factory_heavy",
    "chemical_store", "casino", "cemetery", "cemetery_single", "crematorium", "livestock",
    "slaughterhouse", "fertilizer_store", "substation", "port", "quarry", "airport", "bus_terminal",
)  # fmt: skip
LINES = {
    "roads": ("expressway", "road_national_1digit", "road_national_2digit", "road_provincial",
              "road_district", "railway"),
    "power": ("power_line_22", "power_line_115", "power_line_230", "power_line_500"),
    "waterways": ("river", "stream"),
}  # fmt: skip
COVER = ("mangrove", "protected", "beach", "reservoir", "coast")
FLOODS = {"flood-q100": 100, "flood-q10": 10}
DEPTHS = (("H1", 0.01, 0.3), ("H2", 0.3, 0.6), ("H3", 0.6, 1.2), ("H4", 1.2, None))
THEMES = {"zones": "plan", "sangkat": "boundaries", "flood-q100": "hazard-flood",
          "flood-q10": "hazard-flood", "land-cover": "land-cover"}  # fmt: skip


@dataclass(frozen=True)
class Things:
    """The features of one layer: shapes, their classes, stages and attributes."""

    shapes: np.ndarray
    uses: list
    attributes: list = field(default_factory=lambda: cycle([{}]))
    lifecycle: str = "existing"


class Ground:
    """The city; ``layers`` yields each layer's slug and things."""

    def __init__(self, size):
        self.rng = np.random.default_rng(size)
        self.size = size
        self.per_row = int(np.ceil(np.sqrt(size)))
        self.side_m = self.per_row * APART_M
        self.zones_per_row = max(6, round(np.sqrt(size / 500)))
        count = self.zones_per_row**2
        chosen = self.rng.choice(ZONES, count)
        chosen[: len(set(ZONES))] = sorted(set(ZONES))
        self.zone_uses = self.rng.permutation(chosen)

    def layers(self):
        """Yield every layer of the city."""
        yield "sangkat", self.sangkats()
        yield "zones", self.zones()
        yield "facilities", self.facilities()
        for slug, classes in LINES.items():
            yield slug, self.lines(classes)
        yield "land-cover", self.cover()
        for slug, years in FLOODS.items():
            yield slug, self.flood(years)
        yield "reservations", self.reservations()
        yield "proposals", self.proposals()
        yield "parcels", self.parcels()
        yield "buildings", self.buildings()

    def city(self):
        """Where the city was surveyed: some 30 corners, a bay cut into its south."""
        angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
        reach = self.side_m * (0.8 + 0.02 * np.cos(7 * angle))
        middle = np.array([EAST, NORTH]) + self.side_m / 2
        around = middle + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        bay = shapely.Point(EAST + self.side_m / 2, NORTH).buffer(0.03 * self.side_m)
        return shapely.Polygon(around).difference(bay)

    def boxes(self, count, side_m):
        """So many squares at random places."""
        west, south = self.rng.uniform(0, self.side_m - side_m, (2, count)) + ORIGIN[:, None]
        return shapely.box(west, south, west + side_m, south + side_m)

    def grid(self, per_row):
        """Squares that fill the city without gaps; neighbours share their corners exactly."""
        edges = np.round(np.linspace(0, self.side_m, per_row + 1), 3)
        row, column = np.divmod(np.arange(per_row**2), per_row)
        west, south = EAST + edges[column], NORTH + edges[row]
        return shapely.box(west, south, EAST + edges[column + 1], NORTH + edges[row + 1])

    def sangkats(self):
        return Things(self.grid(max(2, round(np.sqrt(self.size / 10_000)))), cycle([None]))

    def zones(self):
        return Things(self.grid(self.zones_per_row), self.zone_uses.tolist(), lifecycle="planned")

    def facilities(self):
        """One of 200 buildings' number of facilities and one of 5,000 of nuisance sites."""
        sensitive, nuisances = max(40, self.size // 200), max(24, self.size // 5_000)
        shapes = [self.boxes(sensitive, 35.0), self.boxes(nuisances, 120.0)]
        uses = [*islice(cycle(SENSITIVE), sensitive), *islice(cycle(NUISANCES), nuisances)]
        said = [
            {"school_level": "primary"} if use == "school_primary" else
            {"capacity_m3_day": 300.0 * (n % 9)} if use.startswith(("wwtp", "pump")) else {}
            for n, use in enumerate(uses)
        ]  # fmt: skip
        return Things(np.concatenate(shapes), uses, said)

    def lines(self, classes):
        """Bent lines across the whole city, some 3 km apart, of each class at least one."""
        count = max(len(classes), round(self.side_m / 3_000))
        along = np.linspace(-0.02, 1.02, 60) * self.side_m
        shapes = []
        for number in range(count):
            across = (number + 0.5) / count * self.side_m + self.rng.normal(0, 15, 60).cumsum()
            ends = (along, across) if number % 2 else (across, along)
            shapes.append(shapely.LineString(np.stack(ends, axis=1) + ORIGIN))
        return Things(np.array(shapes), list(islice(cycle(classes), count)))

    def cover(self):
        count = max(len(COVER), self.size // 10_000)
        middles = shapely.centroid(self.boxes(count, 100.0))
        return Things(
            shapely.buffer(middles, 60.0, quad_segs=16), list(islice(cycle(COVER), count))
        )

    def flood(self, years):
        """Four depth classes as rings around a river's bends."""
        count = max(4, self.size // 5_000)
        middles = shapely.centroid(self.boxes(count, 10.0))
        reach = 40.0 + 2.0 * years + self.rng.uniform(0, 120, count)
        rings = [
            shapely.difference(
                shapely.buffer(middles, reach * (1 - n / 4), quad_segs=24),
                shapely.buffer(middles, reach * (1 - (n + 1) / 4), quad_segs=24),
            )
            for n in range(len(DEPTHS))
        ]
        said = [
            {"hazard_class": name, "depth_min_m": least, "depth_max_m": most,
             "return_period_years": years}
            for name, least, most in DEPTHS
            for _n in range(count)
        ]  # fmt: skip
        return Things(np.concatenate(rings), cycle([None]), said)

    def reservations(self):
        shapes = self.boxes(max(5, self.size // 5_000), 60.0)
        return Things(shapes, cycle(["school", "market", "park"]), lifecycle="reserved")

    def proposals(self):
        shapes = self.boxes(max(5, self.size // 20_000), 15.0)
        return Things(shapes, cycle(HOMES), lifecycle="proposed")

    def parcels(self):
        """A fifth as many as buildings; those of one block touch, some are slivers."""
        per_row = int(np.sqrt(self.size / 5))
        return Things(self.grid(per_row), cycle([None]))

    def buildings(self):
        """Rectangles 8 to 14 m long, turned at random, used as the zone below permits."""
        numbers = np.arange(self.size)
        row, column = np.divmod(numbers, self.per_row)
        middles = np.stack([column, row], axis=1) * APART_M + [EAST + 10, NORTH + 10]
        middles += self.rng.uniform(-1, 1, middles.shape)
        twice = (numbers % TWICE_ONE_IN == 1)[:, None]
        middles = np.where(twice, np.roll(middles, 1, axis=0) + 0.001, middles)
        long, wide = self.rng.uniform((4, 3), (7, 5), (self.size, 2)).T
        turned = self.rng.uniform(0, np.pi, self.size)
        for values in (long, wide, turned):
            values[twice[:, 0]] = np.roll(values, 1)[twice[:, 0]]
        x = np.stack([-long, long, long, -long], axis=1)
        y = np.stack([-wide, -wide, wide, wide], axis=1)
        cos, sin = np.cos(turned)[:, None], np.sin(turned)[:, None]
        corners = np.stack([x * cos - y * sin, x * sin + y * cos], axis=2) + middles[:, None, :]
        said = [
            {"storeys": 1 + n % 4} | ({"height_m": 3.0 + n % 12} if n % NO_HEIGHT_ONE_IN else {})
            for n in range(self.size)
        ]
        return Things(shapely.polygons(corners), self.uses_of(middles), said)

    def uses_of(self, middles):
        """What stands at these places: what the zone permits, one in fifty what it does not."""
        zone_m = self.side_m / self.zones_per_row
        column, row = np.floor((middles - [EAST, NORTH]) / zone_m).astype(int).T
        zones = self.zone_uses[
            np.clip(row, 0, self.zones_per_row - 1) * self.zones_per_row
            + np.clip(column, 0, self.zones_per_row - 1)
        ]
        permitted = [BUILT.get(zone, ("parking",)) for zone in zones.tolist()]
        homes, picks = cycle(HOMES), self.rng.integers(0, 12, len(zones)).tolist()
        return [
            next(homes) if n % MISPLACED_ONE_IN == 0 else uses[pick % len(uses)]
            for n, (uses, pick) in enumerate(zip(permitted, picks, strict=True))
        ]


def looked_for():
    """Every class of the city: what its surveys looked for."""
    of_zones = [use for uses in BUILT.values() for use in uses]
    of_lines = [use for uses in LINES.values() for use in uses]
    return sorted({*SENSITIVE, *NUISANCES, *HOMES, *of_zones, *of_lines, *COVER, *ZONES})


def publish(ground):
    """Fill a migrated city's layers; return how many features there are."""
    from django.db import connection

    from layers.services import NewFeature, open_layer, publish_features, set_surveyed_area

    total = 0
    for slug, things in ground.layers():
        kind = "line" if slug in LINES else "polygon"
        layer = open_layer(slug=slug, geometry_kind=kind, theme=THEMES.get(slug, slug))
        described = zip(things.shapes, things.uses, things.attributes, strict=False)
        features = (
            NewFeature(
                stable_id=f"{slug[0].upper()}{n:07}",
                geometry=shape,
                land_use=use,
                lifecycle=things.lifecycle,
                properties=said,
            )
            for n, (shape, use, said) in enumerate(described)
        )
        publish_features(layer=layer, features=features)
        set_surveyed_area(layer=layer, geometry=ground.city())
        if slug in {"buildings", "facilities", "zones", *LINES, "land-cover"}:
            set_surveyed_area(
                layer=layer, geometry=ground.city(), classes=looked_for(), source="looked for"
            )
        total += len(things.shapes)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return total
