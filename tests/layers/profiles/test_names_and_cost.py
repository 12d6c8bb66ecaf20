"""Official names stay where answers are given; the words are Khmer; asking costs little."""

import io
import re
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from layers.classes import load_classes
from layers.profiles.choice import current_choice
from layers.profiles.decisions import ClassDecision, LayerDecision
from layers.profiles.differing import Change
from layers.profiles.vocab import ChangeKind
from tests.conflicts.ground import find, rule_data
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.profiles.choices import UNUSED, in_use
from tests.layers.profiles.pages import ADDRESS, form, planner, preview
from tests.planning.city import r1_plot

pytestmark = pytest.mark.django_db
LOCAL = ClassDecision(name_km="គំនរសំរាម", name_en="The old dump")


@pytest.fixture
def dump():
    """A landfill beside a school, known here as the old dump."""
    land_use("landfill", name_en="Landfill", name_km="ទីលានចាក់សំរាម")
    land_use("school", name_en="School", name_km="សាលារៀន")
    places = [feature("L", square(0, 0, 20), "landfill"), feature("S", square(90, 0, 9), "school")]
    filled_layer("facilities", *places, theme="facilities", title_en="Facilities")
    in_use(classes={"landfill": LOCAL, "school": UNUSED})


def downloaded(client, address):
    """The texts of the files in a download."""
    content = io.BytesIO(b"".join(client.get(address)))
    with zipfile.ZipFile(content) as archive:
        return [archive.read(name).decode() for name in archive.namelist()]


@pytest.mark.parametrize("lang", ["km", "en"])
def test_finding_table_and_place_keep_the_official_name(client, dump, lang):
    [finding] = find(rule_data())
    pages = [f"/findings/{finding.pk}/", "/findings/", "/layers/facilities/table/",
             "/layers/facilities/quality/", "/layers/facilities/"]  # fmt: skip
    told = [client.get(page, {"lang": lang}).content.decode() for page in pages]
    told.append(client.get("/identify", {"lon": "103.4467", "lat": "10.5740", "z": "18"}).text)
    told += downloaded(client, "/layers/facilities/download?format=csv")
    for page in told:
        assert LOCAL.name_km not in page
        assert LOCAL.name_en not in page
    official = "ទីលានចាក់សំរាម" if lang == "km" else "Landfill"
    assert official in told[0]


def test_the_legend_is_the_place_for_the_local_name(client, dump):
    page = client.get("/map/", {"lang": "en"}).content.decode()
    assert "The old dump (Landfill)" in page


def test_an_extract_names_the_zone_as_the_plan_does(client):
    r1_plot()
    before = client.get("/extract/P-1/", {"lang": "en"}).content.decode()
    in_use(classes={"R1": ClassDecision(name_en="Row of huts", name_km="ខ្ទម")})
    after = client.get("/extract/P-1/", {"lang": "en"}).content.decode()
    assert "Row of huts" not in after
    moment = re.compile(r"\d\d:\d\d(:\d\d)?|csrf\S+|nonce\S+")
    assert moment.sub("", after) == moment.sub("", before)


def test_a_permit_for_a_use_the_city_does_not_list_is_checked_by_its_law(client):
    r1_plot()
    typed = {"parcels": "P-1", "use_1": "dwelling_single", "floor_area_1": "300",
             "dwellings_1": "1", "footprint_area_m2": "160"}  # fmt: skip
    before = client.post("/permits/?lang=en", typed).content.decode()
    in_use(["zones", "parcels"], ["dwelling_single", "R1"])
    after = client.post("/permits/?lang=en", typed).content.decode()
    assert "53.33" in before  # 160 of 300 m2 covered
    found = re.compile(r"<table.*?</table>", re.S)
    results = [table for table in found.findall(before) if "53.33" in table]
    assert results
    assert all(table in after for table in results)


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_each_change_is_told_in_khmer(kind):
    with override("km"):
        told = Change(kind, "wells", "ក", "A").sentence({"wells": "អណ្តូង"})
    assert not re.search("[A-Za-z]{2}", told)
    assert re.search("[\u1780-\u17d3]", told)


def queries(act):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        act()
    return [query["sql"] for query in asked if "layers_" in query["sql"]]


def test_without_a_profile_a_search_asks_one_thing_more_with_one_three(client, dump):
    def ask():
        client.get("/search", {"q": "old well"})

    ask()
    of_profiles = [sql for sql in queries(ask) if "profile" in sql]
    assert len(of_profiles) == 3
    in_use(in_use=False)
    assert len([sql for sql in queries(ask) if "profile" in sql]) == 1


def test_asking_the_choice_does_not_grow_with_what_was_decided():
    load_classes()
    slugs = [f"layer-{n:02}" for n in range(12)]
    for slug in slugs:
        filled_layer(slug, feature(slug, square(0, 0, 9)))
    codes = ["R1", "R2", "school", "landfill", "market", "hospital"]
    in_use(slugs, codes)
    assert len(queries(current_choice)) == 3


def test_the_form_asks_as_often_for_twenty_layers_as_for_two(client):
    planner(client)
    counts = []
    for first in (0, 2):
        for n in range(first, first * 10 or 2):
            filled_layer(f"layer-{n:02}", feature(f"F{n}", square(0, 0, 9)))
        counts.append(len(queries(lambda: client.get(ADDRESS, {"change": "1"}))))
    assert counts[0] == counts[1]


def test_a_profile_of_five_hundred_classes_is_sent_in_one_form(client):
    for n in range(500):
        land_use(f"class_{n}")
    filled_layer("zones", feature("Z", square(0, 0, 9)))
    planner(client)
    fields = {**form(client), "name_en": "Large", "class-class_499-name_en": "The last"}
    assert len(fields) > 1_500
    page = preview(client, fields)
    assert [change.code for change, _said in page.context["changes"]][-1] == "class_499"


def test_a_local_name_that_is_the_official_one_is_not_written_twice():
    land_use("school", name_en="School")
    in_use(classes={"school": ClassDecision(name_en="School")})
    with override("en"):
        assert current_choice().class_name("school", "School") == "School"


def test_a_layer_that_was_restricted_later_is_gone_from_the_tree_of_the_citizen(client):
    layer = filled_layer("wells", feature("W", square(0, 0, 9)), title_en="Wells")
    filled_layer("zones", feature("Z", square(0, 0, 9)), title_en="Zones")
    in_use(layers={"wells": LayerDecision(use=False, group_en="Water points")})
    assert "wells" in client.get("/map/").content.decode()
    layer.visibility = "restricted"
    layer.save()
    for address in ("/map/", ADDRESS, f"{ADDRESS}?format=yaml", "/layers/?all=1"):
        page = client.get(address).content.decode()
        assert "wells" not in page.lower()
        assert "Water points" not in page
