"""Fields of pod templates that this Seawall does not know: of a newer Kubernetes, or misspelt. They are named, never silently dropped.

Each struct of `pod` has a twin that knows the same names and refuses all others, which the JSON decoder then checks at its own speed. Fields
that the API has and Seawall does not use (Kubernetes 1.36) are listed here; a test holds them against upstream's types.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from seawall.model.cluster import pod
from seawall.model.cluster.meta import Object
from seawall.model.cluster.pod import PodSpec
from seawall.model.cluster.workload import POD_PATHS

UNUSED: dict[Any, tuple[str, ...]] = {
    pod.PodSpec: (
        "dnsConfig", "overhead", "setHostnameAsFQDN", "schedulingGates", "resources", "hostnameOverride", "schedulingGroup",
    ),
    pod.PodSecurityContext: ("supplementalGroupsPolicy", "seLinuxChangePolicy"),
    pod.WindowsOptions: ("gmsaCredentialSpec",),
    pod.TopologySpread: ("minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy", "matchLabelKeys"),
    pod.Container: ("resizePolicy", "restartPolicyRules", "stdinOnce"),
    pod.EnvSource: ("fileKeyRef",),
    pod.FieldSelector: ("apiVersion",),
    pod.VolumeMount: ("recursiveReadOnly",),
    pod.Probe: ("terminationGracePeriodSeconds",),
    pod.HTTPGetAction: ("httpHeaders",),
    pod.LocalRef: ("items",),
    pod.CSIVolume: ("fsType",),
}  # fmt: skip


def unknown_fields(document: bytes, kind: type[Object]) -> tuple[str, ...]:
    """The paths, from the object's root, of the fields of its pod template that Seawall does not know. `document` is JSON that decodes as `kind`."""
    if kind not in POD_PATHS:
        return ()
    try:
        _decoder(kind).decode(document)
    except msgspec.ValidationError:
        return _named(msgspec.json.decode(document), kind)
    return ()


def unknown_fields_of(document: Any, kind: type[Object]) -> tuple[str, ...]:
    """The same of a document that is decoded already."""
    if kind not in POD_PATHS:
        return ()
    try:
        msgspec.convert(document, _twin_of_kind(kind))
    except msgspec.ValidationError:
        return _named(document, kind)
    return ()


def _named(found: Any, kind: type[Object]) -> tuple[str, ...]:
    for step in POD_PATHS[kind].split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return tuple(_strangers(found, PodSpec, POD_PATHS[kind]))


def siblings(path: str) -> tuple[str, ...]:
    """The names that are known where `path`, one of `unknown_fields`, leads."""
    found: type[msgspec.Struct] | None = PodSpec
    _, _, below = path.rpartition("spec.")
    for step in below.split(".")[:-1]:
        found = known_fields(found)[step.partition("[")[0]] if found is not None else None
    return tuple(known_fields(found)) if found is not None else ()


@cache
def known_fields(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """The names that a struct may have, each with the struct that it holds (itself or in a list), if it is one of `pod`'s."""
    named = {field.encode_name: _struct_in(field.type) for field in msgspec.structs.fields(struct)}
    return named | dict.fromkeys(UNUSED.get(struct, ()))


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one if one.__module__ == pod.__name__ else None
    return None


def _strangers(value: Any, struct: type[msgspec.Struct], path: str) -> Iterator[str]:
    known = known_fields(struct)
    for name, held in value.items() if isinstance(value, dict) else ():
        if name not in known:
            yield f"{path}.{name}"
        elif (inner := known[name]) is not None:
            if isinstance(held, list):
                for index, entry in enumerate(held):
                    yield from _strangers(entry, inner, f"{path}.{name}[{index}]")
            else:
                yield from _strangers(held, inner, f"{path}.{name}")


@cache
def _decoder(kind: type[Object]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_twin_of_kind(kind))


@cache
def _twin_of_kind(kind: type[Object]) -> Any:
    """A type that looks at the pod spec alone and does not fit where that has a field that is not known."""
    twin = _twin(PodSpec)
    for step in reversed(POD_PATHS[kind].split(".")):
        twin = msgspec.defstruct("Step", [(step, twin | None, None)], gc=False)
    return twin


@cache
def _twin(struct: type[msgspec.Struct]) -> Any:
    """What a struct is to hold, with the names of `known_fields` and no other. A value of another type than the API's is let pass."""
    fields = []
    for index, (name, inner) in enumerate(known_fields(struct).items()):
        held: Any = Any
        if inner is not None:
            twin = _twin(inner)
            held = twin | list.__class_getitem__(twin | None) | None
        fields.append((f"f{index}", held, msgspec.field(default=None, name=name)))
    return msgspec.defstruct(f"Known{struct.__name__}", fields, forbid_unknown_fields=True, gc=False)
