"""The map page and the list of layers: what they hold, for whom, nothing from outside."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from layers.crs import WGS84_SRID, coordinate_function
from layers.legend import LOOKS, depth_steps, look_of, raster_steps, theme_of
from layers.models import Layer
from layers.names import recognised
from layers.services import set_surveyed_area
from tests.factories import at, feature, filled_layer, land_use, line, square
from tests.layers.web_map import lonlat, published_grid

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = re.compile(
    rb"https?://(?!www\.w3\.org/)[^\s\"'<>)]+|[\"'(]//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE
)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def content_of(client, **query):
    page = client.get(reverse("map"), query)
    assert page.status_code == 200
    found = re.search(
        r'<script id="map-content" type="application/json">(.*?)</script>',
        page.content.decode(),
        re.S,
    )
    return json.loads(found[1])


def listed(content):
    return {layer["slug"]: layer for theme in content["themes"] for layer in theme["layers"]}


class TestContent:
    def test_the_address_without_a_path_leads_to_the_map(self, client):
        assert client.get("/").url == "/map/"

    def test_with_nothing_published_the_map_shows_cambodia(self, client):
        content = content_of(client)
        west, south, east, north = content["extent"]
        assert content["themes"] == []
        assert west < 104.9 < east  # Phnom Penh
        assert south < 11.55 < north

    def test_the_map_opens_on_the_plan_not_on_the_whole_sea(self, client):
        filled_layer("sea", feature("sea", square(-50_000, -50_000, 100_000)), theme="base-sea")
        filled_layer("zones", feature("Z", square(0, 0, 1000)), theme="zoning")
        west, south, east, north = content_of(client)["extent"]
        assert (west, south) == pytest.approx(lonlat(0, 0), abs=1e-3)
        assert (east, north) == pytest.approx(lonlat(1000, 1000), abs=1e-3)

    def test_layers_stand_under_their_theme_the_plan_first(self, client):
        filled_layer("roads", feature("R", line((0, 0), (9, 9))), theme="base-road")
        filled_layer("zones", feature("Z", square(0, 0, 10)), theme="zoning")
        filled_layer("odd", feature("O", square(0, 0, 10)), theme="misc")
        content = content_of(client, lang="en")
        assert [theme["title"] for theme in content["themes"]] == [
            "Land-use plan",
            "Base map",
            "Other layers",
        ]

    def test_the_legend_names_the_classes_that_are_there_and_no_other(self, client):
        land_use("R1", scheme="zone", name_km="លំនៅឋាន", name_en="Homes", colour="#FFF2B2")
        land_use("I2", scheme="zone", name_en="Industry", colour="#9B6BB3")
        filled_layer("zones", feature("Z", square(0, 0, 10), "R1"), theme="zoning")
        [entry] = listed(content_of(client, lang="en"))["zones"]["legend"]
        assert entry == {"code": "R1", "label": "Homes", "colour": "#FFF2B2"}
        [entry] = listed(content_of(client, lang="km"))["zones"]["legend"]
        assert entry["label"] == "លំនៅឋាន"

    def test_a_hazard_layer_brings_its_own_colours_with_depths_in_words(self, client):
        colours = {"property": "hazard_class", "values": {"H1": "#FFEDA0", "H4": "#800026"}}
        filled_layer(
            "flood-q100",
            feature("H", square(0, 0, 10), hazard_class="H4"),
            theme="hazard-flood",
            attribute_schema={"colours": colours},
        )
        layer = listed(content_of(client, lang="en"))["flood-q100"]
        assert layer["colourProperty"] == "hazard_class"
        assert [entry["colour"] for entry in layer["legend"]] == ["#FFEDA0", "#800026"]
        assert "extreme" in layer["legend"][1]["label"]
        assert "1.20 m" in layer["legend"][1]["label"]

    def test_hazards_and_rasters_are_off_when_the_map_opens(self, client, tmp_path):
        filled_layer("zones", feature("Z", square(0, 0, 10)), theme="zoning")
        filled_layer("flood", feature("H", square(0, 0, 10)), theme="hazard-flood")
        published_grid(tmp_path, "depth", [[0.5]])
        shown = {slug: layer["shown"] for slug, layer in listed(content_of(client)).items()}
        assert shown == {"zones": True, "flood": False, "depth": False}

    def test_a_depth_raster_has_the_legend_of_the_documented_classes(self, client, tmp_path):
        published_grid(tmp_path, "depth", [[0.5]])
        labels = [entry["label"] for entry in listed(content_of(client))["depth"]["legend"]]
        assert labels == ["0,01–0,30 m", "0,30–0,60 m", "0,60–1,20 m", ">1,20 m"]

    def test_tile_addresses_carry_the_version_and_fill_in(self, client):
        layer = filled_layer("zones", feature("Z", square(0, 0, 10)))
        address = listed(content_of(client))["zones"]["tiles"]
        assert address.startswith(f"/tiles/zones/{layer.published_number}/{{z}}/{{x}}/{{y}}.mvt")
        assert client.get(address.format(z=0, x=0, y=0)).status_code in {200, 204}

    def test_the_style_is_also_there_for_programs(self, client):
        filled_layer("zones", feature("Z", square(0, 0, 10)))
        assert listed(client.get("/map/style.json").json()).keys() == {"zones"}

    def test_a_staff_layer_is_not_even_named_to_the_public(self, client):
        filled_layer("cables", feature("C", square(0, 0, 10)), visibility="internal")
        assert "cables" not in client.get("/map/").content.decode()
        assert "cables" not in client.get("/layers/").content.decode()
        client.force_login(User.objects.create_user("planner", is_staff=True))
        assert listed(content_of(client)).keys() == {"cables"}
        assert "cables" in client.get("/layers/").content.decode()

    def test_a_draft_layer_without_a_version_is_not_shown(self, client):
        Layer.objects.create(slug="draft", title_en="Draft", geometry_kind="point")
        assert content_of(client)["themes"] == []

    def test_a_second_visit_asks_the_features_nothing(self, client):
        for number in range(5):
            filled_layer(f"layer-{number}", feature("Z", square(0, 0, 10)))
        client.get("/map/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/map/")
        assert not [query for query in asked.captured_queries if "layers_feature" in query["sql"]]

    def test_a_title_with_markup_stays_text(self, client):
        filled_layer(
            "bad", feature("Z", square(0, 0, 10)), title_en="</script><script>alert(1)</script>"
        )
        page = client.get("/map/?lang=en").content.decode()
        assert "<script>alert" not in page
        assert (
            listed(content_of(client, lang="en"))["bad"]["title"]
            == "</script><script>alert(1)</script>"
        )


class TestLooks:
    @pytest.mark.parametrize(
        ("slug", "theme", "expected"),
        [
            ("zones", "zoning", "plan"),
            ("sangkat", "base-boundary", "base"),
            ("flood-q100-depth", "hazard-flood", "hazard"),
            ("parcels", "cadastre", "cadastre"),
            ("reservations", "reservation", "reservation"),
            ("terrain", "terrain", "terrain"),
            ("misc", "misc", "other"),
        ],
    )
    def test_a_layer_stands_under_the_heading_of_its_theme(self, slug, theme, expected):
        assert theme_of(Layer(slug=slug, theme=theme)).code == expected

    def test_the_sea_lies_under_zones_under_roads_under_facilities(self):
        order = [
            "sea",
            "coastline",
            "land-cover",
            "zones",
            "parcels",
            "buildings",
            "roads",
            "sangkat",
            "facilities",
        ]
        ranks = [look_of(Layer(slug=slug, theme="other"))[0] for slug in order]
        assert ranks == sorted(ranks)
        assert max(ranks) < len(LOOKS)

    def test_depth_classes_meet_without_gap(self):
        steps = depth_steps()
        assert [step.upper for step in steps[:-1]] == [step.lower for step in steps[1:]]
        assert steps[0].lower == 0.01
        assert steps[-1].upper == float("inf")

    def test_arrival_is_classed_in_the_unit_of_the_grid(self):
        seconds, minutes = raster_steps("arrival", "s"), raster_steps("arrival", "min")
        assert [step.upper for step in seconds[:3]] == [900, 3600, 10800]
        assert [step.upper for step in minutes[:3]] == [15, 60, 180]

    @pytest.mark.parametrize(
        ("columns", "km", "en", "other"),
        [
            ({"name_km", "name_en", "code"}, "name_km", "name_en", "name"),
            (
                {"commune_kh", "commune_en_2025", "shapeName"},
                "commune_kh",
                "commune_en_2025",
                "shapeName",
            ),
            (
                {"village_kh", "village_en", "village_odc2013"},
                "village_kh",
                "village_en",
                "village_odc2013",
            ),
            ({"name", "name:en", "name:km", "highway"}, "name:km", "name:en", "name"),
            ({"storeys"}, "name_km", "name_en", "name"),
        ],
    )
    def test_names_are_recognised_in_files_of_others(self, columns, km, en, other):
        names = recognised(columns)
        assert (names.km, names.en, names.other) == (km, en, other)


class TestLayerList:
    def test_a_layer_is_listed_with_version_size_source_and_licence(self, client):
        filled_layer(
            "schools", feature("S-1", at(0, 0)), feature("S-2", at(9, 0)), geometry_kind="point",
            title_en="Schools", theme="facilities", source="City survey 2026", licence="CC BY 4.0",
        )  # fmt: skip
        page = client.get("/layers/?lang=en").content.decode()
        row = re.search(r"<li class=\"card\">.*?</li>", page, re.S)[0]
        for told in (
            "Schools",
            "schools",
            "Facilities",
            "points",
            "<dd>1, ",
            "<dd>2<",
            "City survey 2026",
        ):
            assert told in row
        assert "not surveyed" in row
        assert "CC BY 4.0" in client.get("/layers/schools/?lang=en").content.decode()

    def test_a_surveyed_layer_says_so(self, client):
        layer = filled_layer("schools", feature("S-1", at(0, 0)))
        set_surveyed_area(layer=layer, geometry=square(0, 0, 100))
        page = client.get("/layers/?lang=en").content.decode()
        assert '<span class="badge good">surveyed</span>' in page

    def test_a_layer_surveyed_for_one_class_names_it(self, client):
        layer = filled_layer("schools", feature("S-1", at(0, 0), "school"))
        set_surveyed_area(layer=layer, geometry=square(0, 0, 100), classes=["school"])
        page = client.get("/layers/?lang=en").content.decode()
        assert "<dt>looked for:</dt><dd>school</dd>" in page

    def test_with_nothing_published_it_says_what_to_do(self, client):
        assert "make demo" in client.get("/layers/?lang=en").content.decode()


class TestNothingFromOutside:
    PAGES = ("/map/", "/layers/", "/login/", "/no-such-page/", "/tiles/none/1/0/0/0.mvt")

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("language", ["km", "en"])
    def test_no_page_names_an_address_outside(self, client, page, language):
        filled_layer("zones", feature("Z", square(0, 0, 10)), theme="zoning")
        assert OUTSIDE.findall(client.get(page, {"lang": language}).content) == []

    @pytest.mark.parametrize(
        "path",
        [
            p
            for folder in ("config/static", "layers/static")
            for p in (ROOT / folder).rglob("*")
            if p.is_file()
        ],
        ids=lambda path: path.name,
    )
    def test_no_script_or_style_names_an_address_outside(self, path):
        assert OUTSIDE.findall(path.read_bytes()) == []

    @pytest.mark.parametrize("page", PAGES)
    def test_every_page_forbids_outside_and_inline_scripts(self, client, page):
        filled_layer("zones", feature("Z", square(0, 0, 10)))
        response = client.get(page)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "script-src" not in response["Content-Security-Policy"]
        body = response.content.decode()
        inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", body)
        assert inline == []
        assert re.findall(r"\son[a-z]+=[\"']", body) == []

    def test_every_file_the_map_loads_is_there(self, client):
        page = client.get("/map/").content.decode()
        files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
        assert len(files) >= 7
        missing = [name for name in files if finders.find(name) is None]
        assert missing == []

    def test_every_part_of_the_map_script_is_there(self):
        folder = ROOT / "layers/static/layers"
        parts = {p.name for p in folder.glob("*.js")}
        for script in folder.glob("*.js"):
            named = set(re.findall(r'from "\./([\w-]+\.js)"', script.read_text(encoding="utf-8")))
            assert named <= parts

    def test_every_font_of_the_stylesheet_is_there(self):
        styles = (ROOT / "config/static/fonts.css").read_text(encoding="utf-8")
        names = re.findall(r'url\("([^"]+)"\)', styles)
        assert any("khmer" in name for name in names)
        assert [name for name in names if finders.find(name) is None] == []


class TestScriptTexts:
    SCRIPTS = ROOT / "layers/static/layers"
    OF_THE_CATALOGUE = "catalogue-map.js"

    def used(self, scripts):
        written = "".join(script.read_text(encoding="utf-8") for script in scripts)
        return set(re.findall(r"\btexts\.(\w+)", written))

    def test_every_text_the_script_uses_is_given_and_none_is_idle(self, client):
        scripts = (s for s in self.SCRIPTS.glob("*.js") if s.name != self.OF_THE_CATALOGUE)
        assert self.used(scripts) == set(content_of(client)["texts"])

    def test_the_small_map_of_the_catalogue_is_given_every_text_it_uses_and_no_other(self, client):
        page = client.get("/layers/").content.decode()
        [given] = re.findall(r'id="catalogue-map-content"[^>]*>(.*?)</script>', page)
        # it draws with the layer stack of the map
        used = self.used(self.SCRIPTS / name for name in (self.OF_THE_CATALOGUE, "layer-stack.js"))
        assert used == set(json.loads(given)["texts"])


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize(
    ("latitude", "longitude"), [(10.61, 103.53), (13.1, 102.4), (11.55, 107.6), (0.0, 105.0)]
)
def test_utm_shown_in_the_browser_equals_proj_to_a_centimetre(latitude, longitude):
    script = (ROOT / "layers/static/layers/coordinates.js").as_uri()
    asked = f"m.toUtm({latitude}, {longitude}, 48)"
    program = f"const m = await import('{script}'); console.log(JSON.stringify({asked}));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    shown = json.loads(done.stdout)
    easting, northing = coordinate_function(WGS84_SRID, 32648)(longitude, latitude)
    assert shown["easting"] == pytest.approx(easting, abs=0.01)
    assert shown["northing"] == pytest.approx(northing, abs=0.01)
