"""``./krong topology``: the tolerance of a layer, stated in the shell."""

import json

import pytest
from django.core.management import call_command

from layers.editing.topology import topology_of
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    filled_layer("wards", feature("W-1", square(0, 0, 100)), feature("W-2", square(100, 0, 100)))
    return filled_layer("zones", feature("Z", square(0, 0, 50)), geometry_kind="polygon")


def stated(capsys, *words):
    call_command("topology", *words, json=True)
    return json.loads(capsys.readouterr().out)


def test_a_tolerance_is_stated_with_its_source(layer, capsys):
    told = stated(capsys, "zones", "--tolerance", "0.2", "--source", "Survey of 2025")
    assert (told["tolerance_m"], told["tolerance_source"]) == (0.2, "Survey of 2025")
    assert topology_of(layer).must_not_overlap


def test_without_a_tolerance_the_projects_own_is_taken_and_named(layer, capsys, settings):
    settings.KRONG_TOPOLOGY_TOLERANCE_M = 0.07
    told = stated(capsys, "zones")
    assert told["tolerance_m"] == 0.07
    assert "without legal force" in told["tolerance_source"]


def test_the_ground_of_another_layer_must_be_covered(layer, capsys):
    assert stated(capsys, "zones", "--cover", "wards")["must_cover"]
    assert topology_of(layer).must_cover.area == 20_000


def test_areas_may_be_let_free_again(layer, capsys):
    stated(capsys, "zones")
    assert stated(capsys, "zones", "--free")["must_not_overlap"] is False


@pytest.mark.parametrize(
    "words", [["nowhere"], ["zones", "--tolerance", "0"], ["zones", "--cover", "nowhere"]]
)
def test_what_cannot_be_stated_is_said_with_code_2(layer, capsys, words):
    with pytest.raises(SystemExit) as ended:
        call_command("topology", *words)
    assert ended.value.code == 2
    assert topology_of(layer) is None
