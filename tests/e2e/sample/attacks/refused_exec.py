"""An exec that the token is not allowed."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, VICTIM, Step, Trace
from tests.e2e.sample.machines import Done, Machine

NAMESPACE, DEPLOYMENT = VICTIM


def run(attacker: Machine) -> Done:
    return attacker.kubectl("exec", "-n", NAMESPACE, f"deploy/{DEPLOYMENT}", "--", "sh", "-c", "id")


STEP = Step(
    name="refused-exec",
    technique="T1609",
    purpose="try for a shell",
    run=run,
    leaves=(Trace("audit", f"actor = '{TOKEN_OF}' AND subresource = 'exec' AND code = 403"),),
    found_by=("audit/exec-refused",),
)
