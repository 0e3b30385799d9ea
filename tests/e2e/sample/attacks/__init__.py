"""An attack on the sample shop, one file a step: what it does, and what it must leave behind.

Everything here is aimed at a test cluster of this machine, whose network nobody else is in. The token of the delivery pipeline has leaked; whoever
has it sits at an address that the shop never saw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.sample.machines import Done, Machine
    from tests.e2e.sample.simulator import Traffic

TOKEN_OF = "system:serviceaccount:build:deployer"
"""Whose token leaked."""
VICTIM = ("pay", "payments")
"""Namespace and Deployment that the attack ends in."""


@dataclass(frozen=True)
class Trace:
    """What stays: at least `least` rows of a table (`audit`, `flow`, `dns`) for which the SQL condition holds.

    Rows of `flow` and `dns` are simulated.
    """

    table: str
    where: str
    least: int = 1


@dataclass(frozen=True)
class LeftObject:
    """An object that stands there afterwards. `namespace` is "" for what belongs to the cluster."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Step:
    """One step. `run` acts through the API from the attacker's machine; `simulate` gives the traffic that a sensor would have seen."""

    name: str
    technique: str
    """ATT&CK."""
    purpose: str
    run: Callable[[Machine], Done]
    leaves: tuple[Trace, ...]
    objects: tuple[LeftObject, ...] = ()
    found_by: tuple[str, ...] = ()
    """Rules that find it. None where there is no rule for it yet."""
    simulate: Callable[[Traffic, int, int], None] | None = None
    """Given the traffic, when the step began and when the take ended (ns)."""


def steps() -> tuple[Step, ...]:
    """The kill chain, in order."""
    from tests.e2e.sample.attacks import (
        beacon,
        cluster_admin,
        dns_tunnel,
        enumeration,
        exec_into_payments,
        leaked_token,
        miner,
        port_scan,
        privileged_pod,
        refused_exec,
        secret_reads,
        webhook_tampering,
    )

    return tuple(
        module.STEP
        for module in (
            leaked_token,
            enumeration,
            secret_reads,
            refused_exec,
            privileged_pod,
            cluster_admin,
            exec_into_payments,
            port_scan,
            dns_tunnel,
            beacon,
            webhook_tampering,
            miner,
        )
    )


def in_payments(attacker: Machine, program: str) -> Done:
    """Runs a Python program in the payments pod, as somebody in its shell would."""
    namespace, deployment = VICTIM
    return attacker.kubectl("exec", "-n", namespace, f"deploy/{deployment}", "--", "python3", "-c", program)
