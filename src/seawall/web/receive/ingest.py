"""Batches of events from agents and machines, and audit events from API servers."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import Executor
from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, PathParameter, QueryParameter

from seawall.app.answer import EventKind
from seawall.app.principals import Principal, Role, touches_cluster
from seawall.app.services import Receipt, Services
from seawall.kit.errors import UserError
from seawall.web.api.asked import change
from seawall.web.problem import Refusal
from seawall.web.receive.body import BatchRefused, Room, batch_of
from seawall.web.settings import WebSettings

_SOURCE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_CLUSTER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_BATCH = r"^$|^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"

Source = Annotated[str, QueryParameter(pattern=_SOURCE, description="What delivers it, as the Health page lists it.")]
Cluster = Annotated[str, QueryParameter(pattern=_CLUSTER, description="The cluster it is about, by id.")]
OfCluster = Annotated[str, PathParameter(pattern=_CLUSTER, description="The cluster it is about, by id.")]
Batch = Annotated[
    str,
    HeaderParameter(
        name="X-Seawall-Batch",
        pattern=_BATCH,
        description="The batch's id, fixed with its bytes before the first send, so that a repeat is known. Without it, a hash of the body.",
    ),
]


@change("/ingest/{kind:str}", "ingest", "Send a batch of events", role=Role.INGEST, request_max_body_size=None)
async def ingest(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    request: Request[Any, Any, Any],
    kind: FromPath[EventKind],
    cluster: Cluster,
    source: Source,
    batch: Batch = "",
) -> Receipt:
    """JSON lines or an Arrow stream, plain, gzip or zstd. Answers after the ledger row is written; until then send it again, with the same id."""
    return await _take(services, principal, request, kind, source, cluster, batch)


@change(
    "/receive/audit/{cluster:str}",
    "receiveAudit",
    "The API server's audit webhook",
    role=Role.INGEST,
    request_max_body_size=None,
)
async def receive_audit(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    request: Request[Any, Any, Any],
    cluster: OfCluster,
    source: Source = "audit-webhook",
) -> Receipt:
    """An `audit.k8s.io/v1` EventList, as the API server posts it. The API server gives no batch id, so the body's hash is it."""
    return await _take(services, principal, request, "audit", source, cluster, "")


async def _take(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    request: Request[Any, Any, Any],
    kind: FromPath[EventKind],
    source: str,
    cluster: str,
    batch: str,
) -> Receipt:
    if services.ingest is None:
        raise Refusal(503, "this server takes no events", headers={"retry-after": "60"})
    if not touches_cluster(principal.scope, cluster) or not principal.scope.reads(kind):
        raise Refusal(403, f"this token may not send {kind} events of {cluster}")
    room: Room = request.app.state.room
    settings: WebSettings = request.app.state.settings
    try:
        async with batch_of(request, room, settings.limits) as body:
            if not body:
                raise BatchRefused(400, "batch is empty", "an empty batch")
            batch_id = batch or _id_of(body, cluster, source, kind)
            settling: Executor = request.app.state.settling
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                settling, services.ingest, kind, source, cluster, body, batch_id, principal.name
            )
    except (BatchRefused, UserError) as error:
        if services.refused is not None:
            why = error.why if isinstance(error, BatchRefused) else "format is not known"
            services.refused(kind, source, cluster, why, principal.name)
        raise


def _id_of(body: bytes, cluster: str, source: str, kind: str) -> str:
    digest = hashlib.sha256("\0".join((cluster, source, kind, "")).encode())
    digest.update(body)
    return f"sha256-{digest.hexdigest()[:40]}"
