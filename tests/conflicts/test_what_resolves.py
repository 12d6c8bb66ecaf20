"""When a conflict is not seen any more: gone, moved, or only out of sight."""

import pytest

from conflicts.models import Finding, Observation, RuleOutcome
from layers.services import set_surveyed_area
from tests.conflicts.ground import find, put, rule_data, surveyed_layer
from tests.conflicts.people import decide
from tests.factories import feature, filled_layer, rectangle, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)
LANDFILL = feature("L", square(0, 0, 100), "landfill")
SCHOOL = feature("S", square(200, 0, 50), "school")
HERE = square(-1000, -1000, 3000)  # holds both
HOSPITALS_DRY = rule_data(
    kind="hazard_exposure", subject={"classes": ["hospital"]}, return_period_years=100
)


def detect(rule=RULE):
    find(rule)
    return Finding.objects.select_related("current").get()


def last_change():
    return Observation.objects.order_by("-detection_id").first().change


class TestVanished:
    """The landfill, the school or both are no longer in the layers; each has a layer of its own."""

    def known_in(self, dumps, schools):
        """Two layers with a finding; None: nobody surveyed that layer."""
        layers = filled_layer("dumps", LANDFILL), filled_layer("schools", SCHOOL)
        for layer, area in zip(layers, (dumps, schools), strict=True):
            if area is not None:
                set_surveyed_area(layer=layer, geometry=area)
        detect()
        return layers

    @pytest.mark.parametrize(
        ("surveyed", "state"),
        [(HERE, "resolved"), (square(5000, 0, 100), "open"), (rectangle(0, 0, 50, 100), "open")],
    )
    def test_a_landfill_is_gone_where_all_its_ground_was_surveyed(self, surveyed, state):
        dumps, _schools = self.known_in(surveyed, HERE)
        put(dumps)
        assert detect().state == state
        assert last_change() == "gone"

    @pytest.mark.parametrize(
        ("surveyed", "state"),
        [(HERE, "resolved"), (square(5000, 0, 100), "open"), (rectangle(200, 0, 25, 50), "open")],
    )
    def test_a_school_is_gone_where_all_its_ground_was_surveyed(self, surveyed, state):
        _dumps, schools = self.known_in(HERE, surveyed)
        put(schools)
        assert detect().state == state

    @pytest.mark.parametrize(
        ("dumps", "schools", "state"),
        [
            (HERE, HERE, "resolved"),
            (HERE, None, "open"),
            (None, HERE, "open"),
            (None, None, "open"),
        ],
    )
    def test_both_gone_is_resolved_only_where_both_were_surveyed(self, dumps, schools, state):
        layers = self.known_in(dumps, schools)
        for layer in layers:
            put(layer)
        assert detect().state == state

    @pytest.mark.parametrize("schools", [HERE, None])
    def test_a_landfill_that_stands_proves_nothing_about_a_school_that_vanished(self, schools):
        _dumps, layer = self.known_in(None, schools)
        put(layer)
        assert detect().state == ("open" if schools is None else "resolved")

    def test_a_school_that_became_a_market_is_no_school_any_more(self):
        _dumps, schools = self.known_in(HERE, HERE)
        put(schools, feature("S", square(200, 0, 50), "market"))
        set_surveyed_area(layer=schools, geometry=HERE, classes=["school"])
        assert detect().state == "resolved"

    def test_a_layer_surveyed_for_markets_only_proves_no_school_gone(self):
        _dumps, schools = self.known_in(HERE, None)
        put(schools)
        put(schools, feature("M", square(900, 900, 5), "market"))
        set_surveyed_area(layer=schools, geometry=HERE, classes=["market"])
        found = detect()
        assert (found.state, found.note) == ("open", "cannot_recheck")


class TestTriaged:
    """Triage is no decision to live with a conflict: change counts from the last measurement."""

    def test_after_triage_each_step_is_compared_with_the_one_before(self):
        layer = surveyed_layer("facilities", LANDFILL, SCHOOL)
        decide(detect(), "triaged")
        steps = [(190, "worse"), (195, "better"), (195, "unchanged")]
        for east_m, change in steps:
            put(layer, LANDFILL, feature("S", square(east_m, 0, 50), "school"))
            found = detect()
            assert (found.current.change, found.state) == (change, "triaged")

    def test_after_acceptance_each_step_is_compared_with_what_was_accepted(self):
        layer = surveyed_layer("facilities", LANDFILL, SCHOOL)
        decide(detect(), "accepted")
        put(layer, LANDFILL, feature("S", square(210, 0, 50), "school"))
        assert (detect().current.change, detect().state) == ("better", "accepted")
        put(layer, LANDFILL, feature("S", square(205, 0, 50), "school"))
        # nearer than a moment ago, still farther than accepted
        assert (detect().current.change, detect().state) == ("better", "accepted")
        put(layer, LANDFILL, feature("S", square(199, 0, 50), "school"))
        found = detect()
        assert (found.current.change, found.state) == ("worse", "open")


class TestFloodMaps:
    """A hospital in the water of one map; what happens to the map decides what is known."""

    MODEL = square(0, 0, 200)

    def flooded(self, **stated):
        surveyed_layer("facilities", feature("H", square(50, 50, 20), "hospital"))
        water = {"hazard_class": "H2", "return_period_years": 100, **stated}
        flood = filled_layer(
            "flood-r100", feature("1", square(0, 0, 100), **water), theme="hazard-flood"
        )
        set_surveyed_area(layer=flood, geometry=self.MODEL)
        assert detect(HOSPITALS_DRY).state == "open"
        return flood

    def moved_hospital(self, shape):
        surveyed_layer("facilities", feature("H", shape, "hospital"))

    def test_a_hospital_that_moved_to_dry_ground_of_the_model_is_resolved(self):
        self.flooded()
        self.moved_hospital(square(150, 150, 20))
        assert detect(HOSPITALS_DRY).state == "resolved"

    @pytest.mark.parametrize("place", [square(190, 190, 20), square(900, 900, 20)])
    def test_a_hospital_that_moved_out_of_the_model_is_not_known_to_be_dry(self, place):
        self.flooded()
        self.moved_hospital(place)
        found = detect(HOSPITALS_DRY)
        assert (found.state, found.note) == ("open", "cannot_recheck")

    def test_a_map_that_no_longer_says_its_return_period_clears_no_one(self):
        flood = self.flooded()
        put(flood, feature("1", square(150, 0, 10), hazard_class="H2"))
        found = detect(HOSPITALS_DRY)
        assert (found.state, found.note) == ("open", "cannot_recheck")

    def test_a_map_that_became_one_of_another_return_period_clears_no_one(self):
        flood = self.flooded()
        put(flood, feature("1", square(150, 0, 10), hazard_class="H2", return_period_years=10))
        found = detect(HOSPITALS_DRY)
        assert (found.state, found.note) == ("open", "cannot_recheck")

    def test_a_map_whose_model_no_longer_reaches_the_hospital_clears_no_one(self):
        flood = self.flooded()
        water = {"hazard_class": "H2", "return_period_years": 100}
        put(flood, feature("1", square(150, 0, 10), **water))
        flood.surveyed_areas.all().delete()
        set_surveyed_area(layer=flood, geometry=rectangle(100, 0, 100, 200))
        found = detect(HOSPITALS_DRY)
        assert (found.state, found.note) == ("open", "cannot_recheck")

    def test_a_demolished_hospital_is_resolved_where_hospitals_were_looked_for(self):
        self.flooded()
        surveyed_layer("facilities", feature("C", square(400, 400, 5), "clinic"))
        assert detect(HOSPITALS_DRY).state == "resolved"


def test_blind_ground_is_named_by_sangkats_rather_than_by_districts():
    """Of two boundary layers the one with more parts tells a reader more."""
    filled_layer(
        "district", feature("D", rectangle(0, 0, 2000, 1000), name_en="Whole district"),
        theme="boundaries",
    )  # fmt: skip
    filled_layer(
        "sangkat",
        feature("01", square(0, 0, 1000), name_en="West"),
        feature("02", square(1000, 0, 1000), name_en="East"),
        theme="boundaries",
    )
    layer = filled_layer("facilities", LANDFILL)
    set_surveyed_area(layer=layer, geometry=square(0, 0, 1000), classes=["landfill"])
    surveyed_layer("schools", feature("S", square(9000, 9000, 5), "school"))

    find(RULE)

    gaps = RuleOutcome.objects.get().missing
    [gap] = [gap for gap in gaps if gap["gap"] == "ground_not_surveyed"]
    assert [place["en"] for place in gap["places"]] == ["East"]
