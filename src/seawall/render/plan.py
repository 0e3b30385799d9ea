"""A Plan as YAML: a file that people review."""

from __future__ import annotations

import msgspec

from seawall.model.plan import Plan


def yaml_of(plan: Plan) -> str:
    """The document; read back with any YAML reader it is what `msgspec.json` gives."""
    import yaml

    return str(
        yaml.dump(msgspec.to_builtins(plan), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    )
