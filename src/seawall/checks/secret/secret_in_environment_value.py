"""Secret in a literal environment value.

What: an environment variable whose name or value says that it is a secret has its value written in the manifest.
Why: whoever reads the manifest, its history, the object in the API or `kubectl describe` has the secret; it cannot be rotated apart from a deployment.
Severity: high, because the value is a credential in the clear.
Fix: put the value into a Secret (better: an external manager) and refer to it with `valueFrom.secretKeyRef`; rotate what was written.
Limits: judges a value by its format and the variable's name; a short password under an innocent name passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, OWASP

_TELLING = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|credential)s?(_?(key|value))?$"
)
_POINTER = re.compile(r"(?i)(file|path|name|url|host|ref|dir|id)$")


@check(
    "secret/secret-in-environment-value",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.4.1"),
        OWASP("K03"),
        ATTACK("T1552.007"),
        MATRIX("MS-TA9027"),
    ),
)
def secret_in_environment_value(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for index, variable in enumerate(container.container.env):
            value = variable.value
            if value is None or value.length == 0:
                continue
            if value.formats:
                yield Hit(
                    container.at(f"env[{index}].value"),
                    message=f"{variable.name} looks like {', '.join(value.formats)}",
                )
            elif _TELLING.search(variable.name) and not _POINTER.search(variable.name) and not value.reference:
                yield Hit(
                    container.at(f"env[{index}].value"),
                    message=f"{variable.name} holds a literal value of {value.length} bytes",
                )
