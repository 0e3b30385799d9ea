"""ABAC: a policy file of one JSON object a line, as the API server's `--authorization-policy-file` reads it.

The current form is `abac.authorization.kubernetes.io/v1beta1`; lines without version and kind are the first form, in which what is left out means
everything. Source: k8s.io/kubernetes `pkg/auth/authorizer/abac`, `pkg/apis/abac`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seawall.access.attributes import AUTHENTICATED, Attributes
from seawall.access.decision import Decision

GROUP = "abac.authorization.kubernetes.io"
LONGEST_LINE = 64 * 1024
"""Bytes from which on upstream refuses a line."""


class Policy(msgspec.Struct, frozen=True, rename="camel"):
    """One line: who (user and group must both match where given) may do what (everything, or only read) to which resource or path."""

    user: str = ""
    group: str = ""
    readonly: bool = False
    api_group: str = ""
    resource: str = ""
    namespace: str = ""
    non_resource_path: str = ""

    def allows(self, asked: Attributes) -> bool:
        if not self.applies_to(asked.user, asked.groups) or (self.readonly and not asked.read_only):
            return False
        if asked.url is not None:
            return self.non_resource_path in ("*", asked.url) or (
                self.non_resource_path.endswith("*") and asked.url.startswith(self.non_resource_path.rstrip("*"))
            )
        return (
            self.namespace in ("*", asked.namespace)
            and self.resource in ("*", asked.resource)
            and self.api_group in ("*", asked.group)
        )

    def applies_to(self, user: str, groups: tuple[str, ...]) -> bool:
        """Whether the line is about the user; one that names neither user nor group is about nobody."""
        if self.user and self.user not in ("*", user):
            return False
        if self.group and self.group != "*" and self.group not in groups:
            return False
        return bool(self.user or self.group)


class _Line(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str = ""
    kind: str = ""


class _Current(msgspec.Struct, frozen=True):
    spec: Policy = Policy()


class _First(msgspec.Struct, frozen=True):
    user: str = ""
    group: str = ""
    readonly: bool = False
    resource: str = ""
    namespace: str = ""

    def policy(self) -> Policy:
        user, group = self.user, self.group
        if "*" in (user, group):
            user, group = "", AUTHENTICATED
        elif not user and not group:
            group = AUTHENTICATED
        return Policy(
            user=user,
            group=group,
            readonly=self.readonly,
            api_group="*",
            resource=self.resource or "*",
            namespace=self.namespace or "*",
            non_resource_path="" if self.namespace or self.resource else "*",
        )


def parse(text: str) -> tuple[Policy, ...]:
    """The policies of a file. ValueError names the line that cannot be read, which makes the API server refuse the whole file."""
    return tuple(_lines(text))


def _lines(text: str) -> Iterator[Policy]:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line.encode()) >= LONGEST_LINE:
            raise ValueError(f"line {number}: longer than {LONGEST_LINE} bytes")
        if not line.strip() or line.strip().startswith("#"):
            continue
        try:
            yield _policy(line)
        except (msgspec.DecodeError, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from None


def _policy(line: str) -> Policy:
    head = msgspec.json.decode(line, type=_Line)
    version = head.api_version.removeprefix(GROUP + "/")
    if not head.api_version and not head.kind:
        return msgspec.json.decode(line, type=_First).policy()
    if head.kind != "Policy" or version == head.api_version or version not in ("v0", "v1beta1"):
        raise ValueError(f'kind "{head.kind}" of "{head.api_version}" is no ABAC policy')
    if version == "v0":
        return msgspec.json.decode(line, type=_First).policy()
    policy = msgspec.json.decode(line, type=_Current).spec
    if "*" in (policy.user, policy.group):
        return msgspec.structs.replace(policy, user="", group=AUTHENTICATED)
    return policy


class AbacAuthorizer:
    def __init__(self, policies: tuple[Policy, ...]) -> None:
        self.policies = policies

    def decide(self, asked: Attributes) -> Decision:
        """What ABAC says. Not allowed means that it has no opinion."""
        for number, policy in enumerate(self.policies, start=1):
            if policy.allows(asked):
                return Decision(True, f"ABAC: policy {number} of the file allows it")
        return Decision(False, "ABAC: no policy matches")
