"""U+0000 in an address: what no database text can hold is refused or not found, never a fault."""

import pytest
from django.contrib.auth.models import User

from layers.services import set_surveyed_area
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db
PLACE = "lon=103.5&lat=10.6&z=15"

ADDRESSES = [
    "/search?q=%00",
    "/search?q=ផ្សារ%00",
    f"/identify?{PLACE}&layers=%00",
    "/layers/?q=%00",
    "/layers/?theme=%00",
    "/layers/%00/",
    "/layers/plots%00/history.json",
    "/layers/plots/history.json?date=%00",
    "/layers/plots/diff.json?from=%00&to=1",
    "/layers/plots/versions/1/features/%00",
    "/layers/plots/versions/1/features?after=%00",
    "/layers/plots/download?format=%00",
    "/layers/plots/download?format=geojson&ids=%00",
    "/layers/plots/download?format=geojson&class=%00",
    "/layers/plots/download?format=geojson&lifecycle=%00",
    "/layers/plots/download?format=geojson&q=%00",
    "/layers/plots/download?format=geojson&is.owner=%00",
    "/layers/plots/download?format=geojson&has.owner=%00",
    "/layers/plots/download?format=geojson&min.%00=1",
    "/layers/plots/download?format=geojson&is.%00=1",
    "/layers/plots/features/?q=%00",
    "/layers/plots/surveyed/",
    "/findings/?rule=%00",
    "/findings/?subject=%00",
    "/findings/?rulebook=%00",
    "/findings/?subject_layer=%00",
    "/findings/?state=%00",
    "/findings.geojson?object=%00",
    "/extract/?parcel=%00",
    "/reservations/%00/",
    "/scenarios/?q=%00",
    "/tiles/plots/1/0/0/0.pbf?class=%00",
    "/tiles/%00/1/0/0/0.pbf",
    "/ogc/collections/%00",
    "/ogc/collections/plots/items?filter=owner%3D%27%00%27",
    "/ogc/collections/plots/items?owner=%00",
    "/ogc/collections/plots/items/%00",
    "/map/?layer=%00",
    "/sources/?q=%00",
    "/?lang=%00",
]


@pytest.fixture
def plots():
    land_use("RES")
    ground = filled_layer(
        "plots",
        feature("A", square(0, 0, 10), "RES", owner="ក"),
        attribute_schema={"fields": {"owner": {"type": "text"}}},
    )
    set_surveyed_area(layer=ground, geometry=square(0, 0, 100), source="survey")
    return ground


@pytest.fixture(params=["visitor", "planner"])
def reader(request, client):
    """A browser that shows a fault as a page with code 500, as the server does."""
    client.raise_request_exception = False
    if request.param == "planner":
        client.force_login(User.objects.create_superuser("planner"))
    return client


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_it_is_answered_without_a_fault(plots, reader, address):
    response = reader.get(address)
    if response.streaming:
        b"".join(response.streaming_content)

    assert response.status_code < 500, address
    assert response.status_code in {200, 302, 400, 403, 404, 422}


def test_a_program_is_told_the_sign_and_a_person_too_in_khmer(plots, client):
    address = "/layers/plots/versions/1/features/%00"

    told = client.get(address, headers={"Accept": "application/json"})
    page = client.get(address, headers={"Accept": "text/html"})

    assert (told.status_code, page.status_code) == (400, 400)
    assert "U+0000" in told.json()["error"]["what"]
    assert "អាសយដ្ឋាននេះមានសញ្ញា U+0000" in page.content.decode()


def test_a_sign_written_as_text_is_a_text_like_any_other(plots, client):
    found = client.get("/layers/plots/download?format=geojson&is.owner=%2500")

    assert found.status_code == 200
    assert b'"features":[]' in b"".join(found.streaming_content)
