"""How to mend a finding, as people are shown it: in words, as a difference, and as a command."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from seawall.app.answer import Answer
from seawall.model.changed import changed
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.field_path import Step, steps
from seawall.model.finding import Finding
from seawall.render.unified import unified
from seawall.spi.documentation import Documentation


class Fix(Answer, frozen=True):
    """How to mend it: a change to one field (`set`, `unset` or `append` at `path`) or `advice`. `patch` is a unified diff of the part of the object that
    changes, null where none can be made: the object is not at hand, or says already what it should.

    `text` says it in a sentence. `safe`: what works goes on working with the change; `why` is the reason, or what may break. `command` makes the change in
    the manifests, "" where no program can.
    """

    kind: Literal["set", "unset", "append", "advice"]
    path: str
    value: Any
    patch: str | None
    text: str
    safe: bool
    why: str
    command: str


def fix_of(kept: Finding | None, documentation: Documentation | None, cluster: Cluster | None) -> Fix:
    """The fix of a finding; with the `cluster` that its object is in also as a difference."""
    text = documentation.fix if documentation else ""
    if kept is None or kept.change is None:
        return Fix(kind="advice", path="", value=None, patch=None, text=text, safe=False, why="", command="")
    change = kept.change
    return Fix(
        kind=change.op,
        path=change.path,
        value=change.value,
        patch=_difference(kept, cluster) if cluster is not None else None,
        text=text,
        safe=change.safe,
        why=documentation.because(safe=change.safe) if documentation else "",
        command=command(kept),
    )


def command(kept: Finding) -> str:
    """The line that mends this and what is like it, in the file it was read from or the manifests that the reader keeps."""
    file = kept.file if kept.line else "./manifests"
    unsafe = " --unsafe" if kept.change is not None and not kept.change.safe else ""
    return f"seawall fix {shlex.quote(file)} --rule {kept.rule}{unsafe}"


def _difference(kept: Finding, cluster: Cluster) -> str | None:
    """The part of the object that changes, before and after. Of the redacted object: no value of a secret is in it."""
    thing: Object | None = cluster.get(
        ObjectRef(kept.object.kind, kept.object.namespace, kept.object.name, kept.object.group)
    )
    before = cluster.raw(thing) if thing is not None else None
    if before is None or kept.change is None:
        return None
    try:
        after = changed(before, [kept.change])
        way = steps(kept.change.path)
    except ValueError:  # the object is another by now
        return None
    return unified(_fragment(before, way), _fragment(after, way), str(kept.object)) or None


def _fragment(value: Any, way: tuple[Step, ...]) -> str:
    import yaml

    part = _part(value, way)
    return str(yaml.dump(part, Dumper=yaml.CSafeDumper, sort_keys=False)) if part else ""


def _part(value: Any, way: tuple[Step, ...]) -> Any:
    """What `way` leads to and what holds it, with the scalars beside it; of a list the one entry, with its name."""
    if not way:
        return value
    step, rest = way[0], way[1:]
    if isinstance(step, int):
        entry = value[step] if isinstance(value, list) and step < len(value) else None
        named = {key: entry[key] for key in ("name",) if isinstance(entry, dict) and key in entry}
        inner = _part(entry, rest)
        return [{**named, **inner} if isinstance(inner, dict) else inner]
    if not isinstance(value, dict):
        return {}
    if not rest:
        return {key: one for key, one in value.items() if key == step or not isinstance(one, dict | list)}
    return {step: _part(value[step], rest)} if step in value else {}
