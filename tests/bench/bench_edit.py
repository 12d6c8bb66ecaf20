"""How long one corrected feature takes, from the change in a draft to the published version.

Server side, in a layer of 1,000, and of 200,000 features: the second must not cost more.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.city import new_city

PROJECT_SRID = 32648
SMALL, LARGE = 1_000, 200_000
ROUNDS = 15
GOAL_MS = 50.0
SIDE_M, PER_ROW = 12.0, 500
EAST, NORTH = 330_000.0, 1_170_000.0


def square(number):
    from shapely.geometry import box

    x, y = EAST + number % PER_ROW * SIDE_M, NORTH + number // PER_ROW * SIDE_M
    return box(x, y, x + SIDE_M, y + SIDE_M)


def filled(count):
    from django.db import connection

    from layers.editing.topology import set_topology
    from layers.services import NewFeature, open_layer, publish_features

    layer = open_layer(slug=f"parcels-{count}", geometry_kind="polygon")
    features = (
        NewFeature(stable_id=f"P-{number:06}", geometry=square(number), properties={"n": number})
        for number in range(count)
    )
    publish_features(layer=layer, features=features)
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=0.05)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE layers_feature")
    layer.refresh_from_db()
    return layer


def corrected_ms(layer, author, number):
    """Change one parcel in a draft, check it against its neighbours and publish it."""
    from layers.editing.content import Content
    from layers.editing.drafts import open_draft, replace_feature
    from layers.editing.publishing import publish_draft
    from layers.editing.reading import feature_state

    name = f"P-{number:06}"
    started = time.perf_counter()
    draft = open_draft(layer=layer, title="bench", author=author)
    state = feature_state(draft, name)
    content = Content(geometry=square(number).buffer(-0.01), properties={"n": -number})
    replace_feature(
        draft=draft, stable_id=name, content=content, if_match=state.etag, author=author
    )
    publish_draft(draft=draft, author=author, message="bench", accepts_warnings=True)
    return (time.perf_counter() - started) * 1000


def measured():
    from django.contrib.auth.models import User

    author = User.objects.create_user("bench")
    layers = {count: filled(count) for count in (SMALL, LARGE)}
    times = {count: [] for count in layers}
    # in turns, so that what else the machine does falls on both alike; the first warms up
    for turn in range(ROUNDS + 1):
        for count, layer in layers.items():
            took = corrected_ms(layer, author, count // 2 + turn * 7)
            times[count] += [took] if turn else []
    medians = {count: statistics.median(rounds) for count, rounds in times.items()}
    return medians, statistics.median(compared_ms(layers[LARGE]) for _turn in range(ROUNDS))


def compared_ms(layer):
    """Count and read what differs between the first version and the newest."""
    from layers.editing.history import difference_counts, differences

    layer.refresh_from_db()
    started = time.perf_counter()
    counts = difference_counts(layer, 1, layer.published_number)
    found = differences(layer, 1, layer.published_number)
    if len(found) != counts["both"] or not found:
        raise AssertionError(counts)
    return (time.perf_counter() - started) * 1000


def goals(times, diff_ms):
    yield {
        "name": f"what differs between two versions of {LARGE:,} features, 16 changes [ms]",
        "ours": round(diff_ms, 1),
        "peer": None,
        "ratio": None,
        "goal": f"< {GOAL_MS:.0f} ms",
        "met": diff_ms < GOAL_MS,
    }
    ours = times[LARGE]
    yield {
        "name": f"edit one of {LARGE:,} features in a draft, check it, publish it [ms]",
        "ours": round(ours, 1),
        "peer": None,
        "ratio": None,
        "goal": f"< {GOAL_MS:.0f} ms",
        "met": ours < GOAL_MS,
    }
    ratio = ours / times[SMALL]
    yield {
        "name": f"the same in a layer of {SMALL:,} features [ms]",
        "ours": round(ours, 1),
        "peer": round(times[SMALL], 1),
        "ratio": round(ratio, 2),
        "goal": "at most 1.5 times as long in the large layer",
        "met": ratio <= 1.5,
    }


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        new_city(PROJECT_SRID, "bench_edit", Path(folder)) as city,
    ):
        os.environ.update(city.environment, DJANGO_SETTINGS_MODULE="config.settings")
        django.setup()
        found = list(goals(*measured()))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
