"""Entries: the only thing that is ever written about a case, a Plan or a message."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """Somebody (`actor`) did something (`action`) to `subject` at a time (UTC ns), knowing of everything up to the entry `seen`."""

    id: str
    subject: str
    cluster: str
    at: int
    actor: str
    action: str
    data: dict[str, Any]
    seen: str = ""
    namespace: str = ""

    def row(self, subject_column: str, *, namespaced: bool) -> dict[str, Any]:
        """As a row of an entry table."""
        found = {
            "at": self.at, "entry_id": self.id, subject_column: self.subject, "cluster": self.cluster, "actor": self.actor,
            "action": self.action, "seen": self.seen, "data": msgspec.json.encode(self.data).decode(),
        }  # fmt: skip
        if namespaced:
            found["namespace"] = self.namespace
        return found


def entry_of(row: Mapping[str, Any], subject_column: str) -> Entry:
    return Entry(
        row["entry_id"], row[subject_column], row["cluster"], row["at"], row["actor"], row["action"], msgspec.json.decode(row["data"]), row["seen"], row.get("namespace", "")
    )  # fmt: skip


def derived_id(*parts: str) -> str:
    """An id that whoever makes the same entry gives it too."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Each entry once, by (at, id)."""
    return sorted({entry.id: entry for entry in entries}.values(), key=lambda entry: (entry.at, entry.id))
