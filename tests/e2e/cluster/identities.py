"""Who may knock at the API server, by every method that is switched on: certificates, tokens, OpenID Connect."""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.e2e.cluster import certificates, network, tokens
from tests.e2e.cluster.certificates import YEAR, Authority, Pair

SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"
OIDC_AUDIENCE = "seawall-test"
OIDC_PREFIX = "oidc:"
"""Put before the user and group names of the local issuer."""
KEY_ID = "test"

MASTERS = "system:masters"
STATIC_TOKENS = {
    "static-auditor": ("static-token-auditor", ("static-readers",)),
    "static-admin": ("static-token-admin", (MASTERS,)),
}
"""User -> (token, groups) in the API server's token file: an old habit that an access analysis should find."""

COMPONENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("kubernetes-admin", (MASTERS,)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "kube-proxy": ("system:kube-proxy", ()),
}
"""File name -> (user, groups) of the certificates that the cluster itself uses."""


@dataclass(frozen=True)
class Identities:
    """The keys of one cluster, in one folder."""

    folder: Path
    authority: Authority
    front_proxy: Authority

    @classmethod
    def create(cls, folder: Path) -> Identities:
        """Make every key and certificate of a control plane."""
        made = cls(folder, Authority.create(folder, "ca"), Authority.create(folder, "front-proxy-ca"))
        ca = made.authority
        ca.issue(
            "apiserver",
            "kube-apiserver",
            names=[
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
            ],
            addresses=["127.0.0.1", network.CONTROL_PLANE, network.API_SERVICE],
        )
        ca.issue("apiserver-kubelet-client", "kube-apiserver-kubelet-client", [MASTERS])
        ca.issue("issuer", "issuer", addresses=[network.CONTROL_PLANE])
        ca.issue("local-server", "local-server", names=["localhost"], addresses=["127.0.0.1", network.CONTROL_PLANE])
        made.front_proxy.issue("front-proxy-client", "front-proxy-client")
        for name, (user, groups) in COMPONENTS.items():
            ca.issue(name, user, groups)
        for name in ("service-account", "oidc"):
            key = certificates.new_key()
            certificates.write_key(folder / f"{name}.key", key)
            certificates.write_public_key(folder / f"{name}.pub", key)
        made._publish_issuer()
        made._write_static_tokens()
        return made

    @classmethod
    def load(cls, folder: Path) -> Identities:
        def authority(name: str) -> Authority:
            return Authority(folder, Pair(folder / f"{name}.crt", folder / f"{name}.key"))

        return cls(folder, authority("ca"), authority("front-proxy-ca"))

    def pair(self, name: str) -> Pair:
        """A certificate that was made with the cluster."""
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def client_certificate(self, user: str, groups: Sequence[str], valid_for: datetime.timedelta = YEAR) -> Pair:
        readable = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in user)
        return self.authority.issue(f"client-{readable}", user, groups, valid_for=valid_for)

    def service_account_token(self, name: str, namespace: str, uid: str, seconds: int) -> str:
        """A token bound to the account alone, of any lifetime: the API itself gives none under ten minutes."""
        claims = {
            "iss": SERVICE_ACCOUNT_ISSUER,
            "aud": [SERVICE_ACCOUNT_ISSUER],
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}},
        }
        return tokens.signed(claims, self._key("service-account"), seconds)

    def oidc_token(self, user: str, groups: Sequence[str], seconds: int) -> str:
        claims = {"iss": network.ISSUER_URL, "aud": OIDC_AUDIENCE, "sub": user, "groups": list(groups)}
        return tokens.signed(claims, self._key("oidc"), seconds, KEY_ID)

    @property
    def issuer_folder(self) -> Path:
        return self.folder / "issuer"

    @property
    def static_token_file(self) -> Path:
        return self.folder / "static-tokens.csv"

    def _key(self, name: str) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key((self.folder / f"{name}.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    def _publish_issuer(self) -> None:
        well_known = self.issuer_folder / ".well-known"
        well_known.mkdir(parents=True)
        discovery = {
            "issuer": network.ISSUER_URL,
            "jwks_uri": f"{network.ISSUER_URL}/keys.json",
            "authorization_endpoint": f"{network.ISSUER_URL}/none",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }
        (well_known / "openid-configuration").write_text(json.dumps(discovery))
        (self.issuer_folder / "keys.json").write_text(json.dumps(tokens.key_set(self._key("oidc"), KEY_ID)))

    def _write_static_tokens(self) -> None:
        with self.static_token_file.open("w", newline="") as file:
            for user, (token, groups) in STATIC_TOKENS.items():
                csv.writer(file).writerow([token, user, f"uid-{user}", ",".join(groups)])
