"""Secrets, read in every namespace."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, Step, Trace
from tests.e2e.sample.machines import Done, Machine

PLACES = ("shop", "pay", "data", "ops", "build", "kube-system")


def run(attacker: Machine) -> Done:
    done = Done(False, "")
    for namespace in PLACES:
        done = attacker.kubectl("get", "secrets", "-n", namespace, "-o", "name")
    attacker.kubectl("get", "secret", "provider", "-n", "pay", "-o", "yaml")
    attacker.kubectl("get", "secret", "orders-db", "-n", "data", "-o", "yaml")
    return done


STEP = Step(
    name="secret-reads",
    technique="T1552.007",
    purpose="look for credentials",
    run=run,
    leaves=(
        Trace("audit", f"actor = '{TOKEN_OF}' AND resource = 'secrets' AND verb = 'list' AND code = 200", len(PLACES)),
        Trace("audit", f"actor = '{TOKEN_OF}' AND resource = 'secrets' AND verb = 'get' AND name = 'provider'"),
    ),
    found_by=("audit/secret-sweep",),
)
