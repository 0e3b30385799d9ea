"""User id that may exist on the node.

What: a pod or container runs as a user id below 10,000, other than root.
Why: should it get out of its container, it meets files and processes of the node's user with the same id.
Severity: info, because it matters only after another wall fell.
Fix: choose an id of 10,000 or more.
Limits: user namespaces (`hostUsers: false`) map ids away and are quiet.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/low-user-id",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def low_user_id(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.pod.host_users is False:
        return
    user = workload.pod.security.run_as_user
    if user is not None and 0 < user < 10_000:
        yield Hit(workload.at("securityContext.runAsUser"), message=str(user))
    for container in workload.containers():
        user = container.security.run_as_user
        if user is not None and 0 < user < 10_000:
            yield Hit(container.at("securityContext.runAsUser"), message=str(user))
