"""Errors as the API answers them: RFC 9457 problem documents, and nothing of the machine inside them."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from seawall.app.filter_grammar import FilterError
from seawall.app.missing import Conflict, Missing, NotAvailable
from seawall.app.services import AskerGone, StoreAway, StoreRefused
from seawall.kit.errors import UserError
from seawall.web.asgi import Send

MEDIA_TYPE = "application/problem+json"
CLIENT_CLOSED = 499
"""No status of a standard; nginx's, and therefore known to those who read logs."""
_log = logging.getLogger("seawall.web")


class Problem(msgspec.Struct, frozen=True):
    """What went wrong. `where` is a place to look at: `q:12` (character 12 of the filter), a parameter, a field of the body."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    where: str = ""


def problem(status: int, detail: str, where: str = "") -> Problem:
    return Problem(HTTPStatus(status).phrase, status, detail, where=where)


class Refusal(Exception):
    """Answers a request with a problem."""

    def __init__(self, status: int, detail: str, where: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem, self.headers = problem(status, detail, where), headers or {}


async def send_problem(send: Send, found: Problem, headers: dict[str, str] | None = None) -> None:
    """Answer outside of any route."""
    body = msgspec.json.encode(found)
    named = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **(headers or {}),
    }
    await send(
        {
            "type": "http.response.start",
            "status": found.status,
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _answer(found: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(found), status_code=found.status, media_type=MEDIA_TYPE, headers=headers or {})


def _refusal(_: Request[Any, Any, Any], error: Refusal) -> Response[bytes]:
    return _answer(error.problem, error.headers)


def _filter(_: Request[Any, Any, Any], error: FilterError) -> Response[bytes]:
    return _answer(problem(400, error.message, f"q:{error.position}"))


def _user(_: Request[Any, Any, Any], error: UserError) -> Response[bytes]:
    return _answer(problem(400, f"{error.message}; {error.do}" if error.do else error.message, error.where))


def _away(_: Request[Any, Any, Any], error: StoreAway) -> Response[bytes]:
    _log.warning("the store is away: %s", error)
    return _answer(problem(503, "the store does not answer; try again"), {"retry-after": "2"})


def _gone(_: Request[Any, Any, Any], error: AskerGone) -> Response[bytes]:
    """Nobody reads it; the status is for the log."""
    return _answer(Problem("Client Closed Request", CLIENT_CLOSED, "whoever asked is gone"))


def _forbidden(_: Request[Any, Any, Any], error: PermissionError) -> Response[bytes]:
    return _answer(problem(403, f"{error}" or "not allowed"))


def _missing(_: Request[Any, Any, Any], error: Missing) -> Response[bytes]:
    return _answer(problem(404, str(error)))


def _not_available(_: Request[Any, Any, Any], error: NotAvailable) -> Response[bytes]:
    return _answer(msgspec.structs.replace(problem(404, str(error)), type="urn:seawall:not-available"))


def _conflict(_: Request[Any, Any, Any], error: Conflict) -> Response[bytes]:
    return _answer(msgspec.structs.replace(problem(409, str(error)), type="urn:seawall:conflict"))


_BUSY = {
    159: "it took too long",
    160: "it would take too long",
    241: "it needs too much memory",
    202: "too many ask at once",
    394: "it was cancelled",
}


def _refused(_: Request[Any, Any, Any], error: StoreRefused) -> Response[bytes]:
    if error.code in _BUSY:
        return _answer(
            problem(503, f"the store gave up: {_BUSY[error.code]}; narrow the time or the filter"), {"retry-after": "5"}
        )
    _log.error("the store refused a query (code %s): %s", error.code, error)
    return _answer(problem(500, "the store refused the query"))


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    detail, where = error.detail or HTTPStatus(error.status_code).phrase, ""
    if isinstance(error, ValidationException):
        faults = error.extra if isinstance(error.extra, list) else []
        said = [one for one in faults if isinstance(one, dict)]
        detail = "; ".join(str(one.get("message", "")) for one in said) or "the request is not as it must be"
        where = ", ".join(str(one["key"]) for one in said if one.get("key"))
    return _answer(problem(error.status_code, detail, where), dict(error.headers or {}))


def _bug(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.exception("%s %s failed", request.method, request.url.path)
    return _answer(problem(500, f"an error of Seawall's own ({type(error).__name__}); the server's log has it"))


HANDLERS: ExceptionHandlersMap = {
    Refusal: _refusal,
    FilterError: _filter,
    UserError: _user,
    PermissionError: _forbidden,
    Missing: _missing,
    NotAvailable: _not_available,
    Conflict: _conflict,
    StoreAway: _away,
    AskerGone: _gone,
    StoreRefused: _refused,
    HTTPException: _http,
    Exception: _bug,
}
