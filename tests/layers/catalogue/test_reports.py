"""What the catalogue says of a layer: found by words, drawn to scale, counted by hand."""

import csv
import io
import re
from datetime import date

import pytest
import shapely
from django.contrib.auth.models import Permission, User

from layers.catalogue import coverage, finding, quality
from layers.ingest import ImportOptions, import_file
from layers.models import ImportIssue, Layer, LayerVersion, Run
from layers.quality.making import make_report
from layers.services import Provenance, open_layer, publish_features, set_surveyed_area
from tests.factories import at, feature, filled_layer, land_use, square
from tests.layers.web_map import published_grid

pytestmark = pytest.mark.django_db


def version_of(slug):
    return LayerVersion.objects.get(layer__slug=slug, state="published")


def told_of(version):
    return quality.quality_of(make_report(version))


def page(client, path, **asked):
    response = client.get(path, {"lang": "en", **asked})
    assert response.status_code == 200, response.content
    return response.content.decode()


def found(client, **asked):
    return re.findall(r'<h2><a href="/layers/([-\w]+)/">', page(client, "/layers/", **asked))


@pytest.fixture
def ground():
    """Six features: three squares alike, one of them without a class, a point twice, one alone."""
    land_use("school", name_en="School")
    return filled_layer(
        "ground",
        feature("A", square(0, 0, 10), "school", floors=1, note="x"),
        feature("B", square(0, 0, 10), "school", "planned", floors=2.5, note=""),
        feature("C", square(0, 0, 10), None, "planned", floors=None),
        feature("D", at(50, 50), "school", note="y", open=False),
        feature("E", at(50, 50), None, "closed"),
        feature("F", at(60, 50), None),
        attribute_schema={"fields": {"beds": {"type": "integer", "title_en": "Beds"}}},
    )


def test_the_report_counts_what_a_hand_counts(ground):
    told = told_of(version_of("ground"))

    assert told.features == 6
    assert {code: n for code, _name, n in told.by_class} == {"school": 3, "": 3}
    assert dict((code, name) for code, name, _n in told.by_class)["school"] == "School"  # noqa: C402
    assert dict(told.by_lifecycle) == {"existing": 3, "planned": 2, "closed": 1}
    assert dict(told.by_shape) == {"POLYGON": 3, "POINT": 3}
    assert told.without_class_share == 0.5
    assert told.points == 3 * 5 + 3  # a square's ring has five points, its first twice
    assert told.most_points == 5


def test_an_empty_text_and_nothing_do_not_fill_an_attribute(ground):
    told = {rate.name: rate for rate in told_of(version_of("ground")).fill_rates}

    assert {name: rate.filled for name, rate in told.items()} == {
        "beds": 0, "floors": 2, "note": 2, "open": 1,
    }  # fmt: skip
    assert told["floors"].share == pytest.approx(2 / 6)
    assert (told["floors"].kind, told["note"].kind, told["open"].kind) == (
        "real",
        "text",
        "boolean",
    )
    assert told["beds"].title == "Beds"  # the schema promised it, nobody carries it


def test_shapes_that_lie_exactly_on_each_other_are_named_the_largest_group_first(ground):
    told = told_of(version_of("ground"))

    assert (told.identical_groups, told.identical_features) == (2, 5)
    [alike] = [group for group in told.places if group.kind == "identical"]
    pairs = [(place.issue.other, place.issue.stable_id) for place in alike.listed]
    assert pairs == [("A", "B"), ("A", "C"), ("D", "E")]


def test_the_report_of_an_earlier_version_is_not_that_of_the_next(ground):
    publish_features(layer=ground, features=[feature("A", square(0, 0, 10), "school")])

    now = told_of(version_of("ground"))

    assert (now.features, now.identical_features, now.without_class_share) == (1, 0, 0.0)
    before = told_of(LayerVersion.objects.get(layer=ground, number=1))
    assert (before.features, before.identical_features) == (6, 5)


def test_a_layer_without_features_has_a_report_without_division(client):
    layer = filled_layer("gone", feature("G", at(0, 0), name="x"))
    publish_features(layer=layer, features=[])

    told = told_of(version_of("gone"))

    assert (told.features, told.points, told.most_points) == (0, 0, 0)
    assert told.without_class_share == 0.0
    for part in ("", "table/", "quality/"):
        assert client.get(f"/layers/gone/{part}").status_code == 200


def test_issues_are_counted_by_kind_and_listed_in_the_order_of_the_file(client):
    layer = filled_layer("shops", feature("S", at(0, 0)))
    run = Run.objects.create(
        kind="import", title="shops", state="succeeded", parameters={"layer": layer.slug}
    )
    for row, kind in ((7, "unknown_class"), (2, "unknown_class"), (3, "invalid_geometry")):
        ImportIssue.objects.create(
            run=run, row=row, kind=kind, value="=1+1", text="as_told", action="kept",
            details={"words": "@row"},
            stable_id=f"-{row}",
        )  # fmt: skip
    Run.objects.create(kind="import", title="x", state="failed", parameters={"layer": layer.slug})

    assert quality.last_import(version_of("shops")) == run  # the failed one filled nothing
    assert [n for _label, n in quality.issue_counts(run)] == [2, 1]
    content = b"".join(client.get("/layers/shops/quality/issues.csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["row"] for row in rows] == ["2", "3", "7"]
    assert {row["value"] for row in rows} == {"'=1+1"}
    assert rows[0]["stable_id"] == "'-2"
    assert {row["message"] for row in rows} == {"'@row"}


def test_an_import_without_a_fault_says_so(client, tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("id,lon,lat\nP-1,103.5,10.6\n")
    import_file(path=path, layer="posts", options=ImportOptions(id_field="id", srid=4326))

    assert "noted nothing" in page(client, "/layers/posts/quality/")


def corners(path):
    """The rings of an SVG path as pairs of numbers."""
    return [
        [tuple(map(float, point.split())) for point in ring.rstrip("Z ").split("L")]
        for ring in path.split("M")[1:]
    ]


def test_the_drawing_of_what_was_surveyed_keeps_one_scale_and_points_north():
    layer = filled_layer("wells", feature("A", at(0, 0)), feature("B", at(1000, 500)))
    set_surveyed_area(layer=layer, geometry=square(0, 0, 500), source="west", classes=[])
    set_surveyed_area(
        layer=layer, geometry=square(500, 0, 500), source="east", completeness="partial"
    )

    told = coverage.coverage_of(version_of("wells"))

    west, east = (corners(s.outline)[0] for s in told.statements)
    assert [s.hectares for s in told.statements] == [25.0, 25.0]
    # 1,000 m and an edge of 8 pixels on both sides: a tenth of a millimetre of screen is enough
    wide = max(x for x, _y in east) - min(x for x, _y in west)
    high = max(y for _x, y in west) - min(y for _x, y in west)
    assert wide == pytest.approx(2 * high, abs=0.3)
    assert wide == pytest.approx(304, abs=2)
    assert min(x for x, _y in east) == pytest.approx(max(x for x, _y in west), abs=0.2)
    lowest = max(y for _x, y in west)
    assert lowest <= 220 - 8
    assert all(0 <= x <= 320 and 0 <= y <= 220 for x, y in (*west, *east))


def test_a_hole_in_what_was_surveyed_is_drawn_as_one():
    layer = filled_layer("wells", feature("A", at(0, 0)))
    ring = square(0, 0, 1000).difference(square(400, 400, 200))
    set_surveyed_area(layer=layer, geometry=ring)

    [stated] = coverage.coverage_of(version_of("wells")).statements

    outer, hole = (shapely.Polygon(points) for points in corners(stated.outline))
    assert hole.within(outer)
    assert hole.area / outer.area == pytest.approx(0.04, abs=0.002)
    assert stated.hectares == 96.0


def test_a_layer_nobody_surveyed_says_so_and_draws_its_extent_only(client, ground):
    told = coverage.coverage_of(version_of("ground"))

    assert told.statements == []
    assert len(corners(told.extent)) == 1
    assert "not surveyed" in page(client, "/layers/ground/")


def test_a_grid_has_a_page_with_what_it_measures_and_no_table(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    published_grid(tmp_path, "flood-depth", [[0.5, 3.25]], cell_m=20.0)

    text = page(client, "/layers/flood-depth/")

    assert "0.50 – 3.25" in text
    assert "above ground" in text
    assert "format=cog" in text
    assert "format=gpkg" not in text
    for part in ("table/", "quality/"):
        response = client.get(f"/layers/flood-depth/{part}", {"lang": "en"})
        assert response.status_code == 404
        assert "is a grid" in response.content.decode()
    assert "/layers/flood-depth/table/" not in text


def test_a_layer_that_was_opened_and_never_published_has_no_page(client):
    open_layer(slug="empty", geometry_kind="point")

    assert found(client) == []
    for part in ("", "table/", "quality/", "describe/"):
        assert client.get(f"/layers/empty/{part}").status_code == 404


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("WELLS", True),
        ("drinking  water", True),
        ("water drinking", True),
        ("អណ្តូង", True),
        ("ministry", True),
        ("odbl", True),
        ("hospital", True),  # the class it holds, by its English name
        ("មន្ទីរពេទ្យ", True),
        ("drinking hospital", True),
        ("drinking beer", False),
        ("market", False),  # a class that exists, but not in this layer
        ("well%", False),
        ("w_lls", False),
        ("'; drop", False),
    ],
)
def test_words_find_a_layer_when_all_of_them_are_said_of_it(client, words, is_found):
    land_use("hospital", name_en="Hospital", name_km="មន្ទីរពេទ្យ")
    land_use("market", name_en="Market")
    filled_layer(
        "wells", feature("W", at(0, 0), "hospital"), title_km="អណ្តូងទឹក", title_en="Wells",
        description_en="Drinking water of the villages", source="Ministry", licence="ODbL",
    )  # fmt: skip

    assert found(client, q=words) == (["wells"] if is_found else [])


@pytest.mark.parametrize(
    ("since", "until", "names"),
    [
        ("2024-06-01", "2024-06-01", ["b"]),
        ("2024-06-02", "", ["c"]),
        ("", "2024-05-31", ["a"]),
        ("2023-01-01", "2026-01-01", ["a", "b", "c"]),
        ("2025-01-02", "2024-01-01", []),
    ],
)
def test_days_of_capture_count_from_the_first_to_the_last_both_included(
    client, since, until, names
):
    days = {"a": date(2023, 5, 1), "b": date(2024, 6, 1), "c": date(2025, 1, 1), "undated": None}
    for name, day in days.items():
        publish_features(
            layer=open_layer(slug=name, geometry_kind="point"),
            features=[feature("P", at(0, 0))],
            provenance=Provenance(captured_on=day),
        )

    assert found(client, since=since, until=until) == names
    assert found(client, sort="captured") == ["c", "b", "a", "undated"]


def test_a_place_in_a_layer_the_reader_may_not_see_is_no_place(client):
    filled_layer(
        "bases", feature("B", square(0, 0, 100), name_en="Secret base"), visibility="restricted"
    )
    filled_layer("posts", feature("P", at(50, 50)))

    assert found(client, place="Secret base") == []
    client.force_login(User.objects.create_superuser("boss"))
    assert set(found(client, place="Secret base")) == {"bases", "posts"}


def test_fifty_layers_stand_on_a_page_and_the_rest_on_the_next(client, monkeypatch):
    monkeypatch.setattr("layers.catalogue.views.PAGE", 4)
    for n in range(10):
        filled_layer(f"layer-{n}", feature("P", at(n, 0)))

    listed = [found(client, page=n, sort="title") for n in (1, 2, 3)]

    assert finding.PAGE == 50
    assert [len(names) for names in listed] == [4, 4, 2]
    assert sum(listed, []) == [f"layer-{n}" for n in range(10)]  # noqa: RUF017 - three pages
    assert found(client, page="x", sort="title") == listed[0]
    assert found(client, page="99", sort="title") == listed[2]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"theme": "astronomy"}, "astronomy"),
        ({"sort": "size"}, "size"),
        ({"since": "2024-13-01"}, "valid date"),
        ({"q": "x" * 500}, "at most"),
    ],
)
def test_a_search_that_means_nothing_is_told_at_its_field(client, asked, told):
    filled_layer("posts", feature("P", at(0, 0)))

    text = page(client, "/layers/", **asked)

    assert told in text
    assert '<h2><a href="/layers/posts/"' not in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visibility", "everyone"),
        ("scale_denominator", "-5"),
        ("scale_denominator", "1.5"),
        ("title_en", "x" * 1000),
    ],
)
def test_a_mistake_in_a_description_changes_nothing(client, field, value):
    layer = filled_layer("posts", feature("P", at(0, 0)), title_en="Posts", title_km="បង្គោល")
    user = User.objects.create_user("sok")
    user.user_permissions.add(Permission.objects.get(codename="change_layer"))
    client.force_login(user)
    given = {"title_en": "Poles", "title_km": "បង្គោល", "theme": "facility", "visibility": "public"}

    response = client.post("/layers/posts/describe/?lang=en", given | {field: value})

    assert response.status_code == 200
    assert 'class="errorlist"' in response.content.decode()
    layer = Layer.objects.get(slug="posts")
    assert (layer.title_en, layer.visibility) == ("Posts", "public")


def test_a_description_cannot_move_a_layer_to_another_name_or_shape(client):
    filled_layer("posts", feature("P", at(0, 0)), title_en="Posts", geometry_kind="point")
    client.force_login(User.objects.create_superuser("boss"))

    client.post("/layers/posts/describe/", {
        "title_en": "Poles", "title_km": "", "theme": "facility", "visibility": "public",
        "slug": "stolen", "geometry_kind": "polygon", "published_number": "99",
    })  # fmt: skip

    layer = Layer.objects.get(slug="posts")
    assert (layer.title_en, layer.geometry_kind, layer.published_number) == ("Poles", "point", 1)
