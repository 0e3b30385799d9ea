"""A shell in the payments pod. Without a node the API server says that it cannot reach one, and nothing runs."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, VICTIM, Step, Trace
from tests.e2e.sample.machines import Done, Machine

NAMESPACE, DEPLOYMENT = VICTIM
LOOK = "id; uname -a; ls /var/run/secrets/kubernetes.io/serviceaccount; cat /etc/resolv.conf"


def run(attacker: Machine) -> Done:
    return attacker.kubectl("exec", "-n", NAMESPACE, f"deploy/{DEPLOYMENT}", "--", "sh", "-c", LOOK)


STEP = Step(
    name="exec",
    technique="T1609",
    purpose="look around where the money is",
    run=run,
    leaves=(
        Trace(
            "audit",
            f"actor = '{TOKEN_OF}' AND subresource = 'exec' AND code = 101 AND exec_command = 'sh'",
            needs_nodes=True,
        ),
    ),
    found_by=("audit/exec-into-container",),
)
