"""Rules: what one allows, what one covers of another, and a list of them made quick to ask.

Source: k8s.io/kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go` and k8s.io/component-helpers `auth/rbac/validation`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from seawall.access.attributes import Attributes
from seawall.model.cluster.access_kinds import PolicyRule

ALL = "*"


def allows(rule: PolicyRule, asked: Attributes) -> bool:
    """Whether `rule` allows the request."""
    verbs = rule.verbs
    if asked.verb not in verbs and ALL not in verbs:
        return False
    if asked.url is not None:
        return url_matches(rule.non_resource_urls, asked.url)
    return (
        (asked.group in rule.api_groups or ALL in rule.api_groups)
        and _resource_matches(rule.resources, asked)
        and (not rule.resource_names or asked.name in rule.resource_names)
    )


def _resource_matches(resources: tuple[str, ...], asked: Attributes) -> bool:
    return (
        asked.combined in resources
        or ALL in resources
        or (asked.subresource != "" and f"*/{asked.subresource}" in resources)
    )


def url_matches(patterns: Iterable[str], url: str) -> bool:
    """A pattern is `*`, a path, or a path that ends in `*` for everything that begins so."""
    return any(
        pattern in (ALL, url) or (pattern.endswith("*") and url.startswith(pattern.rstrip("*"))) for pattern in patterns
    )


def atoms(rule: PolicyRule) -> Iterator[PolicyRule]:
    """`rule` taken apart: each part has one verb, and one resource of one group with at most one name, or one URL."""
    for group in rule.api_groups:
        for resource in rule.resources:
            for verb in rule.verbs:
                if not rule.resource_names:
                    yield PolicyRule((verb,), (group,), (resource,))
                for name in rule.resource_names:
                    yield PolicyRule((verb,), (group,), (resource,), (name,))
    for url in rule.non_resource_urls:
        for verb in rule.verbs:
            yield PolicyRule((verb,), non_resource_urls=(url,))


def count(rule: PolicyRule) -> int:
    """How many parts `atoms` gives."""
    objects = len(rule.api_groups) * len(rule.resources) * max(1, len(rule.resource_names))
    return len(rule.verbs) * (objects + len(rule.non_resource_urls))


def includes(rule: PolicyRule, other: PolicyRule) -> bool:
    """Whether `rule` plainly allows all that `other` does, list by list: true is certain, false is not."""
    return (
        _holds(rule.verbs, other.verbs)
        and _holds(rule.api_groups, other.api_groups)
        and _holds(rule.resources, other.resources)
        and set(other.non_resource_urls) <= set(rule.non_resource_urls)
        and (not rule.resource_names or not other.resources or _named(rule, other))
    )


def _named(rule: PolicyRule, other: PolicyRule) -> bool:
    return bool(other.resource_names) and set(other.resource_names) <= set(rule.resource_names)


def _holds(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return ALL in words or set(others) <= set(words)


def covers(rule: PolicyRule, atom: PolicyRule) -> bool:
    """Whether `rule` allows all that `atom` (a part as `atoms` gives it) allows."""
    if ALL not in rule.verbs and atom.verbs[0] not in rule.verbs:
        return False
    if atom.non_resource_urls:
        url = atom.non_resource_urls[0]
        return any(
            pattern == url or (pattern.endswith("*") and url.startswith(pattern.rstrip("*")))
            for pattern in rule.non_resource_urls
        )
    if ALL not in rule.api_groups and atom.api_groups[0] not in rule.api_groups:
        return False
    if rule.resource_names and not (atom.resource_names and atom.resource_names[0] in rule.resource_names):
        return False
    resource = atom.resources[0]
    if ALL in rule.resources or resource in rule.resources:
        return True
    _, slash, subresource = resource.partition("/")
    return slash != "" and f"*/{subresource}" in rule.resources


class Rules:
    """The rules of one role, found by resource: a role of ten thousand rules is asked as quickly as one of ten."""

    __slots__ = ("_by_resource", "_urls", "rules")

    def __init__(self, rules: tuple[PolicyRule, ...]) -> None:
        self.rules = rules
        self._by_resource: dict[str, list[PolicyRule]] | None = None
        self._urls: list[PolicyRule] = []

    def _index(self) -> dict[str, list[PolicyRule]]:
        found: dict[str, list[PolicyRule]] = defaultdict(list)
        for rule in self.rules:
            for resource in dict.fromkeys(rule.resources):
                found[resource].append(rule)
            if rule.non_resource_urls:
                self._urls.append(rule)
        self._by_resource = dict(found)
        return self._by_resource

    def candidates(self, asked: Attributes) -> Iterator[PolicyRule]:
        """The rules that name the request's resource or a wildcard for it, or, for a URL, that name URLs."""
        index = self._index() if self._by_resource is None else self._by_resource
        if asked.url is not None:
            yield from self._urls
            return
        yield from index.get(asked.combined, ())
        if asked.combined != ALL:
            yield from index.get(ALL, ())
        if asked.subresource:
            yield from index.get(f"*/{asked.subresource}", ())

    def allowing(self, asked: Attributes) -> PolicyRule | None:
        """The first rule that allows the request."""
        return next((rule for rule in self.candidates(asked) if allows(rule, asked)), None)

    def covering(self, atom: PolicyRule) -> bool:
        """Whether one of the rules covers `atom`."""
        if atom.non_resource_urls:
            asked = Attributes(url=atom.non_resource_urls[0])
        else:
            resource, _, subresource = atom.resources[0].partition("/")
            asked = Attributes(resource=resource, subresource=subresource)
        return any(covers(rule, atom) for rule in self.candidates(asked))


def compact(parts: Iterable[PolicyRule]) -> tuple[PolicyRule, ...]:
    """Rules that allow exactly what `parts` (as `atoms` gives them) allow together, in as few lines as putting like with like makes."""
    urls: dict[str, set[str]] = defaultdict(set)
    verbs_of: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for part in parts:
        if part.non_resource_urls:
            urls[part.non_resource_urls[0]].add(part.verbs[0])
        else:
            name = part.resource_names[0] if part.resource_names else _ANY_NAME
            verbs_of[part.api_groups[0], part.resources[0], name].add(part.verbs[0])
    names_of: dict[tuple[str, str, Words], set[str]] = defaultdict(set)
    for (group, resource, name), done in verbs_of.items():
        names_of[group, resource, tuple(sorted(done))].add(name)
    resources_of: dict[tuple[str, Words, Words], set[str]] = defaultdict(set)
    for (group, resource, verbs), names in names_of.items():
        kept = () if _ANY_NAME in names else tuple(sorted(names))
        resources_of[group, verbs, kept].add(resource)
    groups_of: dict[tuple[Words, Words, Words], set[str]] = defaultdict(set)
    for (group, verbs, kept), resources in resources_of.items():
        groups_of[tuple(sorted(resources)), verbs, kept].add(group)
    paths_of: dict[Words, set[str]] = defaultdict(set)
    for url, done in urls.items():
        paths_of[tuple(sorted(done))].add(url)
    rules = [PolicyRule(verbs, tuple(sorted(groups)), of, kept) for (of, verbs, kept), groups in groups_of.items()]
    rules.sort(key=lambda rule: (rule.api_groups, rule.resources, rule.resource_names, rule.verbs))
    return (
        *rules,
        *(PolicyRule(verbs, non_resource_urls=tuple(sorted(paths))) for verbs, paths in sorted(paths_of.items())),
    )


Words = tuple[str, ...]
_ANY_NAME = "\0"
"""Stands for "every name" beside names; no object is called so."""


def spell(rule: PolicyRule) -> str:
    """A rule in one line, as kubectl spells resources: `get, list pods, deployments.apps/scale`, `get secrets named a, b`, `get /metrics`, `any verb on every resource`."""
    verbs = "any verb on" if ALL in rule.verbs else ", ".join(rule.verbs)
    what = [spell_resource(group, resource) for group in rule.api_groups for resource in rule.resources]
    what += ["every URL" if url == ALL else url for url in rule.non_resource_urls]
    named = f" named {', '.join(rule.resource_names)}" if rule.resource_names else ""
    return f"{verbs} {', '.join(what)}{named}"


def spell_resource(group: str, resource: str) -> str:
    """A resource with its group between it and the subresource: `deployments.apps/scale`; `every resource` of every group in words."""
    if group == resource == ALL:
        return "every resource"
    if not group:
        return resource
    name, slash, subresource = resource.partition("/")
    return f"{name}.{group}{slash}{subresource}"
