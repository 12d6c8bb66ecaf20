"""Whoever withdraws a survey takes the ground from under answers that were given on it."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from conflicts.feature_findings import standing
from layers.editing.surveys import delete_statement, survey_etag
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import at, feature, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def facilities():
    return surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 50), "landfill"),
        feature("FAR", at(3000, 25), "school"),
    )


def withdraw_survey(layer):
    planner = User.objects.create_user("planner")
    for area in layer.surveyed_areas.all():
        delete_statement(layer=layer, number=area.pk, if_match=survey_etag(area), author=planner)


def asked(client):
    told = client.get(reverse("feature-findings"), {"feature": "facilities/L", "lang": "en"})
    return told.json()


def test_no_finding_is_current_while_the_survey_stands(client, facilities):
    find(rule_data())

    assert asked(client)["features"][0]["total"] == 0
    assert asked(client)["is_current"] is True


def test_no_finding_is_no_longer_current_once_the_survey_is_withdrawn(client, facilities):
    find(rule_data())
    withdraw_survey(facilities)

    told = asked(client)

    assert told["is_current"] is False
    assert told["changed_layers"] == [facilities.title]


def test_a_detection_after_the_survey_was_withdrawn_knows_of_it(facilities):
    find(rule_data())
    withdraw_survey(facilities)
    find(rule_data())

    assert standing().is_current
    assert standing().untold_rules == 1
