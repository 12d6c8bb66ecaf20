"""Conditions on attributes have three values, and PostgreSQL reads them as Python would."""

import json

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflicts.predicates import AllOf, AnyOf, Comparison, Not, as_jsonpath, attributes

pytestmark = pytest.mark.django_db

TALL = Comparison(attr="height_m", op="gt", value=14.0)


def holds(condition, **properties):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_path_match(jsonb_strip_nulls(%s::jsonb), %s::jsonpath, '{}', true)",
            [json.dumps(properties), as_jsonpath(condition)],
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"height_m": 14.1}, True),
        ({"height_m": 14}, False),
        ({}, None),
        ({"height_m": None}, None),
        ({"height_m": "20"}, None),
        ({"height_m": [20]}, None),
    ],
)
def test_above_14_m_is_true_false_or_unknown(properties, expected):
    assert holds(TALL, **properties) is expected


def test_a_missing_height_stays_unknown_when_negated():
    assert holds(Not(part=TALL)) is None


def test_one_false_part_settles_all_and_one_true_part_settles_any():
    public = Comparison(attr="use", op="eq", value="public")

    assert holds(AllOf(parts=(TALL, public)), use="private") is False
    assert holds(AnyOf(parts=(TALL, public)), use="public") is True
    assert holds(AllOf(parts=(TALL, public)), use="public") is None


def test_absence_can_be_asked_for():
    missing = Comparison(attr="capped_on", op="is_null", value=True)
    present = Comparison(attr="capped_on", op="is_null", value=False)

    assert (holds(missing), holds(missing, capped_on=None)) == (True, True)
    assert holds(missing, capped_on="2020") is False
    assert (holds(present), holds(present, capped_on="2020")) == (False, True)


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a%b", "$", "a.b", "ឈ្មោះ", "a\\b", "*", "a || true", "%(x)s"]
)
def test_no_attribute_name_and_no_value_can_leave_its_quotes(name):
    condition = Comparison(attr=name, op="eq", value=name)

    assert holds(condition, **{name: name}) is True
    assert holds(condition, **{name: "other"}) is False
    assert holds(condition) is None


def test_a_condition_names_the_attributes_it_asks_for():
    both = AllOf(parts=(TALL, Not(part=Comparison(attr="storeys", op="lt", value=3.0))))

    assert list(attributes(both)) == ["height_m", "storeys"]
    assert list(attributes(None)) == []


values = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["a", "b"]), st.booleans())
simple = st.builds(
    Comparison,
    attr=st.sampled_from(["p", "q"]),
    op=st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
    value=st.integers(-3, 3).map(float),
)
trees = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(AllOf, parts=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, parts=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, part=inner),
    ),
    max_leaves=5,
)


def by_kleene(condition, properties):
    """The same in plain Python, after Kleene's three-valued logic."""
    match condition:
        case AllOf(parts=parts):
            said = [by_kleene(part, properties) for part in parts]
            return False if False in said else (None if None in said else True)
        case AnyOf(parts=parts):
            said = [by_kleene(part, properties) for part in parts]
            return True if True in said else (None if None in said else False)
        case Not(part=part):
            inner = by_kleene(part, properties)
            return None if inner is None else not inner
    value = properties.get(condition.attr)
    if value is None or isinstance(value, str | bool):
        return None
    wanted = condition.value
    return {
        "eq": value == wanted, "ne": value != wanted, "lt": value < wanted,
        "le": value <= wanted, "gt": value > wanted, "ge": value >= wanted,
    }[condition.op]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(trees, values, values)
def test_postgresql_agrees_with_kleene(condition, p, q):
    properties = {"p": p, "q": q}

    assert holds(condition, **properties) is by_kleene(condition, properties)
