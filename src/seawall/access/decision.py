"""What an authorizer answers, and by what."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from seawall.access.attributes import account_of, account_user
from seawall.model.cluster.access_kinds import PolicyRule
from seawall.model.cluster.meta import ObjectRef


class Principal(NamedTuple):
    """Somebody whom bindings can name: a `User`, a `Group` or a `ServiceAccount` (the only one with a namespace).

    A user who bears the name of a service account is that service account.
    """

    kind: str
    name: str
    namespace: str = ""

    @property
    def user(self) -> str:
        """The user name; "" for a group."""
        if self.kind == "ServiceAccount":
            return account_user(self.namespace, self.name)
        return self.name if self.kind == "User" else ""

    def __str__(self) -> str:
        if self.kind == "ServiceAccount":
            return f"service account {self.namespace}/{self.name}"
        return f"{self.kind.lower()} {self.name}"


def principal_of(user: str) -> Principal:
    """The principal behind a user name."""
    account = account_of(user)
    return Principal("ServiceAccount", account[1], account[0]) if account else Principal("User", user)


class Grant(NamedTuple):
    """One subject of one binding, and the role it gets by it. `namespace` is where it holds, "" for everywhere."""

    binding: ObjectRef
    role: ObjectRef
    subject: Principal
    namespace: str

    def __str__(self) -> str:
        return f"{self.binding.kind} {_named(self.binding)} gives {self.role.kind} {self.role.name} to {self.subject}"


class Decision(msgspec.Struct, frozen=True, gc=False):
    """`allowed` is None where what decides could not be read. `reason` is a sentence; `grant` and `rule` are what allowed it, if RBAC did."""

    allowed: bool | None
    reason: str
    grant: Grant | None = None
    rule: PolicyRule | None = None


def _named(ref: ObjectRef) -> str:
    return f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
