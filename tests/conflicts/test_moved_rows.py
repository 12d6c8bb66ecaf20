"""What changed is counted by likeness; only conditions on attributes are asked of the rows."""

from itertools import count

import pytest
from shapely.geometry import box

from conflicts.absences import Untold
from conflicts.alike import Likeness
from conflicts.asked_rules import Side
from conflicts.changes import Group
from conflicts.counted import Listed, MustCountAgainError
from conflicts.memory import LayerThen
from conflicts.moved import MovedRows
from conflicts.proofs import Proofs
from conflicts.rule_parts import Selector
from conflicts.unseen import Unseen
from layers.models import Layer, SurveyedArea
from layers.services import open_layer, set_surveyed_area
from tests.factories import EAST, NORTH, land_use, rectangle

ALL = {"classes": None, "layers": None, "except_layers": [], "theme": "",
       "lifecycles": ["existing"], "where": None, "areas_only": False}  # fmt: skip


def side(*classes, **asked):
    return Side(
        selector=Selector(classes=classes or ("school",)),
        parameters={**ALL, "classes": list(classes) or None, **asked},
        question=f"{classes} {asked}",
        branches=frozenset(classes),
    )


def group(use, *names, is_new=True, x=0.0, layer="buildings", **more):
    return Group(
        layer_id=1,
        land_use_id=1,
        like=Likeness(layer, "other", use, "existing"),
        is_new=is_new,
        rows=len(names),
        names=names,
        has_no_area=more.get("has_no_area", False),
        box=(EAST + x, NORTH, EAST + x + 10, NORTH + 10),
    )


def among(asked, *groups):
    return MovedRows.among({asked.question: asked}, groups, count(1))


class TestCounting:
    def test_of_three_rows_two_are_schools(self):
        schools = side("school")
        rows = among(schools, group("school", "A", "B"), group("market", "C"))

        went, came = rows.counts(schools)

        assert came.layers == {"buildings": (2, 2)}
        assert not went.layers

    def test_an_edit_in_place_takes_one_away_and_brings_one(self):
        schools = side("school")
        rows = among(schools, group("school", "A", is_new=False), group("school", "A"))

        went, came = rows.counts(schools)

        assert went == came
        assert rows.has(schools)

    def test_what_means_none_of_the_rows_is_not_moved(self):
        markets = side("market")

        assert not among(markets, group("school", "A")).has(markets)

    def test_any_class_is_meant_by_a_selector_of_layers(self):
        of_layer = side(layers=["buildings"])
        rows = among(of_layer, group("school", "A"), group("market", "B", layer="facilities"))

        assert rows.counts(of_layer)[1].layers == {"buildings": (1, 1)}


@pytest.mark.django_db
class TestProofs:
    """The survey covers 1,000 m by 1,000 m from the origin."""

    @pytest.fixture
    def proofs(self):
        land_use("school")
        layer = open_layer(slug="buildings", geometry_kind="polygon")
        set_surveyed_area(layer=layer, geometry=rectangle(0, 0, 1_000, 1_000), classes=["school"])
        return self.of(layer)

    def of(self, layer):
        stated = ",".join(str(pk) for pk in SurveyedArea.objects.values_list("pk", flat=True))
        then = LayerThen(slug="buildings", theme="", number=1, surveys=stated, classes={})
        return Proofs({"buildings": (Layer.objects.get(pk=layer.pk).pk, then)}, "classes")

    def question(self, reach_m=0.0, layers=("buildings",), asked=("school",)):
        return Unseen(layers=layers, asked=asked, reach_m=reach_m, layers_needed=len(layers))

    def untold(self, proofs, question, *groups):
        schools = side("school")
        return proofs.untold(among(schools, *groups).came.get(schools.question), question)

    def test_well_inside_all_is_told(self, proofs):
        inside = moved_north(group("school", "A", x=500), 500)

        assert self.untold(proofs, self.question(400), inside) == ()

    def test_outside_nothing_is_told_of_any(self, proofs):
        outside = group("school", "B", "A", x=2_000)

        assert self.untold(proofs, self.question(), outside) == ("A", "B")

    def test_across_the_border_of_the_survey_the_rows_must_be_asked(self, proofs):
        assert self.untold(proofs, self.question(), group("school", "A", x=995)) is None

    def test_where_the_reach_leaves_the_survey_the_rows_must_be_asked(self, proofs):
        near_border = moved_north(group("school", "A", x=500), 500)

        assert self.untold(proofs, self.question(495), near_border) is None

    def test_what_nobody_looked_for_is_told_of_nowhere(self, proofs):
        inside = moved_north(group("school", "A", x=500), 500)

        assert self.untold(proofs, self.question(asked=("market",)), inside) == ("A",)

    def test_one_of_two_layers_without_a_survey_hides_everything(self, proofs):
        inside = moved_north(group("school", "A", x=500), 500)
        both = self.question(layers=("buildings", "facilities"))

        assert self.untold(proofs, both, inside) == ("A",)

    def test_nothing_moved_is_nothing_untold(self, proofs):
        assert proofs.untold(None, self.question()) == ()


def moved_north(rows, metres):
    west, south, east, north = rows.box
    shifted = box(west, south + metres, east, north + metres).bounds
    return Group(**{name: getattr(rows, name) for name in Group.__slots__} | {"box": shifted})


class TestAbsences:
    def test_one_told_of_now_and_two_new_untold_make_four_of_three(self):
        before = [("", Listed(3, ("A", "B", "C")))]
        changed = Untold(then={"": ["B"]}, now={"": ["D", "E"]})

        [(reason, listed)] = changed.counted(before, needed=20)

        assert (reason, listed) == ("", Listed(4, ("A", "C", "D", "E")))

    def test_a_reason_that_holds_for_no_one_any_more_is_not_told(self):
        before = [("served", Listed(1, ("A",)))]

        assert Untold(then={"served": ["A"]}, now={}).counted(before, needed=20) == ()

    def test_where_the_first_names_run_out_all_must_be_counted_again(self):
        before = [("", Listed(500, ("A", "B")))]

        with pytest.raises(MustCountAgainError):
            Untold(then={"": ["A", "B"]}, now={}).counted(before, needed=20)
