"""Secret given as an environment variable.

What: a container gets a secret as an environment variable.
Why: variables are inherited by every child process, printed by crash reports and debug pages, and never change while the program runs.
Severity: low, because it is still a reference, and access to it is controlled.
Fix: mount the secret as a file.
Limits: many programs read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, OWASP


@check(
    "secret/secret-as-variable",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.4.1"),
        OWASP("K03"),
        ATTACK("T1552.007"),
    ),
)
def secret_as_variable(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for index, variable in enumerate(container.container.env):
            if variable.value_from is not None and variable.value_from.secret_key_ref is not None:
                yield Hit(container.at(f"env[{index}].valueFrom.secretKeyRef"), message=variable.name)
        for index, source in enumerate(container.container.env_from):
            if source.secret_ref is not None:
                yield Hit(
                    container.at(f"envFrom[{index}].secretRef"),
                    message=source.secret_ref.name,
                    key=source.secret_ref.name,
                )
