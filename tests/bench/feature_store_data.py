"""Footprints and parcels as a city of a given size would have them, the same at every run."""

import geopandas
import numpy as np
import shapely

PROJECT_SRID = 32648
EAST, NORTH = 330_000.0, 1_170_000.0
SPACING_M = 16.0
FEWEST_CORNERS, MOST_CORNERS = 5, 12
INVALID_ONE_IN = 10_000
PARCEL_M = 24.0


def footprints(count, seed=1):
    """Return building outlines of 5 to 12 corners, one in 10,000 crossing itself."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(FEWEST_CORNERS, MOST_CORNERS + 1, count)
    owner = np.repeat(np.arange(count), corners + 1)
    first = np.cumsum(corners + 1) - corners - 1
    place = (np.arange(len(owner)) - first[owner]) % corners[owner]
    swapped = (owner % INVALID_ONE_IN == 7) & (place < 2)
    angle = 2 * np.pi * np.where(swapped, 1 - place, place) / corners[owner]
    radius = rng.uniform(3, 7, len(owner))
    is_closing = np.arange(len(owner)) - first[owner] == corners[owner]
    radius[is_closing] = radius[first[owner[is_closing]]]
    side = int(np.ceil(np.sqrt(count)))
    middle = np.stack([np.arange(count) % side, np.arange(count) // side], axis=1) * SPACING_M
    middle += rng.uniform(-3, 3, (count, 2)) + np.array([EAST, NORTH])
    turn = angle + rng.uniform(0, 2 * np.pi, count)[owner]
    points = middle[owner] + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return shapely.polygons(shapely.linearrings(points, indices=owner))


def buildings(count):
    """Return a table of buildings: code, use, storeys, year."""
    rng = np.random.default_rng(2)
    return geopandas.GeoDataFrame(
        {
            "code": np.char.add("B", np.arange(count).astype(str)),
            "use": np.array(["dwelling", "shop", "shed", "workshop"])[rng.integers(0, 4, count)],
            "storeys": rng.integers(1, 6, count),
            "built": rng.integers(1960, 2026, count),
        },
        geometry=footprints(count),
        crs=PROJECT_SRID,
    )


def parcels(count):
    """Return a table of parcels that tile the ground, each with a number of its own."""
    side = int(np.ceil(np.sqrt(count)))
    west = EAST + np.arange(count) % side * PARCEL_M
    south = NORTH + np.arange(count) // side * PARCEL_M
    return geopandas.GeoDataFrame(
        {
            "code": np.char.add("P", np.arange(count).astype(str)),
            "parcel_no": np.char.add("K-", np.arange(count).astype(str)),
        },
        geometry=shapely.box(west, south, west + PARCEL_M, south + PARCEL_M),
        crs=PROJECT_SRID,
    )
