"""Drafts into force: the Plan that makes policies of them, and what that would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seawall.app.policy_plan import put, raw_of
from seawall.kit.errors import UserError
from seawall.model.cluster.meta import Object
from seawall.model.cluster.network_kinds import PolicyDraft
from seawall.model.cluster.snapshot import Cluster
from seawall.model.plan import Plan, Reason, Step, delete, plan
from seawall.policy.compare import Change, OutsideChange, diff
from seawall.policy.dialects import draft as drafts
from seawall.policy.generate import objects_of
from seawall.policy.lower import PolicyModel
from seawall.policy.model import Lowered


def promote(model: PolicyModel, names: Sequence[str] = (), expires: str = "") -> Plan:
    """The Plan that puts the drafts of these names (`NAMESPACE/NAME`, or `NAME`; all where none is given) in force and takes the drafts away.

    PolicyDrafts and Calico's Staged kinds. UserError for a name that no draft has, a draft that holds no policy, and where there is nothing to promote.
    """
    cluster = model.world.cluster
    chosen = list(_chosen(model, names))
    if not chosen:
        raise UserError("there is no draft to promote", do="see docs/policy/drafts.md, or seawall policy list")
    steps: list[Step] = []
    after = model
    for lowered, thing in chosen:
        document = _document(cluster, thing)
        live = cluster.get(lowered.replaces) if lowered.replaces is not None else None
        if lowered.stage == "delete":
            if live is None:
                raise UserError(f"{lowered.replaces} is not there to be deleted", where=str(thing.ref))
            steps.append(delete(raw_of(cluster, live)))
            after = after.with_policy(None, lowered.replaces)
        else:
            if (step := put(cluster, document)) is not None:
                steps.append(step)
            (policy,) = objects_of((document,))
            after = after.with_policy(policy)
        steps.append(delete(raw_of(cluster, thing)))
        after = after.with_policy(None, thing.ref)
    names_of = ", ".join(str(lowered.replaces) for lowered, _ in chosen)
    return plan(f"Promote {names_of}", tuple(steps), reasons=(Reason(_effect(model, after)),), expires=expires)


def _chosen(model: PolicyModel, names: Sequence[str]) -> Iterator[tuple[Lowered, Object]]:
    found: dict[str, tuple[Lowered, Object]] = {}
    for lowered in model.lowered:
        thing = model.world.cluster.get(lowered.policy)
        if thing is not None and lowered.stage:
            found[f"{thing.namespace}/{thing.name}" if thing.namespace else thing.name] = (lowered, thing)
    for name in names or found:
        if name not in found:
            raise UserError(f'there is no draft "{name}"', do=f"choose one of {', '.join(found) or 'none'}")
        lowered, thing = found[name]
        refused = [notice for notice in lowered.notices if notice.kind == "refused"]
        if refused:
            raise UserError(
                f"{refused[0].path}: {refused[0].what}",
                where=str(thing.origin) if thing.origin.source else str(thing.ref),
            )
        if lowered.stage != "learn":
            yield lowered, thing


def _document(cluster: Cluster, thing: Object) -> dict[str, Any]:
    """The policy that a draft would be."""
    if isinstance(thing, PolicyDraft):
        return drafts.drafted(thing)
    raw = raw_of(cluster, thing)
    meta = {key: value for key, value in raw["metadata"].items() if key in ("name", "namespace", "labels")}
    spec = {key: value for key, value in raw.get("spec", {}).items() if key != "stagedAction"}
    kubernetes = thing.kind == "StagedKubernetesNetworkPolicy"
    return {
        "apiVersion": "networking.k8s.io/v1" if kubernetes else raw["apiVersion"],
        "kind": "NetworkPolicy" if kubernetes else thing.kind.removeprefix("Staged"),
        "metadata": meta,
        "spec": spec,
    }


def _effect(before: PolicyModel, after: PolicyModel) -> str:
    """What changes among the pods and addresses that there are, in words."""
    found = diff(before, after)
    every: list[Change | OutsideChange] = [*found.changes, *found.outside]
    counts = (
        (sum(bool(one.allowed) for one in every), "newly allowed"),
        (sum(bool(one.denied) for one in every), "newly denied"),
        (sum(bool(one.unknown) for one in every), "newly unknown"),
    )
    told = [f"{count:,} {words}" for count, words in counts if count]
    if not told:
        return "no connection that could be is judged otherwise"
    return f"of pairs of workloads, or of a workload and addresses outside: {', '.join(told)}"
