"""The catalogue: layers found, described, looked into; in Khmer and English."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.catalogue import attribute_table
from layers.ingest import ImportOptions, import_file
from layers.models import Layer
from layers.quality.making import make_report
from layers.services import Provenance, open_layer, publish_features, set_surveyed_area
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _layers():
    """Sangkats to name a place by; facilities far in the east; hazards captured in 2024."""
    land_use("school", name_km="សាលារៀន", name_en="School")
    filled_layer(
        "sangkat",
        feature("SK-4", square(0, 0, 1000), name_km="សង្កាត់លេខ៤", name_en="Sangkat 4"),
        title_km="សង្កាត់", title_en="Sangkats", theme="administration", geometry_kind="polygon",
    )  # fmt: skip
    filled_layer(
        "facilities",
        *(
            feature(f"F-{n:03}", at(50_000 + n, 0), "school" if n % 2 else None, floors=n, note="ក")
            for n in range(120)
        ),
        title_km="បរិក្ខារ", title_en="Facilities", theme="facility", steward="City hall",
        description_en="Schools drawn from the register", geometry_kind="point",
        licence="CC BY 4.0", source="Register of 2025",
    )  # fmt: skip
    layer = open_layer(slug="hazards", geometry_kind="polygon", theme="hazard-flood")
    publish_features(
        layer=layer,
        features=[feature("H-1", square(20_000, 0, 10))],
        provenance=Provenance(captured_on=date(2024, 6, 1)),
    )


def page(client, path, **asked):
    response = client.get(path, {"lang": "en", **asked})
    assert response.status_code == 200, response.content
    return response.content.decode()


def found(client, **asked):
    return re.findall(r'<h2><a href="/layers/([-\w]+)/">', page(client, "/layers/", **asked))


def table_ids(text):
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', text)


def test_a_layer_is_found_by_words_of_either_language_steward_and_class(client):
    assert found(client) == ["hazards", "facilities", "sangkat"]
    assert found(client, q="បរិក្ខារ") == ["facilities"]
    assert found(client, q="register school") == ["facilities"]
    assert found(client, q="city HALL") == ["facilities"]
    assert found(client, q="សាលារៀន") == ["facilities"]
    assert found(client, q="nothing of the kind") == []


def test_a_layer_is_found_by_theme_and_day_of_capture(client):
    assert found(client, theme="hazard") == ["hazards"]
    assert found(client, since="2024-01-01", until="2024-12-31") == ["hazards"]
    assert found(client, since="2025-01-01") == []


def test_a_layer_answers_a_place_where_it_lies_or_was_surveyed(client):
    assert found(client, place="សង្កាត់លេខ៤") == ["sangkat"]

    set_surveyed_area(layer=Layer.objects.get(slug="hazards"), geometry=square(500, 500, 10))

    assert found(client, place="Sangkat 4") == ["hazards", "sangkat"]
    assert found(client, place="no such place") == []


def test_layers_are_sorted_as_asked(client):
    assert found(client, sort="title") == ["facilities", "hazards", "sangkat"]
    assert found(client, sort="captured")[0] == "hazards"
    assert found(client, sort="published")[0] == "hazards"


def test_a_day_that_is_none_is_told_at_its_field(client):
    assert "Enter a valid date" in page(client, "/layers/", since="yesterday")


def test_a_layers_page_tells_description_licence_coverage_downloads_and_qgis(client):
    area = square(50_000, -500, 1000)
    set_surveyed_area(layer=Layer.objects.get(slug="facilities"), geometry=area, classes=["school"])

    text = page(client, "/layers/facilities/")

    assert "Schools drawn from the register" in text
    assert "CC BY 4.0" in text
    assert "complete, 100.0 ha" in text
    assert "School" in text
    assert "/layers/facilities/download?format=gpkg" in text
    assert "http://testserver/ogc/" in text
    assert text.count("<path") == 2


def test_a_hidden_layer_has_no_page_for_strangers(client):
    Layer.objects.filter(slug="facilities").update(visibility="internal")

    for part in ("", "table/", "quality/", "describe/", "download"):
        assert client.get(f"/layers/facilities/{part}").status_code == 404
    assert found(client) == ["hazards", "sangkat"]


def test_pages_of_the_table_follow_on_each_other_without_gap_or_repeat(client):
    seen, address = [], "/layers/facilities/table/?lang=en"
    while address:
        text = client.get(address).content.decode()
        seen += table_ids(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following and "/layers/facilities/table/" + following[1].replace("&amp;", "&")

    assert seen == [f"F-{n:03}" for n in range(120)]


@pytest.mark.parametrize(
    ("sort", "turn", "first", "last"),
    [
        ("floors", "", "F-000", "F-119"),
        ("floors", "down", "F-119", "F-000"),
        ("class", "", "F-001", "F-118"),
        ("lifecycle", "down", "F-000", "F-119"),
        ("note", "", "F-000", "F-119"),
        ("stable_id", "down", "F-119", "F-000"),
    ],
)
def test_the_table_is_sorted_by_the_database_over_all_pages(client, sort, turn, first, last):
    seen, address = [], f"/layers/facilities/table/?sort={sort}&turn={turn}"
    while address:
        text = client.get(address).content.decode()
        seen += table_ids(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following and "/layers/facilities/table/" + following[1].replace("&amp;", "&")

    assert len(seen) == len(set(seen)) == 120
    assert (seen[0], seen[-1]) == (first, last)


def test_no_page_of_the_table_counts_rows_to_skip(client):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(client, "/layers/facilities/table/", after='[null,"F-049"]')

    assert not [query["sql"] for query in asked if "OFFSET" in query["sql"]]


def test_the_table_is_filtered_by_class_words_and_attribute(client):
    table = "/layers/facilities/table/"

    assert "60 features" in page(client, table, **{"class": "school"})
    assert "60 features" in page(client, table, **{"class": "-"})
    asked = {"attribute": "floors", "operator": "min", "value": "118"}
    assert table_ids(page(client, table, **asked)) == ["F-118", "F-119"]
    assert table_ids(page(client, table, q="F-007")) == ["F-007"]
    assert "No feature answers this" in page(client, table, q="zzz")


def test_numbers_written_as_text_are_told_where_they_were_not_compared(client):
    filled_layer(
        "halls",
        feature("H-1", square(0, 0, 10), height=12),
        feature("H-2", square(20, 0, 10), height="\u17e1\u17e2"),
        feature("H-3", square(40, 0, 10), height=None),
    )
    told = "Some values of height are written as text"
    at_least = {"attribute": "height", "operator": "min", "value": "10"}

    text = page(client, "/layers/halls/table/", **at_least)

    assert table_ids(text) == ["H-1"]
    assert told in text
    assert told not in page(client, "/layers/halls/table/", attribute="height", value="12")
    assert told not in page(client, "/layers/halls/table/", **at_least, q="H-1")


def test_a_large_layer_is_listed_by_identifier_only(client, monkeypatch):
    monkeypatch.setattr(attribute_table, "SORTED_UP_TO", 100)

    assert table_ids(page(client, "/layers/facilities/table/"))[0] == "F-000"
    response = client.get("/layers/facilities/table/", {"sort": "floors", "lang": "en"})
    assert response.status_code == 400
    assert "by identifier only" in response.content.decode()


@pytest.mark.parametrize("after", ["x", "[1]", '["a",2]', '[{"a":1},"F"]', "[1,2,3]"])
def test_a_made_up_place_in_the_table_is_refused(client, after):
    asked = {"after": after, "sort": "class", "lang": "en"}
    response = client.get("/layers/facilities/table/", asked)

    assert response.status_code == 400


def test_the_quality_report_counts_classes_fill_rates_and_identical_shapes(client):
    publish_features(
        layer=Layer.objects.get(slug="hazards"),
        features=[
            feature("A", square(0, 0, 10), floors=1),
            feature("B", square(0, 0, 10), floors=""),
            feature("C", square(50, 0, 10), "school"),
        ],
    )

    assert "The report is being made" in page(client, "/layers/hazards/quality/")
    make_report(Layer.objects.get(slug="hazards").versions.get(state="published"))

    text = page(client, "/layers/hazards/quality/")

    assert re.search(r"without a class</dt><dd>66\.7 %", text)
    assert re.search(r"corner points</dt><dd>15<", text)
    assert re.search(r"lie exactly on another</dt><dd>2<", text)
    assert "/map/?feature=hazards%2FB&amp;feature=hazards%2FA#lat=" in text
    assert re.search(r'floors.*?<td class="number">1</td><td class="number">33\.3 %', text)


def test_the_quality_report_lists_what_the_import_noted(client, tmp_path):
    path = tmp_path / "shops.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"k":"=shop"},'
        '"geometry":{"type":"Point","coordinates":[103.5,10.6]}},'
        '{"type":"Feature","properties":{"k":"school"},'
        '"geometry":{"type":"Point","coordinates":[103.5,10.6]}}]}'
    )
    import_file(path=path, layer="shops", options=ImportOptions(class_field="k"))

    text = page(client, "/layers/shops/quality/")
    rows = b"".join(client.get("/layers/shops/quality/issues.csv").streaming_content).decode()

    assert "no land-use class" in text
    assert "unknown_class,'=shop," in rows


def test_a_layer_that_no_import_filled_has_no_rows_of_issues(client):
    assert client.get("/layers/facilities/quality/issues.csv").status_code == 404
    assert "not filled by an import" in page(client, "/layers/facilities/quality/")


def test_only_who_may_describe_a_layer_does_and_mistakes_stand_at_the_field(client):
    address = "/layers/facilities/describe/"
    assert client.get(address).headers["Location"].startswith("/login/")
    user = User.objects.create_user("sok")
    client.force_login(user)
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_layer"))
    given = {
        "title_en": "Facilities",
        "title_km": "បរិក្ខារ",
        "theme": "facility",
        "visibility": "public",
        "description_km": "សាលា",
        "scale_denominator": "0",
    }

    refused = client.post(address + "?lang=en", given).content.decode()
    assert "Give the scale as a number from 1" in refused
    assert client.post(address, given | {"scale_denominator": "5000"}).status_code == 302

    text = page(client, "/layers/facilities/")
    assert "1 : 5,000" in text
    assert "សាលា" in text


@pytest.mark.parametrize("part", ["", "table/", "quality/"])
def test_every_page_of_a_layer_speaks_khmer(client, part):
    text = client.get(f"/layers/facilities/{part}").content.decode()
    visible = re.sub(r"<(script|style|code|svg|option)\b.*?</\1>|<[^>]+>", " ", text, flags=re.S)

    for english in ("Description", "Downloads", "Attribute", "Filter", "Class", "Next page"):
        assert english not in visible


def test_who_may_correct_and_survey_finds_the_way_from_the_layers_page(client):
    assert "/layers/facilities/edit/" not in page(client, "/layers/facilities/")
    client.force_login(User.objects.create_superuser("planner"))

    text = page(client, "/layers/facilities/")

    assert "/layers/facilities/edit/" in text
    assert "/layers/facilities/surveyed/edit/" in text
    assert "/layers/facilities/describe/" in text
    assert "/layers/import/" in page(client, "/layers/")
