"""The page of the city profile: read by all, changed by who may, saved as it was looked at."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from layers.models import Layer
from layers.profiles.models import CityProfile, ProfileChange
from layers.profiles.reading import decisions_of, profile_in_use
from layers.services import publish_features
from tests.factories import feature, filled_layer, land_use, line, square
from tests.layers.profiles.choices import chosen, in_use, keep
from tests.layers.profiles.pages import ADDRESS, fields_of, form, planner, preview, save, without

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    """Three homes and a landfill in one layer, two roads in another."""
    land_use("home", name_en="Home", name_km="ផ្ទះ"), land_use("landfill", name_en="Landfill")
    places = [feature(f"H{n}", square(20 * n, 0, 10), "home") for n in range(3)]
    filled_layer(
        "uses", *places, feature("L", square(0, 90, 9), "landfill"), title_en="Uses", theme="plan"
    )
    roads = [feature(f"R{n}", line((0, n), (9, n))) for n in range(2)]
    filled_layer("roads", *roads, title_en="Roads", theme="base-road")


def named(client):
    """The form with what it cannot do without."""
    return {**form(client), "name_en": "My city"}


class TestReading:
    def test_without_a_profile_the_page_says_that_everything_is_shown(self, client, city):
        page = client.get(ADDRESS, {"lang": "en"}).content.decode()
        assert "has chosen nothing yet" in page
        assert "Change the profile" not in page

    def test_a_citizen_reads_what_the_city_uses_and_why(self, client, city):
        in_use(["roads"], ["landfill"])
        page = client.get(ADDRESS, {"lang": "en"}).content.decode()
        used, unused = page.split("<h2>Not used</h2>")
        assert "Uses</a>" in used
        assert "Roads</a>" in unused
        assert "Landfill <code>landfill</code>" in unused
        assert "The council asked for it." in unused
        assert "Layer not used any more: Roads" in unused

    def test_names_of_accounts_are_for_those_who_are_signed_in(self, client, city):
        keep(chosen(["roads"]), changed_by=User.objects.create_user("dara"))
        assert "dara" not in client.get(ADDRESS).content.decode()
        client.force_login(User.objects.create_user("citizen"))
        assert "dara" in client.get(ADDRESS).content.decode()

    def test_a_profile_out_of_use_says_that_everything_is_shown(self, client, city):
        in_use(["roads"], in_use=False)
        assert "not in use: everything is shown" in client.get(ADDRESS, {"lang": "en"}).text

    def test_the_page_is_khmer_first(self, client, city):
        in_use(["roads"])
        assert "ស្រទាប់ដែលឈប់ប្រើ៖ Roads" in client.get(ADDRESS).content.decode()


class TestRights:
    @pytest.mark.parametrize("step", ["preview", "save", "edit", ""])
    def test_without_the_right_nothing_can_be_sent(self, client, city, step):
        client.force_login(User.objects.create_user("clerk", is_staff=True))
        assert preview(client, {"name_en": "Mine"}, step).status_code == 403
        assert not CityProfile.objects.exists()

    def test_who_is_not_signed_in_is_asked_to(self, client, city):
        answer = preview(client, {"name_en": "Mine"}, "save")
        assert (answer.status_code, answer["Location"]) == (
            302,
            "/login/?next=%2Flayers%2Fprofile%2F",
        )
        assert not CityProfile.objects.exists()

    def test_the_form_opens_only_for_who_has_the_right(self, client, city):
        assert 'name="layer-roads-use"' not in client.get(ADDRESS, {"change": "1"}).text
        planner(client)
        assert 'name="layer-roads-use"' in client.get(ADDRESS, {"change": "1"}).text

    def test_a_send_from_another_site_is_refused(self, city):
        strict = Client(enforce_csrf_checks=True)
        planner(strict)
        assert preview(strict, {"name_en": "Mine"}, "save").status_code == 403


class TestLooking:
    def test_saving_the_form_as_it_opens_hides_nothing(self, client, city):
        planner(client)
        assert save(client, named(client)).status_code == 302
        said = decisions_of(profile_in_use())
        assert list(said.layers) == ["uses", "roads"]
        assert all(row.use and row.on is None for row in said.layers.values())
        assert said.classes == {}

    def test_the_look_counts_what_would_leave_the_legend_and_stores_nothing(self, client, city):
        planner(client)
        page = preview(client, without(named(client), "layer-roads-use", "class-home-use"))
        told = [(change.kind.value, change.code, change.features) for change, _said in
                page.context["changes"]]  # fmt: skip
        assert ("layer_hidden", "roads", 2) in told
        assert ("class_hidden", "home", 3) in told
        assert "3 features" in page.content.decode()
        assert not CityProfile.objects.exists()

    def test_nothing_to_change_offers_no_save(self, client, city):
        planner(client)
        save(client, named(client))
        page = preview(client, form(client)).content.decode()
        assert "Nothing would change." in page
        assert 'value="save"' not in page

    def test_going_back_keeps_what_was_typed(self, client, city):
        planner(client)
        fields = without(named(client), "layer-roads-use") | {"class-home-name_km": "ផ្ទះល្វែង"}
        looked = fields_of(preview(client, fields))
        again = fields_of(preview(client, looked, "edit"))
        assert again == fields

    def test_the_look_tells_a_first_order_against_the_one_shown_now(self, client, city):
        planner(client)
        turned = {"layer-uses-place": "2", "layer-roads-place": "1"}
        told = preview(client, named(client) | turned).content.decode()
        assert "Order of the layers: Roads, Uses" in told
        assert "Order of the layers" not in preview(client, named(client)).content.decode()

    def test_a_layer_published_later_joins_the_order_without_a_word(self, client, city):
        planner(client)
        save(client, named(client))
        filled_layer("wells", feature("W", square(0, 0, 9)), title_en="Wells")
        assert "Nothing would change." in preview(client, form(client)).content.decode()
        turned = {"layer-wells-place": "1", "layer-uses-place": "2", "layer-roads-place": "3"}
        told = preview(client, form(client) | turned).content.decode()
        assert "Order of the layers: Wells, Uses, Roads" in told


class TestSaving:
    def test_a_planner_hides_a_layer_and_a_class_and_names_another(self, client, city):
        user = planner(client)
        fields = without(named(client), "layer-roads-use", "class-landfill-use")
        fields |= {"class-home-name_en": "Row house", "layer-uses-on": "off"}
        answer = save(client, fields, reason="Fewer lines on the map.")
        assert answer["Location"] == ADDRESS
        said = decisions_of(profile_in_use())
        assert said.layers["roads"].use is False
        assert said.layers["uses"].on is False
        assert said.classes["landfill"].use is False
        assert said.classes["home"].name_en == "Row house"
        change = ProfileChange.objects.get()
        assert (change.changed_by, change.reason) == (user, "Fewer lines on the map.")

    @pytest.mark.parametrize(
        ("places", "order"),
        [
            ({"uses": "2", "roads": "1"}, ["roads", "uses"]),
            ({"uses": "២", "roads": "១"}, ["roads", "uses"]),
            ({"uses": "", "roads": "7"}, ["roads", "uses"]),
            ({"uses": "5", "roads": "5"}, ["uses", "roads"]),
        ],
    )
    def test_order_numbers_order_the_layers(self, client, city, places, order):
        planner(client)
        typed = {f"layer-{slug}-place": place for slug, place in places.items()}
        save(client, named(client) | typed)
        assert list(decisions_of(profile_in_use()).layers) == order

    def test_a_save_without_a_reason_is_refused_and_keeps_all_that_was_typed(self, client, city):
        planner(client)
        answer = save(client, without(named(client), "layer-roads-use"), reason="  ")
        assert answer.status_code == 400
        assert "needs its reason" in answer.content.decode()
        assert "layer-roads-use" not in fields_of(answer)
        assert not CityProfile.objects.exists()

    @pytest.mark.parametrize(
        ("reason", "told"),
        [("a\x00b", "U+0000"), ("x" * 2_001, "2000 letters"), ("turned \u202e", "U+202E")],
    )
    def test_a_reason_that_cannot_be_kept_as_it_is_typed_is_refused(
        self, client, city, reason, told
    ):
        planner(client)
        answer = save(client, named(client), reason=reason)
        assert answer.status_code == 400
        assert told in answer.content.decode()
        assert not CityProfile.objects.exists()

    def test_a_reason_of_two_lines_is_kept_with_both(self, client, city):
        planner(client)
        save(client, named(client), reason="Fewer lines.\r\nព្រោះក្រុមប្រឹក្សា\u200bសម្រេច។")
        assert ProfileChange.objects.get().reason.count("\n") == 1

    @pytest.mark.parametrize("digest", ["", "0" * 64])
    def test_what_was_not_looked_at_is_not_saved(self, client, city, digest):
        planner(client)
        answer = save(client, named(client), digest=digest)
        assert answer.status_code == 409
        assert "not what you looked at" in answer.content.decode()
        assert not CityProfile.objects.exists()

    def test_a_field_changed_after_the_look_is_not_saved(self, client, city):
        planner(client)
        answer = save(client, named(client), **{"class-home-name_km": "ផ្សេង"})
        assert answer.status_code == 409
        assert not CityProfile.objects.exists()

    def test_features_published_after_the_look_ask_for_another_look(self, client, city):
        planner(client)
        looked = fields_of(preview(client, without(named(client), "class-home-use")))
        more = [feature("H9", square(300, 0, 10), "home")]
        publish_features(layer=Layer.objects.get(slug="uses"), features=more, replaces_all=False)
        answer = preview(client, {**looked, "reason": "Why"}, "save")
        assert answer.status_code == 409
        assert "4 features" in answer.content.decode()
        again = preview(client, {**fields_of(answer), "reason": "Why"}, "save")
        assert again.status_code == 302

    def test_who_comes_second_is_told_and_sees_what_saving_would_undo(self, client, city):
        planner(client)
        save(client, named(client))
        looked = fields_of(preview(client, without(form(client), "class-home-use")))
        keep(chosen(["roads"], name_km="", name_en="My city"), code="city", reason="The other one.")
        before = ProfileChange.objects.count()

        answer = preview(client, {**looked, "reason": "Mine"}, "save")
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "was changed after you read it" in page
        assert "Layer used again: Roads" in page
        assert ProfileChange.objects.count() == before

        assert preview(client, {**fields_of(answer), "reason": "Mine"}, "save").status_code == 302
        assert decisions_of(profile_in_use()).layers["roads"].use is True

    def test_out_of_use_everything_is_shown_again(self, client, city):
        planner(client)
        save(client, without(named(client), "layer-roads-use"))
        save(client, without(form(client), "in_use"))
        assert profile_in_use() is None
        [newest, _first] = ProfileChange.objects.all()
        assert newest.after["in_use"] is False


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("name_en", "", "Give the profile a name."),
        ("name_en", "x" * 121, "at most 120 characters"),
        ("name_en", "My\u202ecity", "U+202E"),
        ("code", "my city", "valid"),
        ("layer-uses-place", "first", "Give a whole number from 1."),
        ("layer-uses-place", "0", "Give a whole number from 1."),
        ("layer-uses-place", "1.5", "Give a whole number from 1."),
        ("layer-uses-place", "-3", "Give a whole number from 1."),
        ("layer-uses-place", "1e99", "Give a whole number from 1."),
        ("layer-uses-on", "perhaps", "Select a valid choice"),
        ("layer-uses-group_km", "ក\u2066ខ", "U+2066"),
        ("class-home-name_km", "a\x00b", "Null characters"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "save"])
def test_a_mistake_is_told_beside_its_field(client, city, name, typed, told, step):
    planner(client)
    answer = preview(client, named(client) | {name: typed}, step)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert "What you typed is kept below." in page
    assert not CityProfile.objects.exists()


def test_a_code_that_is_taken_cannot_be_changed_by_sending_another(client, city):
    planner(client)
    save(client, named(client) | {"code": "sihanoukville"})
    save(client, without(form(client), "layer-roads-use") | {"code": "another"})
    profile = CityProfile.objects.get()
    assert (profile.code, profile.revision) == ("sihanoukville", 2)


def test_the_profile_can_be_taken_along_as_a_file(client, city):
    in_use(["roads"], ["landfill"])
    answer = client.get(ADDRESS, {"format": "yaml"})
    assert answer["Content-Disposition"] == 'attachment; filename="profile-trial.yaml"'
    assert "- layer: roads\n  use: false" in answer.text
