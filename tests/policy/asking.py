"""Short questions for tests: `Asked(yaml or documents).verdict("pod a/x", "pod b/y", 80)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.policy import worlds

from seawall.policy.connections import Answer, Connection, EndName, Evaluator
from seawall.policy.lower import PolicyModel
from seawall.policy.profiles import PROFILES


def end(text: str) -> EndName:
    kind, _, name = text.rpartition(" ")
    if kind in ("pod", "service", "node", "ip", "domain", "workload"):
        return EndName(**{kind: name})
    return EndName(workload=name, kind=kind) if kind else EndName(pod=name)


class Asked:
    """A world to ask. `a/x` is a pod, `service a/x`, `node n`, `ip 1.2.3.4`, `domain d`, `Deployment a/x` the rest."""

    def __init__(
        self,
        documents: Iterable[dict[str, Any]] | str,
        profile: str = "upstream",
        live: bool = False,
        assume_rejected: bool = False,
    ) -> None:
        cluster = worlds.from_yaml(documents, live) if isinstance(documents, str) else worlds.cluster(documents, live)
        self.model = PolicyModel.of(cluster, PROFILES[profile], assume_rejected=assume_rejected)
        self.evaluator = Evaluator(self.model)

    def ask(self, source: str, destination: str, port: int | None = 80, protocol: str = "TCP", **icmp: int) -> Answer:
        return self.evaluator.answer(
            Connection(end(source), end(destination), protocol, port, icmp.get("type"), icmp.get("code"))
        )

    def verdict(
        self, source: str, destination: str, port: int | None = 80, protocol: str = "TCP", **icmp: int
    ) -> bool | None:
        return self.ask(source, destination, port, protocol, **icmp).allowed

    def notices(self) -> list[str]:
        return [str(notice) for notice in self.model.notices]
