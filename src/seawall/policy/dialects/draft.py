"""Drafts: a policy of any dialect that is judged beside those in force and enforced by nobody.

apiVersion: seawall.dev/v1alpha1
kind: PolicyDraft                # ClusterPolicyDraft for a policy that belongs to no namespace
metadata: {name: narrow-db, namespace: shop}
spec:
  action: Set                    # or Delete: as if the policy were gone; then `policy` needs no spec
  policy:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db}         # the draft's namespace
    spec: {podSelector: {matchLabels: {app: db}}}
"""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import PolicyDraft
from seawall.policy.dialects.reading import Refused, choice, mapping, only, text
from seawall.policy.model import Lowered, Notice, Rule

_SPEC = frozenset(("action", "policy"))
ACTIONS = ("Set", "Delete")


def drafted(draft: PolicyDraft) -> dict[str, Any]:
    """The policy that a draft holds, in the draft's namespace, as a document. Refused where it is none."""
    only(draft.spec, _SPEC, "spec")
    choice(draft.spec.get("action") or "Set", ACTIONS, "spec.action")
    document = mapping(draft.spec.get("policy"), "spec.policy")
    metadata = mapping(document.get("metadata"), "spec.policy.metadata")
    text(metadata.get("name"), "spec.policy.metadata.name")
    if metadata.get("namespace") not in (None, "", draft.namespace):
        raise Refused("spec.policy.metadata.namespace", f"must be the draft's own, {draft.namespace or 'none'}")
    kind = kind_of(
        text(document.get("apiVersion"), "spec.policy.apiVersion"), text(document.get("kind"), "spec.policy.kind")
    )
    if kind is None or kind.type is PolicyDraft:
        raise Refused("spec.policy.kind", f"{document.get('kind')} of {document.get('apiVersion')} is no policy")
    if kind.namespaced != bool(draft.namespace):
        raise Refused(
            "spec.policy.kind", f"a {kind.kind} is drafted by a {'' if kind.namespaced else 'Cluster'}PolicyDraft"
        )
    place = {"namespace": draft.namespace} if kind.namespaced else {}
    return {**document, "metadata": {**metadata, **place}}


def policy_of(draft: PolicyDraft) -> Object:
    """The policy that a draft holds, as an object. Refused where it is none."""
    document = drafted(draft)
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None
    try:
        return ObjectDecoder().decode(msgspec.json.encode(document), kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refused("spec.policy", str(error)) from None


def as_draft(draft: PolicyDraft, policy: Object, lowered: Lowered) -> Lowered:
    """What the policy became, as the draft's: rules and notices name the draft, with paths in it."""
    stage: Any = "delete" if draft.spec.get("action") == "Delete" else "set"
    replaces = ObjectRef(policy.kind, policy.namespace, policy.name, policy.ref.group)

    def rule(one: Rule) -> Rule:
        ref = msgspec.structs.replace(one.ref, policy=draft.ref, path=_path(one.ref.path), origin=draft.origin)
        return msgspec.structs.replace(one, ref=ref)

    def notice(one: Notice) -> Notice:
        return msgspec.structs.replace(one, policy=draft.ref, path=_path(one.path), origin=draft.origin)

    rules = () if stage == "delete" else tuple(map(rule, lowered.rules))
    return Lowered(draft.ref, rules, tuple(map(notice, lowered.notices)), stage, replaces)


def _path(path: str) -> str:
    return f"spec.policy.{path}" if path else "spec.policy"
