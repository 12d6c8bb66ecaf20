"""A profile is kept whole, with its reason, never over somebody else's change."""

import threading

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from layers.profiles.decisions import ClassDecision, LayerDecision, decisions_from
from layers.profiles.errors import NoReasonError, StaleProfileError, UnknownInProfileError
from layers.profiles.models import CityProfile, ProfileChange, ProfileClass, ProfileLayer
from layers.profiles.reading import decisions_of, profile_at_hand, profile_in_use
from layers.profiles.saving import save_profile
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.profiles.choices import chosen, in_use, keep, revision_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ground():
    """Three layers and two classes."""
    for slug in ("zones", "roads", "wells"):
        filled_layer(slug, feature(slug, square(0, 0, 10)))
    land_use("landfill"), land_use("school")


def state():
    """All that is stored of profiles."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (CityProfile, ProfileLayer, ProfileClass, ProfileChange)
    ]


def test_what_is_saved_is_what_is_read_again(ground):
    said = chosen(
        layers={
            "wells": LayerDecision(use=False),
            "roads": LayerDecision(on=False, group_km="ផ្លូវថ្នល់", group_en="Traffic"),
            "zones": LayerDecision(on=True),
        },
        classes={"landfill": ClassDecision(name_km="គំនរសំរាម", name_en="Dump")},
    )

    assert keep(said) is True

    read = decisions_of(CityProfile.objects.get(code="trial"))
    assert read.is_same(said)
    assert list(read.layers) == ["wells", "roads", "zones"]


def test_the_order_of_the_layers_is_a_decision_too(ground):
    first = {slug: LayerDecision() for slug in ("zones", "roads", "wells")}
    keep(chosen(layers=first))

    assert keep(chosen(layers=dict(reversed(first.items())))) is True
    assert list(decisions_of(profile_in_use()).layers) == ["wells", "roads", "zones"]


def test_a_class_about_which_nothing_was_decided_is_not_kept(ground):
    keep(chosen(classes={"school": ClassDecision(), "landfill": ClassDecision(use=False)}))
    kept = ProfileClass.objects.values_list("land_use__code", flat=True)
    assert list(kept) == ["landfill"]


def test_saving_the_same_again_changes_nothing_and_is_not_recorded(ground):
    assert keep(chosen(["wells"])) is True
    before = state()
    assert keep(chosen(["wells"])) is False
    assert state() == before


def test_a_save_made_on_an_older_reading_is_refused_and_nothing_is_stored(ground):
    keep(chosen(["wells"]))
    keep(chosen(["roads"]))
    before = state()
    with pytest.raises(StaleProfileError) as told:
        keep(chosen(["zones"]), revision=1)
    assert told.value.status == 409
    assert "'trial'" in told.value.what
    assert state() == before


def test_two_who_make_the_same_profile_are_told_apart(ground):
    keep(chosen(["wells"]), revision=0)
    with pytest.raises(StaleProfileError):
        keep(chosen(["roads"]), revision=0)


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_a_change_without_a_reason_is_refused(ground, reason):
    with pytest.raises(NoReasonError):
        keep(chosen(["wells"]), reason=reason)
    assert state() == [[], [], [], []]


def test_a_name_that_is_not_here_is_named_and_nothing_is_stored(ground):
    with pytest.raises(UnknownInProfileError, match="'walls', 'weels'"):
        keep(chosen(["weels", "wells", "walls"]))
    with pytest.raises(UnknownInProfileError, match="'dumpsite'"):
        keep(chosen(unused=["dumpsite"]))
    assert state() == [[], [], [], []]


def test_putting_one_in_use_takes_the_other_out_and_both_records_say_so(ground):
    in_use(["wells"], code="old")
    keep(chosen(["roads"]), code="new", reason="A new council.")

    assert profile_in_use().code == "new"
    old = CityProfile.objects.get(code="old")
    change = old.changes.first()
    assert (old.is_active, old.revision, change.reason) == (False, 2, "A new council.")
    assert (change.before["in_use"], change.after["in_use"]) == (True, False)


def test_with_none_in_use_the_one_changed_last_is_at_hand(ground):
    assert profile_at_hand() is None
    keep(chosen(in_use=False), code="first")
    keep(chosen(in_use=False), code="second")
    assert (profile_in_use(), profile_at_hand().code) == (None, "second")
    keep(chosen(), code="first")
    assert profile_at_hand().code == "first"


def test_the_record_holds_who_why_before_and_after(ground):
    dara = User.objects.create_user("dara")
    keep(chosen(["wells"]))
    keep(chosen(["roads"], ["school"]), reason="  Too much on the map. ", changed_by=dara)

    newest, first = ProfileChange.objects.all()
    assert (first.number, first.action, first.before, first.changed_by) == (1, "create", {}, None)
    assert (newest.number, newest.action, newest.reason) == (2, "change", "Too much on the map.")
    assert newest.changed_by == dara
    assert decisions_from(newest.before).is_same(chosen(["wells"]))
    assert decisions_from(newest.after).is_same(chosen(["roads"], ["school"]))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layers_profilechange SET reason = 'another'",
        "UPDATE layers_profilechange SET after = '{}'",
        "DELETE FROM layers_profilechange",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_record(ground, statement):
    keep(chosen(["wells"]))
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert ProfileChange.objects.get().reason == "The council asked for it."


def test_a_profile_with_a_record_and_what_it_names_stay(ground):
    profile = in_use(["wells"], ["school"])
    for row in (profile, profile.layers.get().layer, profile.classes.get().land_use):
        with pytest.raises(ProtectedError):
            row.delete()


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "second", "name_en": "Second", "is_active": True},  # two in use
        {"code": "trial", "name_en": "Again"},  # the same code
        {"code": "unnamed"},
    ],
)
def test_the_database_holds_what_is_true_of_every_profile(ground, fields):
    in_use(["wells"])
    with pytest.raises(IntegrityError), transaction.atomic():
        CityProfile.objects.create(**fields)


def test_the_right_to_change_the_profile_is_one_right():
    rights = Permission.objects.filter(content_type__model__startswith="cityprofile")
    others = Permission.objects.filter(content_type__model__startswith="profile")
    assert list(rights.values_list("codename", flat=True)) == ["change_profile"]
    assert not others.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_refused_and_one_is_kept():
    filled_layer("wells", feature("W", square(0, 0, 10)))
    filled_layer("roads", feature("R", square(0, 0, 10)))
    keep(chosen())
    read_at, outcomes, ready = revision_of(), [], threading.Barrier(2)

    def save(hidden):
        ready.wait()
        try:
            saved = save_profile(
                code="trial", decisions=chosen([hidden]), revision=read_at, reason=hidden
            )
            outcomes.append(("saved", hidden, saved))
        except StaleProfileError:
            outcomes.append(("stale", hidden, False))
        finally:
            connection.close()

    both = [threading.Thread(target=save, args=[slug]) for slug in ("wells", "roads")]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(kind for kind, _slug, _saved in outcomes) == ["saved", "stale"]
    [kept] = [slug for kind, slug, _saved in outcomes if kind == "saved"]
    assert set(decisions_of(profile_in_use()).layers) == {kept}
    assert ProfileChange.objects.count() == 2
