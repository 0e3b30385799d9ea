"""The pages of the console that tests walk through."""

from __future__ import annotations

CROWD = "f0e1d2c3-aaaa-4bbb-8ccc-123456789abc"
"""The fixture's cluster of a thousand workloads."""

PAGES = {
    "overview": "/",
    "graph": "/graph",
    "graph table": "/graph?view=table",
    "policy board": "/policy",
    "policy reach": "/policy?view=reach",
    "policy explain": "/policy?view=explain",
    "posture": "/posture",
    "compliance": "/posture?view=compliance",
    "access": "/posture?view=access",
    "incidents": "/incidents",
    "incident": "/incidents/inc-2041",
    "flows": "/explore/flow",
    "dns": "/explore/dns",
    "activity": "/explore/audit",
    "processes": "/explore/process",
    "live": "/explore/flow?live=1",
    "sql": "/explore/sql",
    "health": "/health",
    "entity drawer": "/posture?sel=entity:workload/ci/build-runner",
    "connections": "/posture?sel=entity:workload/ci/build-runner&tab=connections",
    "edge drawer": "/graph?sel=edge:workload/ci/build-runner~workload/payments/payments-db",
    "event drawer": "/explore/flow?sel=event:flow/fixture-flow-199.1",
    "signal drawer": "/incidents/inc-2041?sel=signal:inc-2041/sig-1",
    "empty": "/explore/flow?q=dst_port:9999",
    "wrong filter": "/explore/audit?q=verdict:denied",
    "nowhere": "/no/such/page",
}
