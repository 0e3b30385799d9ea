"""Manifests as different people write them: comments, quotes, braces, anchors, indentations, line ends. The same value, never the same text."""

from __future__ import annotations

import json
from random import Random
from typing import Any

WORDS = ("web", "shop", "a b", "yes", "0x1F", "it's", 'say "x"', "a # b", "über", "no: way", "1.5", "")


def manifest(random: Random) -> dict[str, Any]:
    """A pod or a deployment with some of what fixes change, and things that they must not touch."""
    pod = pod_spec(random)
    metadata: dict[str, Any] = {"name": f"web-{random.randrange(100)}"}
    if random.random() < 0.6:
        metadata["labels"] = {"app": random.choice(WORDS), "app.kubernetes.io/name": "web"}
    if random.random() < 0.5:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pod_spec(random: Random) -> dict[str, Any]:
    pod: dict[str, Any] = {"containers": [container(random, number) for number in range(random.randint(1, 3))]}
    for key, value in (
        ("hostNetwork", True),
        ("hostPID", True),
        ("nodeName", "n1"),
        ("securityContext", {"runAsUser": 1000}),
        ("securityContext", {}),
        ("securityContext", None),
        ("automountServiceAccountToken", True),
        ("initContainers", [container(random, 9)]),
        ("volumes", [{"name": "v", "emptyDir": {}}]),
    ):
        if random.random() < 0.25:
            pod |= {key: value}
    return shuffled(random, pod)


def container(random: Random, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"c{number}", "image": random.choice(("nginx", "nginx:1.2", "q.io/a@sha256:0"))}
    if random.random() < 0.3:
        found["command"] = ["sh", "-c", "echo one\necho # two\n"]
    if random.random() < 0.3:
        found["env"] = [{"name": "A", "value": random.choice(WORDS)}]
    if random.random() < 0.3:
        found["ports"] = [shuffled(random, {"hostPort": 80, "containerPort": 8080}), {"containerPort": 90}]
    if random.random() < 0.2:
        found["tty"] = found["stdin"] = True
    if random.random() < 0.7:
        security: dict[str, Any] = {}
        for key, value in (
            ("privileged", True),
            ("allowPrivilegeEscalation", True),
            ("runAsNonRoot", False),
            ("runAsUser", 1000),
            ("capabilities", {"add": ["SYS_TIME", "CHOWN"]}),
            ("capabilities", {"drop": ["NET_RAW"]}),
            ("capabilities", None),
            ("seccompProfile", {"type": "Unconfined"}),
            ("procMount", "Unmasked"),
        ):
            if random.random() < 0.3:
                security |= {key: value}
        found["securityContext"] = shuffled(random, security)
    return shuffled(random, found)


def shuffled(random: Random, value: dict[str, Any]) -> dict[str, Any]:
    keys = list(value)
    random.shuffle(keys)
    return {key: value[key] for key in keys}


class Writer:
    """Writes one document. With `anchors` some collections are written once and used again where they are the same."""

    def __init__(self, random: Random, *, anchors: bool = False) -> None:
        self.random = random
        self.step = random.choice((2, 2, 4))
        self.dash = random.choice((0, 2))
        self._anchors: dict[str, str] | None = {} if anchors else None
        self._comments = 0

    def text(self, value: dict[str, Any]) -> str:
        lines = self._mapping(value, 0)
        return "\n".join([*self._above(0), *lines, *self._above(0)]) + "\n"

    def _above(self, indent: int) -> list[str]:
        if self.random.random() < 0.12:
            self._comments += 1
            return [f"{' ' * indent}# remark {self._comments}"]
        return [""] if self.random.random() < 0.03 else []

    def _behind(self) -> str:
        if self.random.random() < 0.15:
            self._comments += 1
            return f"{' ' * self.random.randint(1, 4)}# remark {self._comments}"
        return ""

    def _mapping(self, value: dict[str, Any], indent: int) -> list[str]:
        lines: list[str] = []
        for key, one in value.items():
            lines += self._above(indent)
            lines += self._entry(f"{' ' * indent}{self._scalar(key)}:", one, indent)
        return lines

    def _entry(self, head: str, value: Any, indent: int) -> list[str]:
        space = " " * self.random.choice((1, 1, 1, 2))
        if isinstance(value, dict | list) and value:
            anchor, used = self._anchor(value)
            if used:
                return [f"{head}{space}{anchor}{self._behind()}"]
            if self._fits_in_braces(value):
                return [f"{head}{anchor}{space}{self._flow(value)}{self._behind()}"]
            if isinstance(value, dict):
                return [f"{head}{anchor}{self._behind()}", *self._mapping(value, indent + self.step)]
            return [f"{head}{anchor}{self._behind()}", *self._list(value, indent + self.dash)]
        if isinstance(value, str) and "\n" in value:
            body = [f"{' ' * (indent + 2)}{line}" for line in value.splitlines()]
            return [f"{head} |", *body]
        if value is None:
            return [f"{head}{self.random.choice(('', ' null', ' ~'))}{self._behind()}"]
        return [f"{head}{space}{self._scalar(value)}{self._behind()}"]

    def _list(self, value: list[Any], indent: int) -> list[str]:
        lines: list[str] = []
        for one in value:
            lines += self._above(indent)
            gap = " " * self.random.choice((1, 1, 3))
            if isinstance(one, dict) and one and not (self._fits_in_braces(one)):
                inner = self._mapping(one, indent + 1 + len(gap))
                first = next(number for number, line in enumerate(inner) if line.strip() and line.strip()[0] != "#")
                lines += [f"{' ' * indent}{line.strip()}" if line.strip() else "" for line in inner[:first]]
                lines += [f"{' ' * indent}-{gap}{inner[first].lstrip()}", *inner[first + 1 :]]
            elif isinstance(one, dict | list):
                lines.append(f"{' ' * indent}-{gap}{self._flow(one)}{self._behind()}")
            else:
                lines += self._entry(f"{' ' * indent}-", one, indent)
        return lines

    def _anchor(self, value: Any) -> tuple[str, bool]:
        if self._anchors is None:
            return "", False
        text = json.dumps(value)
        if text in self._anchors:
            return f"*{self._anchors[text]}", True
        if self.random.random() < 0.5:
            self._anchors[text] = f"a{len(self._anchors)}"
            return f" &{self._anchors[text]}", False
        return "", False

    def _fits_in_braces(self, value: Any) -> bool:
        return "\n" not in json.dumps(value).encode().decode("unicode_escape") and self.random.random() < 0.2

    def _flow(self, value: Any) -> str:
        if isinstance(value, dict):
            pad = self.random.choice(("", " "))
            return "{" + pad + ", ".join(f"{self._scalar(k)}: {self._flow(v)}" for k, v in value.items()) + pad + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        return "null" if value is None else self._scalar(value)

    def _scalar(self, value: Any) -> str:
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        if not isinstance(value, str):
            return json.dumps(value)
        simple = value.isascii() and value.replace("-", "").isalpha() and value not in ("yes", "no", "null", "true")
        forms = [json.dumps(value, ensure_ascii=False)]
        if "\n" not in value:
            forms.append("'" + value.replace("'", "''") + "'")
        if simple:
            forms += [value, value, value]
        return self.random.choice(forms)


def stream(random: Random, values: list[dict[str, Any]], *, anchors: bool = False) -> str:
    """Documents behind one another."""
    mark = random.choice(("---\n", "--- # next\n"))
    return mark.join(Writer(random, anchors=anchors).text(value) for value in values)
