"""`recommend`: policies for what recorded traffic needs, with their proof, as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml

from seawall.app.answer import Answer
from seawall.app.evidence import SHOWN, Coverage, RecordedFlow, coverage_of, listed, misleading
from seawall.app.traffic import Traffic
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.generate import Form
from seawall.policy.lower import PolicyModel
from seawall.policy.matrix import ALLOWED
from seawall.policy.observed import Party
from seawall.policy.profiles import PROFILES
from seawall.policy.reach import describe_traffic_set
from seawall.policy.recommend.needs import DNS_NAMESPACE
from seawall.policy.recommend.recommendation import Recommendation, recommend
from seawall.policy.recommend.units import Scope, Unit
from seawall.policy.world import World

PROFILE_OF: dict[Form, str] = {"kubernetes": "upstream", "cluster": "upstream", "calico": "calico", "cilium": "cilium"}
"""The dataplane that a dialect is judged as."""
LEFT_ALONE = (DNS_NAMESPACE, "kube-public", "kube-node-lease")
"""Namespaces that get policies only where they are asked for: what the cluster itself runs on."""


class LabelAnswer(Answer, frozen=True):
    key: str
    value: str
    why: str


class PassedAnswer(Answer, frozen=True):
    key: str
    why: str


class UnitAnswer(Answer, frozen=True):
    """Whom a policy is about, by which labels and why these; the policy as YAML; how many of its observed flows it keeps and does not keep."""

    namespace: str
    name: str
    workloads: list[str]
    pods: int
    labels: list[LabelAnswer]
    passed: list[PassedAnswer]
    yaml: str
    rules: int
    flows: int
    not_kept: int
    seen: bool


class UnnamedAnswer(Answer, frozen=True):
    workload: str
    why: str


class SurplusAnswer(Answer, frozen=True):
    source: str
    destination: str
    traffic: list[str]
    ports: int


class ProofAnswer(Answer, frozen=True):
    """What was shown by judging the documents.

    `observed` flows (pair and port) were let through and count, `kept` of them stay allowed with the policies added to those in force; the others are
    in `notKept`. Two sorts of flows do not count: `leftOut` of them look like a scan (`scans`), `refused` the policies in force deny by now
    (`deniedToday`). Of `parts` rules, peers and ports `needed` are needed by an observed flow, `always` are open on purpose (DNS), `idle` are neither.
    `surplus` pairs of workloads and port are allowed by these policies alone and were never seen. `wider` are policies in force that allow more still.
    """

    observed: int
    left_out: int
    kept: int
    not_kept: list[RecordedFlow]
    scans: list[RecordedFlow]
    refused: int
    denied_today: list[RecordedFlow]
    parts: int
    needed: int
    always: int
    idle: list[str]
    surplus_pairs: int
    surplus: list[SurplusAnswer]
    wider: list[str]
    wider_pairs: int
    vouched: int
    probes: str


class RecommendAnswer(Answer, frozen=True):
    """`first` is to be said before any number. `documents` are all policies, in the order of `units`."""

    first: list[str]
    form: str
    by: str
    units: list[UnitAnswer]
    unnamed: list[UnnamedAnswer]
    losses: list[str]
    assumed: list[str]
    proof: ProofAnswer
    coverage: Coverage
    documents: list[dict[str, Any]]


def model_at_rest(cluster: Cluster, profile: str) -> PolicyModel:
    """The model of a cluster in which workloads without pods, such as a job between its runs, have a pod that stands for them."""
    if profile not in PROFILES:
        raise UserError(f'there is no profile "{profile}"', do=f"choose one of {', '.join(PROFILES)}")
    world = World.of(cluster).with_workloads_at_rest()
    return PolicyModel.of(world, PROFILES[profile])


def recommend_policies(
    model: PolicyModel,
    traffic: Traffic,
    form: Form = "kubernetes",
    by: Scope = "workload",
    *,
    namespaces: Sequence[str] = (),
    workloads: Sequence[str] = (),
) -> RecommendAnswer:
    """Policies for workloads (`namespace/name`), for the workloads of namespaces, or for all but those of `LEFT_ALONE`.

    A workload of which nothing was recorded gets one only where it is named: that nothing was seen does not say that nothing is needed.
    """
    names = set(workloads)
    quiet: list[str] = []

    def wanted(unit: Unit, seen: bool) -> bool:
        if names:
            mine = {f"{unit.namespace}/{group.ref.name}" for group in unit.workloads}
            return bool(mine & names) or str(unit) in names
        chosen = unit.namespace in namespaces if namespaces else unit.namespace not in LEFT_ALONE
        if chosen and not seen:
            quiet.append(str(unit))
        return chosen and seen

    made = recommend(model, traffic.edges, form, by, wanted)
    if not made.drafted.drafts:
        asked = ", ".join((*namespaces, *workloads)) or "the input"
        raise UserError(
            f"there is nobody to write a policy for in {asked}",
            do=f"nothing was recorded of {', '.join(quiet[:5])}; name them with --for to close them anyway"
            if quiet
            else "name namespaces or workloads that the input holds, with pods that have labels",
        )
    return _answer(made, traffic, form, by, quiet)


def _answer(made: Recommendation, traffic: Traffic, form: Form, by: Scope, quiet: Sequence[str]) -> RecommendAnswer:
    proof, placed = made.proof, made.placed
    first = misleading(traffic, placed)
    if made.knocking.any():
        first.insert(0, _scan(made))
    if proof.wider_pairs:
        first.append(
            f"{len(proof.wider):,} policies in force select the same pods and allow {proof.wider_pairs:,} pairs and ports more "
            f"({', '.join(map(str, proof.wider[:3]))}): policies only add up, so these narrow nothing until those are gone."
        )
    subjects = _subjects(made)
    in_drafts = np.isin(placed.source, subjects) | np.isin(placed.destination, subjects)
    rows = np.flatnonzero(made.observed & in_drafts)
    lost = rows[(proof.flags[rows] != ALLOWED)]
    lost = lost[np.argsort(-placed.edges.events[lost], kind="stable")]
    knocking, refused = np.flatnonzero(made.knocking), np.flatnonzero(made.refused)
    reasons = [_reason(made, row) for row in lost[:SHOWN].tolist()]
    closed = refused[:SHOWN].tolist()
    unneeded = set(made.unneeded)
    return RecommendAnswer(
        first=first,
        form=form,
        by=by,
        units=_units(made, lost, rows),
        unnamed=[
            *(
                UnnamedAnswer(workload=name, why="nothing was recorded of it; it gets one where it is named")
                for name in quiet
            ),
            *(
                UnnamedAnswer(workload=f"{one.workload.pods[0].namespace}/{one.workload.ref.name}", why=one.why)
                for one in made.units.unnamed
            ),
        ],
        losses=list(made.written.losses),
        assumed=list(made.drafted.assumed),
        proof=ProofAnswer(
            observed=len(rows),
            left_out=len(knocking),
            kept=len(rows) - len(lost),
            not_kept=listed(placed, lost[:SHOWN].tolist(), reasons),
            scans=listed(placed, knocking[:SHOWN].tolist(), ["it looks like a scan"] * len(knocking[:SHOWN])),
            refused=len(refused),
            denied_today=listed(placed, closed, ["the policies in force deny it by now"] * len(closed)),
            parts=proof.items,
            needed=proof.items - len(proof.idle),
            always=len(proof.idle) - len(unneeded),
            idle=[f"{one.rule}: {one.part}" for one in made.unneeded],
            surplus_pairs=proof.surplus_pairs,
            surplus=[
                SurplusAnswer(
                    source=placed.parties[one.source].name,
                    destination=placed.parties[one.destination].name,
                    traffic=describe_traffic_set(one.traffic),
                    ports=one.ports,
                )
                for one in proof.surplus[:SHOWN]
            ],
            wider=list(map(str, proof.wider)),
            wider_pairs=proof.wider_pairs,
            vouched=made.vouched,
            probes="a node always reaches its own pods: kubelet probes need no rule",
        ),
        coverage=coverage_of(traffic, placed),
        documents=list(made.written.documents),
    )


def _subjects(made: Recommendation) -> list[int]:
    refs = {group.ref for one in made.drafted.drafts for group in one.unit.workloads}
    return [at for at, party in enumerate(made.placed.parties) if party.ref in refs]


def _scan(made: Recommendation) -> str:
    edges = made.placed.edges
    rows = np.flatnonzero(made.knocking)
    names = sorted({str(edges.ends[end]) for end in np.unique(edges.source[rows]).tolist()})
    return (
        f"{', '.join(names[:3])} knocked at {len(rows):,} pairs of workload and port, a few times each: it looks like a scan, "
        "was left out, and is worth a look before anything else."
    )


def _reason(made: Recommendation, row: int) -> str:
    at = int(made.drafted.reason[row])
    if at >= 0:
        return made.drafted.reasons[at]
    placed, edges = made.placed, made.placed.edges
    for end in (int(edges.source[row]), int(edges.destination[row])):
        if end in placed.unplaced:
            return placed.unplaced[end].why
    return "another policy in force denies it, or the other end's policy could not be widened for it"


def _units(made: Recommendation, lost: Any, rows: Any) -> list[UnitAnswer]:
    placed = made.placed
    number = {party.ref: at for at, party in enumerate(placed.parties) if party.ref is not None}
    size = len(placed.parties) + 1

    def by_party(which: Any) -> Any:
        ends = np.concatenate([placed.source[which], placed.destination[which]])
        return np.bincount(np.where(ends < 0, size - 1, ends), minlength=size)

    flows, missing = by_party(rows), by_party(lost)
    documents: dict[int, list[dict[str, Any]]] = {}
    for document, at in zip(made.written.documents, made.written.draft, strict=True):
        documents.setdefault(at, []).append(document)
    found: list[UnitAnswer] = []
    for at, one in enumerate(made.drafted.drafts):
        unit = one.unit
        mine = [number[group.ref] for group in unit.workloads]
        found.append(
            UnitAnswer(
                namespace=unit.namespace,
                name=unit.name,
                workloads=[_with_kind(placed.parties[party]) for party in mine],
                pods=sum(not pod.template for group in unit.workloads for pod in group.pods),
                labels=[LabelAnswer(key=label.key, value=label.value, why=label.why) for label in unit.labels],
                passed=[PassedAnswer(key=label.key, why=label.why) for label in unit.passed],
                yaml=yaml_of(documents.get(at, [])),
                rules=len(one.openings),
                flows=int(flows[mine].sum()),
                not_kept=int(missing[mine].sum()),
                seen=bool(flows[mine].any()),
            )
        )
    return found


def _with_kind(party: Party) -> str:
    return f"{party.name} ({party.ref.kind})" if party.ref is not None else party.name


def yaml_of(documents: Sequence[dict[str, Any]]) -> str:
    """Documents as kubectl takes them."""
    return yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, default_flow_style=False)


class _Plain(yaml.SafeDumper):
    """Writes every list out: an anchor in a policy would puzzle who reads it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
