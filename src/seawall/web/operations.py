"""For machines that watch this one: is it alive, and how is it doing."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from seawall.app.metrics import Sample
from seawall.app.metrics import metrics as measured
from seawall.app.principals import Principal, Role, reads_everything
from seawall.app.services import Services
from seawall.web.problem import Refusal
from seawall.web.tails import Tails


@get("/healthz", operation_id="healthz", include_in_schema=False, sync_to_thread=False)
def healthz() -> Response[bytes]:
    """This server answers. Says nothing of the store, whose absence is no reason to restart it."""
    return Response(b"ok\n", media_type="text/plain")


@get("/metrics", opt={"role": Role.VIEW}, operation_id="metrics", include_in_schema=False, sync_to_thread=True)
def metrics(
    services: NamedDependency[Services], principal: NamedDependency[Principal], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Prometheus text format 0.0.4, for readers of everything: the figures are of all clusters."""
    if not reads_everything(principal.scope):
        raise Refusal(403, "metrics are for those who may read everything")
    from seawall.app.metrics import Sample

    tails: Tails = request.app.state.tails
    samples = [*measured(services), Sample("seawall_tails", "gauge", "Live tails open.", {}, tails.open)]
    return Response(_text(samples).encode(), media_type="text/plain; version=0.0.4")


def _text(samples: list[Sample]) -> str:
    lines, said = [], ""
    for sample in samples:
        if sample.name != said:
            lines += [f"# HELP {sample.name} {sample.help}", f"# TYPE {sample.name} {sample.type}"]
            said = sample.name
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
        lines.append(f"{sample.name}{{{labels}}} {sample.value}" if labels else f"{sample.name} {sample.value}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
