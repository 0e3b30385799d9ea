"""A leaked token, tried from a new address."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, Step, Trace
from tests.e2e.sample.machines import ELSEWHERE, Done, Machine


def run(attacker: Machine) -> Done:
    attacker.kubectl("version")
    return attacker.kubectl("auth", "whoami")


STEP = Step(
    name="leaked-token",
    technique="T1078.004",
    purpose="find out whose token it is",
    run=run,
    leaves=(
        Trace("audit", f"actor = '{TOKEN_OF}' AND has(source_addresses, '{ELSEWHERE}')", least=2),
        Trace("audit", f"actor = '{TOKEN_OF}' AND resource = 'selfsubjectreviews' AND code = 201"),
    ),
)
