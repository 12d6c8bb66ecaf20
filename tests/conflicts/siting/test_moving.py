"""From a site found to a draft: what stands elsewhere is drawn there, and nothing is published."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.urls import reverse
from django.utils import translation

from conflicts.siting.moving import CannotMoveError, movable, move_to_site, site_square
from conflicts.siting.question import SitingQuestion
from conflicts.siting.services import ask, carry_out
from conflicts.siting.uses import placeable_uses
from layers.classes import load_classes
from layers.editing.errors import NotAllowedError, NotSignedInError
from layers.editing.models import Draft
from layers.editing.publishing import publish_draft
from layers.editing.reading import draft_counts, feature_state
from layers.errors import NotFoundError
from layers.models import Layer
from layers.queries import feature_named
from tests.conflicts.ground import rule_data, rulebook
from tests.conflicts.siting.ground import broken_by, city
from tests.factories import feature, square

pytestmark = pytest.mark.django_db

SCHOOL = feature("SCHOOL", square(600, 600, 50), "school")
DUMP = feature("DUMP", square(700, 600, 60), "landfill", name_en="Old pit", opened=2021)
RIGHTS = ("study_siting", "edit_features", "publish_version")


@pytest.fixture
def book():
    return rulebook(rule_data("T-01", min_distance_m=200))


@pytest.fixture
def study(book):
    city(SCHOOL, DUMP)
    question = SitingQuestion(use="landfill", area_m2=10_000.0)
    return carry_out(ask(question=question, book=book))


def planner(*rights):
    user = User.objects.create_user("dara", password="a pit far away")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)


def test_the_pit_beside_the_school_is_drawn_onto_the_first_site_in_a_draft(study):
    before = feature_named("facilities", "DUMP").geometry

    draft = move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=planner(*RIGHTS))

    drawn = feature_state(draft, "DUMP").content
    assert drawn.geometry.equals(site_square(study, 1))
    assert drawn.geometry.area >= 10_000
    assert (drawn.land_use, drawn.properties["opened"]) == ("landfill", 2021)
    assert feature_named("facilities", "DUMP").geometry.equals(before)
    assert draft_counts(draft) == {"create": 0, "replace": 1, "delete": 0}


def test_published_there_it_breaks_the_rule_no_more(study, book):
    assert broken_by(square(700, 600, 60), book) == {"T-01"}
    user = planner(*RIGHTS)
    draft = move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=user)

    publish_draft(draft=draft, author=user, message="moved", accepts_warnings=True)

    moved = feature_named("facilities", "DUMP").geometry
    assert moved.distance(feature_named("facilities", "SCHOOL").geometry) >= 200
    assert broken_by(site_square(study, 1), book) == set()


def test_the_draft_says_from_which_study_it_comes(study):
    draft = move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=planner(*RIGHTS))

    assert draft.title == f"DUMP to site 1 of siting study {study.pk}"
    assert draft.author.get_username() == "dara"


def test_a_site_the_study_did_not_find_is_no_place_to_go(study):
    with pytest.raises(NotFoundError, match="has no site S99"):
        move_to_site(kept=study, rank=99, address="facilities/DUMP", reader=planner(*RIGHTS))
    assert not Draft.objects.exists()


@pytest.mark.parametrize("address", ["facilities/SCHOOL", "facilities/GONE", "facilities/"])
def test_only_what_is_of_the_use_that_was_asked_about_is_moved(study, address):
    with pytest.raises(CannotMoveError, match="is no"):
        move_to_site(kept=study, rank=1, address=address, reader=planner(*RIGHTS))
    assert not Draft.objects.exists()


def test_who_may_not_change_features_neither_moves_one_nor_is_offered_any(study):
    reader = planner("study_siting")

    assert list(movable(study, reader)) == []
    with pytest.raises(NotAllowedError):
        move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=reader)
    with pytest.raises(NotSignedInError):
        move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=AnonymousUser())


def test_a_feature_of_a_layer_one_may_not_see_is_not_moved(study):
    Layer.objects.filter(slug="facilities").update(visibility="restricted")

    with pytest.raises(NotFoundError, match="no layer 'facilities'"):
        move_to_site(kept=study, rank=1, address="facilities/DUMP", reader=planner(*RIGHTS))


def test_offered_are_the_landfills_that_stand_by_name(study):
    [offered] = movable(study, planner(*RIGHTS))

    assert (offered.address, offered.name) == ("facilities/DUMP", "Old pit (DUMP)")


def test_the_page_offers_the_move_and_leads_to_the_editor_at_the_site(study, client):
    client.force_login(planner(*RIGHTS))
    page = client.get(reverse("siting-study", kwargs={"number": study.pk}), {"lang": "en"})
    assert "Old pit (DUMP)" in page.content.decode()

    done = client.post(
        reverse("siting-move", kwargs={"number": study.pk}),
        {"feature": "facilities/DUMP", "rank": "1"},
    )

    draft = Draft.objects.get()
    assert done.status_code == 302
    assert done.url.startswith(f"/layers/facilities/edit/?draft={draft.pk}#lat=10.")
    assert client.get(done.url.split("#")[0]).status_code == 200


@pytest.mark.parametrize("rank", ["", "0", "-1", "1.5", "x", "๑", "99999999999999999999"])
def test_a_rank_that_is_none_is_answered_with_404(study, client, rank):
    client.force_login(planner(*RIGHTS))

    done = client.post(
        reverse("siting-move", kwargs={"number": study.pk}),
        {"feature": "facilities/DUMP", "rank": rank},
    )

    assert done.status_code == 404


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_list_of_uses_names_none_twice_and_none_that_nobody_places(language):
    load_classes()
    with translation.override(language):
        uses = placeable_uses()

    codes, names = zip(*uses, strict=True)
    assert len(set(names)) == len(names)
    assert list(names) == sorted(names)
    assert {"landfill", "school_primary", "health_centre", "residential"} <= set(codes)
    assert not {"river", "beach", "any_building", "power_line_115", "clinic"} & set(codes)
