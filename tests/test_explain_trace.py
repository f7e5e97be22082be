"""Which leaves carried a result: held against dropping each leaf in turn."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from explain.trace import decisive, rule_leaves


def leaf(truth: bool | None) -> dict[str, Any]:
    return {"field": "f", "op": "==", "value": 1, "truth": truth, "fact": None, "law": []}


def evaluate(trace: dict[str, Any]) -> dict[str, Any]:
    """Fill in the truth of the inner nodes, by Kleene's tables."""
    if "field" in trace:
        return trace
    if "not" in trace:
        inner = evaluate(trace["not"])
        return {"not": inner, "truth": None if inner["truth"] is None else not inner["truth"]}
    kind = "all" if "all" in trace else "any"
    parts = [evaluate(part) for part in trace[kind]]
    truths = [part["truth"] for part in parts]
    settling = kind == "any"
    truth = settling if settling in truths else (None if None in truths else not settling)
    return {kind: parts, "truth": truth}


TRACES = st.recursive(
    st.sampled_from([True, False, None]).map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=12,
).map(evaluate)


def with_all_but(trace: dict[str, Any], kept: set[int], truth: bool | None, counter: list[int]) -> dict[str, Any]:
    """The trace with every leaf that is not kept turned unknown (or, for an unknown result, true or false)."""
    if "field" in trace:
        index = counter[0]
        counter[0] += 1
        return trace if index in kept else leaf(truth)
    if "not" in trace:
        return {"not": with_all_but(trace["not"], kept, truth, counter)}
    kind = "all" if "all" in trace else "any"
    return {kind: [with_all_but(part, kept, truth, counter) for part in trace[kind]]}


@given(TRACES)
def test_the_decisive_leaves_alone_settle_a_result(trace: dict[str, Any]) -> None:
    kept = {found.index for found in decisive(trace)}
    assert kept
    if trace["truth"] is not None:
        assert evaluate(with_all_but(trace, kept, None, [0]))["truth"] is trace["truth"]


@given(TRACES)
def test_every_leaf_is_read_once_in_order(trace: dict[str, Any]) -> None:
    assert [found.index for found in rule_leaves(trace)] == list(range(len(rule_leaves(trace))))


def test_under_a_not_the_sign_is_turned() -> None:
    trace = evaluate({"all": [leaf(True), {"not": leaf(True)}, {"not": leaf(None)}]})

    assert [found.sign for found in rule_leaves(trace)] == [1, -1, 0]
