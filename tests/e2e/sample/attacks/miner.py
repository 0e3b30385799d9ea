"""From the privileged pod: something that looks as a miner does, by whom it speaks to. Nothing computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.sample.attacks import Step, Trace
from tests.e2e.sample.attacks.privileged_pod import NAME, NAMESPACE
from tests.e2e.sample.machines import Done, Machine

if TYPE_CHECKING:
    from tests.e2e.sample.simulator import Traffic

POOL, POOL_NAME, POOL_PORT = "198.51.100.140", "pool.coins.example", 3333
SECOND = 1_000_000_000


def run(attacker: Machine) -> Done:
    return attacker.kubectl("exec", "-n", NAMESPACE, NAME, "--", "sh", "-c", "nproc; cat /proc/loadavg")


def simulate(traffic: Traffic, began: int, ended: int) -> None:
    source = traffic.pod(NAMESPACE, NAME, began)
    assert source is not None
    pool = traffic.outside(POOL, POOL_NAME)
    traffic.ask(began, source, POOL_NAME, "A", answers=[POOL])
    at = began + SECOND // 20
    while at < ended:
        traffic.connect(at, source, pool, POOL_PORT)
        at += traffic.random.randint(8, 15) * SECOND


STEP = Step(
    name="miner",
    technique="T1496.001",
    purpose="earn something meanwhile",
    run=run,
    leaves=(
        Trace("flow", f"src_pod = '{NAME}' AND dst_address = '{POOL}' AND dst_port = {POOL_PORT}", 3),
        Trace("dns", f"question = '{POOL_NAME}'"),
    ),
    simulate=simulate,
)
