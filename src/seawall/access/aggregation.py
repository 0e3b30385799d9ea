"""The rules that aggregated cluster roles have, once the aggregation controller has done its work.

The controller replaces the rules of a role with an `aggregationRule` by those of all roles that its selectors pick, itself left out; one whose selector is
invalid keeps what it has. Roles that aggregate each other have no one answer: what the controller leaves in them depends on the order in which
it happens to visit them, so what it *may* leave is told apart from what it must.
Source: k8s.io/kubernetes `pkg/controller/clusterroleaggregation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from seawall.model.cluster.access_kinds import ClusterRole, PolicyRule

RuleList = tuple[PolicyRule, ...]


class Settled(NamedTuple):
    """`rules` has the rules of every role; `possible` those that loops may add; `loops` the names in each loop, `invalid` why a selector is no selector."""

    rules: dict[str, RuleList]
    possible: dict[str, RuleList]
    loops: tuple[tuple[str, ...], ...]
    invalid: dict[str, str]


def settle(roles: Iterable[ClusterRole]) -> Settled:
    """What the controller makes of `roles`, whatever was written into the aggregated ones."""
    by_name = {role.name: role for role in roles}
    sources: dict[str, tuple[str, ...]] = {}
    invalid: dict[str, str] = {}
    for name, role in by_name.items():
        if role.aggregation_rule is None:
            continue
        problem = next(
            (reason for selector in role.aggregation_rule.cluster_role_selectors if (reason := selector.problem())),
            None,
        )
        if problem is not None:
            invalid[name] = problem
        else:
            sources[name] = _picked(role, by_name)
    rules: dict[str, RuleList] = {name: () if name in sources else role.rules for name, role in by_name.items()}
    possible: dict[str, RuleList] = {}
    loops: list[tuple[str, ...]] = []
    for component in _components(sources):
        looped = len(component) > 1
        if looped:
            loops.append(tuple(sorted(component)))
        # Inside a loop what one member has the others get as well, so one list serves all of them; what was written there may survive.
        certain = {rule: None for name in component for source in sources[name] for rule in rules[source]}
        may = {rule: None for name in component for source in sources[name] for rule in possible.get(source, ())}
        if looped:
            may |= {rule: None for name in component for rule in by_name[name].rules}
        for name in component:
            rules[name] = tuple(certain)
            if left := tuple(rule for rule in may if rule not in certain):
                possible[name] = left
    return Settled(rules, possible, tuple(sorted(loops)), invalid)


def _picked(role: ClusterRole, by_name: dict[str, ClusterRole]) -> tuple[str, ...]:
    assert role.aggregation_rule is not None
    return tuple(
        dict.fromkeys(
            name
            for selector in role.aggregation_rule.cluster_role_selectors
            for name in sorted(by_name)
            if name != role.name and selector.matches(by_name[name].labels)
        )
    )


def _components(sources: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """The strongly connected components of the aggregated roles, sources first (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in sources:
        if root in order:
            continue
        work = [(root, iter(sources[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, rest = work[-1]
            for source in rest:
                if source not in sources:
                    continue
                if source not in order:
                    order[source] = low[source] = len(order)
                    stack.append(source)
                    on_stack.add(source)
                    work.append((source, iter(sources[source])))
                    break
                if source in on_stack:
                    low[name] = min(low[name], order[source])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == order[name]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == name:
                            break
                    found.append(component)
    return found
