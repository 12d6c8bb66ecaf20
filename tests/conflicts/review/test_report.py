"""Findings on paper: bounded, with what cannot be told, a map of each, and Khmer set right."""

import pymupdf
import pytest
import shapely
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st

from conflicts.filters import FindingFilter
from conflicts.models import Finding
from conflicts.queries import with_evidence
from conflicts.review import report as printing
from conflicts.review import views
from conflicts.review.models import FindingReport
from conflicts.review.report import print_report
from conflicts.review.report_maps import (
    BAR_MM,
    HEIGHT_MM,
    NICE,
    WIDTH_MM,
    bar_of,
    city_map,
    finding_map,
    frame_around,
)
from conflicts.review.reports import make_report
from layers.errors import RunCancelledError
from layers.models import Layer
from tests.conflicts.ground import find, rule_data
from tests.conflicts.review.ground import detected, sangkats
from tests.factories import EAST, NORTH, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(settings, tmp_path):
    """Two gaps and one overlap; files are kept in a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    sangkats()
    return detected()


def printed(language="en", most=500, **asked):
    return print_report(
        FindingFilter(**asked), reader=AnonymousUser(), language=language, most=most
    )


def words(pdf):
    """Return the text of a PDF in one line."""
    return " ".join(" ".join(page.get_text() for page in pymupdf.open(stream=pdf)).split())


def test_the_report_says_what_was_asked_and_holds_each_finding_with_its_facts(city):
    made = printed(exact_severity="high", unsettled="1")
    text = words(made.pdf)

    assert (made.printed, made.left_out) == (2, 0)
    assert "exact severity: high" in text
    assert "lies 180.0 m from School East" in text
    assert "200.0 m (margin -20.0 m)" in text
    assert "Value chosen for the test" in text
    assert "Market" not in text
    assert "1 : 4,000" in text  # the gap of 180 m


def test_what_cannot_be_told_stands_on_the_first_page(settings):
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    land_use("school")
    find(rule_data())

    text = words(printed().pdf)

    assert "1 of 1 rules (100 %) cannot tell everything" in text
    assert "But not everything could be told, see above." in text


def test_of_more_than_can_be_printed_it_says_how_many_are_left_out(city):
    made = printed(most=2)

    assert (made.printed, made.left_out) == (2, 1)
    assert "1 conflicts are not in this report: it holds 2" in words(made.pdf)


def test_the_data_and_their_days_are_listed(city):
    text = words(printed().pdf)

    assert "Data used" in text
    assert "facilities" in text


def test_khmer_is_set_with_its_own_font_and_found_as_text(city):
    pdf = pymupdf.open(stream=printed("km").pdf)

    fonts = {font[3] for page in pdf for font in page.get_fonts()}
    assert any("Khmer" in name for name in fonts)
    assert all(any("\u1780" <= sign <= "\u17ff" for sign in page.get_text()) for page in pdf)


def test_a_hidden_layer_s_findings_are_not_printed(city):
    Layer.objects.filter(slug="facilities").update(visibility="internal")

    made = printed()

    assert (made.printed, made.left_out) == (0, 0)
    assert "Dump" not in words(made.pdf)


def test_a_name_is_never_taken_for_markup(settings):
    land_use("school")
    detected(
        feature("S-2", square(120, 0, 5), "school", name_en='<img src="file:///etc/hostname">')
    )

    assert '<img src="file:///etc/hostname">' in words(printed(q="S-2").pdf)


@pytest.mark.parametrize(
    ("length_m", "scale"), [(10, 800), (180, 4_000), (1_000, 20_000), (56_000, 1_000_000)]
)
def test_the_scale_is_the_largest_round_one_that_leaves_a_margin(length_m, scale):
    """84 mm hold 1.5 times the length: 180 m needs 270 m, at 1 : 4,000 they hold 336 m."""
    frame = frame_around(shapely.LineString([(0, 0), (length_m, 0)]), WIDTH_MM, HEIGHT_MM)

    assert frame.scale == pytest.approx(scale)


@given(st.floats(0.5, 1e5), st.floats(0.5, 1e5))
def test_what_is_framed_lies_inside_the_map_at_any_size(width_m, height_m):
    shape = shapely.box(EAST, NORTH, EAST + width_m, NORTH + height_m)
    frame = frame_around(shape, WIDTH_MM, HEIGHT_MM)

    assert frame.outline.contains(shape)
    on_paper = frame.on_paper(shape)
    assert shapely.box(0, 0, WIDTH_MM, HEIGHT_MM).contains(on_paper)
    assert on_paper.area == pytest.approx(shape.area * 1e6 / frame.scale**2, rel=1e-6)


@given(st.sampled_from([step * 10**power for step in NICE for power in (2, 3, 4)]))
def test_the_bar_is_round_and_as_long_as_it_says(scale):
    bar_mm, bar_m = bar_of(scale)

    assert bar_mm <= BAR_MM * (1 + 1e-9)
    assert bar_mm * scale / 1_000 == pytest.approx(bar_m)
    assert str(bar_m).replace(".0", "").strip("0.") in {"1", "2", "5"}


def test_north_is_up_on_the_small_map():
    frame = frame_around(shapely.LineString([(0, 0), (0, 100)]), WIDTH_MM, HEIGHT_MM)

    upper, lower = frame.on_paper(shapely.Point(0, 100)), frame.on_paper(shapely.Point(0, 0))
    assert upper.y < lower.y
    assert upper.x == pytest.approx(WIDTH_MM / 2)


def test_both_features_and_the_evidence_are_drawn(city):
    finding = with_evidence(Finding.objects.filter(pk=city["S-EAST"].pk)).get()

    drawing = finding_map(finding, ["sangkat"]).drawing

    # two sangkats, both features, what lies between them, and the edge of the map
    assert drawing.count("<path") == 6
    assert "#2d6480" in drawing
    assert "#d9822b" in drawing


def test_where_nothing_was_measured_there_is_no_map(city):
    finding = city["M"]
    finding.current = None

    assert finding_map(finding, []) is None
    assert city_map([finding], []) is None


def test_anyone_prints_a_few_findings_at_once(client, city):
    answer = client.get("/findings/report.pdf?lang=en&kind=overlap")

    assert answer["Content-Type"] == "application/pdf"
    assert "Market" in words(answer.content)


@pytest.mark.parametrize("query", ["kind=none", "severty=high", "sangkat=none", "bbox=1,2,3"])
def test_a_report_of_what_does_not_exist_is_refused(client, city, query):
    assert client.get(f"/findings/report.pdf?{query}").status_code == 400


@pytest.fixture
def planner(client):
    user = User.objects.create_user("sokha")
    client.force_login(user)
    return user


def test_a_long_report_is_printed_by_the_worker_for_who_asked(
    client, city, planner, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=False):
        asked = client.post("/findings/reports/", {"exact_severity": "high"})
    [report] = FindingReport.objects.all()
    waiting = client.get(asked.url)
    assert (waiting.status_code, waiting["Refresh"]) == (200, "3")
    assert client.get(f"/findings/reports/{report.pk}.pdf").status_code == 404

    make_report(report)

    assert f"/findings/reports/{report.pk}.pdf" in client.get(asked.url).content.decode()
    got = b"".join(client.get(f"/findings/reports/{report.pk}.pdf").streaming_content)
    assert (report.printed, report.left_out) == (2, 0)
    assert "School North" in words(got)
    client.force_login(User.objects.create_user("dara"))
    assert client.get(asked.url).status_code == 404
    assert client.get(f"/findings/reports/{report.pk}.pdf").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_report_leaves_no_file(client, city, planner):
    client.post("/findings/reports/", {})
    [report] = FindingReport.objects.select_related("run")
    client.post(f"/findings/reports/{report.pk}/cancel")

    with pytest.raises(RunCancelledError):
        make_report(report)

    report.refresh_from_db()
    assert not report.file
    assert report.run.state == "cancelled"
    assert not default_storage.exists("findings")


def test_who_is_not_signed_in_asks_for_no_long_report(client, city):
    assert client.post("/findings/reports/", {}).status_code == 302
    assert not FindingReport.objects.exists()


def test_the_list_offers_the_report_and_says_how_many_it_holds(client, city, monkeypatch):
    from conflicts import views as list_views

    monkeypatch.setattr(list_views, "MOST_AT_ONCE", 2)
    page = client.get("/findings/?lang=en&exact_severity=high").content.decode()
    assert "/findings/report.pdf?exact_severity=high" in page
    assert "The PDF holds the first" not in page
    page = client.get("/findings/?lang=en").content.decode()
    assert "The PDF holds the first 2" in page
    assert views.MOST_AT_ONCE == printing.MOST_AT_ONCE
