"""Every question that the API can be asked, made from its own description: a route that is added is asked too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.web.conftest import WINDOW

from seawall.web.openapi import document

VALUES: dict[str, tuple[str, ...]] = {
    "kind": ("flow", "dns", "audit", "process"),
    "event_id": ("flows-{word}.1", "audit-{word}.1", "dns-{word}.1", "process-{word}.1"),
    "finding_id": ("finding-{word}-web", "finding-{word}-db"),
    "rule_id": ("workload/privileged-container",),
    "framework": ("owasp-2025",),
    "incident_id": ("case-{word}",),
    "of_namespace": ("a", "b", "_"),
    "of_name": (
        "{word}-web",
        "{word}-lone",
        "{word}-policy",
        "{word}-secret",
        "{word}-user",
        "10.0.0.1",
        "a",
        "b",
        "zulu-node",
    ),
}
ENTITY_KINDS = ("workload", "pod", "namespace", "node", "service", "identity", "address", "policy", "secret", "object")
REQUIRED = {"field": ("namespace", "cluster", "workload", "user", "question", "executable_path")}
CONTEXTS = (
    "",
    "&namespace=a",
    "&namespace=b",
    "&cluster=c2",
    "&cluster=dev&namespace=a",
    "&workload=b/bravo-web",
    "&identity=bravo-user",
    "&address=10.0.0.0/8",
    "&q=bravo",
    "&q=-namespace:a",
    "&q=cluster:c2,c1",
)
ENDLESS = frozenset({"eventTail"})


def reads() -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, operation) of every route that is read and ends."""
    for path, operations in document()["paths"].items():
        if "get" in operations and operations["get"]["operationId"] not in ENDLESS:
            yield path, operations["get"]


def questions(word: str) -> Iterator[str]:
    """Every read route with every fitting path about the things of a word, in every context."""
    for path, operation in reads():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        choices = [VALUES[name] for name in names]
        if "entities" in path:
            choices[0] = ENTITY_KINDS
        required = [one for one in operation.get("parameters", ()) if one["required"] and one["in"] == "query"]
        takes_context = any(one["name"] == "q" for one in operation.get("parameters", ()))
        extra = [[f"&{one['name']}={value}" for value in REQUIRED[one["name"]]] for one in required]
        for values in product(*choices):
            url = path
            for name, value in zip(names, values, strict=True):
                url = url.replace(f"{{{name}}}", value.format(word=word), 1)
            if not takes_context:
                yield url
                continue
            for context, *rest in product(CONTEXTS if "entities" not in path else CONTEXTS[:4], *extra):
                yield f"{url}?{WINDOW}{context}{''.join(rest)}"
