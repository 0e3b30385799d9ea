"""The smaller role: it refuses nothing that was used, and allows nothing that was not granted."""

from __future__ import annotations

from random import Random

from tests.access.objects import bind, index_of, role, rule
from tests.model.cluster.clusters import cluster_of
from tests.oracle.generate.rbac import NAMESPACES, request, worlds

from seawall.access import AccessIndex, Attributes
from seawall.access.least_privilege import Proposal, Used, reduce
from seawall.access.rules import spell


def used(text: str, times: int = 1) -> Used:
    """`VERB RESOURCE[/SUB] [NAME] [@NAMESPACE]`, or `VERB /URL`."""
    verb, what, *rest = text.split()
    namespace = next((word[1:] for word in rest if word.startswith("@")), "")
    name = next((word for word in rest if not word.startswith("@")), "")
    if what.startswith("/"):
        return Used(Attributes("alice", verb=verb, url=what), times)
    resource, _, subresource = what.partition("/")
    return Used(Attributes("alice", ("dev",), verb, "", resource, subresource, name, namespace), times)


def granted_to_alice(*rules: dict[str, object]) -> AccessIndex:
    return index_of(role("r", *rules), bind("b", "r", "user:alice"))


def spelled(proposal: Proposal) -> tuple[list[str], dict[str, list[str]]]:
    return [*map(spell, proposal.everywhere)], {
        namespace: [*map(spell, rules)] for namespace, rules in proposal.by_namespace.items()
    }


def test_only_what_was_used_where_it_was_used() -> None:
    index = granted_to_alice(rule("*", "*", "*"), rule("get", urls="/metrics"))
    proposal = reduce(
        index.what_can("alice"),
        [
            used("get pods a @shop", 40),
            used("list pods @shop", 2),
            used("get pods/log a @shop"),
            used("get pods a @dev"),
            used("list nodes"),
            used("get /metrics"),
        ],
    )
    assert spelled(proposal) == (
        ["list nodes", "get /metrics"],
        {"dev": ["get pods"], "shop": ["get, list pods", "get pods/log"]},
    )
    assert (proposal.coverage.requests, proposal.coverage.distinct) == (46, 6)
    assert proposal.coverage.kept == 6
    assert not proposal.coverage.unexplained
    assert not proposal.coverage.unused


def test_what_holds_everywhere_is_not_said_again() -> None:
    proposal = reduce(
        granted_to_alice(rule("*", "pods")).what_can("alice"), [used("list pods"), used("list pods @shop")]
    )
    assert spelled(proposal) == (["list pods"], {})


def test_names() -> None:
    limited = granted_to_alice(rule("get", "secrets", names="a b c"))
    requests = [used("get secrets a @shop"), used("get secrets b @shop")]
    assert spelled(reduce(limited.what_can("alice"), requests)) == ([], {"shop": ["get secrets named a, b"]})
    open_ = granted_to_alice(rule("*", "secrets"))
    assert spelled(reduce(open_.what_can("alice"), requests))[1] == {"shop": ["get secrets"]}
    assert spelled(reduce(open_.what_can("alice"), requests, names_up_to=2))[1] == {"shop": ["get secrets named a, b"]}
    assert spelled(reduce(open_.what_can("alice"), requests, names_up_to=1))[1] == {"shop": ["get secrets"]}
    created = [used("create secrets x @shop"), used("list secrets x @shop")]
    assert spelled(reduce(open_.what_can("alice"), created, names_up_to=5))[1] == {"shop": ["create, list secrets"]}


def test_what_the_rules_do_not_explain_is_told() -> None:
    index = index_of(
        role("r", rule("get", "pods")), role("s", rule("get", "secrets")), bind("b", "r", "user:alice"), bind("c", "s", "user:alice")
    )  # fmt: skip
    proposal = reduce(index.what_can("alice"), [used("get pods a @shop"), used("delete pods a @shop", 3)])
    assert [(one.asked.verb, one.times) for one in proposal.coverage.unexplained] == [("delete", 3)]
    assert [spell(one.rule) for one in proposal.coverage.unused] == ["get secrets"]
    assert (proposal.coverage.granted, proposal.coverage.kept) == (2, 1)


def test_nothing_used_is_nothing_kept() -> None:
    proposal = reduce(granted_to_alice(rule("*", "*", "*")).what_can("alice"), [])
    assert spelled(proposal) == ([], {})


def test_replayed_it_refuses_nothing_that_was_used_and_never_allows_more() -> None:
    """On generated roles: requests that were allowed stay allowed; whatever the proposal allows was allowed before."""
    random = Random(9)
    replayed = probed = 0
    for world in worlds(51, 150, requests=40):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        for subject in index.subjects:
            user, groups = (subject.user, ()) if subject.kind != "Group" else ("\0", (subject.name,))
            if groups == ("system:masters",):
                continue
            log = [of(asked, user, groups) for asked in world.requests]
            done = [Used(asked, random.randint(1, 9)) for asked in log if index.can(asked).allowed]
            proposal = reduce(
                [
                    permission
                    for held in index.rbac.held_anywhere(user, groups)
                    for permission in index.given_to(held.subject)
                ],
                done,
                names_up_to=random.choice((0, 1, 3)),
            )
            assert not proposal.coverage.unexplained
            for one in done:
                assert proposal.allows(one.asked), (one, proposal)
                replayed += 1
            for asked in [*log, *(of(request(random), user, groups) for _ in range(20))]:
                for namespace in ("", *NAMESPACES):
                    probe = asked._replace(namespace=namespace) if asked.url is None else asked
                    if proposal.allows(probe):
                        assert index.can(probe).allowed, (probe, proposal)
                        probed += 1
    assert replayed > 1_000
    assert probed > 2_000


def of(asked: dict[str, object], user: str, groups: tuple[str, ...]) -> Attributes:
    fields = {name: asked.get(name, "") for name in ("verb", "group", "resource", "subresource", "name", "namespace")}
    return Attributes(user, groups, **fields, url=asked.get("nonResourceURL"))  # type: ignore[arg-type]
