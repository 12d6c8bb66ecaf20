"""How layers look: a colour, a legend and a label belong to a value in its own unit."""

import math
from itertools import pairwise

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import translation

from layers.answers import PARCEL_LAYER, place_content, search_content
from layers.classes import read_table
from layers.identify import FoundFeature, GridValue, LayerAnswer, Place
from layers.legend import (
    ARRIVAL_STEPS_S,
    HAZARD_COLOURS,
    LOOKS,
    OTHER,
    PLAIN_LOOK,
    RATING_STEPS,
    SHOWN_FIRST,
    THEMES,
    VELOCITY_STEPS,
    depth_steps,
    look_for_browser,
    look_of,
    raster_steps,
    summary,
    theme_of,
    vector_legend,
)
from layers.map_content import CAMBODIA, map_content
from layers.models import Layer, LayerVersion
from layers.names import NameProperties, name_properties, recognised
from layers.search import Match, Query
from layers.services import open_layer, publish_features, published_version
from layers.stamps import version_stamp
from tests.factories import at, feature, filled_layer, land_use, square
from tests.layers.web_map import lonlat, published_grid

PUBLIC = AnonymousUser()


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def layer_of(slug="things", theme="other", **fields):
    return Layer(slug=slug, theme=theme, title_en=slug, geometry_kind="mixed", **fields)


class TestSteps:
    def test_the_depth_classes_are_those_of_the_table_of_flood_classes(self):
        drawn = [(s.lower, s.upper, s.label) for s in depth_steps()]
        assert drawn == [
            (0.01, 0.30, "0.01–0.30 m"),
            (0.30, 0.60, "0.30–0.60 m"),
            (0.60, 1.20, "0.60–1.20 m"),
            (1.20, math.inf, ">1.20 m"),
        ]
        assert [row["class"] for row in read_table("flood_classes")] == ["H0", *HAZARD_COLOURS]

    @pytest.mark.parametrize(
        "steps", [depth_steps(), VELOCITY_STEPS, RATING_STEPS, ARRIVAL_STEPS_S]
    )
    def test_every_scale_is_without_gap_open_above_and_told_apart_by_colour(self, steps):
        assert all(a.upper == b.lower for a, b in pairwise(steps))
        assert steps[-1].upper == math.inf
        assert len({step.colour for step in steps}) == len(steps)
        assert all(step.lower < step.upper and 0 < step.opacity <= 1 for step in steps)

    @pytest.mark.parametrize(
        ("quantity", "units", "expected"),
        [
            ("max_depth", "m", depth_steps()),
            ("max_velocity", "m/s", VELOCITY_STEPS),
            ("max_hazard_rating", "-", RATING_STEPS),
            ("arrival", "s", ARRIVAL_STEPS_S),
            ("elevation", "m", ()),
            ("max_froude", "-", ()),
        ],
    )
    def test_what_a_flood_run_publishes_has_its_scale_and_terrain_a_ramp(
        self, quantity, units, expected
    ):
        assert raster_steps(quantity, units) == expected

    @pytest.mark.parametrize(
        ("quantity", "units"),
        [("depth", "cm"), ("depth", "ft"), ("velocity", "km/h"), ("arrival", "days")],
    )
    def test_thirty_centimetres_are_never_drawn_as_thirty_metres(self, quantity, units):
        """A unit the scale is not stated in gets a plain ramp instead of a wrong class."""
        assert raster_steps(quantity, units) == ()

    def test_fifteen_minutes_is_a_quarter_of_an_hour_in_every_unit(self):
        assert [s.upper for s in raster_steps("arrival", "min")] == [15, 60, 180, math.inf]
        assert [s.upper for s in raster_steps("arrival", "h")] == [0.25, 1, 3, math.inf]


class TestThemes:
    @pytest.mark.parametrize(
        ("theme", "code"),
        [
            ("plan", "plan"),
            ("Zoning", "plan"),
            ("permits", "plan"),
            ("reservations", "reservation"),
            ("hazard-flood", "hazard"),
            ("facilities", "facility"),
            ("cadastre", "cadastre"),
            ("environment", "environment"),
            ("base-roads", "base"),
            ("terrain", "terrain"),
            ("", "other"),
            ("noise", "other"),
        ],
    )
    def test_a_theme_is_found_by_its_word_in_any_case(self, theme, code):
        assert theme_of(layer_of(theme=theme)).code == code

    def test_every_heading_has_a_title_in_both_languages(self):
        for theme in (*THEMES, OTHER):
            with translation.override("km"):
                khmer = str(theme.title)
            with translation.override("en"):
                english = str(theme.title)
            assert english.isascii()
            assert not khmer.isascii()

    def test_only_known_headings_are_shown_first(self):
        assert {theme.code for theme in (*THEMES, OTHER)} >= SHOWN_FIRST
        assert not SHOWN_FIRST & {"hazard", "terrain"}

    @pytest.mark.parametrize(
        ("slug", "theme", "word"),
        [
            ("buildings", "cadastre", "building"),
            ("parcels", "cadastre", "parcel"),
            ("sea", "base-sea", "sea"),
            ("flood-q100", "hazard-flood", "flood"),
            ("odd", "base-roads", "road"),
        ],
    )
    def test_the_name_of_a_layer_counts_before_its_theme(self, slug, theme, word):
        rank, look = look_of(layer_of(slug, theme))
        assert word in look.words
        assert LOOKS[rank] is look

    def test_a_layer_like_no_other_is_drawn_on_top_in_a_plain_look(self):
        assert look_of(layer_of("xyz", "xyz")) == (len(LOOKS), PLAIN_LOOK)

    def test_the_browser_is_told_the_look_without_the_words_it_was_found_by(self):
        told = look_for_browser(layer_of("parcels", "cadastre"))
        assert "words" not in told
        assert (told["lowest_zoom"], told["fill_share"]) == (15, 0.0)


@pytest.mark.django_db
class TestLegends:
    def test_a_legend_is_written_in_the_readers_language(self):
        land_use("school", name_km="សាលារៀន", name_en="School", colour="#112233")
        layer = layer_of("facilities", "facilities")
        with translation.override("km"):
            [khmer] = vector_legend(layer, ("school",))
        with translation.override("en"):
            [english] = vector_legend(layer, ("school",))
        assert (khmer["label"], english["label"]) == ("សាលារៀន", "School")
        assert khmer["colour"] == english["colour"] == "#112233"

    def test_hazard_classes_are_told_with_depth_and_meaning(self):
        colours = {"property": "hazard_class", "values": {"H2": "#5BA3D0", "X": "#000000"}}
        layer = layer_of("flood", "hazard-flood", attribute_schema={"colours": colours})
        with translation.override("en"):
            told = [row["label"] for row in vector_legend(layer, ())]
        assert told == ["H2  0.30–0.60 m  moderate", "X"]

    def test_titles_stated_by_the_layer_win_over_the_flood_classes(self):
        titles = {"H2": {"km": "ជ្រៅ", "en": "deep"}}
        colours = {"property": "p", "values": {"H2": "#5BA3D0"}, "titles": titles}
        layer = layer_of("flood", "hazard", attribute_schema={"colours": colours})
        with translation.override("en"):
            assert vector_legend(layer, ())[0]["label"] == "deep"
        with translation.override("km"):
            assert vector_legend(layer, ())[0]["label"] == "ជ្រៅ"

    def test_a_layer_drawn_in_one_colour_has_no_legend_of_classes(self):
        land_use("parcel")
        assert vector_legend(layer_of("parcels", "cadastre"), ("parcel",)) == []

    def test_zones_come_before_uses_each_in_the_order_of_their_codes(self):
        for code, scheme in (("b", "use"), ("a", "use"), ("Z9", "zone")):
            land_use(code, scheme=scheme)
        told = [row["code"] for row in vector_legend(layer_of(), ("a", "b", "Z9"))]
        assert told == ["a", "b", "Z9"]

    def test_the_extent_and_classes_of_a_version_are_those_of_its_current_features(self):
        layer = filled_layer(
            "spots", feature("A", square(0, 0, 10), "school"), feature("B", at(500, 0), "park")
        )
        publish_features(layer=layer, features=[feature("A", square(0, 0, 10), "school")])
        told = summary(published_version(layer_from(layer)))
        assert told.classes == ("school",)
        west, south, east, north = told.extent
        assert (west, south) == pytest.approx(lonlat(0, 0), abs=1e-5)
        assert (east, north) == pytest.approx(lonlat(10, 10), abs=1e-5)

    def test_an_emptied_layer_has_neither_extent_nor_classes(self):
        layer = filled_layer("spots", feature("A", square(0, 0, 10)))
        publish_features(layer=layer, features=[])
        told = summary(published_version(layer_from(layer)))
        assert (told.extent, told.classes) == (None, ())


def layer_from(layer):
    layer.refresh_from_db()
    return layer


@pytest.mark.django_db
class TestMapContent:
    def test_an_empty_layer_does_not_decide_where_the_map_opens(self):
        filled_layer("zones", feature("Z", square(0, 0, 10)), theme="plan")
        publish_features(layer=Layer.objects.get(slug="zones"), features=[])
        assert map_content(PUBLIC)["extent"] == CAMBODIA

    def test_the_base_map_opens_the_view_only_when_there_is_nothing_else(self):
        filled_layer("sea", feature("S", square(-50_000, -50_000, 100_000)), theme="base-sea")
        wide = map_content(PUBLIC)["extent"]
        filled_layer("zones", feature("Z", square(0, 0, 100)), theme="plan")
        narrow = map_content(PUBLIC)["extent"]
        assert wide[2] - wide[0] > 0.5
        assert narrow[2] - narrow[0] < 0.01

    def test_a_grid_is_told_with_steps_or_with_the_ends_of_its_ramp(self, tmp_path, media):
        published_grid(tmp_path, "depth", [[0.2, 0.7]])
        published_grid(tmp_path, "ground", [[2.0, 7.0]], quantity="elevation")
        told = {
            layer["slug"]: layer
            for theme in map_content(PUBLIC)["themes"]
            for layer in theme["layers"]
        }
        assert [row["colour"] for row in told["depth"]["legend"]] == list(HAZARD_COLOURS.values())
        assert told["depth"]["ramp"] is None
        assert (told["ground"]["legend"], told["ground"]["ramp"]) == ([], [2.0, 7.0, "m"])
        assert not told["depth"]["shown"]

    def test_the_map_says_in_which_zone_its_coordinates_count(self):
        projection = map_content(PUBLIC)["projection"]
        assert (projection["srid"], projection["utmZone"]) == (32648, 48)
        assert projection["name"] == "WGS 84 / UTM zone 48N"

    def test_every_layer_stands_under_one_heading_and_headings_without_layers_are_left_out(self):
        for slug, theme in (("zones", "plan"), ("roads", "base-roads"), ("odd", "xyz")):
            filled_layer(slug, feature("F", square(0, 0, 10)), theme=theme)
        told = [
            (t["code"], [x["slug"] for x in t["layers"]]) for t in map_content(PUBLIC)["themes"]
        ]
        assert told == [("plan", ["zones"]), ("base", ["roads"]), ("other", ["odd"])]

    def test_two_versions_never_share_an_address_of_tiles(self):
        layer = filled_layer("zones", feature("Z", square(0, 0, 10)))
        first = version_stamp(published_version(layer))
        publish_features(layer=layer, features=[feature("Z", square(0, 0, 11))])
        second = version_stamp(published_version(layer_from(layer)))
        assert first != second
        assert len(first) == len(second) == 12

    def test_a_stamp_stays_the_same_as_long_as_the_version_does(self):
        layer = filled_layer("zones", feature("Z", square(0, 0, 10)))
        stamps = {version_stamp(LayerVersion.objects.get(layer=layer)) for _ in range(3)}
        assert len(stamps) == 1


@pytest.mark.django_db
class TestNames:
    def test_names_stated_by_the_layer_win_over_those_recognised(self):
        layer = open_layer(
            slug="communes",
            geometry_kind="polygon",
            attribute_schema={"names": {"km": "khmer", "en": "latin"}},
        )
        publish_features(
            layer=layer, features=[feature("C", square(0, 0, 10), khmer="ក", name_en="no")]
        )
        names = name_properties(published_version(layer_from(layer)))
        assert (names.km, names.en, names.other) == ("khmer", "latin", "name")

    def test_a_feature_with_one_name_is_called_by_it_in_either_language(self):
        names = NameProperties()
        for code in ("km", "en"):
            with translation.override(code):
                assert names.of({"name_km": "ក្រុង"}) == "ក្រុង"
                assert names.of({"name_en": "City"}) == "City"
                assert names.of({"name": "Anything"}) == "Anything"
                assert names.of({"name_km": None, "name_en": ""}) == ""

    def test_each_reader_gets_the_name_in_their_language_first(self):
        both = {"name_km": "ក្រុង", "name_en": "City", "name": "x"}
        with translation.override("km"):
            assert NameProperties().of(both) == "ក្រុង"
        with translation.override("en"):
            assert NameProperties().of(both) == "City"

    def test_without_any_column_the_usual_ones_are_expected(self):
        assert recognised([]) == NameProperties("name_km", "name_en", "name")

    def test_a_number_as_a_name_is_written_out(self):
        assert NameProperties().of({"name": 7}) == "7"


WHERE = Place(103.5, 10.6, 330_000.0, 1_170_000.0, 4.7)


@pytest.mark.django_db
class TestAnswers:
    def told(self, layer, properties=None, language="en", grid=None):
        version = published_version(layer)
        answer = LayerAnswer(layer.slug, version.number, was_surveyed=False, grid=grid)
        if properties is not None:
            found = FoundFeature("F-1", "planned", properties, 1.26, None, "", "", "")
            answer.features.append(found)
        with translation.override(language):
            return place_content(WHERE, [answer], {layer.slug: version})["layers"][0]

    def test_attributes_the_layer_describes_come_first_then_the_others_by_alphabet(self):
        fields = {"storeys": {"title_en": "Storeys", "unit": "floors"}, "area": {}}
        layer = filled_layer("houses", attribute_schema={"fields": fields})
        told = self.told(layer, {"zinc": 1, "area": 2, "bricks": 3, "storeys": 4})
        rows = told["features"][0]["attributes"]
        assert [row["name"] for row in rows] == ["area", "storeys", "bricks", "zinc"]
        assert (rows[1]["title"], rows[1]["unit"]) == ("Storeys", "floors")
        assert rows[0]["title"] == "area"

    def test_nothing_and_empty_are_not_told_but_zero_and_no_are(self):
        layer = filled_layer("houses")
        rows = self.told(layer, {"a": None, "b": "", "c": 0, "d": False})["features"][0]
        assert {row["name"]: row["value"] for row in rows["attributes"]} == {"c": 0, "d": False}

    def test_a_feature_with_a_hundred_attributes_tells_forty(self):
        layer = filled_layer("houses")
        told = self.told(layer, {f"p{n:03}": n for n in range(100)})["features"][0]
        assert len(told["attributes"]) == 40

    def test_the_lifecycle_is_told_in_words_and_the_distance_to_ten_centimetres(self):
        layer = filled_layer("houses")
        [english] = self.told(layer, {})["features"]
        [khmer] = self.told(layer, {}, language="km")["features"]
        assert (english["lifecycle"], english["distance_m"]) == ("planned", 1.3)
        assert not khmer["lifecycle"].isascii()

    def test_only_a_parcel_leads_to_an_extract(self):
        for slug, leads in ((PARCEL_LAYER, True), ("houses", False)):
            [told] = self.told(filled_layer(slug), {})["features"]
            assert (told["extract"] is not None) is leads
        assert (
            reverse("extract")
            in self.told(Layer.objects.get(slug="parcels"), {})["features"][0]["extract"]
        )

    @pytest.mark.parametrize(
        ("value", "label"),
        [
            (0.009, ""),
            (0.01, "0.01–0.30 m"),
            (0.2999, "0.01–0.30 m"),
            (0.30, "0.30–0.60 m"),
            (1.2, ">1.20 m"),
            (None, ""),
        ],
    )
    def test_a_depth_is_told_with_the_class_whose_lower_limit_it_reaches(
        self, value, label, tmp_path, media
    ):
        layer = published_grid(tmp_path, "depth", [[0.2]])
        told = self.told(layer, grid=GridValue("max_depth", "m", "above ground", value))
        assert told["value"]["label"] == label
        assert told["state"] == ("unknown" if value is None else "found")

    def test_a_depth_in_centimetres_is_told_without_a_class_in_metres(self, tmp_path, media):
        layer = published_grid(tmp_path, "depth", [[20.0]], units="cm")
        told = self.told(layer, grid=GridValue("max_depth", "cm", "above ground", 20.0))
        assert (told["value"]["value"], told["value"]["label"]) == (20.0, "")

    def test_a_match_without_a_marked_name_is_called_by_its_shortest_khmer_text(self):
        layer = filled_layer("spots", feature("S-1", at(0, 0), note="x"))
        properties = {"remark": "សាលាបឋមសិក្សា", "kind": "សាលា", "code": "SHORT"}
        match = Match("spots", "S-1", properties, None, (103.123456789, 10.0, 103.2, 10.1))
        told = search_content(Query(("x",), ()), [match], {"spots": published_version(layer)})
        [result] = told["results"]
        assert result["name"] == "សាលា"
        assert result["extent"][0] == 103.1234568

    def test_a_match_without_any_name_is_called_by_its_identifier(self):
        layer = filled_layer("spots", feature("S-1", at(0, 0)))
        match = Match("spots", "S-1", {"code": "A"}, None, (1, 1, 1, 1))
        told = search_content(Query(("a",), ()), [match], {"spots": published_version(layer)})
        assert told["results"][0]["name"] == "S-1"
