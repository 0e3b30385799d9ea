"""What does the token open? Asked of the API, and tried."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, Step, Trace
from tests.e2e.sample.machines import Done, Machine

ASKED = ("default", "shop", "pay", "data")
TRIED = (
    "nodes",
    "namespaces",
    "persistentvolumes",
    "serviceaccounts",
    "certificatesigningrequests",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "storageclasses",
    "customresourcedefinitions",
    "priorityclasses",
)


def run(attacker: Machine) -> Done:
    for namespace in ASKED:
        attacker.kubectl("auth", "can-i", "--list", "-n", namespace)
    return attacker.kubectl("get", ",".join(TRIED), "-A")


STEP = Step(
    name="enumeration",
    technique="T1613",
    purpose="find out what the token opens",
    run=run,
    leaves=(
        Trace("audit", f"actor = '{TOKEN_OF}' AND resource = 'selfsubjectrulesreviews'", least=len(ASKED)),
        Trace("audit", f"actor = '{TOKEN_OF}' AND code = 403 AND verb = 'list'", least=5),
    ),
    found_by=("audit/permissions-enumerated",),
)
