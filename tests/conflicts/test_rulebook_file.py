"""A bad rule book: file, rule, field, what is wrong, what to do; and nothing is stored."""

import copy

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conflicts.errors import RuleBookFileError
from conflicts.models import Rule, RuleBook
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.rulebook_file import LARGEST_FILE_BYTES, read_rulebook
from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook
from layers.vocab import Basis
from tests.conflicts.ground import rule_data
from tests.factories import land_use

TITLE = {"km": "សាកល្បង", "en": "Test"}


@pytest.fixture
def write(tmp_path):
    def write_file(*rules, text=None, **book):
        path = tmp_path / "city.yaml"
        said = {"code": "city", "title": TITLE, "rules": list(rules)} | book
        path.write_text(text or yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        return path

    return write_file


def refusal(path):
    with pytest.raises(RuleBookFileError) as refused:
        read_rulebook(path)
    return str(refused.value)


def changed(change, kind="separation"):
    """The test rule with one place changed: 'subject.classes', value; None removes it."""
    data = copy.deepcopy(rule_data(kind=kind))
    place, value = change
    *path, name = place.split(".")
    inside = data
    for step in path:
        inside = inside[step]
    if value is None:
        del inside[name]
    else:
        inside[name] = value
    return data


LONG = "A" * 41
BAD_FIELDS = [
    (("min_distance_m", -5), "min_distance_m: is -5, but must be above 0. Give a number above 0."),
    (("min_distance_m", 0), "min_distance_m: is 0, but must be above 0."),
    (("min_distance_m", float("nan")), "min_distance_m: is nan, but must be above 0."),
    (("min_distance_m", float("inf")), "min_distance_m: is inf, but must be above 0."),
    (("min_distance_m", 200_000), "more than 100000. Check the unit"),
    (("min_distance_m", "200 m"), "min_distance_m: is '200 m', not a number."),
    (("min_distance_m", True), "min_distance_m: is yes or no, not a number."),
    (("min_distance_m", None), "min_distance_m: is missing. Add 'min_distance_m:' to it."),
    (("min_distanc_m", 5), "min_distanc_m: is no field here. Did you mean 'min_distance_m'?"),
    (("kind", "nearness"), "kind: 'nearness' is unknown. Use one of: separation, overlap, haz"),
    (("kind", None), "kind: is missing. Give one of: separation"),
    (("kind", ["separation"]), "kind: '['separation']' is unknown."),
    (("basis", None), "basis: is missing."),
    (("basis", "law"), "basis: 'law' is unknown. Use one of: binding_law"),
    (("basis", "binding_law"), "provision: a rule with basis binding_law must cite its law and"),
    (("severity", "fatal"), "severity: 'fatal' is unknown. Use one of: info, low, medium"),
    (("title", "Landfill"), "title: is 'Landfill'. Give a mapping"),
    (("title.en", None), "title.en: is missing."),
    (("title.en", False), "title.en: is yes or no, not a text. Write it in quotes"),
    (("title.en", "a\x07b"), "title.en: holds control characters."),
    (("code", "lf 2"), "code: 'lf 2' is no rule code. Use capitals, digits and hyphens"),
    (("code", LONG), f"code: '{LONG}' is no rule code."),
    (("subject", {}), "subject: says neither classes, layers nor a theme."),
    (("subject.classes", "landfill"), "subject.classes: is 'landfill'. Give a list"),
    (("subject.classes", ["landfill", 5]), "subject.classes[2]: is '5', not a text."),
    (("object.lifecycles", ["builded"]), "object.lifecycles[1]: 'builded' is unknown."),
    (("object.lifecycles", []), "object.lifecycles: is empty."),
    (("object.where", {"attr": "h"}), "object.where.value: is missing."),
    (("object.where", {"attr": "h", "op": "like", "value": 1}), "object.where.op: 'like' is unk"),
    (("object.where", {"op": "eq", "value": 1}), "object.where: is no condition."),
    (("object.where", {"all": []}), "object.where.all: needs a list of conditions."),
    (("object.where", "h > 3"), "object.where: is 'h > 3'. Give a condition"),
    (("object.where", {"attr": "h", "op": "in", "value": 1}), "'in' needs a list of values."),
    (("object.where", {"attr": "h", "op": "gt", "value": True}), "true or false has no order"),
    (
        ("object.where", {"any": [{"attr": "h", "op": "eq", "value": 1}, {"not": 5}]}),
        "object.where.any[2].not: is '5'. Give a condition",
    ),
    (("exemptions", [{"reason": {"en": "x"}}]), "exemptions[1]: has no condition, so it would"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_FIELDS, ids=lambda value: str(value)[:40])
def test_a_bad_field_is_named_with_file_rule_and_remedy(write, change, sentence):
    said = refusal(write(changed(change)))

    assert said.startswith("city.yaml: rule ")
    assert sentence in said


BAD_BORDERS = [
    (("max_border_m", None), "max_border_m: is missing."),
    (("max_border_m", 0), "max_border_m: is 0, but must be above 0."),
    (("max_border_m", 0.01), "max_border_m: is less than the tolerance. Give at least tolerance_m"),
    (("tolerance_m", -1), "tolerance_m: is -1, but must be above 0."),
    (("tolerance_m", 11), "tolerance_m: is 11, more than 10."),
    (("between_within_m", 5), "between_within_m: says how near, but not of what. Say under betw"),
    (("between", {}), "between: says neither classes, layers nor a theme."),
    (("between", {"classes": "road"}), "between.classes: is 'road'. Give a list"),
    (("min_distance_m", 5), "min_distance_m: is no field here."),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_BORDERS, ids=lambda value: str(value)[:40])
def test_a_bad_field_of_an_adjacency_rule_is_named_with_its_remedy(write, change, sentence):
    said = refusal(write(changed(change, "adjacency")))

    assert said.startswith("city.yaml: rule T-01: ")
    assert sentence in said


BAD_SHARES = [
    (("min_share", None), "min_share: is missing."),
    (("min_share", 0), "min_share: is 0, but must be above 0."),
    (("min_share", 1.5), "min_share: is more than 1. Give a share of the whole, e.g. 0.1."),
    (("min_share", "10 %"), "min_share: is '10 %', not a number."),
    (
        ("subject.lifecycles", ["existing", "planned"]),
        "subject.lifecycles: 'planned' does not stand yet, or no more. Write lifecycles",
    ),
    (("subject.lifecycles", None), "subject.lifecycles: 'permitted' does not stand yet"),
    (("subject.lifecycles", ["closed"]), "subject.lifecycles: 'closed' does not stand yet"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_SHARES, ids=lambda value: str(value)[:40])
def test_a_bad_field_of_a_rule_of_plan_and_ground_is_named_with_its_remedy(write, change, sentence):
    said = refusal(write(changed(change, "plan_vs_existing")))

    assert said.startswith("city.yaml: rule T-01: ")
    assert sentence in said


BAD_RESERVATIONS = [
    (("object.lifecycles", ["planned"]), "object.lifecycles: 'planned' has no place there. Use on"),
    (("object.lifecycles", None), "object.lifecycles: 'existing' has no place there. Use only: r"),
    (("subject.lifecycles", ["reserved"]), "subject.lifecycles: 'reserved' has no place there."),
    (("subject.lifecycles", None), "subject.lifecycles: 'reserved' has no place there."),
    (("coming_severity", "grave"), "coming_severity: 'grave' is unknown. Use one of: info"),
    (("min_overlap_m2", 0), "min_overlap_m2: is 0, but must be above 0."),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_RESERVATIONS, ids=lambda v: str(v)[:40])
def test_a_bad_field_of_a_rule_of_reserved_land_is_named_with_its_remedy(write, change, sentence):
    said = refusal(write(changed(change, "reservation_encroachment")))

    assert said.startswith("city.yaml: rule T-01: ")
    assert sentence in said


@pytest.mark.django_db
def test_an_unknown_class_of_what_may_lie_between_is_named(write):
    for code in ("landfill", "school", "road"):
        land_use(code)

    with pytest.raises(RuleBookFileError, match=r"between.classes: .* 'rood'. Did you mean 'road'"):
        load_rulebook(write(rule_data(kind="adjacency", between={"classes": ["rood"]})))

    assert not RuleBook.objects.exists()


def test_thresholds_must_rise(write):
    steps = [{"depth_ge_m": 0.6, "severity": "low"}, {"depth_ge_m": 0.3, "severity": "high"}]

    said = refusal(write(rule_data(kind="hazard_exposure", thresholds=steps)))

    assert "rule T-01: thresholds: the depths must rise" in said


def test_a_threshold_below_zero_is_named_by_its_place(write):
    steps = [{"depth_ge_m": -0.6, "severity": "low"}]

    said = refusal(write(rule_data(kind="hazard_exposure", thresholds=steps)))

    assert "rule T-01: thresholds[1].depth_ge_m: is -0.6, but must be above 0." in said


def test_a_code_used_twice_is_refused(write):
    assert "rule T-01: the code is used twice" in refusal(write(rule_data(), rule_data()))


def test_a_rule_without_a_code_is_named_by_its_number(write):
    assert "city.yaml: rule number 2:" in refusal(write(rule_data(), changed(("code", None))))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1, 2", "is no readable YAML"),
        ("a: 1\na: 2", "a: is written twice (line 2). Keep one of them."),
        ("a: &x [1]\nb: *x", "uses a YAML alias"),
        ("[" * 5000, "is nested more than 40 deep"),
        ("- just\n- a list", "is not laid out as a rule book"),
        ("", "is not laid out as a rule book"),
        ("code: city\ntitle: {en: T}\nrules: []", "rules: is no list of rules"),
        ("code: City One\ntitle: {en: T}\nrules: [1]", "code: 'City One' is no rule-book code"),
        ("!!python/object/apply:os.system ['true']", "is no readable YAML"),
        ("code: city\ntitle: {en: T}\nrules: [1]", "rule number 1: is '1'. Give a rule"),
    ],
)
def test_a_file_that_is_no_rule_book_is_refused_in_one_sentence(write, text, sentence):
    said = refusal(write(text=text or " "))

    assert said.startswith("city.yaml: ")
    assert sentence in said


def test_a_huge_file_is_refused_before_it_is_read_as_yaml(write):
    path = write(text="#" * (LARGEST_FILE_BYTES + 1))

    assert "a rule book has at most 2,000,000" in refusal(path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "city.yaml"
    path.write_bytes(b"\x00\xff\xfe\x80 GPKG")

    assert "is no readable YAML" in refusal(path)


def test_a_missing_file_is_named(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nowhere.yaml")


@pytest.mark.django_db
def test_an_unknown_class_is_named_with_the_nearest_one_and_nothing_is_stored(write):
    land_use("landfill")
    land_use("school")
    path = write(rule_data(), rule_data(code="T-02", object={"classes": ["scool"]}))

    with pytest.raises(RuleBookFileError) as refused:
        load_rulebook(path)

    assert "city.yaml: rule T-02: object.classes: there is no land-use class 'scool'." in str(
        refused.value
    )
    assert "Did you mean 'school'?" in refused.value.remedy
    assert not RuleBook.objects.exists()


@pytest.fixture
def classes(db):
    land_use("landfill")
    land_use("school")


@pytest.mark.usefixtures("classes")
def test_loading_the_same_again_changes_nothing(write):
    first = load_rulebook(write(rule_data()))
    again = load_rulebook(write(rule_data()))

    assert (first.is_new, again.is_new) == (True, False)
    assert again.rulebook == first.rulebook
    assert (RuleBook.objects.count(), Rule.objects.count()) == (1, 1)


@pytest.mark.usefixtures("classes")
def test_comments_and_order_of_the_file_are_not_content(write):
    first = load_rulebook(write(rule_data(code="A-01"), rule_data(code="B-01")))
    path = write(rule_data(code="B-01"), rule_data(code="A-01"))
    path.write_text("# reviewed\n" + path.read_text(encoding="utf-8"), encoding="utf-8")

    assert load_rulebook(path).rulebook == first.rulebook


@pytest.mark.usefixtures("classes")
def test_new_content_is_a_new_draft_and_the_old_version_stays(write):
    ratify_rulebook(load_rulebook(write(rule_data())).rulebook)

    second = load_rulebook(write(rule_data(min_distance_m=300))).rulebook

    assert [(b.version, b.status) for b in RuleBook.objects.order_by("version")] == [
        (1, "ratified"), (2, "draft"),
    ]  # fmt: skip
    ratify_rulebook(second)
    assert [b.status for b in RuleBook.objects.order_by("version")] == ["superseded", "ratified"]


def test_a_rule_with_binding_law_is_accepted_when_it_cites_its_article():
    provision = {"law": "Law on Land", "article": "art. 12"}

    rule = rule_from_data(rule_data(basis="binding_law", provision=provision))

    assert rule.provision.article == "art. 12"


comparison = st.one_of(
    st.fixed_dictionaries(
        {
            "attr": st.text("abc_", min_size=1, max_size=5),
            "op": st.sampled_from(["eq", "ne"]),
            "value": st.one_of(st.booleans(), st.integers(-9, 9), st.text("xyz ក", max_size=4)),
        }
    ),
    st.fixed_dictionaries(
        {
            "attr": st.just("h"),
            "op": st.just("in"),
            "value": st.lists(st.integers(0, 9), min_size=1),
        }
    ),
)
condition = st.recursive(
    comparison,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(
    condition,
    st.sampled_from(sorted(set(Basis) - {Basis.BINDING_LAW})),
    st.floats(0.001, 99_999),
    st.sampled_from(["separation", "overlap", "hazard_exposure"]),
)
def test_a_rule_written_as_data_and_read_again_is_the_same_rule(where, basis, number, kind):
    fields = {"separation": "min_distance_m"}.get(kind, "min_overlap_m2")
    data = rule_data(kind=kind, basis=str(basis), **{fields: number})
    data["subject"] = data["subject"] | {"where": where}

    rule = rule_from_data(data)

    assert rule_from_data(rule_to_data(rule)) == rule
