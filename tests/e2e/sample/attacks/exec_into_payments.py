"""A shell in the payments pod.

Without a node nothing runs, and the audit log says 101 all the same: the API server switches protocols with its client (a WebSocket, which kubectl has
asked for since 1.31) before it asks the kubelet.
"""

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
        ),
    ),
    found_by=("audit/exec-into-container",),
)
