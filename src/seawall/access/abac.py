"""ABAC: a policy file of one JSON object a line, as the API server's `--authorization-policy-file` reads it.

The current form is `abac.authorization.kubernetes.io/v1beta1`; lines without version and kind are the first form, in which what is left out means
everything. Source: k8s.io/kubernetes `pkg/auth/authorizer/abac`, `pkg/apis/abac`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from seawall.access.attributes import AUTHENTICATED, Attributes
from seawall.access.decision import Decision
from seawall.model.cluster.decode import without_nulls

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
    document = _document(line)
    version, kind = document.get("apiVersion") or "", document.get("kind") or ""
    if not (version and kind):  # what is missing is taken to be the first form's
        version, kind = version or f"{GROUP}/v0", kind or "Policy"
        if version != f"{GROUP}/v0":
            raise ValueError(f'"{version}" without a kind is no ABAC policy')
    if kind != "Policy" or version not in (f"{GROUP}/v0", f"{GROUP}/v1beta1"):
        raise ValueError(f'kind "{kind}" of "{version}" is no ABAC policy')
    if version == f"{GROUP}/v0":
        return msgspec.convert(document, _First).policy()
    policy = msgspec.convert(document, _Current).spec
    if "*" in (policy.user, policy.group):
        return msgspec.structs.replace(policy, user="", group=AUTHENTICATED)
    return policy


def _document(line: str) -> dict[str, Any]:
    """The line's object: JSON if it begins like it, else YAML, which upstream reads as well; null is an empty object."""
    value: Any
    if line.lstrip().startswith("{"):
        value = msgspec.json.decode(line)
    else:
        import yaml  # hardly any file has such a line

        try:
            value = yaml.safe_load(line)
        except yaml.YAMLError as error:
            raise ValueError(str(error).partition("\n")[0]) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    kept = without_nulls(value)
    assert isinstance(kept, dict)
    return kept


class AbacAuthorizer:
    def __init__(self, policies: tuple[Policy, ...]) -> None:
        self.policies = policies

    def decide(self, asked: Attributes) -> Decision:
        """What ABAC says. Not allowed means that it has no opinion."""
        for number, policy in enumerate(self.policies, start=1):
            if policy.allows(asked):
                return Decision(True, f"ABAC: policy {number} of the file allows it")
        return Decision(False, "ABAC: no policy matches")
