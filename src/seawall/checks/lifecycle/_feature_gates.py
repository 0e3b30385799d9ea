"""Stages of the feature gates of Kubernetes' own components.

Facts: the versioned gates of kubernetes v1.36.3 (`pkg/features`, and those of `k8s.io/apiserver` and `k8s.io/apiextensions-apiserver` v0.36.3); a gate that is gone by then is not known here.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from seawall.model.cluster.version import Minor, parse_version


class Gate(NamedTuple):
    """The first minor of each stage, where it has had it; `stable` is also where it was deprecated instead."""

    alpha: Minor | None
    beta: Minor | None
    stable: Minor | None

    def stage(self, minor: Minor) -> str:
        """`alpha` or `beta` at `minor`; "" once it is stable or deprecated, or before it was there."""
        for name, since in (("", self.stable), ("beta", self.beta), ("alpha", self.alpha)):
            if since is not None and since <= minor:
                return name
        return ""


@cache
def gates() -> dict[str, Gate]:
    """Every gate by its name."""
    text = files(__package__).joinpath("_feature_gates.txt").read_text()
    found = {}
    for line in text.splitlines():
        name, *stages = line.split()
        found[name] = Gate(*(version.minor if (version := parse_version(one)) else None for one in stages))
    return found
