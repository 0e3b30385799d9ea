"""Messages to people: queued as entries, delivered at least once, never forgotten.

A message is `queued` with its receiver; a try ends in `sent`, `failed` (tried again later, ever more slowly) or `given up`. A server killed between
delivery and `sent` delivers again, with the same id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from seawall.kit.errors import Fatal, Retry
from seawall.respond.case import Case
from seawall.respond.entry import Entry, derived_id, in_order
from seawall.spi.notifier import Message, Notifier

QUEUED, SENT, FAILED, GIVEN_UP = "queued", "sent", "failed", "given up"
_FIRST_PAUSE = 5_000_000_000
_LONGEST_PAUSE = 600_000_000_000
_TRIES = 50
_ACTOR = "seawall"


def messages_for(case: Case, receivers: Iterable[str], link: str = "") -> list[Entry]:
    """The messages that a case's state calls for: one when it opens, one for each severity it rises to, to each receiver. Making them twice makes them once."""
    if not case.active:
        return []
    message = Message(
        id="", kind="incident", title=case.title, severity=case.severity.value, cluster=case.cluster, time=case.last_seen, incident=case.id,
        text="\n".join(one.title for one in case.signals[:20]), link=link, simulated=case.simulated,
    )  # fmt: skip
    found = []
    for receiver in receivers:
        id = derived_id("message", case.id, case.severity.value, receiver)  # noqa: A001
        data = {"receiver": receiver, "message": msgspec.to_builtins(msgspec.structs.replace(message, id=id))}
        found.append(Entry(derived_id(id, QUEUED), id, case.cluster, case.last_seen, _ACTOR, QUEUED, data))
    return found


class Pending(msgspec.Struct, frozen=True):
    """A message that is owed. `due` is when the next try may be (ns)."""

    message: Message
    receiver: str
    cluster: str
    tries: int
    due: int


def pending(entries: Iterable[Entry]) -> list[Pending]:
    """What is owed, by the entries of the outbox; oldest first."""
    by_message: dict[str, list[Entry]] = defaultdict(list)
    for entry in in_order(entries):
        by_message[entry.subject].append(entry)
    owed = []
    for found in by_message.values():
        queued = next((entry for entry in found if entry.action == QUEUED), None)
        if queued is None or any(entry.action in (SENT, GIVEN_UP) for entry in found):
            continue
        failures = [entry for entry in found if entry.action == FAILED]
        pause = min(_FIRST_PAUSE * 2 ** (len(failures) - 1), _LONGEST_PAUSE) if failures else 0
        due = max((entry.at for entry in failures), default=0) + pause
        owed.append(
            Pending(
                msgspec.convert(queued.data["message"], Message),
                queued.data["receiver"],
                queued.cluster,
                len(failures),
                due,
            )
        )
    return sorted(owed, key=lambda one: (one.message.time, one.message.id))


def deliver(one: Pending, notifiers: Mapping[str, Notifier], at: int) -> Entry:
    """Tries to deliver, and gives the entry that says how it went."""
    outcome, data = _try(one, notifiers)
    if outcome == FAILED and one.tries + 1 >= _TRIES:
        outcome = GIVEN_UP
    return Entry(
        derived_id(one.message.id, outcome, str(one.tries)), one.message.id, one.cluster, at, _ACTOR, outcome, data
    )


def _try(one: Pending, notifiers: Mapping[str, Notifier]) -> tuple[str, dict[str, Any]]:
    notifier = notifiers.get(one.receiver)
    if notifier is None:
        return GIVEN_UP, {"why": f"no receiver is called {one.receiver} any more"}
    try:
        notifier.deliver(one.message)
    except Retry as error:
        return FAILED, {"why": str(error)}
    except Fatal as error:
        return GIVEN_UP, {"why": str(error)}
    return SENT, {}
