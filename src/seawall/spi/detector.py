"""What a detection rule looks like: a declaration and a query over one kind of event.

    id: audit/secret-sweep                 family/slug, the file's own place
    title: Many secrets read by one identity
    reads: audit                           the kind of event
    severity: high
    window: 10m                            absent for a rule that judges each event by itself
    every: 5m
    lateness: 2m
    entity: user                           what the query's `entity` column names
    attack: [T1552.007]
    query: secret_sweep.sql
    what, why, fix, limits: …              as a check's

The query says `{slice}` where it restricts its rows; what that is depends on the rule. It gives a row a signal, with the columns of `COLUMNS`.
"""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from seawall.kit.errors import UserError
from seawall.model.event import KINDS
from seawall.model.finding import Severity

COLUMNS = {
    "cluster": "the cluster",
    "entity": "who or what it is about; `namespace/name` where it has one",
    "namespace": "the namespace it is about; '' if none or several",
    "workload": "the workload it is about; '' if none",
    "workload_kind": "that workload's kind",
    "time": "time of the latest event",
    "events": "how many events make it",
    "score": "0 to 1, or null",
    "title": "one line for people",
    "reasons": "sentences, an array",
    "key": "a map: with cluster, rule, window and entity it makes the signal's id; no value in it may depend on what else was read",
    "related": "other entities it touches, an array of `kind:name`",
    "evidence": "event ids, an array, at most 100",
    "simulated": "rests on a simulated event",
}

STATELESS_SLICE = "cluster = {cluster:String} AND batch_id IN {batch_ids:Array(String)}"
WINDOW_SLICE = "cluster = {cluster:String} AND time >= {from:DateTime64(9)} AND time < {to:DateTime64(9)}"
EXTENSION = ".yaml"

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The YAML as a person writes it."""

    id: str
    title: str
    reads: str
    severity: Severity
    entity: str
    query: str
    attack: list[str]
    what: str
    why: str
    fix: str
    limits: str
    window: str | None = None
    every: str | None = None
    lateness: str = "2m"
    since: str = "0.1"
    samples: dict[str, object] | None = None


class Rule(msgspec.Struct, frozen=True):
    """A rule ready to run. Durations are nanoseconds; `window` is None for a stateless rule. `version` changes with declaration or query."""

    id: str
    title: str
    reads: str
    severity: Severity
    entity: str
    attack: tuple[str, ...]
    sql: str
    version: str
    what: str
    why: str
    fix: str
    limits: str
    window: int | None
    every: int
    lateness: int
    place: str

    @property
    def stateless(self) -> bool:
        return self.window is None


def duration(text: str) -> int:
    """`90s`, `5m`, `2h`, `1d` as nanoseconds. ValueError for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError(f'"{text}" is not a duration such as 90s, 5m, 2h or 1d')
    return int(match[1]) * _SECONDS[match[2]] * 1_000_000_000


def parse(text: str, sql: str, place: str) -> Rule:
    """The rule that `text` declares over `sql`. UserError names the file and what is wrong in it."""
    import yaml

    try:
        written = msgspec.convert(yaml.safe_load(text), _Written)
        window = duration(written.window) if written.window is not None else None
        every = duration(written.every) if written.every is not None else window or 0
        lateness = duration(written.lateness)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError) as error:
        raise UserError(str(error).replace("\n", " "), where=place, do="see docs/tasks/write-a-rule.md") from None
    if written.reads not in KINDS:
        raise UserError(f'reads "{written.reads}"', where=place, do=f"name one of {', '.join(sorted(KINDS))}")
    if "{slice}" not in sql:
        raise UserError(
            "the query has no {slice}",
            where=place,
            do="say `WHERE {slice}` so that it reads no more than it is asked about",
        )
    if window is not None and (every > window or window % every):
        raise UserError("`every` does not divide `window`", where=place, do="windows overlap by whole steps")
    version = hashlib.blake2b(f"{text}\0{sql}".encode(), digest_size=6).hexdigest()
    return Rule(
        written.id, written.title, written.reads, written.severity, written.entity, tuple(written.attack), sql, version,
        written.what, written.why, written.fix, written.limits, window, every, lateness, place,
    )  # fmt: skip


def rules_of(package: str) -> tuple[Rule, ...]:
    """Every rule of a package: each YAML file with the SQL that it names, in order of id."""
    found = [_read(file, place) for file, place in _walk(resources.files(package), package)]
    return tuple(sorted(found, key=lambda rule: rule.id))


def _walk(folder: Traversable, place: str) -> list[tuple[Traversable, str]]:
    files: list[tuple[Traversable, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            files += _walk(entry, f"{place}/{entry.name}")
        elif entry.name.endswith(EXTENSION):
            files.append((entry, f"{place}/{entry.name}"))
    return files


def _read(file: Traversable, place: str) -> Rule:
    text = file.read_text()
    match = re.search(r"(?m)^query:\s*(\S+)\s*$", text)
    if match is None:
        raise UserError("names no query", where=place, do="say `query: NAME.sql`")
    beside = place.rpartition("/")[0]
    folder = resources.files(beside.split("/")[0])
    for part in beside.split("/")[1:]:
        folder = folder / part
    query = folder / match[1]
    if not query.is_file():
        raise UserError(f"there is no {match[1]} beside it", where=place)
    return parse(text, query.read_text(), place)
