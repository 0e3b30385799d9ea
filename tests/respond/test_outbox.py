"""Messages are owed until they are sent: through failures, refusals and a sender that dies in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from seawall.kit.errors import UserError
from seawall.model.finding import Severity
from seawall.notifiers.webhook import Webhook
from seawall.respond.case import CaseSignal, cases_of
from seawall.respond.correlate import correlate
from seawall.respond.entry import Entry
from seawall.respond.outbox import deliver, messages_for, pending

SECOND = 1_000_000_000


class Receiver:
    """A real HTTP server that answers as it is told and remembers what it got."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, dict[str, object], str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(
                    (self.headers["Idempotency-Key"], json.loads(body), self.headers.get("X-Seawall-Signature", ""))
                )
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


def queued(severity: Severity = Severity.HIGH) -> list[Entry]:
    (case,) = cases_of(
        correlate("c", [CaseSignal("1", "a/b", severity, 0, "title", ("user:eve",), ())], [], 0)
    ).values()
    return messages_for(case, ["ops"])


def test_a_message_is_sent_once_it_is_accepted(receiver: Receiver) -> None:
    receiver.answers = [503, 429, 200]
    hook = {"ops": Webhook("ops", receiver.url, b"key")}
    outbox = queued()
    at = 0
    outcomes = []
    while owed := pending(outbox):
        at = max(at, owed[0].due)
        entry = deliver(owed[0], hook, at)
        outcomes.append(entry.action)
        outbox.append(entry)
    assert outcomes == ["failed", "failed", "sent"]
    assert at >= 15 * SECOND, "each failure waits longer"
    keys = {key for key, _, _ in receiver.got}
    assert keys == {outbox[0].subject}, "every try has the same idempotency key"
    assert all(signature.startswith("sha256=") for _, _, signature in receiver.got)


def test_a_sender_killed_between_delivery_and_its_entry_delivers_again_with_the_same_id(receiver: Receiver) -> None:
    hook = {"ops": Webhook("ops", receiver.url)}
    outbox = queued()
    deliver(pending(outbox)[0], hook, 0)  # delivered, and the entry is lost with the process
    outbox.append(deliver(pending(outbox)[0], hook, 1))
    assert not pending(outbox)
    assert [key for key, _, _ in receiver.got] == [outbox[0].subject] * 2


def test_a_refusal_is_final_and_kept(receiver: Receiver) -> None:
    receiver.answers = [410]
    outbox = queued()
    entry = deliver(pending(outbox)[0], {"ops": Webhook("ops", receiver.url)}, 0)
    assert (entry.action, entry.data["why"]) == ("given up", "ops answered 410")
    assert not pending([*outbox, entry])


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers = [302]
    outbox = queued()
    assert deliver(pending(outbox)[0], {"ops": Webhook("ops", receiver.url)}, 0).action == "given up"
    assert len(receiver.got) == 1


def test_nobody_there_is_tried_again() -> None:
    outbox = queued()
    entry = deliver(pending(outbox)[0], {"ops": Webhook("ops", "http://127.0.0.1:9/")}, 7)
    assert entry.action == "failed"
    assert "does not answer" in entry.data["why"]
    assert pending([*outbox, entry])[0].due == 7 + 5 * SECOND


def test_a_case_that_gets_worse_is_told_again_and_one_that_does_not_is_not() -> None:
    low = queued(Severity.MEDIUM)
    high = queued(Severity.HIGH)
    assert {entry.id for entry in low}.isdisjoint(entry.id for entry in high)
    assert {entry.id for entry in queued()} == {entry.id for entry in high}


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="https://"):
        Webhook("ops", "file:///etc/passwd")
