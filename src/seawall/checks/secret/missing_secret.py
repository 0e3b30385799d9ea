"""Reference to a secret that is not there.

What: a workload refers to a Secret that does not exist in its namespace.
Why: its pods do not start, and whoever may create a Secret of that name decides what they get.
Severity: medium, because it is an outage at the next rollout.
Fix: make the Secret, or mark the reference optional.
Limits: secrets that an operator makes later are not in files: there only namespaces that hold at least one Secret are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.secret._references import secret_names, secret_references
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "secret/missing-secret",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K03"),
        ATTACK("T1499"),
    ),
)
def missing_secret(workload: Workload, context: Context) -> Iterator[Hit]:
    known = context.index(secret_names)
    if workload.namespace not in known and not context.cluster.scope.runtime:
        return
    for path, name, optional in secret_references(workload):
        if not optional and name not in known.get(workload.namespace, frozenset()):
            yield Hit(path, message=name, key=name)
