"""A binding to cluster-admin, to stay."""

from __future__ import annotations

from tests.e2e.sample.attacks import TOKEN_OF, LeftObject, Step, Trace
from tests.e2e.sample.machines import Done, Machine

NAME = "ci-maintenance"


def run(attacker: Machine) -> Done:
    return attacker.kubectl(
        "create", "clusterrolebinding", NAME, "--clusterrole=cluster-admin", "--serviceaccount=build:deployer"
    )


STEP = Step(
    name="cluster-admin",
    technique="T1098.006",
    purpose="become the cluster's owner and stay it",
    run=run,
    leaves=(
        Trace(
            "audit",
            f"actor = '{TOKEN_OF}' AND resource = 'clusterrolebindings' AND body_features['role'] = 'cluster-admin'",
        ),
    ),
    objects=(LeftObject("ClusterRoleBinding", "", NAME),),
    found_by=("audit/cluster-admin-bound",),
)
