"""Making low zooms that fails is tried again, but not for ever."""

import pytest

from layers import tiles
from layers.generalised.requests import MOST_ATTEMPTS, RUN_KIND, ask_for_low_zooms
from layers.models import LayerVersion, Run
from layers.services import publish_features
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer(monkeypatch):
    monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
    return filled_layer("plots", feature("P-1", square(0, 0, 500)), geometry_kind="polygon")


def looked_at(layer, number):
    """Look at a version from afar; return how many runs there are by then."""
    version = LayerVersion.objects.select_related("layer").get(layer=layer, number=number)
    assert ask_for_low_zooms(version, 10)
    return Run.objects.filter(kind=RUN_KIND).count()


def end_all(state):
    Run.objects.filter(kind=RUN_KIND).update(state=state)


def test_a_run_that_waits_or_works_is_not_queued_twice(layer):
    assert [looked_at(layer, 1) for _look in range(3)] == [1, 1, 1]
    end_all("running")
    assert looked_at(layer, 1) == 1


def test_a_version_is_tried_three_times_and_the_next_version_anew(layer):
    counts = []
    for _look in range(MOST_ATTEMPTS + 3):
        counts.append(looked_at(layer, 1))
        end_all("failed")
    assert counts == [1, 2, 3, 3, 3, 3]

    publish_features(layer=layer, features=[feature("P-1", square(0, 0, 600))])
    assert looked_at(layer, 2) == 4


def test_a_run_somebody_cancelled_is_no_failure(layer):
    for expected in range(1, MOST_ATTEMPTS + 3):
        assert looked_at(layer, 1) == expected
        end_all("cancelled")


def test_failures_of_another_layer_do_not_count(layer):
    other = filled_layer("other", feature("O-1", square(0, 0, 500)), geometry_kind="polygon")
    for _look in range(MOST_ATTEMPTS):
        looked_at(other, 1)
        end_all("failed")
    assert looked_at(layer, 1) == MOST_ATTEMPTS + 1
