"""What a reader may not see is neither shown nor passed over: it says that it is there."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from layers.models import Layer
from layers.visibility import EVERYTHING, PUBLIC_ONLY
from layers.vocab import Visibility
from planning.extract import extract_parcel
from planning.parcels import parcel_named
from planning.permits.run import check_application
from planning.vocab import Outcome
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import (
    application,
    building,
    buildings_on,
    check_of,
    distances_in_force,
    nothing_reserved,
    r1_plot,
    surveyed,
)

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
HERE = rectangle(40, 40, 5, 15)  # the western 5 m of plot P-1
STAFF = (Visibility.PUBLIC.value, Visibility.INTERNAL.value)


@pytest.fixture
def reader(client, django_user_model):
    """Signs a reader in: staff or not, with the permission to see restricted layers or not."""

    def signed_in(*, is_staff, may_view):
        user = django_user_model.objects.create_user("dara", is_staff=is_staff)
        if may_view:
            user.user_permissions.add(Permission.objects.get(codename="view_layer"))
        client.force_login(user)
        return client

    return signed_in


def hidden(slug="ov-coast50", shape=HERE, visibility="restricted", theme="overlay"):
    r1_plot()
    filled_layer(slug, feature("SECRET-1", shape), theme=theme, visibility=visibility)
    surveyed(slug, CITY)


def codes(results):
    return {row["code"] for row in results["checks"]}


def extract(seen):
    today = timezone.localdate()
    return extract_parcel(parcel_named("P-1"), on=today, seen=seen)


@pytest.mark.parametrize(
    ("visibility", "is_staff", "may_view", "shown"),
    [
        ("internal", True, False, True),
        ("internal", False, True, False),
        ("restricted", True, False, False),
        ("restricted", False, True, True),
        ("restricted", True, True, True),
    ],
)
def test_a_hidden_restriction_is_for_whom_its_visibility_says(
    reader, visibility, is_staff, may_view, shown
):
    hidden(visibility=visibility)
    client = reader(is_staff=is_staff, may_view=may_view)

    text = client.get("/extract/P-1/?lang=en").content.decode()

    assert ("SECRET-1" in text) is shown
    assert ("Something that is not public applies here" in text) is not shown


@pytest.mark.parametrize(
    ("is_staff", "may_view", "status"), [(True, False, 404), (True, True, 200)]
)
def test_a_restricted_cadastre_is_not_read_out_to_all_staff(reader, is_staff, may_view, status):
    r1_plot()
    Layer.objects.filter(slug="parcels").update(visibility="restricted")
    client = reader(is_staff=is_staff, may_view=may_view)

    assert client.get("/extract/P-1.json").status_code == status
    assert client.get("/extract/?parcel=P-1").status_code == (302 if status == 200 else 404)


@pytest.mark.parametrize("seen", [PUBLIC_ONLY, STAFF])
def test_a_permit_under_something_hidden_is_undetermined_and_not_compliant(seen):
    hidden()
    nothing_reserved(CITY)

    checked = check_application(application(), seen=seen)

    told = check_of(checked.results, "not_public")
    assert (told["answer"], told["may_block"]) == ("cannot_tell", True)
    assert "ask the municipal office" in told["explanation"]["en"]
    assert checked.outcome in {Outcome.UNDETERMINED, Outcome.NOT_COMPLIANT}
    assert "SECRET-1" not in str(checked.results)
    assert "overlay:ov-coast50" not in codes(checked.results)


def test_who_may_see_it_gets_the_restriction_itself():
    hidden()

    results = check_application(application(), seen=EVERYTHING).results

    assert "overlay:ov-coast50" in codes(results)
    assert "not_public" not in codes(results)


def test_something_hidden_beside_the_plot_does_not_apply_to_it_but_clears_nothing():
    hidden(shape=square(80, 80, 5))

    results = check_application(application(), seen=PUBLIC_ONLY).results

    assert "not_public" not in codes(results)
    assert "Public beach strip" in " ".join(text["en"] for text in results["not_checked"])


def test_the_name_of_a_hidden_layer_is_not_told():
    hidden(slug="secret-depot")

    results = check_application(application(), seen=PUBLIC_ONLY).results

    assert "secret-depot" not in str(extract(PUBLIC_ONLY)).lower()
    assert "secret" not in str(results["not_checked"]).lower()
    assert "A restriction that is not public" in str(results["not_checked"])


def test_a_hidden_flood_on_the_plot_is_an_open_question_and_not_dry_land():
    hidden(slug="flood-secret", theme="hazard-flood")

    results = check_application(application(), seen=STAFF).results

    assert check_of(results, "flood")["answer"] == "cannot_tell"
    assert "not public applies here" in str(check_of(results, "flood")["missing"])


def test_a_hidden_reservation_on_the_plot_is_an_open_question_and_not_free_land():
    hidden(slug="reservations", theme="reservation")

    results = check_application(application(), seen=PUBLIC_ONLY).results

    assert check_of(results, "reservation")["answer"] == "cannot_tell"
    assert "not_public" in codes(results)


def test_zones_that_may_not_be_shown_rule_the_plot_all_the_same():
    r1_plot()
    Layer.objects.filter(slug="zones").update(visibility="restricted")

    found = extract(STAFF)
    results = check_application(application(), seen=STAFF).results

    [zoning] = [row for row in found["no_data"] if row["topic"] == "ZONING"]
    assert "not public applies here" in zoning["missing"]["en"]
    assert (found["zones"], found["plans"], found["rules"]) == ([], [], [])
    assert check_of(results, "not_public")["answer"] == "cannot_tell"
    assert extract(EVERYTHING)["zones"][0]["stable_id"] == "Z-1"


def test_what_stands_on_the_plot_is_unknown_to_staff_when_buildings_are_restricted():
    r1_plot()
    buildings_on(CITY, building("B-1", rectangle(41, 41, 5, 5), storeys=1))
    Layer.objects.filter(slug="buildings").update(visibility="restricted")
    given = application(proposal={"demolished": None})

    assert "B-1" not in str(check_application(given, seen=STAFF).results)
    assert "B-1" in str(check_application(given, seen=EVERYTHING).results)


def test_a_restricted_landfill_next_door_leaves_the_rule_open_for_staff():
    from tests.conflicts.ground import rule_data

    r1_plot()
    rule = rule_data(subject={"classes": ["landfill"]}, object={"classes": ["residential"]})
    distances_in_force(rule)
    filled_layer("facilities", feature("L-1", square(70, 40, 10), "landfill"))
    surveyed("facilities", square(-5000, -5000, 10_000))
    Layer.objects.filter(slug="facilities").update(visibility="restricted")

    staff = check_application(application(), seen=STAFF).results
    trusted = check_application(application(), seen=EVERYTHING).results

    assert "L-1" not in str(staff)
    assert "Layers that are not public have a say here" in str(staff)
    assert "L-1" in str(trusted)
