"""Findings tell where hidden things stand: each is shown to whom may see both its layers."""

import pytest
from django.contrib.auth.models import Permission, User

from layers.models import Layer
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

MAY_SEE_RESTRICTED = "view_layer"
DISTANCE = "lies 180.0 m"
READERS = ("anyone", "account", "staff", "trusted", "trusted staff", "superuser")
STAFF = {"staff", "trusted staff", "superuser"}
TRUSTED = {"trusted", "trusted staff", "superuser"}


@pytest.fixture
def finding():
    """A landfill 180 m from a school; each stands in a layer of its own."""
    land_use("landfill", name_en="Landfill")
    land_use("school", name_en="School")
    surveyed_layer("dumps", feature("L", square(0, 0, 100), "landfill"))
    surveyed_layer("schools", feature("S", square(280, 0, 50), "school"))
    [found] = find(rule_data())
    return found


@pytest.fixture
def read_as(client):
    """Sign a reader in who is staff, trusted with restricted layers, both or neither."""

    def sign_in(reader):
        if reader == "anyone":
            return client
        user = User.objects.create_user(
            reader.replace(" ", "-"),
            is_staff="staff" in reader,
            is_superuser=reader == "superuser",
        )
        if "trusted" in reader:
            user.user_permissions.add(Permission.objects.get(codename=MAY_SEE_RESTRICTED))
        client.force_login(user)
        return client

    return sign_in


def hide(slug, visibility):
    Layer.objects.filter(slug=slug).update(visibility=visibility)


def places_that_show(client, finding):
    """Return where a reader finds the finding: list, groups, its page, the map, the export."""
    page = f"/findings/{finding.pk}/"
    answers = {
        "groups": DISTANCE in client.get("/findings/?lang=en").content.decode(),
        "list": DISTANCE in client.get("/findings/?lang=en&view=each").content.decode(),
        "page": client.get(page).status_code == 200,
        "map": client.get("/findings.geojson").json()["total"] == 1,
        "one": client.get(f"/findings.geojson?finding={finding.pk}").json()["total"] == 1,
        "around": client.get("/findings.geojson?bbox=103,10,104,11").json()["total"] == 1,
    }
    return {place for place, is_shown in answers.items() if is_shown}


EVERYWHERE = {"groups", "list", "page", "map", "one", "around"}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("visibility", "may_see"),
    [("public", set(READERS)), ("internal", STAFF - {"superuser"}), ("restricted", TRUSTED)],
)
@pytest.mark.parametrize("hidden_side", ["dumps", "schools"])
def test_a_finding_is_shown_only_to_whom_may_see_both_of_its_layers(
    finding, read_as, hidden_side, visibility, reader, may_see
):
    """A superuser of this test is no staff: internal layers stay closed, as on the map."""
    hide(hidden_side, visibility)

    shown = places_that_show(read_as(reader), finding)

    assert shown == (EVERYWHERE if reader in may_see else set())


def test_staff_cannot_decide_about_a_finding_they_may_not_see(finding, read_as):
    hide("schools", "restricted")
    sent = {"step": "dismiss", "reason": "not mine to see"}

    assert read_as("staff").post(f"/findings/{finding.pk}/", sent).status_code == 404
    assert not finding.events.exists()


def test_what_the_browser_keeps_of_a_trusted_reader_is_not_taken_for_staff(finding, read_as):
    hide("schools", "restricted")
    kept = read_as("trusted staff").get("/findings.geojson")["ETag"]

    again = read_as("staff").get("/findings.geojson", headers={"if-none-match": kept})

    assert again.status_code == 200
    assert again.json()["features"] == []


def test_features_of_a_restricted_layer_are_not_named_to_staff_as_gaps(read_as):
    filled_layer("dumps", feature("SECRET", square(0, 0, 100), "landfill"))
    filled_layer("schools", feature("S", square(280, 0, 50), "school"))
    find(rule_data())
    hide("dumps", "restricted")

    told = read_as("staff").get("/findings/?lang=en").content.decode()
    assert "1 places have ground" in told
    assert "SECRET" not in told

    assert "SECRET" in read_as("trusted").get("/findings/?lang=en").content.decode()
