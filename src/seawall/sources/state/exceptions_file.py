"""The file of accepted findings.

exceptions:
  - rule: workload/privileged-container
    match: {namespace: kube-system, name: cni-*, kind: DaemonSet}
    reason: The CNI programs the node's network.
    owner: platform
    until: 2027-01-31
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import yaml

from seawall.kit.errors import UserError
from seawall.scan.exceptions import Exemption, Match


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: str
    reason: str
    owner: str
    until: date
    match: Match = Match()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exceptions: list[_Entry]


def read_exceptions(path: str) -> tuple[Exemption, ...]:
    """The exceptions in `path`. UserError says which entry is wrong and how: a file that is half understood would silence the wrong things."""
    try:
        node = yaml.compose(Path(path).read_text(), Loader=yaml.CSafeLoader)
        found = msgspec.convert(yaml.safe_load(Path(path).read_text()), _File)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UserError(
            f"is no YAML: {getattr(error, 'problem', error)}", where=f"{path}:{mark.line + 1}" if mark else path
        ) from None
    except msgspec.ValidationError as error:
        raise UserError(
            str(error).replace("`", '"'),
            where=path,
            do="each exception has rule, reason, owner and until, and under match what it is about (namespace, name, kind, path, labels)",
        ) from None
    lines = _lines(node)
    for number, entry in enumerate(found.exceptions):
        for field in ("reason", "owner", "rule"):
            if not getattr(entry, field).strip():
                raise UserError(f"an exception has no {field}", where=f"{path}:{lines[number]}")
    return tuple(
        Exemption(
            entry.rule, entry.reason, entry.owner, entry.until.isoformat(), entry.match, f"{path}:{lines[number]}"
        )
        for number, entry in enumerate(found.exceptions)
    )


def _lines(node: yaml.Node | None) -> list[int]:
    """The line of each entry, from 1."""
    assert isinstance(node, yaml.MappingNode)
    listed = next(value for key, value in node.value if key.value == "exceptions")
    return [entry.start_mark.line + 1 for entry in listed.value]
