"""What an authorizer is asked: who wants to do what to which object or URL."""

from __future__ import annotations

from typing import NamedTuple

ACCOUNT_PREFIX = "system:serviceaccount:"
ACCOUNTS = "system:serviceaccounts"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
NODES = "system:nodes"
NODE_PREFIX = "system:node:"


class Attributes(NamedTuple):
    """One request. With `url` it is for a path outside the resources (`/metrics`), otherwise for a resource.

    `resource` is the plural name, `group` its API group ("" for core), `namespace` "" for cluster-wide requests, `name` "" where the request names
    no object (list, create). `groups` are all of the user's: what the API server adds while it authenticates must be there (see `groups_of`).
    `selected` are the fields that the request's field selector fixes; only the Node authorizer looks at them.
    """

    user: str = ""
    groups: tuple[str, ...] = ()
    verb: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    url: str | None = None
    selected: tuple[tuple[str, str], ...] = ()

    @property
    def combined(self) -> str:
        """Resource and subresource as rules spell them: `pods/exec`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def read_only(self) -> bool:
        return self.verb in ("get", "list", "watch")

    def __str__(self) -> str:
        if self.url is not None:
            return f"{self.verb} {self.url}"
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        if self.subresource:
            what = f"{what}/{self.subresource}"
        named = f' "{self.name}"' if self.name else ""
        where = f" in namespace {self.namespace}" if self.namespace else " cluster-wide"
        return f"{self.verb} {what}{named}{where}"


def account_user(namespace: str, name: str) -> str:
    """The user name of a service account."""
    return f"{ACCOUNT_PREFIX}{namespace}:{name}"


def account_of(user: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that `user` is the name of."""
    if not user.startswith(ACCOUNT_PREFIX):
        return None
    namespace, colon, name = user.removeprefix(ACCOUNT_PREFIX).partition(":")
    return (namespace, name) if colon and namespace and name and ":" not in name else None


def groups_of(user: str, groups: tuple[str, ...] = ()) -> tuple[str, ...]:
    """`groups` with those that every service account is in: its kind's, its namespace's, and all who are authenticated.

    Other users keep the groups they came with: only who authenticated them knows the rest.
    """
    account = account_of(user)
    if account is None:
        return groups
    implied = (ACCOUNTS, f"{ACCOUNTS}:{account[0]}", AUTHENTICATED)
    return (*groups, *(group for group in implied if group not in groups))


def impersonated_groups(user: str, groups: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The groups that a request made `--as user --as-group groups` ends up with.

    Source: k8s.io/apiserver `endpoints/filters/impersonation`: a service account's own groups only where none are given, and then one of
    authenticated and unauthenticated.
    """
    if not groups and (account := account_of(user)) is not None:
        groups = (ACCOUNTS, f"{ACCOUNTS}:{account[0]}")
    if user == ANONYMOUS:
        return groups if UNAUTHENTICATED in groups else (*groups, UNAUTHENTICATED)
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, AUTHENTICATED)


def selected_fields(selector: str) -> tuple[tuple[str, str], ...]:
    """The fields that a field selector fixes to one value (`spec.nodeName=n`); nothing where it cannot be read, as upstream.

    Source: k8s.io/apimachinery `pkg/fields`: terms between commas, `=`, `==` or `!=`, and `\\` before a comma, an equals sign or itself.
    """
    fixed: list[tuple[str, str]] = []
    for term in _split(selector):
        if not term:
            continue
        found = _operator(term)
        if found is None:
            return ()
        field, operator, raw = found
        value = _unescaped(raw)
        if value is None:
            return ()
        if operator != "!=":
            fixed.append((field, value))
    return tuple(fixed)


def _split(selector: str) -> list[str]:
    terms, start, escaped = [], 0, False
    for position, character in enumerate(selector):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            terms.append(selector[start:position])
            start = position + 1
    terms.append(selector[start:])
    return terms


def _operator(term: str) -> tuple[str, str, str] | None:
    for position in range(len(term)):
        for operator in ("!=", "==", "="):
            if term.startswith(operator, position):
                return term[:position], operator, term[position + len(operator) :]
    return None


def _unescaped(value: str) -> str | None:
    out: list[str] = []
    escaped = False
    for character in value:
        if escaped:
            if character not in "\\,=":
                return None
            out.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in ",=":
            return None
        else:
            out.append(character)
    return None if escaped else "".join(out)
