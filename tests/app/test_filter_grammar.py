"""The filter's grammar: text and terms turn into each other, and faults say where they are."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.app.filter_grammar import FilterError, Term, Value, parse, render


def meaning(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(msgspec.structs.replace(term, position=0) for term in terms)


bare_text = st.text(
    st.characters(exclude_categories=("Z", "Cc", "Cs"), exclude_characters=',"'), min_size=1, max_size=8
)
quoted = st.builds(Value, st.text(st.characters(exclude_categories=("Cs",)), max_size=8), st.just(True))
value = st.one_of(st.builds(Value, bare_text), quoted)
bound = value.filter(lambda found: found.quoted or not found.text.startswith("="))
field = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}(\.[A-Za-z0-9_./-]{1,6})?", fullmatch=True)
word = st.one_of(
    st.from_regex(r"[a-z0-9.,*/]{1,8}", fullmatch=True).map(Value),
    quoted.filter(lambda found: found.text != ""),
)
term = st.one_of(
    st.builds(Term, field, st.just(":"), st.lists(value, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Term, field, st.sampled_from([">=", "<=", ">", "<"]), st.tuples(bound), st.booleans()),
    st.builds(Term, st.just(""), st.just(":"), st.tuples(word), st.booleans()),
)


@given(st.lists(term, max_size=6).map(tuple))
def test_terms_survive_text(terms: tuple[Term, ...]) -> None:
    assert meaning(parse(render(terms))) == terms


@given(st.text(st.sampled_from('ab1_.-:,"\\ <>=*\t'), max_size=24))
def test_what_is_understood_renders_to_itself_and_the_rest_names_a_place_in_it(text: str) -> None:
    try:
        terms = parse(text)
    except FilterError as error:
        assert 0 <= error.position <= len(text)
        return
    assert meaning(parse(render(terms))) == meaning(terms)
    assert render(parse(render(terms))) == render(terms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("web", (Term("", ":", (Value("web"),)),)),
        ("10.0.0.1:443", (Term("", ":", (Value("10.0.0.1:443"),)),)),
        ("-verdict:denied", (Term("verdict", ":", (Value("denied"),), True),)),
        ("a:1,2", (Term("a", ":", (Value("1"), Value("2"))),)),
        ("user:system:serviceaccount:a:b", (Term("user", ":", (Value("system:serviceaccount:a:b"),)),)),
        ('name:"a b",c', (Term("name", ":", (Value("a b", True), Value("c"))),)),
        (r'"say \"hi\" \\"', (Term("", ":", (Value('say "hi" \\', True),)),)),
        ("code>=400", (Term("code", ">=", (Value("400"),)),)),
        ("attributes.k8s.io/x:y", (Term("attributes.k8s.io/x", ":", (Value("y"),)),)),
    ],
)
def test_reads(text: str, expected: tuple[Term, ...]) -> None:
    assert meaning(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a:", 2),
        ("ok a:1,", 7),
        ('a:"open', 2),
        ('"a"b', 3),
        ("a>=1,2", 4),
        ("-", 1),
        ('""', 0),
        (r'a:"\n"', 2),
        ("a" * 5000, 4096),
    ],
)
def test_points_at_the_fault(text: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.position == position
