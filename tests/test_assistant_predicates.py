"""Kleene's laws for conditions, and what a condition may look like in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.domain import All, AnyOf, Leaf, Not, Predicate, Truth
from assistant.core.predicates import (
    OPERATORS,
    VALUELESS_OPERATORS,
    conjunction,
    disjunction,
    holds,
    leaves,
    negation,
    parse_predicate,
)

NAMES = "abcde"
truths = st.sampled_from([True, False, None])
worlds = st.fixed_dictionaries(dict.fromkeys(NAMES, truths))
atoms = st.sampled_from([Leaf(name, "is_known") for name in NAMES])
conditions: st.SearchStrategy[Predicate] = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(All)
        | st.lists(inner, min_size=1, max_size=3).map(tuple).map(AnyOf)
        | inner.map(Not)
    ),
    max_leaves=12,
)


def judge(predicate: Predicate, world: Mapping[str, Truth]) -> Truth:
    return holds(predicate, lambda leaf: world[leaf.field])


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, None, None, True),
        (True, False, False, True),
        (None, None, None, None),
        (None, False, False, None),
        (False, False, False, False),
    ],
)
def test_kleenes_tables(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    assert conjunction([left, right]) is conjunction([right, left]) is both
    assert disjunction([left, right]) is disjunction([right, left]) is either


def test_negation_keeps_the_unknown() -> None:
    assert (negation(True), negation(False), negation(None)) == (False, True, None)


@settings(max_examples=300)
@given(st.lists(conditions, min_size=1, max_size=4), worlds)
def test_de_morgan(parts: list[Predicate], world: dict[str, Truth]) -> None:
    opposites = tuple(Not(part) for part in parts)

    assert judge(Not(All(tuple(parts))), world) is judge(AnyOf(opposites), world)
    assert judge(Not(AnyOf(tuple(parts))), world) is judge(All(opposites), world)


@settings(max_examples=300)
@given(conditions, worlds)
def test_two_negations_are_none(predicate: Predicate, world: dict[str, Truth]) -> None:
    assert judge(Not(Not(predicate)), world) is judge(predicate, world)


@settings(max_examples=300)
@given(conditions, worlds, worlds)
def test_learning_more_never_takes_back_what_was_certain(
    predicate: Predicate, known: dict[str, Truth], later: dict[str, Truth]
) -> None:
    more = {name: later[name] if value is None else value for name, value in known.items()}
    before, after = judge(predicate, known), judge(predicate, more)

    assert before is None or after is before


@settings(max_examples=300)
@given(conditions, worlds)
def test_with_everything_known_it_is_plain_logic(predicate: Predicate, world: dict[str, Truth]) -> None:
    certain = {name: bool(value) for name, value in world.items()}

    def plain(part: Predicate) -> bool:
        match part:
            case Leaf(field):
                return certain[field]
            case All(parts):
                return all(plain(inner) for inner in parts)
            case AnyOf(parts):
                return any(plain(inner) for inner in parts)
            case Not(inner):
                return not plain(inner)

    assert judge(predicate, certain) is plain(predicate)


@settings(max_examples=300)
@given(st.lists(conditions, min_size=1, max_size=4), worlds, st.randoms())
def test_the_order_of_parts_does_not_matter(parts: list[Predicate], world: dict[str, Truth], chance: Any) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)

    for combine in (All, AnyOf):
        assert judge(combine(tuple(shuffled)), world) is judge(combine(tuple(parts)), world)


@settings(max_examples=200)
@given(st.lists(conditions, min_size=1, max_size=3), worlds)
def test_saying_a_part_twice_changes_nothing(parts: list[Predicate], world: dict[str, Truth]) -> None:
    for combine in (All, AnyOf):
        assert judge(combine((*parts, *parts)), world) is judge(combine(tuple(parts)), world)


@settings(max_examples=200)
@given(conditions, worlds)
def test_a_nested_group_is_the_same_as_a_flat_one(predicate: Predicate, world: dict[str, Truth]) -> None:
    extra = Leaf("a", "is_known")

    for combine in (All, AnyOf):
        nested = combine((combine((predicate, extra)), extra))
        assert judge(nested, world) is judge(combine((predicate, extra)), world)


def written(predicate: Predicate) -> dict[str, Any]:
    """The predicate as the catalogue writes it."""
    match predicate:
        case Leaf(field, op, value):
            bare = {"field": field, "op": op}
            return bare if value is None else {**bare, "value": list(value) if isinstance(value, tuple) else value}
        case All(parts):
            return {"all": [written(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [written(part) for part in parts]}
        case Not(part):
            return {"not": written(part)}


@settings(max_examples=200)
@given(conditions)
def test_a_condition_reads_back_as_it_was_written(predicate: Predicate) -> None:
    assert parse_predicate(written(predicate)) == predicate


def test_leaves_come_from_left_to_right() -> None:
    predicate = parse_predicate(
        {
            "all": [
                {"field": "a", "op": "is_known"},
                {"not": {"any": [{"field": "b", "op": "nonempty"}, {"field": "a", "op": "is_known"}]}},
            ]
        }
    )

    assert [leaf.field for leaf in leaves(predicate)] == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("op", "x", "value", "truth"),
    [
        ("==", "a", "a", True),
        ("==", "a", "b", False),
        ("!=", 1, 2, True),
        ("<", 1, 2, True),
        ("<", 2, 2, False),
        ("<=", 2, 2, True),
        (">", 2, 2, False),
        (">=", 2, 2, True),
        (">=", 11.5, 11, True),
        ("in", "a", ("a", "b"), True),
        ("not_in", "a", ("a", "b"), False),
        ("contains_any", ("a", "c"), ("a", "b"), True),
        ("contains_any", (), ("a",), False),
        ("contains_none", ("c",), ("a", "b"), True),
        ("contains_none", ("a",), ("a", "b"), False),
        ("contains_none", (), ("a",), True),
        ("is_known", False, None, True),
        ("is_known", (), None, True),
        ("nonempty", ("ingen",), None, False),
        ("nonempty", (), None, False),
        ("nonempty", ("ingen", "a"), None, True),
    ],
)
def test_each_operator(op: str, x: Any, value: Any, truth: bool) -> None:
    assert OPERATORS[op](x, value) is truth


@pytest.mark.parametrize("op", sorted(OPERATORS))
def test_every_operator_demands_what_it_needs(op: str) -> None:
    bare = {"field": "a", "op": op}

    if op in VALUELESS_OPERATORS:
        assert parse_predicate(bare) == Leaf("a", op)
    else:
        with pytest.raises(ValueError, match="needs a value"):
            parse_predicate(bare)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "a condition is a mapping"),
        ([], "a condition is a mapping"),
        ({}, "a condition is a leaf or one of all, any, not"),
        ({"all": []}, "at least one condition"),
        ({"any": {}}, "at least one condition"),
        ({"some": [1]}, "unknown combinator 'some'"),
        ({"not": []}, "a condition is a mapping"),
        ({"all": [1], "not": {}}, "a condition is a leaf or one of"),
        ({"field": "a", "op": "like", "value": 1}, "unknown operator 'like' on 'a'; known are =="),
        ({"field": "a"}, "unknown operator 'None'"),
        ({"field": "a", "op": ["=="]}, "unknown operator"),
        ({"field": "a", "op": "==", "value": 1, "unit": "kg"}, r"unknown keys \['unit'\]"),
        ({"field": "a", "op": "contains_any", "value": "b"}, "needs a list of values"),
    ],
)
def test_what_is_no_condition_is_refused_in_a_sentence(data: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_predicate(data)
