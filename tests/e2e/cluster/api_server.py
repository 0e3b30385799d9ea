"""How the API server is configured: its files and its flags."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

from tests.e2e.cluster import kubeconfig, network
from tests.e2e.cluster.identities import OIDC_AUDIENCE, OIDC_PREFIX, SERVICE_ACCOUNT_ISSUER, Identities

AUDIT_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "None",
            "resources": [
                {"group": "coordination.k8s.io", "resources": ["leases"]},
                {"group": "", "resources": ["events"]},
                {"group": "events.k8s.io", "resources": ["events"]},
            ],
        },
        # Bodies of these hold secrets.
        {
            "level": "Metadata",
            "resources": [
                {"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]},
                {"group": "authentication.k8s.io"},
            ],
        },
        {
            "level": "RequestResponse",
            "verbs": ["create", "update", "patch", "delete", "deletecollection"],
            "resources": [
                {"group": group}
                for group in (
                    "",
                    "apps",
                    "batch",
                    "networking.k8s.io",
                    "policy.networking.k8s.io",
                    "rbac.authorization.k8s.io",
                    "admissionregistration.k8s.io",
                    "certificates.k8s.io",
                )
            ],
        },
        {
            "level": "None",
            "users": ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"],
            "verbs": ["get", "list", "watch"],
        },
        {"level": "Metadata"},
    ],
}


def write_configuration(folder: Path, identities: Identities) -> None:
    """The files that the flags name: encryption at rest, audit, authentication."""
    encryption = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [
                    {
                        "aescbc": {
                            "keys": [{"name": "key1", "secret": base64.b64encode(secrets.token_bytes(32)).decode()}]
                        }
                    },
                    {"identity": {}},
                ],
            }
        ],
    }
    authentication = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": {"enabled": True},
        "jwt": [
            {
                "issuer": {
                    "url": network.ISSUER_URL,
                    "audiences": [OIDC_AUDIENCE],
                    "certificateAuthority": identities.authority.pair.certificate.read_text(),
                },
                "claimMappings": {
                    "username": {"claim": "sub", "prefix": OIDC_PREFIX},
                    "groups": {"claim": "groups", "prefix": OIDC_PREFIX},
                },
            }
        ],
    }
    for name, content in (("encryption", encryption), ("audit", AUDIT_POLICY), ("authentication", authentication)):
        path = folder / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1))


def flags(folder: Path, identities: Identities, audit_log: Path) -> list[str]:
    keys = identities.folder
    return [
        f"--etcd-servers=http://127.0.0.1:{network.ETCD_PORT}",
        "--bind-address=0.0.0.0",
        f"--secure-port={network.API_PORT}",
        # Pods reach the API server under this address, so it may not be loopback.
        f"--advertise-address={network.CONTROL_PLANE}",
        f"--service-cluster-ip-range={network.SERVICES}",
        f"--tls-cert-file={keys}/apiserver.crt",
        f"--tls-private-key-file={keys}/apiserver.key",
        f"--client-ca-file={keys}/ca.crt",
        f"--token-auth-file={identities.static_token_file}",
        "--enable-bootstrap-token-auth",
        f"--authentication-config={folder}/authentication.json",
        f"--service-account-issuer={SERVICE_ACCOUNT_ISSUER}",
        f"--service-account-key-file={keys}/service-account.pub",
        f"--service-account-signing-key-file={keys}/service-account.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--encryption-provider-config={folder}/encryption.json",
        f"--audit-policy-file={folder}/audit.json",
        f"--audit-log-path={audit_log}",
        f"--kubelet-client-certificate={keys}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={keys}/apiserver-kubelet-client.key",
        f"--kubelet-certificate-authority={keys}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={keys}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={keys}/front-proxy-client.crt",
        f"--proxy-client-key-file={keys}/front-proxy-client.key",
        # Services of webhooks and aggregated APIs are dialled at their endpoints: no kube-proxy runs beside it.
        "--enable-aggregator-routing",
        "--allow-privileged",
        "--profiling=false",
    ]


def audit_webhook_flags(folder: Path, identities: Identities, url: str, token: str | None) -> list[str]:
    """Send audit events to `url` too, within a second of their making, with a bearer token if there is one."""
    user = kubeconfig.token_user(token) if token else {}
    path = kubeconfig.write(folder / "audit-webhook.json", url, identities.authority.pair.certificate, user)
    return [f"--audit-webhook-config-file={path}", "--audit-webhook-mode=batch", "--audit-webhook-batch-max-wait=1s"]
