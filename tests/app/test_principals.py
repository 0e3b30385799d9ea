"""Grants to principals, and what a scope lets through."""

from __future__ import annotations

import pytest

from seawall.app.principals import (
    EVERYTHING,
    Grant,
    Identity,
    Role,
    check_grant,
    principal_of,
    reads_everything,
    sees,
    touches_cluster,
)
from seawall.kit.errors import UserError

CLUSTERS = {"uid-1": "prod", "uid-2": "dev"}


def known() -> dict[str, str]:
    return CLUSTERS


def test_the_first_grant_that_names_somebody_counts() -> None:
    grants = (
        Grant(Role.VIEW, ("group:interns",), namespaces=("dev/play",)),
        Grant(Role.OPERATE, ("user:alice", "group:sre"), clusters=("prod",)),
        Grant(Role.VIEW, ("*",), kinds=("findings",)),
    )
    intern = principal_of(Identity("oidc", "alice", ("interns", "sre")), grants, known)
    assert intern is not None
    assert (intern.role, intern.scope.namespaces) == (Role.VIEW, {("dev", "play"), ("uid-2", "play")})
    alice = principal_of(Identity("oidc", "alice"), grants, known)
    assert alice is not None
    assert (alice.role, alice.scope.clusters) == (Role.OPERATE, {"prod", "uid-1"})
    other = principal_of(Identity("oidc", "bob"), grants, known)
    assert other is not None
    assert other.scope.kinds == {"finding_transition", "scan_run"}
    assert principal_of(Identity("oidc", "bob"), grants[:2], known) is None


def test_a_group_is_no_user_of_that_name() -> None:
    grants = (Grant(Role.ADMIN, ("user:root",)),)
    assert principal_of(Identity("oidc", "mallory", ("root", "user:root")), grants, known) is None


def test_roles_are_a_ladder_with_senders_beside_it() -> None:
    allowed = {(have, need) for have in Role for need in Role if have.allows(need)}
    assert allowed == {
        (Role.INGEST, Role.INGEST),
        (Role.ADMIN, Role.INGEST),
        (Role.VIEW, Role.VIEW),
        (Role.OPERATE, Role.VIEW),
        (Role.OPERATE, Role.OPERATE),
        (Role.ADMIN, Role.VIEW),
        (Role.ADMIN, Role.OPERATE),
        (Role.ADMIN, Role.ADMIN),
    }


def test_a_namespace_reader_sees_that_namespace_and_nothing_without_one() -> None:
    grant = Grant(Role.VIEW, namespaces=("prod/shop", "*/logs"))
    principal = principal_of(Identity("token", "t", grant=grant), (), known)
    assert principal is not None
    scope = principal.scope
    assert sees(scope, "uid-1", "shop") and sees(scope, "uid-2", "logs")
    assert not sees(scope, "uid-2", "shop") and not sees(scope, "uid-1", "") and not sees(scope, "uid-1", "bank")
    assert touches_cluster(scope, "uid-2") and not touches_cluster(scope, "uid-3")
    assert not reads_everything(scope)


def test_only_a_reader_of_everything_reads_everything() -> None:
    def scope(grant: Grant) -> bool:
        principal = principal_of(Identity("token", "t", grant=grant), (), known)
        assert principal is not None
        return reads_everything(principal.scope)

    assert scope(EVERYTHING) and scope(Grant(Role.VIEW, clusters=("*",)))
    assert not scope(Grant(Role.VIEW, clusters=("prod", "dev")))
    assert not scope(Grant(Role.VIEW, kinds=("flow",)))


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        (Grant(Role.VIEW, ("alice",)), "`alice` is no subject"),
        (Grant(Role.VIEW, namespaces=("shop",)), "`shop` names no namespace"),
        (Grant(Role.VIEW, namespaces=("prod/",)), "names no namespace"),
        (Grant(Role.VIEW, kinds=("flows",)), "`flows` is no kind of data"),
    ],
)
def test_a_grant_that_cannot_be_meant_is_refused(grant: Grant, says: str) -> None:
    with pytest.raises(UserError, match=says):
        check_grant(grant, "seawall.yaml:7")
