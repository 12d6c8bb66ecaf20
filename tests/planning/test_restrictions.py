"""Restrictions that cut across zones: a permit check is never silent about one."""

import pytest

from layers.models import Layer
from layers.services import set_surveyed_area
from layers.visibility import EVERYTHING
from planning.permits.run import check_application
from planning.vocab import Outcome
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import (
    application,
    check_of,
    drawn,
    flooded,
    nothing_reserved,
    r1_plot,
)

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
STRIP = rectangle(40, 40, 5, 15)  # the western 5 m of plot P-1: 75 m2
HOUSE = {"footprint": drawn(46, 45, 9, 5), "footprint_area_m2": 45}  # beside the strip
IN_STRIP = {"footprint": drawn(43, 45, 9, 5), "footprint_area_m2": 45}


def mapped(slug, shape=STRIP, theme="overlay", surveyed=CITY, **fields):
    filled_layer(slug, feature("O-1", shape), theme=theme, **fields)
    if surveyed is not None:
        set_surveyed_area(layer=Layer.objects.get(slug=slug), geometry=surveyed, source="test")


def restriction(slug, proposal=None, **changed):
    given = application(proposal=proposal or {}, **changed)
    return check_of(check_application(given).results, f"overlay:{slug}")


@pytest.mark.parametrize("slug", ["ov-coast50", "ov-river30", "ov-stream25"])
@pytest.mark.parametrize(
    ("proposal", "answer"),
    [(None, "cannot_tell"), (HOUSE, "complies"), (IN_STRIP, "fails")],
)
def test_no_structure_stands_on_beach_or_bank(slug, proposal, answer):
    r1_plot()
    mapped(slug)
    found = restriction(slug, proposal)
    assert (found["answer"], found["basis"], found["may_block"]) == (answer, "press_report", True)
    assert "75 m²" in found["explanation"]["en"]


def test_a_house_on_the_public_beach_is_not_compliant():
    r1_plot()
    nothing_reserved(CITY)
    flooded(CITY, "H1", square(90, 90, 5), 0.3)
    mapped("ov-coast50")
    sound = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50}
    assert check_application(application(proposal=sound)).outcome == Outcome.NOT_COMPLIANT


def test_the_whole_plot_on_the_beach_needs_no_drawing_to_fail():
    r1_plot()
    mapped("ov-coast50", shape=CITY)
    assert restriction("ov-coast50")["answer"] == "fails"


def test_a_public_authority_on_the_beach_is_for_the_officer_and_on_a_bank_it_fails():
    r1_plot()
    mapped("ov-coast50")
    mapped("ov-river30")
    authority = {"applicant": "public_authority"}
    beach = restriction("ov-coast50", IN_STRIP, **authority)
    assert beach["answer"] == "cannot_tell"
    assert "officer" in beach["missing"][0]["en"]
    assert restriction("ov-river30", IN_STRIP, **authority)["answer"] == "fails"


def test_beside_a_strip_that_is_not_surveyed_to_its_end_nothing_is_clear():
    r1_plot()
    mapped("ov-coast50", surveyed=None)
    found = restriction("ov-coast50", HOUSE)
    assert found["answer"] == "cannot_tell"
    assert "survey" in found["missing"][0]["en"]


@pytest.mark.parametrize(
    ("slug", "basis", "answer"),
    [
        ("ov-coast200", "demo_value", "cannot_tell"),
        ("ov-canal10", "demo_value", "cannot_tell"),
        ("ov-ols", "general_knowledge", "cannot_tell"),
        ("ov-noise", "demo_value", "cannot_tell"),
        ("ov-hv", "general_knowledge", "fails"),
        ("ov-water1", "foreign_reference", "fails"),
        ("ov-water2", "foreign_reference", "cannot_tell"),
        ("ov-herit", "demo_value", "cannot_tell"),
        ("ov-ent200", "press_report", "cannot_tell"),
    ],
)
def test_each_restriction_answers_on_the_basis_its_table_prints(slug, basis, answer):
    r1_plot()
    mapped(slug, shape=CITY)
    found = restriction(slug)
    assert (found["basis"], found["answer"]) == (basis, answer)
    assert found["provision"].startswith(slug.upper())


@pytest.mark.parametrize("theme", ["protected", "overlay", "hazard-fire"])
def test_a_restriction_whose_rule_nobody_recorded_leaves_the_case_to_an_officer(theme):
    r1_plot()
    nothing_reserved(CITY)
    flooded(CITY, "H1", square(90, 90, 5), 0.3)
    mapped("somewhere", shape=CITY, theme=theme)
    sound = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50}
    checked = check_application(application(proposal=sound))
    found = check_of(checked.results, "overlay:somewhere")
    assert (found["answer"], found["basis"]) == ("cannot_tell", None)
    assert checked.outcome == Outcome.UNDETERMINED


def test_a_restriction_that_only_touches_the_plot_is_none():
    r1_plot()
    mapped("ov-coast50", shape=rectangle(0, 0, 40, 100))
    codes = {row["code"] for row in check_application(application()).results["checks"]}
    assert "overlay:ov-coast50" not in codes


def unmapped():
    sentences = check_application(application()).results["not_checked"]
    return " ".join(sentence["en"] for sentence in sentences)


def test_what_nobody_mapped_is_named_as_not_checked():
    r1_plot()
    text = unmapped()
    for name in ("Public beach strip", "Protected areas", "River bank reserve", "Steep slope"):
        assert name in text
    assert "Flood hazard" not in text  # it has a check of its own that cannot tell


@pytest.mark.parametrize(("surveyed", "named"), [(CITY, False), (STRIP, True), (None, True)])
def test_a_restriction_surveyed_everywhere_and_not_here_is_cleared(surveyed, named):
    r1_plot()
    mapped("ov-coast50", shape=square(90, 90, 5), surveyed=surveyed)
    assert ("Public beach strip" in unmapped()) is named


def test_what_is_not_asked_of_buildings_that_stay_is_said():
    r1_plot()
    assert "Setbacks, green and parking of buildings that stay on the plot." in unmapped()


def test_a_restriction_the_public_may_not_see_is_named_as_not_checked_and_not_shown():
    r1_plot()
    mapped("ov-coast50", visibility="internal")
    public = check_application(application()).results
    assert all("ov-coast50" not in row["code"] for row in public["checks"])
    assert "Public beach strip" in " ".join(s["en"] for s in public["not_checked"])
    inside = check_application(application(), seen=EVERYTHING).results
    assert check_of(inside, "overlay:ov-coast50")["answer"] == "cannot_tell"
