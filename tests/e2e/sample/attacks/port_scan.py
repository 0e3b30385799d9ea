"""From the payments pod: what listens on the pods around?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.sample.attacks import VICTIM, Step, Trace, in_payments
from tests.e2e.sample.machines import Done, Machine

if TYPE_CHECKING:
    from tests.e2e.sample.simulator import Traffic

PORTS = (22, 80, 443, 2379, 3306, 5432, 6379, 8080, 8443, 9100, 9200, 10250, 27017)
SECOND = 1_000_000_000
PROGRAM = f"""
import socket
own = socket.gethostbyname(socket.gethostname()).rpartition(".")[0]
for last in range(2, 12):
    for port in {PORTS!r}:
        knock = socket.socket(); knock.settimeout(0.05)
        if knock.connect_ex((f"{{own}}.{{last}}", port)) == 0: print(last, port)
        knock.close()
"""


def run(attacker: Machine) -> Done:
    return in_payments(attacker, PROGRAM)


def simulate(traffic: Traffic, began: int, ended: int) -> None:
    source = traffic.pod_of(*VICTIM, began)
    at = began
    for pod in traffic.pods_at(began):
        for port in PORTS:
            at += traffic.random.randint(5, 40) * SECOND // 1000
            traffic.connect(at, source, pod, port)


STEP = Step(
    name="port-scan",
    technique="T1046",
    purpose="find what else is there",
    run=run,
    leaves=(
        Trace("audit", "subresource = 'exec' AND code = 101 AND exec_command = 'python3'"),
        Trace("flow", "src_workload = 'payments' AND dst_port IN (22, 2379, 3306, 9200, 10250, 27017)", 40),
        Trace("flow", "src_workload = 'payments' AND dst_namespace = 'data' AND verdict = 'denied'", 5),
    ),
    simulate=simulate,
)
