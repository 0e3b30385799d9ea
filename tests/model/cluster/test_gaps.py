"""A gap is of one kind of one group: what is told apart by the API is told apart here."""

from __future__ import annotations

import pytest

from seawall.model.cluster.coverage import LIVE, Coverage, NotCollected
from seawall.model.cluster.kinds import KINDS, kind_of
from seawall.model.cluster.network_kinds import CalicoPolicy, NetworkPolicy
from seawall.model.cluster.snapshot import Cluster


def without(api_version: str, kind: str) -> Cluster:
    row = kind_of(api_version, kind)
    assert row is not None
    return Cluster([], name="t", scope=LIVE, coverage=Coverage(gaps=(row.gap("unreachable", "it is down"),)))


def test_of_two_kinds_of_one_name_one_can_be_lost() -> None:
    calico_is_down = without("projectcalico.org/v3", "NetworkPolicy")
    assert calico_is_down.of(NetworkPolicy) == ()
    with pytest.raises(NotCollected, match="it is down"):
        calico_is_down.of(CalicoPolicy)
    kubernetes_is_down = without("networking.k8s.io/v1", "NetworkPolicy")
    with pytest.raises(NotCollected, match="it is down"):
        kubernetes_is_down.of(NetworkPolicy)
    assert kubernetes_is_down.of(CalicoPolicy) == ()


def test_every_kind_has_a_key_of_its_own() -> None:
    assert len({kind.key for kind in KINDS}) == len(KINDS)
