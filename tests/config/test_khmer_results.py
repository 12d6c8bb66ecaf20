"""Pages of one result, opened in Khmer: a permit's answers, reserved land, a run of the flood."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.config.test_khmer_pages import english_in
from tests.factories import rectangle, square
from tests.planning.city import flooded, nothing_reserved, r1_plot
from tests.planning.reserved_land import block, reserve
from tests.planning.test_permit_pages import TYPED
from tests.planning.test_releases import release
from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, run_scenario, write_scenario

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"


# A rule of a table that has no Khmer text yet, shown as such.
MARKED_AS_ENGLISH = re.compile(r"“[^”]*” \(អង់គ្លេស មិនទាន់បកប្រែ\)")


def opened(client, address, **posted):
    answer = client.post(address, posted) if posted else client.get(address)
    assert answer.status_code == 200, address
    return MARKED_AS_ENGLISH.sub("", answer.content.decode())


@pytest.mark.parametrize("typed", [{}, {"basement_depth_m": ""}, {"floor_area_1": ""}])
def test_the_result_of_a_permit_check_names_nothing_in_english_or_in_code(client, typed):
    r1_plot()
    nothing_reserved(square(0, 0, 100))
    flooded(square(0, 0, 100), "H2", rectangle(40, 40, 10, 15), 0.6)

    page = opened(client, reverse("permits"), **TYPED | typed)

    assert english_in(page) == []
    assert "basement_depth_m" not in page
    assert "floor_area_m2" not in page


def test_the_page_of_reserved_land_has_no_english_sentence(client):
    block()
    reserve()

    assert english_in(opened(client, reverse("reservation", args=["RES-1"]))) == []


@pytest.mark.parametrize("typed", [{}, {"instrument": ".", "released_on": "2999-01-01"}])
def test_the_form_that_releases_land_tells_its_mistakes_in_khmer(client, typed):
    block()
    reserve()
    client.force_login(User.objects.create_superuser("sokha"))
    posted = {"reason": "សាលានៅកន្លែងផ្សេង", **typed}

    answer = client.post(reverse("reservation-release", args=["RES-1"]), posted)

    assert answer.status_code == 400
    assert english_in(answer.content.decode()) == []


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_the_page_of_released_land_has_no_english_sentence(client, is_signed_in):
    block()
    person = User.objects.create_superuser("sokha")
    release(reserve(), person, instrument="ដីកា លេខ ១២", reason="សាលានៅកន្លែងផ្សេង")
    if is_signed_in:
        client.force_login(person)

    page = opened(client, reverse("reservation", args=["RES-1"]))

    assert "ដីនេះត្រូវបានដោះលែង" in page
    assert english_in(page) == []


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_the_page_of_a_flood_run_has_no_english_sentence(client, tmp_path, is_signed_in):
    run = run_scenario(write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN))
    if is_signed_in:
        client.force_login(User.objects.create_superuser("sokha"))

    assert english_in(opened(client, reverse("scenario", args=[run.pk]))) == []


@pytest.mark.parametrize(("language", "word"), [("km", "ប្រភព"), ("en", "Sources")])
def test_every_page_but_the_map_leads_to_the_sources(client, language, word):
    page = opened(client, f"/findings/?lang={language}")
    foot = page.split('<footer class="foot">')[1]
    assert f'<a href="{reverse("sources")}">{word}</a>' in foot
