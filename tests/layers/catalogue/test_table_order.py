"""The attribute table in pages: every order is one full sort, whatever the columns hold."""

import json
import re

import pytest

from layers.catalogue import attribute_table
from layers.catalogue.attribute_table import Order, order_asked, page_of
from layers.errors import UserFacingError
from layers.exports.selection import Selection
from layers.models import LandUseClass
from layers.services import publish_changes
from tests.factories import at, feature, filled_layer, land_use

pytestmark = pytest.mark.django_db

PAGE = 4
FLOORS = [3, None, 1, "absent", 2.5, 3, 0, -1, None, 3, "absent", 1e6]
NOTES = ["b", "a", "b", None, "", "absent", "c", "b", "a", "10", "9", "absent"]
MIXED = [1, "1", True, None, [2], {"a": 1}, "absent", 0, False, "b", [1], 2]
CODES = ["road", None, "school", "road", None, "market"] * 2
CYCLES = ["existing", "planned", "closed"] * 4


def row_of(n):
    told = {"floors": FLOORS[n], "note": NOTES[n], "mixed": MIXED[n], "2019": n % 3}
    return {name: value for name, value in told.items() if value != "absent"}


def plot(n, **more):
    return feature(f"P-{n:02}", at(n, 0), CODES[n], CYCLES[n], **row_of(n), **more)


@pytest.fixture
def layer(monkeypatch):
    monkeypatch.setattr(attribute_table, "PAGE", PAGE)
    return filled_layer("plots", *(plot(n) for n in range(12)))


def version_of(layer):
    layer.refresh_from_db()
    return layer.versions.get(number=layer.published_number)


def pages(version, column, turn="", **asked):
    """The identifiers of all pages, each page found by the token of the one before."""
    after, listed = "", []
    while True:
        order = order_asked({"sort": column, "turn": turn, "after": after})
        page = page_of(Selection(version=version, **asked), order)
        listed.append([row.feature.stable_id for row in page.rows])
        after = page.following
        if not after:
            return listed


def kind_rank(value):
    """The order of PostgreSQL's jsonb: text < number < boolean < list < object."""
    if isinstance(value, bool):
        return 2
    return {str: 0, int: 1, float: 1, list: 3, dict: 4}[type(value)]


def fully_sorted(values, *, is_descending=False):
    """Identifiers by value, ties by identifier, those without a value last in both turns."""
    names = [f"P-{n:02}" for n in range(len(values))]
    held = {k: v for k, v in zip(names, values, strict=True) if v is not None and v != "absent"}
    ordered = sorted(held)
    ordered.sort(  # Python's sort keeps ties in their order, turned round as well
        key=lambda name: (
            kind_rank(held[name]),
            str(held[name]) if kind_rank(held[name]) > 2 else held[name],
        ),
        reverse=is_descending,
    )
    return ordered + [name for name in names if name not in held]


@pytest.mark.parametrize("turn", ["", "down"])
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("floors", FLOORS),
        ("note", NOTES),
        ("mixed", MIXED),
        ("class", CODES),
        ("lifecycle", CYCLES),
        ("2019", [n % 3 for n in range(12)]),
        ("nobody-has-it", [None] * 12),
    ],
)
def test_pages_of_any_order_together_are_one_full_sort(layer, column, values, turn):
    expected = fully_sorted(values, is_descending=turn == "down")

    found = pages(version_of(layer), column, turn)

    assert [name for page in found for name in page] == expected
    assert [len(page) for page in found] == [4, 4, 4]


def test_the_order_by_identifier_turns_round(layer):
    names = [f"P-{n:02}" for n in range(12)]

    assert sum(pages(version_of(layer), ""), []) == names  # noqa: RUF017 - three pages
    assert sum(pages(version_of(layer), "stable_id", "down"), []) == names[::-1]  # noqa: RUF017


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 12, 13])
def test_no_size_of_a_page_loses_or_repeats_a_row(layer, monkeypatch, size):
    monkeypatch.setattr(attribute_table, "PAGE", size)

    for column, values in (("floors", FLOORS), ("class", CODES)):
        found = pages(version_of(layer), column)
        assert sum(found, []) == fully_sorted(values)  # noqa: RUF017 - some pages
        assert all(page for page in found)


@pytest.mark.parametrize("column", ["stable_id", "floors", "class"])
def test_what_others_publish_between_two_pages_moves_no_row_that_stays(layer, column):
    before = version_of(layer)
    first = page_of(Selection(version=before), Order(column=column))
    seen = [row.feature.stable_id for row in first.rows]
    publish_changes(
        layer,
        [
            feature("A-00", at(50, 0), "market", floors=-5),
            feature("P-99", at(51, 0), "school", floors=99),
        ],
        [seen[1]],
    )

    order = order_asked({"sort": column, "after": first.following})
    rest, after = [], first.following
    while after:
        order = order_asked({"sort": column, "after": after})
        page = page_of(Selection(version=version_of(layer)), order)
        rest += [row.feature.stable_id for row in page.rows]
        after = page.following

    stayed = [f"P-{n:02}" for n in range(12) if f"P-{n:02}" not in seen]
    assert sorted(name for name in rest if name in stayed) == stayed
    assert not set(rest) & set(seen)
    assert "P-99" in rest


def test_a_page_of_a_part_follows_within_the_part(layer):
    found = pages(version_of(layer), "floors", class_code="road")

    assert found == [["P-06", "P-00", "P-09", "P-03"]]  # 0, 3, 3 and one without


def test_the_table_counts_what_it_shows_or_says_nothing(layer, monkeypatch):
    version = version_of(layer)
    assert page_of(Selection(version=version), Order()).count == 12
    assert page_of(Selection(version=version, lifecycle="closed"), Order()).count == 4
    monkeypatch.setattr(attribute_table, "COUNTED_UP_TO", 11)

    assert page_of(Selection(version=version), Order()).count == 12
    assert page_of(Selection(version=version, lifecycle="closed"), Order()).count is None


@pytest.mark.parametrize(
    "after",
    [
        '["x\\u0000","P"]', '[1,"P\\u0000"]', '[NaN,"P"]', '[Infinity,"P"]', '[1e999,"P"]',
        '["\\ud800","P"]', '[1,"\\udfff"]', '{"a":1}', "7", "[1]", "[[[[", '[1,"P",3]', "null",
        '"ab"', "[" * 5000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("sort", ["floors", "stable_id", "class"])
def test_no_made_up_place_in_the_table_is_an_error_of_ours(client, layer, after, sort):
    response = client.get("/layers/plots/table/", {"after": after, "sort": sort, "lang": "en"})

    assert response.status_code == 400
    assert "is no place in the table" in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"attribute": "floors", "operator": "like", "value": "3"}, "like.floors"),
        ({"colour": "red"}, "colour"),
        ({"version": "1"}, "version"),
        ({"min.floors": "many"}, "no number"),
        ({"class": "R77"}, "R77"),
        ({"lifecycle": "old"}, "no lifecycle"),
        ({"sort": "a\x00b"}, "means nothing"),
    ],
)
def test_a_filter_nobody_understands_is_refused_instead_of_showing_everything(
    client, layer, asked, told
):
    response = client.get("/layers/plots/table/", {"lang": "en", **asked})

    assert response.status_code == 400
    assert told in response.content.decode()


def test_the_form_of_the_table_and_the_address_ask_alike(client, layer):
    def shown(**asked):
        text = client.get("/layers/plots/table/", asked).content.decode()
        return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', text)

    asked = {"attribute": "floors", "operator": "min", "value": "3"}
    assert shown(**asked) == shown(**{"min.floors": "3"}) == ["P-00", "P-05", "P-09", "P-11"]
    assert shown(attribute="note", value="9") == ["P-10"]  # without an operator: has


def test_the_download_beside_the_table_takes_what_the_table_shows(client, layer):
    text = client.get(
        "/layers/plots/table/",
        {
            "attribute": "floors",
            "operator": "max",
            "value": "1",
            "lifecycle": "closed",
            "sort": "note",
        },
    ).content.decode()
    address = re.search(r'href="([^"]*download\?[^"]*csv[^"]*|[^"]*download\?[^"]*)"', text)[1]
    query = address.partition("?")[2].replace("&amp;", "&").replace("format=gpkg", "")

    content = b"".join(
        client.get(f"/layers/plots/download?{query}&format=geojson").streaming_content
    )

    assert [row["id"] for row in json.loads(content)["features"]] == ["P-02"]


def test_columns_stated_by_the_schema_come_first_with_title_and_unit():
    land_use("park")
    layer = filled_layer(
        "parks",
        feature("A", at(0, 0), "park", area_ha=12.5, a_note="x", open=True),
        attribute_schema={
            "fields": {"area_ha": {"type": "number", "title_en": "Size", "unit": "ha"}}
        },
    )

    page = page_of(Selection(version=version_of(layer)), Order())

    assert page.columns[0] == ("area_ha", "Size")
    assert [name for name, _title in page.columns] == ["area_ha", "a_note", "open"]
    assert page.rows[0].cells[1:] == ["x", "yes"]
    assert page.rows[0].cells[0].startswith("12.5")


def test_columns_beyond_thirty_are_left_to_the_download():
    many = {f"c{n:02}": n for n in range(40)}
    layer = filled_layer("wide", feature("A", at(0, 0), **many))

    page = page_of(Selection(version=version_of(layer)), Order())

    assert [name for name, _title in page.columns] == [f"c{n:02}" for n in range(30)]


def test_a_search_that_takes_too_long_ends_with_advice(layer, monkeypatch):
    monkeypatch.setattr(attribute_table, "LONGEST_SEARCH_MS", 1)
    slow = "SELECT pg_sleep(0.2), * FROM layers_feature"
    rows = layer.features.model.objects.raw(slow)
    monkeypatch.setattr(attribute_table, "_ordered", lambda *_: list_of(rows))

    with pytest.raises(UserFacingError, match="Narrow the list"):
        page_of(Selection(version=version_of(layer)), Order())


class list_of:  # noqa: N801 - reads as what it does
    """A query that is asked when it is cut."""

    def __init__(self, rows):
        self.rows = rows

    def __getitem__(self, _cut):
        return list(self.rows)


def test_class_names_of_the_table_are_those_of_the_layer_only(client, layer):
    land_use("hospital", name_en="Hospital of nobody")

    text = client.get("/layers/plots/table/", {"lang": "en"}).content.decode()

    assert LandUseClass.objects.filter(code="hospital").exists()
    assert "Hospital of nobody" not in text
    assert 'value="school"' in text
