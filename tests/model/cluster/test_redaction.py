"""No secret gets through, what is kept of it is right, and text without one stays as it is."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.cluster import redaction
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.redaction import (
    MASK,
    REDACTED,
    annotation,
    entropy,
    features,
    formats_of,
    redact,
    scrub,
    scrub_arguments,
    secret_bytes,
)

CANARY = "c4n4ry-Zx81qPlmW2"
KEY = b"0123456789abcdef"

# One example of each format, none of them real.
EXAMPLES = {
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\nMIIB" + "a" * 40 + "\n-----END RSA PRIVATE KEY-----",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_123",
    "aws-access-key-id": "AKIAIOSFODNN7EXAMPLE",
    "github-token": "ghp_" + "a1" * 18,
    "gitlab-token": "glpat-" + "a1" * 10,
    "slack-token": "xoxb-123456789012-abcdef",
    "slack-webhook": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX",
    "google-api-key": "AIza" + "a" * 35,
    "gcp-service-account": '{"type": "service_account"}',
    "stripe-key": "sk_live_" + "a1" * 8,
    "api-key": "sk-" + "a1" * 10,
    "npm-token": "npm_" + "a" * 36,
    "pypi-token": "pypi-" + "a" * 50,
    "sendgrid-key": "SG." + "a" * 16 + "." + "b" * 16,
    "vault-token": "hvs." + "a" * 20,
    "azure-storage-key": "AccountKey=" + "a" * 44,
    "docker-auth": '{"auth": "dXNlcjpwYXNz"}',
    "url-password": "postgres://user:hunter22@db/x",
}


def test_every_format_has_an_example() -> None:
    assert EXAMPLES.keys() == redaction._FORMATS.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_formats_are_recognised_and_masked(name: str) -> None:
    text = EXAMPLES[name]
    assert name in formats_of(text)
    assert name in formats_of(f"before {text} after")
    masked = scrub(f"x {text} y")
    assert MASK in masked
    assert text not in masked
    assert name not in formats_of(masked)


@given(
    st.text(alphabet=st.sampled_from("abAKIeyJ.-_:/@=\"' \n19sk\u00e9"), max_size=60),
    st.sampled_from(sorted(EXAMPLES.values())),
    st.integers(0, 60),
)
def test_a_mark_is_never_missed(noise: str, example: str, at: int) -> None:
    """The quick look for marks must not hide what the search for formats finds."""
    text = noise[:at] + example + noise[at:]
    searched = tuple(
        dict.fromkeys(
            redaction._FORMAT_NAMES[int(match.lastgroup[1:])]
            for match in redaction._ANY_FORMAT.finditer(text)
            if match.lastgroup
        )
    )
    assert formats_of(text) == searched
    if searched:
        assert scrub(text) != text


@given(st.text(max_size=120))
def test_entropy_is_shannons(text: str) -> None:
    counts, total = Counter(text), len(text)
    expected = -sum(n / total * math.log2(n / total) for n in counts.values()) if text else 0.0
    assert entropy(text) == pytest.approx(expected, abs=0.0051)
    assert entropy(text) >= 0


@given(st.text(max_size=200))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@pytest.mark.parametrize(
    "text",
    [
        f"--password={CANARY}", f"PASSWORD={CANARY}", f"token: {CANARY}", f'{{"secretKey": "{CANARY}"}}', f"Authorization: Bearer {CANARY}", f"api-key={CANARY}",
        f"export DB_PASSWD='{CANARY}'; run", f"mysql://root:{CANARY}@db", f"curl -H 'authorization: basic {CANARY}'", f"a=1&access_token={CANARY}&b=2",
    ],
)  # fmt: skip
def test_values_that_are_named_secret_are_masked(text: str) -> None:
    assert CANARY not in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "--tls-private-key-file=/etc/tls/key.pem", "--token-auth-file=/x", "PASSWORD=$(FROM_ENV)", "--secret=${SECRET}", "nginx -g 'daemon off;'", "--v=2",
        "--authorization-mode=Node,RBAC", "token: true", "http://example.com/path?x=1", "--port=8080", "",
    ],
)  # fmt: skip
def test_text_without_a_secret_stays(text: str) -> None:
    assert scrub(text) == text


def test_an_argument_behind_a_telling_flag_is_masked() -> None:
    before = ["run", "--token", CANARY, "--password", "--verbose", "-secret", "/a/file", CANARY, 3]
    assert scrub_arguments(before) == [
        "run",
        "--token",
        MASK,
        "--password",
        "--verbose",
        "-secret",
        "/a/file",
        CANARY,
        3,
    ]


def test_copies_of_whole_objects_leave_annotations() -> None:
    assert annotation(json.dumps({"apiVersion": "v1", "data": CANARY})).startswith(f"{MASK} object copy, ")
    assert annotation("plain words") == "plain words"


def test_features_of_a_value() -> None:
    found = features("hunter2", KEY)
    assert (found.length, found.formats, found.reference) == (7, (), False)
    assert found.digest is not None and found.digest != features("hunter3", KEY).digest
    assert found.digest == features("hunter2", KEY).digest
    assert features("hunter2").digest is None
    assert features("é").length == 2
    assert features("$(OTHER)").reference
    assert "digest" not in found.values()


def test_features_of_base64() -> None:
    assert secret_bytes(base64.b64encode(EXAMPLES["jwt"].encode()).decode()).formats == ("jwt",)
    assert secret_bytes("aHVudGVyMg==") == secret_bytes("aHVudGVyMg==")
    assert secret_bytes("aHVudGVyMg==").length == 7
    assert secret_bytes("not base64!").length == 11


# ------------------------------------------------------------------------------------------------ whole documents

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "annotations": {"note": f"password: {CANARY}", "plain": "x"}},
    "spec": {
        "containers": [
            {
                "name": "c",
                "env": [
                    {"name": "A", "value": CANARY},
                    {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
                    {"name": "C", "value": ""},
                ],
                "args": ["--token", CANARY, f"--password={CANARY}"],
                "command": ["sh", "-c", f"TOKEN={CANARY} run"],
                "livenessProbe": {"exec": {"command": ["check", "--secret", CANARY]}},
                "lifecycle": {"preStop": {"exec": {"command": ["stop", f"--api-key={CANARY}"]}}},
            }
        ],
        "ephemeralContainers": [{"name": "e", "env": [{"name": "A", "value": CANARY}]}],
    },
}


def decoded(document: dict[str, Any]) -> Any:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None
    return ObjectDecoder().decode(json.dumps(document).encode(), kind)


def test_a_typed_object_holds_no_secret() -> None:
    pod = decoded(POD)
    assert isinstance(pod, Pod)
    assert CANARY not in repr(pod)
    assert pod.spec.containers[0].args == ("--token", MASK, f"--password={MASK}")
    value = pod.spec.containers[0].env[0].value
    assert value is not None and value.length == len(CANARY)


def test_a_redacted_document_decodes_to_the_same_object() -> None:
    redacted = redact(POD)
    assert CANARY not in json.dumps(redacted)
    assert decoded(redacted) == decoded(POD)
    assert redact(redacted) == redacted
    assert POD["spec"]["containers"][0]["env"][0]["value"] == CANARY  # a copy was redacted


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
def test_secrets_and_config_maps(kind: str) -> None:
    document = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "s"},
        "data": {"a": base64.b64encode(CANARY.encode()).decode(), "b": "", "c": None},
        "stringData": {"d": CANARY},
        "binaryData": {"e": base64.b64encode(CANARY.encode()).decode()},
    }
    redacted = redact(document, KEY)
    text = json.dumps(redacted)
    assert CANARY not in text and base64.b64encode(CANARY.encode()).decode() not in text
    assert redacted["data"]["a"][REDACTED]["length"] > 0
    typed = {key: value for key, value in document.items() if kind == "Secret" or key != "stringData"}
    typed["data"] = {"a": typed["data"]["a"], "b": ""}  # type: ignore[index]
    assert decoded(redact(typed)) == decoded(typed)


_KEYS = st.sampled_from(
    ("env", "args", "command", "annotations", "data", "value", "name", "spec", "containers", "x", "password")
)
_DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.sampled_from(("plain", f"password={CANARY}", f"postgres://u:{CANARY}@h", "--token")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=15,
)


@given(st.sampled_from(("Secret", "ConfigMap", "Pod", "Rollout")), st.dictionaries(_KEYS, _DOCUMENTS, max_size=4))
def test_any_document_is_redacted(kind: str, document: dict[str, Any]) -> None:
    redacted = redact({"kind": kind, **document})
    assert CANARY not in json.dumps(redacted)
    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    "inner",
    [
        {},
        {"length": 1},
        {"formats": 3},
        {"formats": [[]]},
        {"formats": [f"password={CANARY}"]},
        {"length": f"token={CANARY}"},
        {"other": f"token={CANARY}"},
        [],
    ],
)
def test_the_mark_of_redaction_is_no_way_around_it(inner: Any) -> None:
    document = {
        "kind": "Secret",
        "data": {"a": {REDACTED: inner}},
        "spec": {"env": [{"name": "A", "value": {REDACTED: inner}}], REDACTED: inner},
    }
    assert CANARY not in json.dumps(redact(document))


@given(_DOCUMENTS)
def test_variables_of_any_workload_are_reduced(inner: Any) -> None:
    document = {"kind": "Custom", "spec": {"deep": [{"template": {"env": [{"name": "A", "value": CANARY}, inner]}}]}}
    assert CANARY not in json.dumps(redact(document))
