"""Every application is held against the rule books in force; silence is never permission."""

import pytest
from django.core.management import call_command

from conflicts.models import Finding
from layers.models import Feature, Layer
from planning.permits.run import check_application
from planning.vocab import Outcome
from tests.conflicts.ground import rule_data, surveyed_layer
from tests.factories import at, feature, rectangle, square
from tests.planning.city import (
    application,
    check_of,
    distances_in_force,
    drawn,
    flooded,
    nothing_reserved,
    r1_plot,
)

pytestmark = pytest.mark.django_db

LAW = {
    "basis": "binding_law",
    "provision": {"law": "Sub-decree 113", "article": "art. 7", "citation": "Sub-decree 113, 7"},
}
# Plot P-1 reaches from (40, 40) to (60, 55); the house is drawn 10 m x 5 m from (45, 45).
HOUSE = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50}
CODE = "distances:T-01:dwelling_single"


def house_rule(metres=50.0, **fields):
    """No dwelling nearer to a landfill than so many metres."""
    return rule_data(
        subject={"classes": ["landfill"], "surveyed_in": ["facilities"]},
        object={"classes": ["dwelling_single"]},
        min_distance_m=metres,
        **fields,
    )


def dump(shape, stable_id="DUMP", **fields):
    return feature(stable_id, shape, "landfill", name_en="Old dump", name_km="ទីលាន", **fields)


def ground(*facilities):
    r1_plot()
    nothing_reserved(square(0, 0, 100))
    flooded(square(0, 0, 100), "H1", square(90, 90, 5), 0.3)
    surveyed_layer("facilities", *(facilities or [feature("far", at(9000, 0), "hotel")]))


def answered(**proposal):
    return check_application(application(proposal={**HOUSE, **proposal}))


def not_drawn():
    return check_application(application(proposal={"footprint_area_m2": 50}))


def test_a_house_35_m_from_a_dump_breaks_a_law_of_50_m_and_is_not_compliant():
    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule(**LAW))

    checked = answered()

    found = check_of(checked.results, CODE)
    assert found["answer"] == "fails"
    assert (found["measured"], found["required"], found["unit"]) == (35, 50, "m")
    assert (found["bound"], found["margin"]) == ("min", -15)
    assert found["provision"] == "T-01: Sub-decree 113, 7"
    assert found["may_block"]
    assert found["evidence"]["type"] == "LineString"
    assert "Old dump" in found["explanation"]["en"]
    assert "ទីលាន" in found["explanation"]["km"]
    assert checked.outcome == Outcome.NOT_COMPLIANT


def test_the_same_distance_as_a_foreign_reference_only_warns():
    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule(basis="foreign_reference"))

    checked = answered()

    assert check_of(checked.results, CODE)["answer"] == "fails"
    assert checked.outcome == Outcome.WARNINGS


def test_a_house_that_keeps_every_distance_complies_and_the_rules_asked_are_named():
    ground(dump(square(190, 40, 10)))
    distances_in_force(house_rule(**LAW))

    checked = answered()

    kept = check_of(checked.results, "distances")
    assert kept["answer"] == "complies"
    assert "T-01" in kept["explanation"]["en"]
    assert kept["basis"] == "binding_law"
    assert checked.outcome == Outcome.COMPLIANT


def test_an_outcome_without_objection_always_says_what_was_not_checked():
    ground(dump(square(190, 40, 10)))
    distances_in_force(house_rule(**LAW))

    spoken = answered().results["outcome_name"]

    assert spoken["en"].startswith("complies with everything that was checked. Not checked: ")
    assert "Heights near the airport" in spoken["en"]
    assert "មិនបានពិនិត្យ" in spoken["km"]


def test_where_nobody_surveyed_a_law_the_outcome_is_undetermined():
    ground()
    Layer.objects.get(slug="facilities").surveyed_areas.all().delete()
    distances_in_force(house_rule(**LAW))

    checked = answered()

    found = check_of(checked.results, "distances:cannot_tell:may_block")
    assert found["answer"] == "cannot_tell"
    assert "not completely surveyed" in found["missing"][0]["en"]
    assert checked.outcome == Outcome.UNDETERMINED


def test_where_nobody_surveyed_a_demo_value_the_outcome_is_a_warning():
    ground()
    Layer.objects.get(slug="facilities").surveyed_areas.all().delete()
    distances_in_force(house_rule())

    checked = answered()

    assert not check_of(checked.results, "distances:cannot_tell:may_warn")["may_block"]
    assert checked.outcome == Outcome.WARNINGS


def test_without_a_ratified_rule_book_no_house_is_found_compliant():
    ground()

    checked = answered()

    found = check_of(checked.results, "distances")
    assert found["answer"] == "cannot_tell"
    assert found["missing"][0]["en"] == "a ratified rule book of distances and overlaps"
    assert checked.outcome == Outcome.UNDETERMINED


def test_a_use_no_rule_names_is_said_not_to_have_been_asked_about():
    ground()
    distances_in_force(rule_data())

    found = check_of(answered().results, "distances")

    assert found["answer"] == "not_applicable"
    assert "No rule names the use dwelling_single" in found["explanation"]["en"]


def test_a_house_not_drawn_fails_only_where_the_whole_plot_is_too_near():
    ground(dump(square(65, 40, 10)))
    distances_in_force(house_rule(**LAW))

    found = check_of(not_drawn().results, CODE)

    assert found["answer"] == "fails"  # the far corner of the plot is 25.5 m away
    assert found["measured"] == 5
    assert "outline of the plot" in found["explanation"]["en"]


def test_a_house_not_drawn_on_a_plot_partly_too_near_cannot_be_told():
    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule(40.0, **LAW))

    checked = not_drawn()

    found = check_of(checked.results, CODE)  # the plot begins 30 m away and ends 50 m away
    assert (found["answer"], found["margin"]) == ("cannot_tell", None)
    assert found["missing"][0]["en"] == (
        "where on the plot the building stands: draw the footprint"
    )
    assert checked.outcome == Outcome.UNDETERMINED


def test_what_stands_on_the_same_plot_is_an_open_question_and_never_passed_over():
    ground(dump(rectangle(41, 41, 2, 2)))
    distances_in_force(house_rule(**LAW))

    checked = answered()

    found = check_of(checked.results, CODE)
    assert found["answer"] == "cannot_tell"
    assert found["missing"][0]["en"].startswith("whether Old dump (")
    assert checked.outcome == Outcome.UNDETERMINED


def test_a_dump_next_door_fails_even_if_another_stands_on_the_plot_itself():
    ground(dump(rectangle(41, 41, 2, 2), "OWN"), dump(square(65, 40, 10), "NEXT"))
    distances_in_force(house_rule(**LAW))

    found = check_of(answered().results, CODE)

    assert found["answer"] == "fails"
    assert found["measured"] == 10
    assert "1 more places" in found["explanation"]["en"]


def test_a_protected_grove_on_the_own_plot_is_no_thing_to_take_down():
    ground(feature("GROVE", rectangle(46, 46, 2, 2), "mangrove"))
    overlap = rule_data(
        kind="overlap",
        subject={"classes": ["dwelling_single"]},
        object={"classes": ["mangrove"], "surveyed_in": ["facilities"]},
        **LAW,
    )
    distances_in_force(overlap)

    found = check_of(answered().results, CODE)

    assert (found["answer"], found["measured"], found["required"]) == ("fails", 4, 0)


def test_a_house_in_the_flood_rule_shows_no_room_left_beside_a_failure():
    ground()
    flooded(square(0, 0, 100), "H1", square(40, 40, 30), 0.4, code="q50")
    rule = rule_data(
        kind="hazard_exposure",
        subject={"classes": ["dwelling_single"]},
        thresholds=[{"depth_ge_m": 0.1, "severity": "high"}],
    )
    distances_in_force(rule)

    found = check_of(answered().results, CODE)

    assert found["answer"] == "fails"
    assert found["margin"] is None


def test_a_rule_on_tall_buildings_asks_for_the_height_of_the_application():
    ground(dump(square(90, 40, 10)))
    tall = {"classes": ["dwelling_single"], "where": {"attr": "height_m", "op": "gt", "value": 8}}
    distances_in_force(house_rule(**LAW) | {"object": tall})

    assert check_of(answered(height_m=8.5).results, CODE)["answer"] == "fails"
    low = check_of(answered(height_m=7.0).results, "distances")
    assert low["answer"] == "not_applicable"


def test_every_use_of_the_building_is_asked_about():
    ground(dump(square(90, 40, 10)))
    school = rule_data("T-02", object={"classes": ["school_primary"]}, min_distance_m=50)
    distances_in_force(house_rule(), school)
    uses = [{"class": "dwelling_single"}, {"class": "school_primary"}]

    codes = {check["code"] for check in answered(uses=uses).results["checks"]}

    assert {CODE, "distances:T-02:school_primary"} <= codes


def test_checking_publishes_nothing_and_finds_nothing_for_the_register():
    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule())
    before = Feature.objects.count()

    answered()

    assert Feature.objects.count() == before
    assert not Finding.objects.exists()
    assert not Layer.objects.filter(slug="proposals").exists()


def test_a_dump_found_later_changes_the_digest_of_the_inputs():
    ground(dump(square(190, 40, 10)))
    distances_in_force(house_rule())
    before = answered().digest

    surveyed_layer("facilities", dump(square(90, 40, 10)))

    assert answered().digest != before


def test_another_rule_book_in_force_changes_the_digest_of_the_inputs():
    ground()
    distances_in_force(house_rule())
    before = answered().digest

    distances_in_force(house_rule(60.0))

    assert answered().digest != before


def test_the_page_shows_the_distance_in_khmer_and_in_english(client):
    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule(**LAW))
    typed = {
        "parcels": "P-1",
        "reference": "CP-1",
        "use_1": "dwelling_single",
        "floor_area_1": 80,
        "floors": 1,
        "footprint_area_m2": 50,
    }

    english = client.post("/permits/?lang=en", typed).content.decode()
    khmer = client.post("/permits/?lang=km", typed).content.decode()

    assert "Old dump" in english
    assert "30.0 m" in english
    assert "ទីលាន" in khmer
    assert "វាស់ពីព្រំក្បាលដី" in khmer


def test_the_command_prints_the_distance_and_what_was_not_checked(tmp_path, capsys):
    import json

    ground(dump(square(90, 40, 10)))
    distances_in_force(house_rule(basis="foreign_reference"))
    path = tmp_path / "application.json"
    path.write_text(json.dumps(application(proposal=HOUSE)), encoding="utf-8")

    call_command("check-permit", str(path), "--no-store")

    printed = capsys.readouterr().out
    assert "35 >= 50 m, margin -15 m" in printed
    assert "Not checked: Heights near the airport" in printed
