"""Which layers reach a place: a rectangle, a sangkat, a place by its name; said, drawn or typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.catalogue.places import SoughtPlace, reaching, rectangle_asked
from layers.crs import to_wgs84
from layers.exports.selection import SelectionError
from layers.models import Layer
from layers.services import retire_features, set_surveyed_area
from layers.visibility import visible_versions
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.layers.web_map import published_grid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _layers():
    """Two sangkats side by side, shops in two far corners, a road through both sangkats."""
    filled_layer(
        "sangkat",
        feature("SK-1", square(0, 0, 1000), name_km="សង្កាត់មួយ", name_en="Sangkat One"),
        feature("SK-2", square(1000, 0, 1000), name_km="សង្កាត់ពីរ", name_en="Sangkat Two"),
        title_en="Sangkats", theme="administration", geometry_kind="polygon",
    )  # fmt: skip
    filled_layer(
        "shops", feature("S1", at(10, 10)), feature("S2", at(9000, 9000)), theme="facility"
    )
    filled_layer("roads", feature("R", line((500, 500), (1500, 500))), geometry_kind="line")


def degrees(shape):
    """The rectangle around some ground, as the address writes it."""
    return ",".join(f"{edge:.7f}" for edge in to_wgs84(shape).bounds)


def answer(client, status=200, **asked):
    response = client.get("/layers/", {"lang": "en", **asked})
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def found(client, **asked):
    listed = re.findall(r'<h2><a href="/layers/([-\w]+)/">', answer(client, **asked))
    return sorted(listed)


class TestARectangle:
    def test_a_layer_answers_where_its_features_lie_not_between_them(self, client):
        assert found(client, bbox=degrees(square(-50, -50, 100))) == ["sangkat", "shops"]
        # within the extent of the shops, but none of them is there
        assert found(client, bbox=degrees(square(4000, 4000, 500))) == []
        assert found(client, bbox=degrees(square(1200, 400, 200))) == ["roads", "sangkat"]

    def test_a_layer_that_looked_there_and_found_nothing_answers_too(self, client):
        set_surveyed_area(layer=Layer.objects.get(slug="shops"), geometry=square(3900, 3900, 900))

        assert found(client, bbox=degrees(square(4000, 4000, 500))) == ["shops"]

    def test_a_grid_answers_where_it_has_cells(self, client, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path / "media"
        published_grid(tmp_path, "depth", [[0.5] * 10] * 10)  # 100 m x 100 m south of the origin

        assert found(client, bbox=degrees(square(40, -60, 10))) == ["depth"]
        assert found(client, bbox=degrees(square(140, -60, 10))) == []

    def test_what_a_layer_held_before_is_no_answer(self, client):
        retire_features(layer=Layer.objects.get(slug="shops"), stable_ids=["S1"])

        assert found(client, bbox=degrees(square(-50, -50, 100))) == ["sangkat"]

    def test_a_hidden_layer_does_not_answer(self, client):
        Layer.objects.filter(slug="shops").update(visibility="internal")

        assert found(client, bbox=degrees(square(-50, -50, 100))) == ["sangkat"]

    def test_the_whole_world_reaches_every_layer_and_the_far_side_of_the_earth_none(self, client):
        assert found(client, bbox="-180,-90,180,90") == ["roads", "sangkat", "shops"]
        assert found(client, bbox="-80,-20,-70,-10") == []

    def test_it_narrows_words_and_theme(self, client):
        here = degrees(square(-50, -50, 100))

        assert found(client, bbox=here, theme="facility") == ["shops"]
        assert found(client, bbox=here, q="nothing of the kind") == []

    def test_the_page_says_which_rectangle_was_looked_at_and_keeps_it_in_the_field(self, client):
        text = answer(client, bbox="103.40,10.50,103.60,10.70")

        assert "Layers that reach the rectangle 103.4, 10.5 to 103.6, 10.7." in text
        assert 'value="103.40,10.50,103.60,10.70"' in text

    @pytest.mark.parametrize(
        "bbox",
        [
            "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,10,104,11", "103,10,inf,11", "103,10,1e400,11",
            "104,10,103,11",  # west of its west: it would span the 180th meridian
            "170,10,-170,11", "103,11,104,10", "-181,0,1,1", "103,-91,104,11", "103,10,104,90.1",
            "103;10;104;11", "1_03,10,104,11", "103,10,104,11,", ",,,", "١٠٣,10,104,11",
            "0x67,10,104,11", "103,10,104,11\x00", "1e2,10,104,11",
        ],
    )  # fmt: skip
    def test_what_is_no_rectangle_is_a_bad_request_told_at_its_field(self, client, bbox):
        text = answer(client, status=400, bbox=bbox)

        assert 'class="errorlist"' in text
        assert not re.findall(r'<h2><a href="/layers/([-\w]+)/">', text)

    def test_the_sentence_tells_how_a_rectangle_is_written(self):
        with pytest.raises(SelectionError) as error:
            rectangle_asked("104,10,103,11")

        assert "'104,10,103,11' is no rectangle in degrees." in error.value.what
        assert "west, south, east, north" in error.value.remedy


class TestASangkat:
    def test_its_own_outline_is_asked_not_the_rectangle_around_it(self, client):
        ring = square(0, 0, 1000).difference(square(5, 5, 900))
        Layer.objects.filter(slug="sangkat").delete()
        filled_layer("sangkat", feature("SK-9", ring, name_en="Ring"), geometry_kind="polygon")

        assert found(client, sangkat="SK-9") == ["roads", "sangkat"]

    def test_a_reader_without_a_script_picks_it_from_a_list_in_their_language(self, client):
        text = answer(client)
        khmer = client.get("/layers/?lang=km").content.decode()

        assert '<option value="SK-1">Sangkat One</option>' in text
        assert '<option value="SK-1">សង្កាត់មួយ</option>' in khmer
        assert found(client, sangkat="SK-2") == ["roads", "sangkat"]
        assert "Layers that reach Sangkat Two." in answer(client, sangkat="SK-2")

    def test_a_sangkat_that_does_not_exist_is_a_bad_request(self, client):
        assert "SK-77" in answer(client, status=400, sangkat="SK-77")

    def test_without_the_layer_of_sangkats_there_is_no_list_of_them(self, client):
        Layer.objects.filter(slug="sangkat").update(visibility="restricted")

        assert 'name="sangkat"' not in answer(client)


class TestAPlaceByItsName:
    def test_an_area_is_asked_in_its_own_outline(self, client):
        assert found(client, place="Sangkat Two") == ["roads", "sangkat"]
        assert "Layers that reach Sangkat Two." in answer(client, place="សង្កាត់ពីរ")

    def test_a_village_that_is_a_point_is_looked_for_a_kilometre_around(self, client):
        filled_layer("villages", feature("V", at(9000, 8200), name_en="Phum Thmei"))

        assert found(client, place="Phum Thmei") == ["shops", "villages"]
        assert "Layers that reach 1,000 m around Phum Thmei." in answer(client, place="Phum Thmei")

    def test_a_sangkat_comes_before_an_office_named_after_it_and_the_office_is_named(self, client):
        filled_layer(
            "offices", feature("O", at(9000, 9000), name_en="Sangkat Two"), title_en="Offices"
        )

        text = answer(client, place="Sangkat Two")

        assert "Layers that reach Sangkat Two." in text
        assert "Also found under this name: Sangkat Two (Offices)." in text
        assert found(client, place="Sangkat Two") == ["roads", "sangkat"]

    def test_a_name_of_one_place_alone_names_no_other(self, client):
        assert "Also found under this name" not in answer(client, place="Sangkat Two")

    def test_a_search_that_was_not_made_does_not_say_that_no_layer_answers(self, client):
        assert "No layer answers this search" not in answer(client, place="Atlantis")
        assert "No layer answers this search" not in answer(client, status=400, bbox="1,2")
        assert "No layer answers this search" in answer(client, q="zzzz")

    def test_a_name_that_nobody_knows_is_told_and_is_no_all_clear(self, client):
        text = answer(client, place="Atlantis")

        assert "No place of this name was found: the search says nothing." in text
        assert found(client, place="Atlantis") == []

    def test_two_places_are_both_to_be_reached(self, client):
        both = {"place": "Sangkat One", "bbox": degrees(square(1200, 400, 200))}

        assert found(client, **both) == ["roads", "sangkat"]
        assert found(client, place="Sangkat One", bbox=degrees(square(8950, 8950, 90))) == ["shops"]


class TestTheMap:
    def test_it_asks_nothing_of_the_outside_and_works_without_a_script(self, client):
        text = answer(client)

        assert '<details class="place-map" id="place-map" hidden>' in text
        assert 'name="bbox"' in text
        assert not re.findall(r'(?:src|href)="https?://', text)

    def test_it_holds_only_layers_the_reader_may_see(self, client):
        Layer.objects.filter(slug="shops").update(visibility="internal")

        assert '"slug": "shops"' not in answer(client)


@few
@given(
    features=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 60), st.integers(1, 20)),
        max_size=12,
    ),
    x=st.integers(-5, 70), y=st.integers(-5, 70), wide=st.integers(1, 30), high=st.integers(1, 30),
)  # fmt: skip
@taken_back
def test_the_layers_found_are_those_whose_features_geometry_finds(features, x, y, wide, high):
    """Against shapely, in whole metres and half ones, so that nothing only touches."""
    shapes = {}
    for n, (group, west, south, side) in enumerate(features):
        shapes.setdefault(f"layer-{group}", {})[f"F{n}"] = square(west, south, side)
    for slug, held in shapes.items():
        filled_layer(slug, *(feature(name, shape) for name, shape in held.items()))
    ground = rectangle(x + 0.5, y + 0.5, wide, high)
    versions = [v for v in visible_versions_of_all() if v.layer.slug.startswith("layer-")]

    reached = {v.layer.slug for v in reaching(versions, [SoughtPlace("", ground)])}

    assert reached == {
        slug for slug, held in shapes.items() if any(s.intersects(ground) for s in held.values())
    }


def visible_versions_of_all():
    from django.contrib.auth.models import AnonymousUser

    return visible_versions(AnonymousUser())
