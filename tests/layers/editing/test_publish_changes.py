"""Publishing a list of changes, and that what was published stays as it was."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from layers.errors import UnknownLandUseError
from layers.models import Feature, LayerVersion
from layers.queries import features_in_version
from layers.services import Provenance, open_layer, publish_changes, retire_features
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


def counts(publication):
    p = publication
    return p.added, p.changed, p.removed, p.unchanged


@pytest.fixture
def layer():
    return filled_layer("houses", *(feature(k, square(i * 20, 0, 10)) for i, k in enumerate("ABC")))


def test_one_version_holds_an_addition_a_change_and_a_removal(layer):
    changes = [feature("B", square(20, 0, 12)), feature("D", square(60, 0, 10))]
    publication = publish_changes(layer, changes, ["C"], Provenance())
    assert counts(publication) == (1, 1, 1, 1)
    assert publication.version.number == 2
    assert publication.version.feature_count == 3
    areas = {f.stable_id: round(f.geometry.area) for f in features_in_version(layer, 2)}
    assert areas == {"A": 100, "B": 144, "D": 100}
    assert {f.stable_id for f in features_in_version(layer, 1)} == set("ABC")


def test_a_change_that_changes_nothing_makes_no_version(layer):
    publication = publish_changes(layer, [feature("A", square(0, 0, 10))], ["Z"], Provenance())
    assert counts(publication) == (0, 0, 0, 3)
    assert publication.version.number == 1


def test_of_several_changes_only_those_that_differ_are_written(layer):
    changes = [feature("A", square(0, 0, 10)), feature("B", square(20, 0, 10), name="ផ្ទះ")]
    publication = publish_changes(layer, changes, [], Provenance())
    assert counts(publication) == (0, 1, 0, 2)
    assert Feature.objects.get(stable_id="A").introduced_in == 1


def test_what_is_changed_and_removed_at_once_is_changed(layer):
    publication = publish_changes(layer, [feature("A", square(0, 0, 11))], ["A"], Provenance())
    assert counts(publication) == (0, 1, 0, 2)


def test_a_layer_never_published_gets_its_first_version():
    layer = open_layer(slug="empty", geometry_kind="point")
    publication = publish_changes(layer, [feature("A", at(0, 0))], [], Provenance())
    assert counts(publication) == (1, 0, 0, 0)
    assert publication.version.number == 1


def test_an_unknown_class_changes_nothing(layer):
    with pytest.raises(UnknownLandUseError, match="'x'"):
        publish_changes(layer, [feature("A", at(0, 0), "x")], ["B"], Provenance())
    assert features_in_version(layer, 1).filter(retired_in=None).count() == 3


def test_class_lifecycle_and_attributes_arrive_as_given(layer):
    land_use("school")
    given = feature("A", at(0, 0), "school", "planned", note="a\tb\\N ខ", n=1.5, none=None)
    publish_changes(layer, [given], [], Provenance())
    found = Feature.objects.get(stable_id="A", retired_in=None)
    assert (found.land_use.code, found.lifecycle) == ("school", "planned")
    assert found.properties == {"note": "a\tb\\N ខ", "n": 1.5, "none": None}


def test_a_version_says_who_published_it_and_why(layer):
    clerk = User.objects.create_user("sophea")
    stated = Provenance(published_by=clerk, message="Survey of 3 March")
    publish_changes(layer, [], ["A"], stated)
    version = LayerVersion.objects.get(number=2)
    assert (version.published_by, version.message) == (clerk, "Survey of 3 March")


def test_publishing_a_change_asks_as_much_of_three_features_as_of_three_hundred(layer):
    large = filled_layer("large", *(feature(f"F{i}", at(i, 0)) for i in range(300)))
    asked = []
    for each in (layer, large):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            publish_changes(each, [feature("new", at(5, 5))], [], Provenance())
        asked.append(len(queries))
    assert asked[0] == asked[1]


def refused():
    return pytest.raises(IntegrityError, match="never changes")


@pytest.mark.parametrize(
    "other",
    [
        {"geometry": "SRID=32648;POINT(330000 1170000)"},
        {"properties": {"storeys": 9}},
        {"introduced_in": 7},
        {"stable_id": "Z"},
        {"lifecycle": "closed"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_no_path_rewrites_a_published_feature(layer, other):
    with refused(), transaction.atomic():
        layer.features.filter(stable_id="A").update(**other)


def test_no_path_gives_a_published_feature_another_class(layer):
    school = land_use("school")
    with refused(), transaction.atomic():
        layer.features.update(land_use=school)


def test_saving_a_feature_as_it_is_harms_nothing(layer):
    layer.features.get(stable_id="A").save()
    assert layer.features.count() == 3


def test_a_retired_feature_stays_retired_since_the_same_version(layer):
    retire_features(layer=layer, stable_ids=["A"])
    gone = layer.features.filter(stable_id="A")
    with refused(), transaction.atomic():
        gone.update(retired_in=None)
    with refused(), transaction.atomic():
        gone.update(retired_in=F("retired_in") + 1)


@pytest.mark.parametrize(
    "other",
    [
        {"number": 9},
        {"source_digest": "0" * 64},
        {"source_name": "other.gpkg"},
        {"feature_count": 4},
        {"captured_on": "2020-01-01"},
        {"published_at": "2020-01-01T00:00Z"},
        {"message": "something else"},
        {"state": "draft"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_no_path_rewrites_what_a_version_says(layer, other):
    with refused(), transaction.atomic():
        layer.versions.update(**other)


def test_a_retired_version_is_not_published_again(layer):
    retire_features(layer=layer, stable_ids=["A"])
    with refused(), transaction.atomic():
        layer.versions.filter(number=1).update(state="published")
