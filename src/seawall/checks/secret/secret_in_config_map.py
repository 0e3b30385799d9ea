"""Secret in a config map.

What: a value of a ConfigMap looks like a secret, or its key is named like one.
Why: config maps are readable by many more identities than secrets, are not encrypted at rest, and are printed without care.
Severity: high, because the value is a credential in the clear.
Fix: move it into a Secret; rotate it.
Limits: judges by format and by key; files that hold a password among other lines are judged by format alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.model.cluster.config_kinds import ConfigMap
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, OWASP

_TELLING = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)s?$"
)


@check(
    "secret/secret-in-config-map",
    on=ConfigMap,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K03"),
        ATTACK("T1552.007"),
        MATRIX("MS-TA9027"),
    ),
)
def secret_in_config_map(config_map: ConfigMap, context: Context) -> Iterator[Hit]:
    for key, value in config_map.data.items():
        if value.formats:
            yield Hit(f"data.{key}", message=f"looks like {', '.join(value.formats)}", key=key)
        elif _TELLING.search(key) and value.length and not value.reference:
            yield Hit(f"data.{key}", message=f"a value of {value.length} bytes", key=key)
