"""A privileged pod with the node's root file system, from the API to the machine.

The mount is read-only and the container sleeps: what is to be seen is the pod, and the machine that it runs on is a tester's.
"""

from __future__ import annotations

import json

from tests.e2e.cluster.images import BUSYBOX
from tests.e2e.sample.attacks import TOKEN_OF, LeftObject, Step, Trace
from tests.e2e.sample.machines import Done, Machine

NAME, NAMESPACE = "node-tuner", "ops"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {"app": NAME}},
    "spec": {
        "hostPID": True,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": "tune",
                "image": BUSYBOX,
                "command": ["sleep", "86400"],
                "securityContext": {"privileged": True},
                "volumeMounts": [{"name": "host", "mountPath": "/host", "readOnly": True}],
            }
        ],
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
    },
}


def run(attacker: Machine) -> Done:
    return attacker.kubectl("create", "-f", "-", stdin=json.dumps(POD))


STEP = Step(
    name="privileged-pod",
    technique="T1610",
    purpose="own a node",
    run=run,
    leaves=(
        Trace(
            "audit",
            f"actor = '{TOKEN_OF}' AND resource = 'pods' AND name = '{NAME}' AND body_features['privileged'] = 'true'",
        ),
        Trace("audit", f"actor = '{TOKEN_OF}' AND name = '{NAME}' AND body_features['host_path'] = '/'"),
    ),
    objects=(LeftObject("Pod", NAMESPACE, NAME),),
    found_by=("audit/privileged-pod-created",),
)
