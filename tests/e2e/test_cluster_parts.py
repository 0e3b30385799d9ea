"""The parts of the test cluster that need neither root nor a built program."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from tests.e2e.cluster import build, certificates, images, namespaces, patches, tokens
from tests.e2e.cluster.enforcer import NotExpressible, as_admin_policies, with_one_direction_each
from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.probe import Port
from tests.e2e.cluster.processes import Daemon, Failed, Process, wait_for


def test_a_program_that_is_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAWALL_CACHE", str(tmp_path))
    with pytest.raises(Missing, match=r"kubelet v1\.35\.4 is not built: python -m tests\.e2e\.cluster build node"):
        build.program("kubelet", "1.35.4")


def test_without_root_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Missing, match="needs root"):
        namespaces.require_namespaces()


def test_a_process_is_known_by_its_start_as_well_as_by_its_number() -> None:
    started = subprocess.Popen(["sleep", "60"])
    process = Process.of(started.pid)
    namesake = Process(process.pid, process.started + 1)
    assert process.alive
    assert not namesake.alive
    namesake.send(signal.SIGKILL)
    assert process.alive
    process.send(signal.SIGKILL)
    started.wait()
    assert not process.alive


def test_waiting_ends_with_the_last_words_of_a_daemon_that_stopped(tmp_path: Path) -> None:
    daemon = Daemon("d", ["-c", "echo no such flag; exit 1"], tmp_path / "log", entering=["sh"])
    daemon.start()
    with pytest.raises(Failed, match="d stopped while waiting for it: no such flag"):
        wait_for("it", lambda: False, 10, [daemon])


def test_a_token_is_signed_by_the_key_that_is_published() -> None:
    key = certificates.new_key()
    header, claims, signature = tokens.signed({"sub": "a"}, key, seconds=5, key_id="k").split(".")

    def decode(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    published = tokens.key_set(key, "k")["keys"][0]
    x, y = (int.from_bytes(decode(published[name]), "big") for name in "xy")
    raw = decode(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public.verify(der, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(decode(claims))["exp"] - time.time() <= 5


def test_an_authority_vouches_for_what_it_issues(tmp_path: Path) -> None:
    authority = certificates.Authority.create(tmp_path, "ca")
    pair = authority.issue("alice", "alice", ["developers"], addresses=["127.0.0.1"])
    ca = x509.load_pem_x509_certificate(authority.pair.certificate.read_bytes())
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    certificate.verify_directly_issued_by(ca)
    assert certificate.subject.rfc4514_string() == "CN=alice,O=developers"
    assert pair.key.stat().st_mode & 0o077 == 0


def test_a_layer_that_images_share_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_CACHE", str(tmp_path))
    shared = (images.Entry("hello", text="hello"),)
    own = (images.Entry("bin/hello", link="../hello"),)
    two = [images.Image("seawall.test/a:1", (shared,), ("a",)), images.Image("seawall.test/b:1", (shared, own), ("b",))]
    with tarfile.open(images.archive("test", two)) as archive:
        layers = [name for name in archive.getnames() if name.endswith("layer.tar")]
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        assert [len(image["Layers"]) for image in json.load(manifest)] == [1, 2]
    assert len(layers) == 2


def test_a_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="occurs 0 times"):
        patches.KUBE_NETWORK_POLICIES["cmd/main.go"]("package main")


def policy(tier: str, name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    spec = {"tier": tier, "priority": 7, "subject": {"namespaces": {}}, "egress": list(rules)}
    return {"kind": "ClusterNetworkPolicy", "metadata": {"name": name}, "spec": spec}


def test_cluster_policies_are_rewritten_rule_by_rule() -> None:
    to = [{"networks": ["10.0.0.0/8"]}]
    ports = [
        {"tcp": {"destinationPort": {"number": 80}}},
        {"udp": {"destinationPort": {"range": {"start": 5, "end": 9}}}},
        {"destinationNamedPort": "web"},
    ]
    admin, baseline = as_admin_policies(
        [
            policy("Admin", "a", {"action": "Accept", "to": to, "protocols": ports}, {"action": "Pass", "to": to}),
            policy("Baseline", "b", {"action": "Deny", "to": to}),
        ],
        named={"web": Port(8080)},
    )
    assert (admin["kind"], admin["metadata"]["name"], admin["spec"]["priority"]) == ("AdminNetworkPolicy", "a", 7)
    assert admin["spec"]["egress"] == [
        {
            "action": "Allow",
            "to": to,
            "ports": [
                {"portNumber": {"protocol": "TCP", "port": 80}},
                {"portRange": {"protocol": "UDP", "start": 5, "end": 9}},
                {"portNumber": {"protocol": "TCP", "port": 8080}},
            ],
        },
        {"action": "Pass", "to": to},
    ]
    assert (baseline["kind"], baseline["metadata"]["name"]) == ("BaselineAdminNetworkPolicy", "default")
    assert "priority" not in baseline["spec"]


@pytest.mark.parametrize(
    "policies",
    [
        [policy("Baseline", "a"), policy("Baseline", "b")],
        [policy("Baseline", "a", {"action": "Pass", "to": [{"namespaces": {}}]})],
        [policy("Admin", "a", {"action": "Deny", "to": [{"domainNames": ["example.org"]}]})],
        [policy("Admin", "a", {"action": "Deny", "to": [], "protocols": [{"destinationNamedPort": "web"}]})],
    ],
    ids=["two in the baseline", "pass in the baseline", "domain names", "a name for different ports"],
)
def test_what_the_older_kinds_cannot_say_is_refused(policies: list[dict[str, Any]]) -> None:
    with pytest.raises(NotExpressible):
        as_admin_policies(policies, named={})


def test_a_policy_of_two_directions_becomes_two_of_one() -> None:
    rules = {"ingress": [{}], "podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]}
    one, other = with_one_direction_each([{"metadata": {"name": "p", "namespace": "n"}, "spec": rules}])
    assert one["metadata"] == {"name": "p-ingress", "namespace": "n"}
    assert one["spec"] == {**rules, "policyTypes": ["Ingress"]}
    assert other["metadata"] == {"name": "p-egress", "namespace": "n"}
    assert other["spec"] == {"podSelector": rules["podSelector"], "policyTypes": ["Egress"]}
