"""What may be known of a value that must not be kept: its features; and text with its secrets masked.

Values of Secret and ConfigMap, literal environment variables and Helm releases become `Features` while they are decoded, so the value
itself never enters a Cluster. Arguments and annotations are wanted as text; what looks like a secret in them is masked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections import Counter
from typing import Any

MASK = "‹redacted›"
REDACTED = "$redacted"
"""Key under which a redacted document carries the features of a value it no longer has."""

# Formats that are secrets by their looks. Each is specific enough that a match is evidence, not a guess.
_FORMATS: dict[str, str] = {
    "private-key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:[\s\S]{0,16384}?-----END (?:[A-Z]+ )*PRIVATE KEY-----)?",
    "jwt": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    "aws-access-key-id": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "github-token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{30,})",
    "gitlab-token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "slack-token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "slack-webhook": r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
    "google-api-key": r"\bAIza[A-Za-z0-9_-]{35}",
    "gcp-service-account": r"\"type\"\s*:\s*\"service_account\"",
    "stripe-key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "api-key": r"\bsk-[A-Za-z0-9_-]{20,}",
    "npm-token": r"\bnpm_[A-Za-z0-9]{36}",
    "pypi-token": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "sendgrid-key": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "vault-token": r"\bhvs\.[A-Za-z0-9_-]{20,}",
    "azure-storage-key": r"\bAccountKey=[A-Za-z0-9+/=]{40,}",
    "docker-auth": r"\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}\"",
    "url-password": r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)",
}
_ANY_FORMAT = re.compile("|".join(f"(?P<f{index}>{pattern})" for index, pattern in enumerate(_FORMATS.values())))
_FORMAT_NAMES = tuple(_FORMATS)
_MARKS = re.compile(
    r"-----BEGIN|\beyJ|AKIA|ASIA|AIza|AccountKey=|gh[pousr]_|github_pat_|glpat-|xox|hooks\.slack|\"service_account\"|k_live_|sk-|npm_|pypi-|SG\.|hvs\."
    r"|\"auth\"|://"
)
"""One of these stands in every match of a format, and hardly any value has one: a single look spares the search for formats."""

# `--password=x`, `TOKEN: x`, `secret_key x`: the name says that the value is a secret.
_SECRET_NAME = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth(?:orization)?)"
)
_NAMED_VALUE = re.compile(
    rf"(?i)((?:^|[\s\-_\"'&?;,{{]|\b)[\w.-]*{_SECRET_NAME}(?:[-_]?(?:key|id|value))?[\"']?\s*(?:=|:\s*)\s*[\"']?)([^\s\"'&;,}}]+)"
)
_NAMED_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
# File names and references are where a secret lives, not the secret; API server flags name both.
_NOT_A_VALUE = re.compile(r"^(?:/|\$\(|\$\{|true$|false$|\d{1,6}$|[A-Za-z]+(?:,[A-Za-z]+)*$)")


class Features:
    """What is kept of a redacted value. A plain class, so that the JSON decoder hands it the raw string instead of expecting an object.

    `length` is in bytes, `entropy` in bits a character (Shannon, 0 for an empty value), `formats` names what the value looks like
    (`jwt`, `private-key`, …), `digest` is a keyed hash that tells equal values apart from different ones; it is absent where
    the installation has no key, and it never leaves the installation. `reference`: the value only points elsewhere (`$(OTHER)`, a
    path, a plain word or number).
    """

    __slots__ = ("digest", "entropy", "formats", "length", "reference")

    def __init__(
        self,
        length: int,
        entropy: float = 0.0,
        formats: tuple[str, ...] = (),
        digest: str | None = None,
        reference: bool = False,
    ) -> None:
        self.length, self.entropy, self.formats, self.digest, self.reference = (
            length,
            entropy,
            formats,
            digest,
            reference,
        )

    def values(self) -> dict[str, Any]:
        """As JSON, without what is not known and without the digest, which stays in the installation."""
        found: dict[str, Any] = {"length": self.length, "entropy": self.entropy}
        if self.formats:
            found["formats"] = list(self.formats)
        if self.reference:
            found["reference"] = True
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Features) and all(
            getattr(self, slot) == getattr(other, slot) for slot in Features.__slots__
        )

    def __hash__(self) -> int:
        return hash((self.length, self.entropy, self.formats, self.digest))

    def __repr__(self) -> str:
        return f"Features({self.length} bytes, {self.entropy} bits/char{', ' + ','.join(self.formats) if self.formats else ''})"


class SecretBytes(Features):
    """Features of a base64 value of `Secret.data`; `length` and `entropy` are of the decoded bytes."""

    __slots__ = ()


class Arguments(tuple[str, ...]):
    """A command line from which everything that looks like a secret was masked, also what follows a telling flag."""

    __slots__ = ()


class AnnotationText(str):
    """An annotation's value, scrubbed; a copy of a whole object (`last-applied-configuration`) is replaced by its length."""

    __slots__ = ()


def formats_of(text: str) -> tuple[str, ...]:
    """The names of the secret formats that occur in `text`, each once, in order of appearance."""
    if len(text) < 8 or _MARKS.search(text) is None:
        return ()
    found: dict[str, None] = {}
    for match in _ANY_FORMAT.finditer(text):
        if match.lastgroup is not None:
            found[_FORMAT_NAMES[int(match.lastgroup[1:])]] = None
    return tuple(found)


def entropy(text: str) -> float:
    """Shannon entropy of `text` in bits a character, to two decimals."""
    if not text:
        return 0.0
    total = len(text)
    if total < len(_WEIGHTS):
        counts: dict[str, int] = {}
        for sign in text:
            counts[sign] = counts.get(sign, 0) + 1
        weight = sum(map(_WEIGHTS.__getitem__, counts.values()))
    else:
        weight = sum(n * math.log2(n) for n in Counter(text).values())
    return abs(round(math.log2(total) - weight / total, 2))


_WEIGHTS = (0.0, *(n * math.log2(n) for n in range(1, 40)))
"""n log n, for short values: there counting by hand is cheaper than a Counter."""


def features(text: str, key: bytes | None = None) -> Features:
    """The features of `text`; with `key` (the installation's, 16 to 64 bytes) also its keyed digest."""
    value = text.encode("utf-8", "surrogatepass")
    return Features(
        len(value),
        entropy(text),
        formats_of(text),
        _digest(value, key) if key else None,
        _NOT_A_VALUE.match(text) is not None,
    )


def secret_bytes(text: str, key: bytes | None = None) -> SecretBytes:
    """The features of a base64 value; one that does not decode is measured as it stands."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = text.encode("utf-8", "surrogatepass")
    decoded = value.decode("latin-1")
    return SecretBytes(
        length=len(value),
        entropy=entropy(decoded),
        formats=formats_of(decoded),
        digest=_digest(value, key) if key else None,
    )


_NAMES = ("pass", "secret", "token", "key", "cred", "auth", "bearer", "basic")
"""One of these stands in every match of a pattern that goes by names; looking for them is far cheaper than looking for the patterns."""


def scrub(text: str) -> str:
    """`text` with every value that looks or is named like a secret masked; scrubbing twice changes nothing."""
    if len(text) < 6:
        return text
    if _MARKS.search(text) is not None:
        text = _ANY_FORMAT.sub(MASK, text)
    lowered = text.lower()
    for name in _NAMES:
        if name in lowered:
            break
    else:
        return text
    text = _NAMED_BEARER.sub(lambda m: f"{m[1]} {MASK}", text)
    return _NAMED_VALUE.sub(
        lambda m: m[0] if m[2].startswith(MASK) or _NOT_A_VALUE.match(m[2]) else f"{m[1]}{MASK}", text
    )


_SECRET_FLAG = re.compile(rf"(?i)^--?[\w.-]*{_SECRET_NAME}(?:[-_]?(?:key|value))?$")


def scrub_arguments(arguments: list[Any]) -> list[Any]:
    """Arguments with secrets masked, also where the value is its own argument behind a telling flag (`--password x`)."""
    out: list[Any] = []
    masked_next = False
    for argument in arguments:
        if not isinstance(argument, str):
            out.append(argument)
            masked_next = False
            continue
        hide = masked_next and not argument.startswith("-") and not _NOT_A_VALUE.match(argument)
        out.append(MASK if hide else scrub(argument))
        masked_next = bool(_SECRET_FLAG.match(argument))
    return out


def annotation(text: str) -> str:
    """An annotation without the object copies that tools leave there, and scrubbed."""
    if text.startswith("{") and '"apiVersion"' in text:
        return f"{MASK} object copy, {len(text)} characters"
    return scrub(text)


def _digest(value: bytes, key: bytes) -> str:
    return hashlib.blake2b(value, key=key, digest_size=16).hexdigest()


# ------------------------------------------------------------------------------------------------ whole documents


def redact(document: dict[str, Any], key: bytes | None = None) -> dict[str, Any]:
    """A copy of a Kubernetes object (decoded JSON) in which no secret value is left.

    The result decodes to the same typed object as the original: values become `{"$redacted": {features}}`, which the decoder reads
    back. Any list of containers is treated alike wherever it stands, so pod templates inside custom resources are covered too.
    """
    kind = document.get("kind")
    copy: dict[str, Any] = {}
    for name, value in document.items():
        if kind in ("Secret", "ConfigMap") and name in ("data", "stringData", "binaryData") and isinstance(value, dict):
            read = secret_bytes if name != "stringData" and kind == "Secret" else features
            copy[name] = {k: _marked(v, read, key) for k, v in value.items()}
        else:
            copy[name] = _walk(name, value, key)
    return copy


def _marked(value: Any, read: Any, key: bytes | None) -> Any:
    if isinstance(value, str):
        return MASK if value == MASK else {REDACTED: read(value, key).values()}
    return value if _is_redacted(value) else MASK


def _is_redacted(value: Any) -> bool:
    """Whether `value` is what this module put in a value's place, and nothing else: a document that was given may hold the word too."""
    found = value.get(REDACTED) if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(found, dict) or not found.keys() <= _KEPT:
        return False
    formats = found.get("formats", [])
    return (
        isinstance(formats, list)
        and all(isinstance(name, str) and name in _FORMATS for name in formats)
        and not any(isinstance(found.get(name), str | list | dict) for name in ("length", "entropy", "reference"))
    )


_KEPT = frozenset({"length", "entropy", "formats", "reference"})


def from_redacted(value: dict[str, Any], target: type[Features]) -> Features:
    """The features that a redacted document carries in place of a value. ValueError where it carries something else."""
    found = value.get(REDACTED)
    if not _is_redacted(value) or not isinstance(found, dict) or type(found.get("length")) is not int:
        raise ValueError("Expected `str`, got `object`")
    formats = tuple(found.get("formats", ()))
    return target(found["length"], float(found.get("entropy") or 0.0), formats, None, bool(found.get("reference")))


def _walk(name: str, value: Any, key: bytes | None) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        if _is_redacted(value):
            return value
        if name == "annotations":
            return {k: annotation(v) if isinstance(v, str) else _walk(k, v, key) for k, v in value.items()}
        return {k: _walk(k, v, key) for k, v in value.items()}
    if isinstance(value, list):
        if name == "env":
            return [_variable(v, key) for v in value]
        if name in ("args", "command"):
            return scrub_arguments([v if isinstance(v, str) else _walk(name, v, key) for v in value])
        return [_walk(name, v, key) for v in value]
    return value


def _variable(variable: Any, key: bytes | None) -> Any:
    if isinstance(variable, dict):
        return {
            name: _marked(value, features, key) if name == "value" and value is not None else _walk(name, value, key)
            for name, value in variable.items()
        }
    return _walk("env", variable, key)
