"""A real API server with its etcd, controllers and scheduler, in a network of its own.

Tests live outside that network. The API server is reached through a relay on this machine's loopback address, and
`publish` opens the way back, for webhooks that a test serves.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.client
import json
import os
import secrets
import socket
import ssl
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.cluster import api_server, build, kubeconfig, network, relay
from tests.e2e.cluster import issuer as issuer_program
from tests.e2e.cluster.certificates import YEAR, Pair
from tests.e2e.cluster.identities import COMPONENTS, STATIC_TOKENS, Identities
from tests.e2e.cluster.instance import Instance
from tests.e2e.cluster.namespaces import require_namespaces
from tests.e2e.cluster.processes import Daemon, wait_for

START_SECONDS = 60.0
LOOPBACK = "127.0.0.1"


class Refused(Exception):
    """kubectl ended with an error; the message is its standard error."""


@dataclass
class ControlPlane:
    instance: Instance
    identities: Identities
    version: str
    port: int
    """Of the API server on this machine's loopback address."""
    daemons: dict[str, Daemon] = field(default_factory=dict)
    """By name; empty when this control plane was started by another command."""

    _listening: socket.socket | None = field(default=None, repr=False)
    """On that port, until the relay takes it over."""

    @classmethod
    def start(cls, name: str | None = None, *, version: str | None = None, controllers: bool = True) -> ControlPlane:
        """Start one and return when it answers.

        `name`: it outlives this process and `attach` finds it. `controllers`: with controller-manager and scheduler,
        without which no namespace is ever deleted, no service account made and no pod placed. Raises `Missing` when
        this machine cannot run it, `Failed` when it does not come up.
        """
        made = cls.prepare(name, version=version)
        try:
            made.bring_up(controllers=controllers)
        except BaseException:
            made.end()
            raise
        return made

    @classmethod
    def prepare(cls, name: str | None = None, *, version: str | None = None) -> ControlPlane:
        """Its namespaces, keys and files, with nothing running yet: nodes can be made ready meanwhile."""
        require_namespaces()
        version = version or build.kubernetes_version()
        for program in ("kube-apiserver", "etcd", "kubectl"):
            build.program(program, version)
        instance = Instance.create(name)
        try:
            identities = Identities.create(instance.folder / "keys")
            (instance.folder / "logs").mkdir()
            network.lay_bridge(instance.namespaces)
            listening = socket.create_server((LOOPBACK, 0), backlog=128)
            made = cls(instance, identities, version, listening.getsockname()[1], _listening=listening)
            made._write_configuration()
            instance.remember({"port": made.port, "version": version})
        except BaseException:
            instance.end()
            raise
        return made

    def bring_up(self, *, controllers: bool = True) -> None:
        """Start what `prepare` prepared; returns when it answers."""
        if controllers:
            for program in ("kube-controller-manager", "kube-scheduler"):
                build.program(program, self.version)
        assert self._listening is not None, "it is up already"
        self._start_api_server(self._listening)
        self._listening = None
        if controllers:
            self._start_controllers()

    @classmethod
    def attach(cls, name: str) -> ControlPlane | None:
        """The running control plane of that name, if there is one."""
        instance = Instance.find(name)
        if instance is None:
            return None
        facts = instance.recall()
        return cls(instance, Identities.load(instance.folder / "keys"), facts["version"], facts["port"])

    def end(self) -> None:
        """End every process of it, nodes included, and remove its files."""
        self.instance.end()

    # -- talking to it

    @property
    def url(self) -> str:
        """Of the API server, from this machine."""
        return f"https://{LOOPBACK}:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate (PEM) that vouches for the API server and for `serving_certificate`."""
        return self.identities.authority.pair.certificate

    def kubeconfig(self, user: str = "admin", groups: Sequence[str] = (), *, token: str | None = None) -> Path:
        """A kubeconfig for this machine: of a component (`admin`, `scheduler`, …), of a token, or of anyone else."""
        if token is not None:
            entry = kubeconfig.token_user(token)
            file_name = f"token-{abs(hash(token)):x}"
        elif user in COMPONENTS:
            entry = kubeconfig.certificate_user(self.identities.pair(user))
            file_name = user
        else:
            pair = self.client_certificate(user, groups)
            entry = kubeconfig.certificate_user(pair)
            file_name = pair.certificate.stem
        path = self.instance.folder / "kubeconfigs" / f"{file_name}.kubeconfig"
        path.parent.mkdir(exist_ok=True)
        return kubeconfig.write(path, self.url, self.authority, entry)

    def inner_kubeconfig(self, component: str) -> Path:
        """A kubeconfig for programs that run inside the cluster's network."""
        path = self.instance.folder / "keys" / f"{component}.kubeconfig"
        entry = kubeconfig.certificate_user(self.identities.pair(component))
        return kubeconfig.write(path, network.API_URL, self.authority, entry)

    def kubectl(self, *arguments: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """Run kubectl, as admin unless another kubeconfig is given; returns its output. Raises `Refused`."""
        done = subprocess.run(
            [str(build.program("kubectl", self.version)), *arguments],
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
            env={**os.environ, "KUBECONFIG": str(kubeconfig or self.kubeconfig())},
        )
        if done.returncode != 0:
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Server-side apply of objects, in one call."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(listed))

    def get(self, *arguments: str) -> Any:
        """`kubectl get … -o json`, decoded."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def ask(self, path: str, *, token: str | None = None, certificate: Pair | None = None) -> tuple[int, bytes]:
        """GET a path with the credentials given, or none; returns HTTP status and body."""
        context = ssl.create_default_context(cafile=str(self.authority))
        if certificate is not None:
            context.load_cert_chain(certificate.certificate, certificate.key)
        connection = http.client.HTTPSConnection(LOOPBACK, self.port, context=context, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def answers(self, path: str) -> bool:
        """Whether a GET as admin succeeds; false while the server is away."""
        try:
            return self.ask(path, certificate=self.identities.pair("admin"))[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    # -- identities, one method for each way of authenticating

    def client_certificate(self, user: str, groups: Sequence[str] = (), valid_for: datetime.timedelta = YEAR) -> Pair:
        return self.identities.client_certificate(user, groups, valid_for)

    def token(self, service_account: str, namespace: str, seconds: int = 3600) -> str:
        """Of an existing service account. The API server accepts it for a minute beyond its end, for skewed clocks."""
        uid = self.get("serviceaccount", service_account, "-n", namespace)["metadata"]["uid"]
        return self.identities.service_account_token(service_account, namespace, uid, seconds)

    def oidc_token(self, user: str, groups: Sequence[str] = (), seconds: int = 3600) -> str:
        """Of the local issuer; the API server knows the user as `oidc:USER` and the groups likewise.

        It is refused from its end on, except where it was used in the ten seconds before: those answers are cached.
        """
        return self.identities.oidc_token(user, groups, seconds)

    def static_token(self, user: str) -> str:
        """Of a user in the token file: `static-auditor` or `static-admin`."""
        return STATIC_TOKENS[user][0]

    def bootstrap_token(self) -> str:
        """A new one, as kubeadm makes them for joining nodes; its user is in `system:bootstrappers`."""
        letters = string.ascii_lowercase + string.digits
        token_id, secret = ("".join(secrets.choice(letters) for _ in range(length)) for length in (6, 16))
        content = {
            "token-id": token_id,
            "token-secret": secret,
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:seawall",
        }
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": f"bootstrap-token-{token_id}", "namespace": "kube-system"},
                "type": "bootstrap.kubernetes.io/token",
                "stringData": content,
            }
        )
        return f"{token_id}.{secret}"

    # -- what it writes down

    @property
    def audit_log(self) -> Path:
        """JSON lines; an entry is written before its request is answered."""
        return self.instance.folder / "audit.jsonl"

    def audit_events(self) -> Iterator[dict[str, Any]]:
        with self.audit_log.open() as lines:
            for line in lines:
                yield json.loads(line)

    def send_audit_to(self, url: str | None, token: str | None = None) -> None:
        """Restart the API server with its audit webhook at `url` (see `publish`), or with none."""
        flags = api_server.audit_webhook_flags(self.instance.folder, self.identities, url, token) if url else []
        self.restart_api_server(*flags)

    def stored(self, key: str) -> bytes:
        """The raw value of a key in etcd, such as `/registry/secrets/default/name`. Raises KeyError."""
        connection = http.client.HTTPConnection(LOOPBACK, network.ETCD_PORT)
        connection.sock = self.instance.namespaces.connect(LOOPBACK, network.ETCD_PORT)
        with contextlib.closing(connection):
            connection.request("POST", "/v3/kv/range", json.dumps({"key": base64.b64encode(key.encode()).decode()}))
            found = json.load(connection.getresponse()).get("kvs")
        if not found:
            raise KeyError(key)
        return base64.b64decode(found[0]["value"])

    # -- the way back, and faults

    def publish(self, port: int) -> None:
        """Make a server on this machine's 127.0.0.1:`port` reachable inside, on loopback and at `CONTROL_PLANE`."""
        name = f"published-{port}"
        if name not in self.daemons:
            listening = self.instance.namespaces.listen("0.0.0.0", port)
            self._relay(name, listening, Path("/proc/self/ns/net"), LOOPBACK, port)

    def reach(self, host: str, port: int) -> int:
        """A port of this machine's 127.0.0.1 that leads to `host`:`port` inside."""
        listening = socket.create_server((LOOPBACK, 0), backlog=128)
        number: int = listening.getsockname()[1]
        self._relay(f"way-in-{number}", listening, self.instance.namespaces.network, host, port)
        return number

    def name(self, host: str, address: str) -> None:
        """Let programs beside the API server know an address by a name: cluster DNS is not theirs. Known from their next start on."""
        hosts = self.instance.folder / "hosts"
        if not hosts.exists():
            hosts.write_text(f"{LOOPBACK} localhost\n")
            self.instance.namespaces.run("mount", "--bind", str(hosts), "/etc/hosts")
        with hosts.open("a") as lines:
            lines.write(f"{address} {host}\n")

    def serving_certificate(self) -> Pair:
        """For a server on 127.0.0.1 or `CONTROL_PLANE`, vouched for by `authority`."""
        return self.identities.pair("local-server")

    def restart_api_server(self, *extra_flags: str) -> None:
        """End it and start it again with its usual flags and these; returns when it answers."""
        server = self.daemons["kube-apiserver"]
        server.stop(patience=1)
        server.command = self._api_server_command(*extra_flags)
        server.start()
        self._wait_until_it_answers()

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a daemon's clock for a while: `etcd`, `kube-apiserver`, …"""
        self.daemons[name].freeze()
        try:
            yield
        finally:
            self.daemons[name].thaw()

    # -- starting

    def _write_configuration(self) -> None:
        api_server.write_configuration(self.instance.folder, self.identities)
        for component in ("controller-manager", "scheduler"):
            self.inner_kubeconfig(component)

    def _start_api_server(self, listening: socket.socket) -> None:
        certificate = self.identities.pair("issuer")
        self.launch(
            "issuer",
            [
                *[sys.executable, str(issuer_program.__file__), str(self.identities.issuer_folder)],
                *[network.CONTROL_PLANE, str(network.ISSUER_PORT), str(certificate.certificate), str(certificate.key)],
            ],
        )
        etcd_url = f"http://{LOOPBACK}:{network.ETCD_PORT}"
        peer_url = f"http://{LOOPBACK}:{network.ETCD_PORT + 1}"
        self.launch(
            "etcd",
            [
                *[str(build.program("etcd", self.version)), f"--data-dir={self.instance.folder / 'etcd'}"],
                *[f"--listen-client-urls={etcd_url}", f"--advertise-client-urls={etcd_url}"],
                *[f"--listen-peer-urls={peer_url}", f"--initial-advertise-peer-urls={peer_url}"],
                *[f"--initial-cluster=default={peer_url}", "--log-level=warn"],
                "--unsafe-no-fsync",  # nothing here outlives a power cut
            ],
        )
        self.daemons["kube-apiserver"] = daemon = self._daemon("kube-apiserver", self._api_server_command())
        daemon.start()
        self._relay("relay", listening, self.instance.namespaces.network, network.CONTROL_PLANE, network.API_PORT)
        self._wait_until_it_answers()

    def _start_controllers(self) -> None:
        """They give up when the default roles are not there yet, so the API server comes first."""
        keys = self.identities.folder
        shared = ["--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000", f"--bind-address={LOOPBACK}"]
        for name in ("controller-manager", "scheduler"):
            path = keys / f"{name}.kubeconfig"
            own = [f"--{purpose}kubeconfig={path}" for purpose in ("", "authentication-", "authorization-")]
            if name == "controller-manager":
                own += [
                    "--use-service-account-credentials",
                    f"--service-account-private-key-file={keys}/service-account.key",
                    f"--root-ca-file={keys}/ca.crt",
                    f"--cluster-signing-cert-file={keys}/ca.crt",
                    f"--cluster-signing-key-file={keys}/ca.key",
                    f"--client-ca-file={keys}/ca.crt",
                ]
            self.launch(f"kube-{name}", [str(build.program(f"kube-{name}", self.version)), *shared, *own])
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._wait_for("the default service account", account)

    def _api_server_command(self, *extra_flags: str) -> list[str]:
        flags = api_server.flags(self.instance.folder, self.identities, self.audit_log)
        return [str(build.program("kube-apiserver", self.version)), *flags, *extra_flags]

    def launch(self, name: str, command: Sequence[str]) -> Daemon:
        """Start a program beside the API server."""
        daemon = self._daemon(name, command)
        daemon.start()
        self.daemons[name] = daemon
        return daemon

    def _daemon(self, name: str, command: Sequence[str]) -> Daemon:
        log = self.instance.folder / "logs" / f"{name}.log"
        return Daemon(name, command, log, entering=self.instance.namespaces.entering())

    def _relay(self, name: str, listening: socket.socket, dialled: Path, host: str, port: int) -> None:
        # It stays in this machine's network and mounts, so that `dialled` means the same to it; it dies with the rest.
        with listening:
            daemon = Daemon(
                name,
                [sys.executable, str(relay.__file__), str(listening.fileno()), str(dialled), host, str(port)],
                self.instance.folder / "logs" / f"{name}.log",
                entering=self.instance.namespaces.entering("--pid"),
                keep_open=[listening.fileno()],
            )
            daemon.start()
        self.daemons[name] = daemon

    def _wait_until_it_answers(self) -> None:
        self._wait_for("the API server", "/readyz")

    def _wait_for(self, what: str, path: str) -> None:
        wait_for(what, lambda: self.answers(path), START_SECONDS, list(self.daemons.values()))
