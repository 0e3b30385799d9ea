"""Conditions fit the declarations."""

from __future__ import annotations

import pytest

from seawall.model.event import EDGE_MINUTE, KINDS
from seawall.model.event.condition import Condition, Operator

FLOW = KINDS["flow"]


def test_columns_of_a_condition() -> None:
    assert Condition("src_namespace|dst_namespace", Operator.IS, ("a",)).columns(FLOW) == (
        ("src_namespace", ""),
        ("dst_namespace", ""),
    )
    assert Condition("attributes[http.route]", Operator.CONTAINS, ("a",)).columns(FLOW) == (
        ("attributes", "http.route"),
    )


@pytest.mark.parametrize(
    ("column", "operator"),
    [
        ("nope", Operator.IS),
        ("src_namespace; DROP TABLE flow", Operator.IS),
        ("attributes", Operator.IS),
        ("src_port[x]", Operator.IS),
        ("src_namespace", Operator.MORE),
        ("src_port", Operator.CONTAINS),
        ("src_pod", Operator.IN_NETWORK),
    ],
)
def test_what_does_not_fit_is_refused(column: str, operator: Operator) -> None:
    with pytest.raises(ValueError, match=r"."):
        Condition(column, operator, ("a",)).columns(FLOW)


def test_a_sum_is_no_property_of_a_row() -> None:
    with pytest.raises(ValueError, match="a sum over rows"):
        Condition("bytes_sent", Operator.MORE, ("1",)).columns(EDGE_MINUTE)
