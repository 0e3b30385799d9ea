"""A smaller role: what somebody has, held against what they used.

Pure: rules and requests in, rules out. What comes out never allows what was not granted, and allows every request that was granted and used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from seawall.access.attributes import Attributes
from seawall.access.index import NO_NAME_YET, Permission
from seawall.access.rules import Rules, allows, compact, count, covers
from seawall.model.cluster.access_kinds import PolicyRule

READS_OF_MANY = frozenset({"list", "watch"})


class Used(NamedTuple):
    """A request that was seen, and how often."""

    asked: Attributes
    times: int = 1


class Coverage(msgspec.Struct, frozen=True):
    """What the evidence amounts to. `requests` were seen, `distinct` ones among them; `elsewhere` of them other permissions allow anyway, and
    `unexplained` ones nothing does.

    `granted` and `kept` count permissions one by one (verb, group, resource, name); `unused` are the granted rules of which nothing was used.
    """

    requests: int
    distinct: int
    elsewhere: int
    unexplained: tuple[Used, ...]
    granted: int
    kept: int
    unused: tuple[Permission, ...]


class Proposal(msgspec.Struct, frozen=True):
    """The smaller role: rules for everywhere, and rules by namespace."""

    everywhere: tuple[PolicyRule, ...]
    by_namespace: dict[str, tuple[PolicyRule, ...]]
    coverage: Coverage

    def allows(self, asked: Attributes) -> bool:
        """Whether the proposal allows the request, whoever asks."""
        rules = self.everywhere
        if asked.namespace and asked.url is None:
            rules = (*rules, *self.by_namespace.get(asked.namespace, ()))
        return any(allows(rule, asked) for rule in rules)


def reduce(
    granted: Iterable[Permission], used: Iterable[Used], *, besides: Iterable[Permission] = (), names_up_to: int = 0
) -> Proposal:
    """The smallest role, in the sense below, that allows all of `used` that `granted` allows and `besides`, which stays, does not.

    One permission for every verb, group and resource used, in the namespaces in which it was used; for everywhere only where a request was
    cluster-wide. Names stay open unless the granted rule limits them, or no more than `names_up_to` distinct names were used and no request of the kind
    went without a name. URLs are kept one by one.
    """
    granted = tuple(granted)
    rules, staying = _by_scope(granted), _by_scope(besides)
    kinds: dict[tuple[str, Attributes], _Kind] = {}
    touched: set[tuple[str, PolicyRule]] = set()
    unexplained: dict[Attributes, int] = defaultdict(int)
    requests = elsewhere = 0
    seen: set[Attributes] = set()
    for asked, times in used:
        asked = asked._replace(user="", groups=(), selected=())
        requests += times
        seen.add(asked)
        if _explain(asked, staying):
            elsewhere += times
            continue
        found = _explain(asked, rules)
        if not found:
            unexplained[asked] += times
            continue
        touched.update(found)
        scope = asked.namespace if asked.url is None else ""
        kind = kinds.setdefault((scope, asked._replace(name="", namespace="")), _Kind())
        kind.names.add(asked.name)
        if not any(not rule.resource_names for _, rule in found):
            kind.limited.add(asked.name)
    parts: dict[str, list[PolicyRule]] = defaultdict(list)
    for (scope, asked), kind in kinds.items():
        parts[scope].extend(kind.atoms(asked, names_up_to))
    everywhere = tuple(dict.fromkeys(parts.pop("", ())))
    kept = {
        scope: [part for part in dict.fromkeys(local) if not any(covers(wide, part) for wide in everywhere)]
        for scope, local in parts.items()
    }
    return Proposal(
        compact(everywhere),
        {scope: compact(local) for scope, local in sorted(kept.items()) if local},
        Coverage(
            requests=requests,
            distinct=len(seen),
            elsewhere=elsewhere,
            unexplained=tuple(Used(asked, times) for asked, times in unexplained.items()),
            granted=sum(count(permission.rule) for permission in dict.fromkeys(granted)),
            kept=len(everywhere) + sum(map(len, kept.values())),
            unused=tuple(one for one in dict.fromkeys(granted) if (one.namespace, one.rule) not in touched),
        ),
    )


class _Kind:
    """Requests that differ in their name only."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.limited: set[str] = set()
        """Names that only rules for certain names allow."""

    def atoms(self, asked: Attributes, names_up_to: int) -> list[PolicyRule]:
        if asked.url is not None:
            return [PolicyRule((asked.verb,), non_resource_urls=(asked.url,))]
        plain = PolicyRule((asked.verb,), (asked.group,), (asked.combined,))
        open_names = self.names - self.limited
        pinned = "" not in open_names and len(open_names) <= names_up_to and _can_be_pinned(asked)
        found = [msgspec.structs.replace(plain, resource_names=(name,)) for name in sorted(self.limited)]
        if open_names and not pinned:
            return [plain]
        return found + [msgspec.structs.replace(plain, resource_names=(name,)) for name in sorted(open_names)]


def _can_be_pinned(asked: Attributes) -> bool:
    return bool(asked.subresource) or (asked.verb not in NO_NAME_YET and asked.verb not in READS_OF_MANY)


def _by_scope(permissions: Iterable[Permission]) -> dict[str, Rules]:
    found: dict[str, dict[PolicyRule, None]] = defaultdict(dict)
    for permission in permissions:
        found[permission.namespace][permission.rule] = None
    return {namespace: Rules(tuple(rules)) for namespace, rules in found.items()}


def _explain(asked: Attributes, rules: dict[str, Rules]) -> list[tuple[str, PolicyRule]]:
    """The granted rules that allow the request, each with its namespace."""
    scopes = ("", asked.namespace) if asked.namespace and asked.url is None else ("",)
    return [
        (scope, rule)
        for scope in scopes
        if scope in rules
        for rule in rules[scope].candidates(asked)
        if allows(rule, asked)
    ]
