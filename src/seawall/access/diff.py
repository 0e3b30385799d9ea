"""What changed between two indexes: who gained and who lost what, by what is allowed and not by how it is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from seawall.access.decision import Principal
from seawall.access.index import AccessIndex
from seawall.access.rules import Rules, atoms, compact, count, includes
from seawall.model.cluster.access_kinds import PolicyRule

MOST_PARTS = 100_000
"""A rule of more parts (verbs by resources by names) is not taken apart: it is told as a whole unless one rule of the other side includes it."""


class Change(NamedTuple):
    """What one subject of bindings gained and lost in one namespace ("" for everywhere)."""

    subject: Principal
    namespace: str
    gained: tuple[PolicyRule, ...]
    lost: tuple[PolicyRule, ...]


class Difference(msgspec.Struct, frozen=True):
    """`unknown` says what could not be read on either side, so that more may have changed."""

    changes: tuple[Change, ...]
    unknown: tuple[str, ...]


def diff(before: AccessIndex, after: AccessIndex) -> Difference:
    """The changes for everybody whom a binding of either side names.

    A rule that moved to another role, was split or was covered by a wider one all along is no change; what a group gains is told of the group.
    """
    return Difference(
        tuple(
            change
            for subject in sorted({*before.subjects, *after.subjects})
            for change in _of(subject, _scopes(before, subject), _scopes(after, subject))
        ),
        tuple(dict.fromkeys((*before.rbac.missing, *after.rbac.missing))),
    )


def _scopes(index: AccessIndex, subject: Principal) -> dict[str, tuple[PolicyRule, ...]]:
    found: dict[str, dict[PolicyRule, None]] = defaultdict(dict)
    for permission in index.given_to(subject):
        found[permission.namespace][permission.rule] = None
    return {namespace: tuple(rules) for namespace, rules in found.items()}


def _of(
    subject: Principal, before: dict[str, tuple[PolicyRule, ...]], after: dict[str, tuple[PolicyRule, ...]]
) -> Iterator[Change]:
    for namespace in sorted({*before, *after}):
        gained = _not_covered(after.get(namespace, ()), before, namespace)
        lost = _not_covered(before.get(namespace, ()), after, namespace)
        if gained or lost:
            yield Change(subject, namespace, gained, lost)


def _not_covered(
    rules: tuple[PolicyRule, ...], other: dict[str, tuple[PolicyRule, ...]], namespace: str
) -> tuple[PolicyRule, ...]:
    """What `rules` allow in `namespace` and the other side, there or everywhere, does not."""
    there = other.get(namespace, ())
    everywhere = other.get("", ()) if namespace else ()
    known = {*there, *everywhere}
    fresh = [rule for rule in rules if rule not in known]
    if not fresh:
        return ()
    owned = Rules((*everywhere, *there))
    whole = [rule for rule in fresh if count(rule) > MOST_PARTS]
    # URLs are no business of a namespace: a role that holds some gives nothing by them.
    parts = (
        part
        for rule in fresh
        if count(rule) <= MOST_PARTS
        for part in atoms(rule)
        if not (namespace and part.non_resource_urls)
    )
    return (
        *compact(part for part in parts if not owned.covering(part)),
        *(rule for rule in whole if not any(includes(own, rule) for own in owned.rules)),
    )
