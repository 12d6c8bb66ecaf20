"""The rules of the book that compare places, in geopandas: the peer of bench_detection.py.

Separation, overlap, plan against existing use and reservations, 166 of the rules: those that a
planner would write so. Nothing is said of what was not surveyed, nothing is exempted, nothing
stored; what is measured begins with the features in memory, each with its spatial index to make.
"""

import geopandas
import shapely

SIDES = ("subject", "object")
COMPARED = {"separation", "overlap", "plan_vs_existing", "reservation_encroachment"}


def features():
    """All current features with their layer, class and stage; the database is not timed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT layer.slug, class.code, feature.lifecycle, ST_AsBinary(feature.geometry)"
            " FROM layers_feature AS feature JOIN layers_layer AS layer ON layer.id = layer_id"
            " LEFT JOIN layers_landuseclass AS class ON class.id = land_use_id"
            " WHERE retired_in IS NULL"
        )
        slugs, uses, stages, shapes = zip(*cursor.fetchall(), strict=True)
    shapes = shapely.from_wkb([bytes(shape) for shape in shapes])
    named = {"layer": list(slugs), "use": list(uses), "stage": list(stages)}
    return geopandas.GeoDataFrame(named, geometry=shapes, crs=32648)


def side(table, selector, branches):
    """The features that one selector means."""
    meant = table["stage"].isin([str(stage) for stage in selector.lifecycles])
    if selector.classes:
        wanted = {code for root in selector.classes for code in branches[root]}
        meant &= table["use"].isin(wanted)
    if selector.layers:
        meant &= table["layer"].isin(selector.layers)
    if selector.except_layers:
        meant &= ~table["layer"].isin(selector.except_layers)
    return table[meant]


def near(subjects, objects, distance_m):
    """How many pairs are nearer to each other than the distance."""
    few, many = sorted((subjects, objects), key=len)
    mine, others = many.sindex.query(few.geometry, predicate="dwithin", distance=distance_m)
    apart = shapely.distance(few.geometry.values[mine], many.geometry.values[others])
    return int((apart < distance_m).sum())


def shared(subjects, objects):
    """How many pairs share ground."""
    few, many = sorted((subjects, objects), key=len)
    mine, others = many.sindex.query(few.geometry, predicate="intersects")
    cut = shapely.intersection(few.geometry.values[mine], many.geometry.values[others])
    return int((shapely.area(cut) >= 1.0).sum())


def detect(table, rules, branches):
    """How many pairs each rule finds that compares places."""
    found = {}
    for rule in rules:
        if rule.kind not in COMPARED:
            continue
        subjects, objects = (side(table, getattr(rule, name), branches) for name in SIDES)
        if len(subjects) and len(objects):
            is_apart = rule.kind == "separation"
            found[rule.code] = (
                near(subjects, objects, rule.min_distance_m)
                if is_apart
                else shared(subjects, objects)
            )
    return found
