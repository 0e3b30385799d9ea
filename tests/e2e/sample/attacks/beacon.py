"""From the payments pod: a call home, every twenty seconds, always of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.sample.attacks import VICTIM, Step, Trace, in_payments
from tests.e2e.sample.machines import Done, Machine

if TYPE_CHECKING:
    from tests.e2e.sample.simulator import Traffic

HOME, NAME = "198.51.100.66", "cdn-sync.example"
"""TEST-NET-2 of RFC 5737: there is no such machine."""
PERIOD = 20
SECOND = 1_000_000_000
PROGRAM = f"""
import socket
knock = socket.socket(); knock.settimeout(0.5)
print(knock.connect_ex(("{HOME}", 443)))
"""


def run(attacker: Machine) -> Done:
    return in_payments(attacker, PROGRAM)


def simulate(traffic: Traffic, began: int, ended: int) -> None:
    source = traffic.pod_of(*VICTIM, began)
    at = began
    while at < ended:
        traffic.ask(at, source, NAME, "A", answers=[HOME])
        traffic.connect(at + SECOND // 50, source, traffic.outside(HOME, NAME), 443)
        at += PERIOD * SECOND + traffic.random.randint(-300, 300) * SECOND // 1000


STEP = Step(
    name="beacon",
    technique="T1071.001",
    purpose="wait for orders",
    run=run,
    leaves=(Trace("flow", f"src_workload = 'payments' AND dst_address = '{HOME}' AND dst_port = 443", 5),),
    simulate=simulate,
)
