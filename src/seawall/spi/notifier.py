"""What a notifier looks like: it delivers one message, or says whether another try may help."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Message(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is told to people. `id` is the same on every try: the receiver's idempotency key. `time` is UTC ns."""

    id: str
    kind: str
    title: str
    severity: str
    cluster: str
    time: int
    incident: str = ""
    text: str = ""
    link: str = ""
    simulated: bool = False


class Notifier(Protocol):
    """Delivers messages to one receiver. `seawall.kit.errors.Retry` says later, `Fatal` never."""

    name: str

    def deliver(self, message: Message) -> None: ...
