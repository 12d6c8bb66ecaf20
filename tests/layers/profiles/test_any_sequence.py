"""Whatever is saved in whatever order, the record tells all of it and one profile is in use."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.models import Layer
from layers.profiles.decisions import LayerDecision, decisions_from, merged
from layers.profiles.errors import StaleProfileError
from layers.profiles.models import CityProfile, ProfileChange
from layers.profiles.preview import preview_of
from layers.profiles.reading import decisions_of, profile_in_use, record_of
from layers.profiles.saving import save_profile
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.profiles.test_decisions import profiles

pytestmark = pytest.mark.django_db
PUBLIC, HIDDEN = ("zones", "roads", "sea"), ("wells", "secret")
CODES = ("R1", "school")
brief = settings(few, max_examples=20)
a_save = st.tuples(
    st.sampled_from(["one", "two"]),
    profiles((*PUBLIC, *HIDDEN), CODES),
    st.integers(0, 2),  # how many revisions behind its reading is
)


@pytest.fixture
def ground():
    """Five layers, two of which are restricted, and the classes."""
    for slug in PUBLIC:
        filled_layer(slug, feature(slug, square(0, 0, 9), "school"))
    for slug in HIDDEN:
        filled_layer(slug, feature(slug, square(0, 0, 9)), visibility="restricted")
    land_use("R1", scheme="zone")


def try_to_save(code, said, behind):
    """Save as somebody who read the profile so many changes ago; tell what came of it."""
    profile = CityProfile.objects.filter(code=code).first()
    revision = profile.revision if profile else 0
    try:
        return save_profile(
            code=code, decisions=said, revision=max(revision - behind, 0), reason="Because."
        )
    except StaleProfileError:
        return None


@brief
@given(st.lists(a_save, max_size=6))
@taken_back
def test_the_record_of_each_profile_is_a_chain_that_ends_at_what_stands(ground, saves):
    for code, said, behind in saves:
        existed = CityProfile.objects.filter(code=code).values_list("revision", flat=True).first()
        outcome = try_to_save(code, said, behind)
        assert (outcome is None) == bool(existed and behind)

    for profile in CityProfile.objects.all():
        chain = list(ProfileChange.objects.filter(profile=profile).order_by("number"))
        assert [change.number for change in chain] == list(range(1, profile.revision + 1))
        assert chain[0].before == {}
        for earlier, later in pairwise(chain):
            assert later.before == earlier.after
            assert later.before != later.after
        assert decisions_of(profile).as_json() == chain[-1].after
    assert CityProfile.objects.filter(is_active=True).count() <= 1


@brief
@given(st.lists(a_save, min_size=1, max_size=4))
@taken_back
def test_the_last_one_put_in_use_is_in_use(ground, saves):
    expected = None
    for code, said, _behind in saves:
        try_to_save(code, said, 0)
        if said.in_use:
            expected = code
        elif expected == code:
            expected = None
    assert (profile_in_use() and profile_in_use().code) == expected


@brief
@given(st.lists(a_save, min_size=1, max_size=4))
@taken_back
def test_no_entry_of_the_record_names_a_layer_its_reader_may_not_see(ground, saves):
    for code, said, _behind in saves:
        try_to_save(code, said, 0)
    trusted = User.objects.create_user("trusted")
    trusted.user_permissions.set(Permission.objects.filter(codename="view_layer"))
    for profile in CityProfile.objects.all():
        told = record_of(profile, AnonymousUser())
        named = {slug for entry in told for change in entry.changes for slug in change.slugs}
        assert named <= set(PUBLIC)
        assert len(told) <= len(record_of(profile, User.objects.get(username="trusted")))


@brief
@given(profiles((*PUBLIC, *HIDDEN), CODES), st.permutations(PUBLIC), st.data())
@taken_back
def test_an_editor_who_sees_three_layers_changes_only_these(ground, said, order, data):
    uses = {slug: data.draw(st.booleans()) for slug in order}
    asked = {slug: LayerDecision(use=use) for slug, use in uses.items()}
    after = merged(said.layers, asked)
    try_to_save("one", said, 0)
    kept = CityProfile.objects.get(code="one")
    changed = decisions_of(kept).as_json() | {
        "layers": [
            {"layer": slug, "use": row.use, "on": row.on, "group_km": row.group_km,
             "group_en": row.group_en}
            for slug, row in after.items()
        ]
    }  # fmt: skip
    try_to_save("one", decisions_from(changed), 0)
    stands = decisions_of(CityProfile.objects.get(code="one")).layers
    assert [slug for slug in stands if slug in PUBLIC] == list(order)
    for slug in HIDDEN:
        assert stands.get(slug) == said.layers.get(slug)


@brief
@given(profiles(PUBLIC, CODES), profiles(PUBLIC, CODES))
@taken_back
def test_the_counts_of_a_look_are_those_of_the_layers(ground, before, after):
    features = Layer.objects.get(slug="zones").features.count()
    for change in preview_of(before, after, AnonymousUser()):
        if change.is_of_class:
            assert change.features == (len(PUBLIC) if change.code == "school" else 0)
        elif change.slugs and len(change.slugs) == 1 and change.kind.startswith("layer"):
            assert change.features == features == 1
