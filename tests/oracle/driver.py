"""The oracle as Python methods: each takes a batch and gives an answer per item, in order."""

from __future__ import annotations

import atexit
import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec
from tests.oracle.answers import Decisions, Documents, LabelPolicy, Level, Pss, Quantity, Selection, Validation, Yaml
from tests.oracle.build import executable
from tests.oracle.program import Program

Answer = TypeVar("Answer")
Object = Mapping[str, Any]
Labels = Mapping[str, str]

OBJECTS = "objects"
AUTHORIZERS = "authorizers"
VALIDATION = "validation"


@cache
def oracle() -> Oracle:
    """The oracle of this process. Programs are built and started when first asked, and end with the process."""
    shared = Oracle()
    atexit.register(shared.close)
    return shared


class Oracle:
    """Questions to upstream. Every method raises GoMissing where the oracle cannot be built, which skips a test."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the programs. A later question starts them again."""
        while self._programs:
            self._programs.popitem()[1].close()

    def modules(self) -> dict[str, str]:
        """The versions of the Kubernetes modules in use."""
        found: dict[str, str] = {}
        for program in (OBJECTS, AUTHORIZERS, VALIDATION):
            found |= self._ask(program, "modules", [{}], dict[str, dict[str, str]])[0]["modules"]
        return found

    def yaml(self, texts: Iterable[str | bytes], *, strict: bool = False) -> list[Yaml]:
        """Each text as one document (sigs.k8s.io/yaml). ``strict`` refuses repeated keys."""
        return self._ask(OBJECTS, "yaml", [{**source(text), "strict": strict} for text in texts], Yaml)

    def documents(
        self, streams: Iterable[str | bytes], *, reader: Literal["yaml", "kubectl"] = "yaml"
    ) -> list[Documents]:
        """Each stream split as apimachinery's YAML reader splits it, or read as ``kubectl -f`` reads it.

        ``yaml``: a document that fails does not stop the rest, and empty ones are kept as ``null``.
        ``kubectl``: stops at the first failure, drops empty documents, takes JSON values one after the other.
        """
        return self._ask(OBJECTS, "documents", [{**source(text), "reader": reader} for text in streams], Documents)

    def refusals(self, pods: Iterable[Object]) -> list[Validation]:
        """Each pod, defaulted and validated as for a create: the fields that the API server refuses."""
        return self._ask(VALIDATION, "validate_pod", [{"pod": pod} for pod in pods], Validation)

    def pod_fields(self) -> dict[str, list[str]]:
        """The names of all fields of a pod template, by the path of the struct that has them (lists add no step)."""
        return self._ask(VALIDATION, "pod_fields", [{}], dict[str, dict[str, list[str]]])[0]["fields"]

    def selector(self, questions: Iterable[tuple[Object | None, Sequence[Labels]]]) -> list[Selection]:
        """Each (LabelSelector, label sets): which sets it selects. None selects nothing, ``{}`` everything."""
        asked = [{"selector": selector, "sets": sets} for selector, sets in questions]
        return self._ask(OBJECTS, "selector", asked, Selection)

    def selector_text(self, questions: Iterable[tuple[str, Sequence[Labels]]]) -> list[Selection]:
        """Each (text as for ``kubectl -l``, label sets): which sets it selects."""
        asked = [{"text": text, "sets": sets} for text, sets in questions]
        return self._ask(OBJECTS, "selector_text", asked, Selection)

    def quantity(self, texts: Iterable[str | tuple[str, str]], *, json: bool = False) -> list[Quantity]:
        """Each quantity, or each pair of which the first is read and compared with the second.

        ``json``: the texts are JSON values as they stand in an object (``1.5``, ``"1.5"``), not bare quantities.
        """
        asked = []
        for text in texts:
            first, second = (text, None) if isinstance(text, str) else text
            asked.append({"text": first, "other": second, "json": json})
        return self._ask(OBJECTS, "quantity", asked, Quantity)

    def pss(
        self,
        pods: Iterable[Object | bytes],
        *,
        levels: Sequence[Level] | None = None,
        versions: Sequence[str] | None = None,
    ) -> list[Pss]:
        """Each pod (``metadata`` and ``spec``, or its JSON) judged at all levels and versions, or at those given."""
        asked = [{"pod": raw(pod), "levels": levels, "versions": versions} for pod in pods]
        return self._ask(OBJECTS, "pss", asked, Pss)

    def pss_checks(self) -> dict[Level, dict[str, tuple[str, ...]]]:
        """Which checks judge at each level and version, in upstream's order; versions from v1.0 to ``latest``."""
        answer = self._ask(OBJECTS, "pss_checks", [{}], msgspec.Raw)[0]
        members = msgspec.json.decode(answer, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(members["checks"], type=dict[Level, dict[str, tuple[str, ...]]])

    def pss_labels(self, label_sets: Iterable[Labels]) -> list[LabelPolicy]:
        """The policy that each namespace's labels ask for."""
        return self._ask(OBJECTS, "pss_labels", [{"labels": labels} for labels in label_sets], LabelPolicy)

    def rbac(
        self,
        worlds: Iterable[tuple[Sequence[Object], Sequence[Object]]],
        *,
        aggregate: bool = True,
        masters: bool = False,
    ) -> list[Decisions]:
        """Each (RBAC objects, requests). ``aggregate``: run the aggregation controller over the objects first.

        ``masters``: ask as an API server does, which lets the group ``system:masters`` do everything.
        """
        asked = [
            {"objects": objects, "requests": requests, "aggregate": aggregate, "masters": masters}
            for objects, requests in worlds
        ]
        return self._ask(AUTHORIZERS, "rbac", asked, Decisions)

    def rbac_rules(self, objects: Sequence[Object]) -> dict[str, list[dict[str, list[str]]]]:
        """The rules of every ClusterRole, by name, once aggregation has settled; ValueError if it never does."""
        answer = self._ask(AUTHORIZERS, "rbac_rules", [{"objects": objects, "aggregate": True}], dict[str, Any])[0]
        if "error" in answer:
            raise ValueError(answer["error"])
        return {name: rules or [] for name, rules in answer["rules"].items()}

    def rbac_bootstrap(self) -> list[dict[str, Any]]:
        """The roles and bindings that an API server creates in a new cluster."""
        objects: list[dict[str, Any]] = self._ask(AUTHORIZERS, "rbac_bootstrap", [{}], dict[str, Any])[0]["objects"]
        return objects

    def node(
        self,
        worlds: Iterable[tuple[Sequence[Object], Sequence[Object]]],
        *,
        features: Mapping[str, bool] | None = None,
    ) -> list[Decisions]:
        """Each (pods, persistent volumes, volume attachments, resource slices …, requests), by the Node authorizer."""
        asked = [{"objects": objects, "requests": requests, "features": features} for objects, requests in worlds]
        return self._ask(AUTHORIZERS, "node", asked, Decisions)

    def abac(self, worlds: Iterable[tuple[str, Sequence[Object]]]) -> list[Decisions]:
        """Each (text of a policy file, requests), by the ABAC authorizer."""
        asked = [{"policy": policy, "requests": requests} for policy, requests in worlds]
        return self._ask(AUTHORIZERS, "abac", asked, Decisions)

    def _ask(self, program: str, op: str, questions: Sequence[Object], answer: type[Answer]) -> list[Answer]:
        if program not in self._programs:
            self._programs[program] = Program(executable(program))
        encode = msgspec.json.Encoder().encode
        lines = [encode({"op": op, **question}) for question in questions]
        decoder = msgspec.json.Decoder(answer)
        return [decoder.decode(line) for line in self._programs[program].ask(lines)]


def source(text: str | bytes) -> dict[str, str]:
    """A text as it travels: bytes, which need not be UTF-8, in base64."""
    if isinstance(text, bytes):
        return {"base64": base64.b64encode(text).decode()}
    return {"text": text}


def raw(value: Object | bytes) -> Object | msgspec.Raw:
    """A value, or its JSON on one line. Between tokens of JSON a line end is a space like any other."""
    return msgspec.Raw(value.replace(b"\n", b" ")) if isinstance(value, bytes) else value
