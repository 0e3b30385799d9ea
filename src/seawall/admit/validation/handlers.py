"""Probes and hooks: each asks in exactly one way."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.admit.validation.refusal import Refusal, invalid, one_of, required, within
from seawall.model.cluster.names import port_name_problem
from seawall.model.cluster.pod import Lifecycle, LifecycleHandler, Probe

MOST_PORT, _MOST_SECONDS = 65_535, 2**31 - 1
_SCHEMES = frozenset({"HTTP", "HTTPS"})


def of_probe(probe: Probe | None, at: str) -> Iterator[Refusal]:
    if probe is None:
        return
    yield from _one_handler(
        at, exec=probe.exec, httpGet=probe.http_get, tcpSocket=probe.tcp_socket, grpc=probe.grpc
    ) or _of_handler(probe, at)
    yield from within(f"{at}.initialDelaySeconds", probe.initial_delay_seconds, 0, _MOST_SECONDS)
    yield from within(f"{at}.timeoutSeconds", probe.timeout_seconds, 0, _MOST_SECONDS)
    yield from within(f"{at}.periodSeconds", probe.period_seconds, 0, _MOST_SECONDS)
    yield from within(f"{at}.successThreshold", probe.success_threshold, 0, _MOST_SECONDS)
    yield from within(f"{at}.failureThreshold", probe.failure_threshold, 0, _MOST_SECONDS)


def of_lifecycle(lifecycle: Lifecycle, at: str, *, system: bool) -> Iterator[Refusal]:
    """`system`: the pod names its operating system, without which no signal may be chosen."""
    for handler, name in ((lifecycle.post_start, "postStart"), (lifecycle.pre_stop, "preStop")):
        if handler is not None:
            path = f"{at}.{name}"
            yield from _one_handler(
                path, exec=handler.exec, httpGet=handler.http_get, tcpSocket=handler.tcp_socket, sleep=handler.sleep
            ) or _of_handler(handler, path)
    if lifecycle.stop_signal is not None and not system:
        yield Refusal(f"{at}.stopSignal", "forbidden", "needs `spec.os.name`")


def _one_handler(at: str, **handlers: object) -> list[Refusal]:
    """Why it is not exactly one, or nothing."""
    named = [name for name, handler in handlers.items() if handler is not None]
    if not named:
        return [Refusal(at, "required", f"must have one of {', '.join(handlers)}")]
    return [Refusal(f"{at}.{name}", "forbidden", f"stands beside {named[0]}: only one may") for name in named[1:]]


def _of_handler(handler: Probe | LifecycleHandler, at: str) -> Iterator[Refusal]:
    """Of a probe or hook that has one handler, what is wrong in it."""
    if handler.exec is not None:
        yield from required(f"{at}.exec.command", handler.exec.command)
    if handler.http_get is not None:
        yield from _port(handler.http_get.port, f"{at}.httpGet.port")
        yield from one_of(f"{at}.httpGet.scheme", handler.http_get.scheme, _SCHEMES)
    if handler.tcp_socket is not None:
        yield from _port(handler.tcp_socket.port, f"{at}.tcpSocket.port")
    if isinstance(handler, Probe) and handler.grpc is not None:
        yield from _port(handler.grpc.port, f"{at}.grpc.port")


def _port(port: int | str, at: str) -> Iterator[Refusal]:
    """The number of a port, or the name of one."""
    if isinstance(port, str):
        yield from invalid(at, port_name_problem(port))
    else:
        yield from within(at, port, 1, MOST_PORT)
