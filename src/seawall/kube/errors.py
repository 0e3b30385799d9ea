"""What the API server answers when it does not answer the question."""

from __future__ import annotations

from seawall.kit.errors import Fatal, Retry


class Unreachable(Retry):
    """No answer, or one that a later try may change (timeouts, 429, 5xx)."""


class Refused(Fatal):
    """A final no. `status` is the HTTP code, `reason` Kubernetes' word for it (`Forbidden`, `NotFound`, …)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(message or reason or f"HTTP {status}")


class Forbidden(Refused):
    """The credentials may not do this."""


class Unauthenticated(Refused):
    """The credentials are not accepted, freshly refreshed ones included."""


class NotFound(Refused):
    """No such object, kind or path."""


class Conflict(Refused):
    """Somebody else changed or owns it."""


class Gone(Refused):
    """The resource version or continue token is too old: list again."""


_BY_STATUS: dict[int, type[Refused]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 410: Gone}


def refusal(status: int, reason: str, message: str) -> Exception:
    """The error for an HTTP status and the fields of Kubernetes' Status object."""
    if status == 429 or status >= 500:
        return Unreachable(message or f"HTTP {status}")
    return _BY_STATUS.get(status, Refused)(status, reason, message)
