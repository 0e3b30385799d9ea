"""Manifests as people write them, and the same after a careless hand: what the fast reader must read rightly or leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.oracle.generate import yaml_text

_DEPLOYMENT = """\
# The shop's front door.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels:
    app: web
    app.kubernetes.io/version: "1.25"
    tier: 'front end'
  annotations:
    example.com/note: one word after the other
    "example.com/quoted": it's here
spec:
  replicas: 3
  strategy:
    rollingUpdate:
      maxSurge: 25%
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels:
        app: web
    spec:
      automountServiceAccountToken: false
      containers:
      - name: web
        image: "nginx:1.25@sha256:0f"
        command: ["/bin/sh", '-c', exec nginx]
        args:
        - --listen=0.0.0.0:8080
        - -v
        - |
          set -e
            nested

          echo "done" # not a comment
        env:
        - name: LEVEL
          value: info
        - name: TEXT
          value: >-
            folded
            over lines
        ports:
        - containerPort: 8080
          name: http
        resources:
          limits: {cpu: 100m, memory: 128Mi}
          requests:
            cpu: 0.5
        securityContext:
          privileged: true
          runAsUser: 0
          capabilities:
            drop:
            - ALL
      - name: sidecar
        image: registry.example.com/team/sidecar:2.1.0
      volumes:
      - emptyDir: {}
        name: tmp
"""
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  app.conf: |
    workers=3
    mode: fast
    - not a list

    key: "value"
  empty: ""
  number: "1"
  long: this goes on
    over two lines
    and three
  quoted: "this too
    goes on"
  single: 'and
    this'
  last: |-
    no newline
  kept: |+
    newline

binaryData: {}
"""
_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
    name: reader
    namespace: shop
    creationTimestamp: null
rules:
    - apiGroups: [""]
      resources: ["pods", "pods/log"]   # what it reads
      verbs:
        - get
        - "*"
    - apiGroups:
      - apps
      resources:
      - deployments

      verbs: [get, list]
    # the end
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: ClusterIP
  ports:
    - port: 80
      targetPort: http
  selector:
    app: web
  externalIPs: [10.0.0.1]
  clusterIP: 10.96.0.10
"""
MANIFESTS = (_DEPLOYMENT, _CONFIG, _ROLE, _SERVICE)

_TOKENS = (
    "x", '"q"', '""', "'s'", "''", "|", ">", "|-", ">-", "|+", ">+", "|2", "[]", "{}", "[a, b]", "{a: b}", "# c", "a # c", '"a" # c', "5", "true", "null", "",
    '[1, "x"]', '{k: "v", z: 1}', "- a", "- a: b", "- - a", "a: b", "k:", "-", "? a", "    ", "text that goes on", '"a\\nb"', '"\\"x\\\\"', "'it''s'", "1.5",
    "1.50", "007", "25%", "100m", "1.2.3", "10.0.0.0/8", "2024-01-01", "2024-01-01T00:00:00Z", "é", "--flag=on", "-c", ".spec.x", "^a$", "=x", "58ac.x",
    "3c0d9c0", "12d", "1f", "0f3", "00a", "inf", "-inf", "nan", "Infinity", "-nan", "--inf", '"open', 'close"', "'open", "close'", '"open\n    close"',
    "'open\n    mid\n      close'", "plain\n    goes\n     on", "12 x", "9a b", "0x1", "1e5", "1E5x", "7_0", "1a_0", "1.2.3.4:80", "http://x:1", "x#y", "x #y",
    "1d", "2D", "0.0.0.0/0", "1.", ".5", "a.5", "=", "^", "(x", "$x", "_x", "/x", "-x", "---x", "- -x", '"\\\\n"', '"a\\\\tb"', "&a x", "*a", "!!str x",
)  # fmt: skip


def careless(seed: int, count: int) -> Iterator[str]:
    """Manifests with one to four things changed in each: lines moved, doubled, shifted or lost, values replaced, signs put in between."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        lines = rng.choice(MANIFESTS).removesuffix("\n").split("\n")
        if rng.random() < 0.2:
            start = rng.randrange(len(lines))
            lines = lines[start : start + rng.randint(1, 12)]
        for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            _change(rng, lines)
        yield "\n".join(lines)


def _value(rng: Random) -> str:
    return rng.choice(_TOKENS) if rng.random() < 0.8 else rng.choice(yaml_text.TRICKY_SCALARS)


def _change(rng: Random, lines: list[str]) -> None:
    if not lines:
        lines.append("a: b")
    at = rng.randrange(len(lines))
    line, kind = lines[at], rng.randrange(11)
    indent = len(line) - len(line.lstrip(" "))
    if kind == 0:
        lines.insert(at, rng.choice(lines))
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        lines[at] = " " * rng.randint(1, 3) + line
    elif kind == 3:
        lines[at] = line[rng.randint(0, 2) :]
    elif kind == 4 and ": " in line:
        lines[at] = f"{line.partition(': ')[0]}: {_value(rng)}"
    elif kind == 5 and "- " in line:
        lines[at] = f"{line.partition('- ')[0]}- {_value(rng)}"
    elif kind == 6:
        lines.insert(at + 1, " " * max(0, indent + rng.randint(-2, 4)) + _value(rng))
    elif kind == 7:
        column = rng.randrange(len(line) + 1)
        sign = rng.choice(" :-#\"'[{,&*\tx0\\\r%")
        lines[at] = line[:column] + sign + line[column:]
    elif kind == 8:
        lines.insert(at, rng.choice(("", "  ", "# c", "    # c", "#")))
    elif kind == 9:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = line + rng.choice((" ", "  ", " # c", " #", ":", ": ", " |", " >"))
