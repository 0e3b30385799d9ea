"""Who is asking, in which role, and what of the world they may see.

A provider (one-time link, API token, OIDC, Kubernetes TokenReview) says *who*: an Identity. Grants say *what*: a role and a scope. They are looked
up again on every request, so taking a grant away works at once, whatever sessions are open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from seawall.kit.errors import UserError
from seawall.model.event import KINDS, TABLES
from seawall.model.event.read_scope import ReadScope

Provider = Literal["link", "token", "oidc", "kubernetes"]


class Role(StrEnum):
    """`view` reads, `operate` also acts on incidents and Plans, `admin` also sees who did what. `ingest` sends events and sees nothing."""

    INGEST = "ingest"
    VIEW = "view"
    OPERATE = "operate"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """`ingest` stands aside of the ladder: a sender is no reader, and of readers only an admin is a sender."""
        if needed is Role.INGEST:
            return self in (Role.INGEST, Role.ADMIN)
        return self is not Role.INGEST and _LADDER.index(self) >= _LADDER.index(needed)


_LADDER = (Role.VIEW, Role.OPERATE, Role.ADMIN)

OBJECTS = "objects"
"""The kind of data that is no table: what a Cluster holds."""

KINDS_OF_DATA: dict[str, tuple[str, ...]] = {
    OBJECTS: (OBJECTS, "identity_interval"),
    "findings": ("finding_transition", "scan_run"),
    "incidents": ("signal", "signal_evidence", "case_entry", "plan_entry"),
    **{kind: (kind, *(("edge_minute",) if kind == "flow" else ())) for kind in KINDS},
}
"""What a grant may name, and the tables (or `objects`) that it opens."""


class Grant(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A role and a scope for some subjects: `user:NAME`, `group:NAME` or `*` (whoever signed in).

    `clusters` and the part before the slash of `namespaces` (`cluster/namespace`) are names or ids; `*` is any cluster. Neither named: everything.
    """

    role: Role
    subjects: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not (self.clusters or self.namespaces or self.kinds)


EVERYTHING = Grant(Role.ADMIN)


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who a provider says it is. `grant` is set where the credential itself carries one (link, token)."""

    provider: Provider
    name: str
    groups: tuple[str, ...] = ()
    grant: Grant | None = None


class Principal(msgspec.Struct, frozen=True):
    """Who is asking, as every use case takes it."""

    name: str
    provider: Provider
    role: Role
    scope: ReadScope


def check_grant(grant: Grant, where: str) -> None:
    """Raises UserError for a subject, namespace or kind that is not written as it must be."""
    for subject in grant.subjects:
        if subject != "*" and not subject.startswith(("user:", "group:")):
            raise UserError(f"`{subject}` is no subject", where=where, do="write user:NAME, group:NAME or *")
    for namespace in grant.namespaces:
        if namespace.count("/") != 1 or namespace.startswith("/") or namespace.endswith("/"):
            raise UserError(f"`{namespace}` names no namespace", where=where, do="write cluster/namespace")
    for kind in grant.kinds:
        if kind not in KINDS_OF_DATA:
            known = ", ".join(KINDS_OF_DATA)
            raise UserError(f"`{kind}` is no kind of data", where=where, do=f"use one of {known}")


def principal_of(
    identity: Identity, grants: Iterable[Grant], clusters: Callable[[], Mapping[str, str]]
) -> Principal | None:
    """The principal that an identity is: by its own grant, else by the first grant that names it; None if none does.

    `clusters` gives the known clusters, id to name.
    """
    grant = identity.grant or next((grant for grant in grants if _names(grant, identity)), None)
    if grant is None:
        return None
    return Principal(identity.name, identity.provider, grant.role, scope_of(grant, clusters))


def _names(grant: Grant, identity: Identity) -> bool:
    subjects = {"*", f"user:{identity.name}", *(f"group:{group}" for group in identity.groups)}
    return not subjects.isdisjoint(grant.subjects)


def scope_of(grant: Grant, clusters: Callable[[], Mapping[str, str]]) -> ReadScope:
    """What a grant opens, with clusters as ids. A name that no known cluster has opens only rows that carry it as id."""
    kinds = frozenset(table for kind in grant.kinds for table in KINDS_OF_DATA[kind]) if grant.kinds else None
    if not grant.clusters and not grant.namespaces:
        return ReadScope(all_clusters=True, kinds=kinds)
    known = clusters()
    whole = "*" in grant.clusters
    return ReadScope(
        all_clusters=whole,
        clusters=frozenset(found for text in grant.clusters if text != "*" for found in _ids(text, known)),
        namespaces=frozenset(
            (found, name)
            for cluster, _, name in (text.partition("/") for text in grant.namespaces)
            for found in _ids(cluster, known)
        ),
        kinds=kinds,
    )


def _ids(text: str, known: Mapping[str, str]) -> set[str]:
    if text == "*":
        return set(known)
    return {text} | {found for found, name in known.items() if name == text}


# ------------------------------------------------------------------------------------------------ what a scope lets through in memory


def sees_cluster(scope: ReadScope, cluster: str) -> bool:
    """May the whole cluster be read?"""
    return scope.all_clusters or cluster in scope.clusters


def touches_cluster(scope: ReadScope, cluster: str) -> bool:
    """May anything of the cluster be read?"""
    return sees_cluster(scope, cluster) or any(cluster == one for one, _ in scope.namespaces)


def sees(scope: ReadScope, cluster: str, namespace: str) -> bool:
    """May what lives in this namespace be read? What has none ("") needs the whole cluster."""
    return sees_cluster(scope, cluster) or bool(namespace and (cluster, namespace) in scope.namespaces)


def reads_everything(scope: ReadScope) -> bool:
    """May every row be read? Only such readers may ask their own SQL, for SQL cannot be held to a scope."""
    return scope.all_clusters and scope.kinds is None


assert all(table in TABLES or table == OBJECTS for tables in KINDS_OF_DATA.values() for table in tables)
