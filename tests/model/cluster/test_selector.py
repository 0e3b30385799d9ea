"""Label selectors against apimachinery: the same selectors are valid and select the same label sets; texts are read alike."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import Oracle
from tests.oracle.generate.selectors import label_selectors, selector_texts

from seawall.model.cluster.decode import without_nulls
from seawall.model.cluster.selector import LabelSelector, Requirement, parse

CASES = 10_000


def read(selector: dict[str, Any]) -> LabelSelector:
    return msgspec.convert(without_nulls(selector), LabelSelector)


@pytest.mark.oracle
def test_objects(oracle: Oracle) -> None:
    cases = list(label_selectors(1, CASES))
    wrong = []
    for (selector, sets), upstream in zip(cases, oracle.selector(cases), strict=True):
        if selector is None:
            assert not any(upstream.matches), "an absent selector selects nothing"
            continue
        ours = read(selector)
        problem = ours.problem()
        if (problem is None) != (upstream.error is None):
            wrong.append((selector, problem, upstream.error))
        elif problem is None and [ours.matches(labels) for labels in sets] != list(upstream.matches):
            wrong.append((selector, sets, upstream.matches))
    print(f"{CASES} selectors, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:3])


@pytest.mark.oracle
def test_texts(oracle: Oracle) -> None:
    cases = list(selector_texts(2, CASES))
    wrong = []
    for (text, sets), upstream in zip(cases, oracle.selector_text(cases), strict=True):
        try:
            ours = parse(text)
        except ValueError as error:
            if upstream.error is None:
                wrong.append((text, str(error), upstream.canonical))
            continue
        if upstream.error is not None:
            wrong.append((text, str(ours), upstream.error))
        elif [ours.matches(labels) for labels in sets] != list(upstream.matches):
            wrong.append((text, sets, upstream.matches))
    print(f"{CASES} texts, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:5])


NAMES = st.sampled_from(["app", "tier", "a.b/x"])
VALUES = st.sampled_from(["", "web", "db", "1"])
REQUIREMENTS = st.one_of(
    st.builds(
        Requirement, NAMES, st.sampled_from(["In", "NotIn"]), st.lists(VALUES, min_size=1, max_size=3).map(tuple)
    ),
    st.builds(Requirement, NAMES, st.sampled_from(["Exists", "DoesNotExist"])),
)
SELECTORS = st.builds(
    LabelSelector, st.dictionaries(NAMES, VALUES, max_size=2), st.lists(REQUIREMENTS, max_size=3).map(tuple)
)
LABELS = st.dictionaries(NAMES, VALUES, max_size=3)


@given(SELECTORS, LABELS)
def test_a_selector_is_all_its_requirements(selector: LabelSelector, labels: dict[str, str]) -> None:
    assert selector.problem() is None
    assert selector.matches(labels) == all(one.matches(labels) for one in selector.requirements())
    assert selector.empty == (not selector.requirements())


@given(SELECTORS, LABELS)
def test_its_text_selects_the_same(selector: LabelSelector, labels: dict[str, str]) -> None:
    if not selector.empty:
        assert parse(str(selector)).matches(labels) == selector.matches(labels)


@given(NAMES, st.lists(VALUES, min_size=1, max_size=3), LABELS)
def test_opposites(name: str, values: list[str], labels: dict[str, str]) -> None:
    chosen = tuple(values)
    assert Requirement(name, "In", chosen).matches(labels) != Requirement(name, "NotIn", chosen).matches(labels)
    assert Requirement(name, "Exists").matches(labels) != Requirement(name, "DoesNotExist").matches(labels)


def test_comparison_is_for_texts_only() -> None:
    compared = parse("n>3")
    assert compared.matches({"n": "4"})
    assert not compared.matches({"n": "3"})
    assert compared.problem() == '"Gt" is not a valid label selector operator'


def test_an_operator_that_does_not_exist_is_no_silent_match() -> None:
    with pytest.raises(ValueError, match="operator"):
        Requirement("a", "Like", ("x",)).matches({"a": "x"})


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        selector = parse(text)
    except ValueError as error:
        assert str(error)
    else:
        assert selector.empty == (not text.strip())
