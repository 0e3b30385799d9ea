"""The configuration file: YAML, every key documented in docs/tasks/first-cluster.md, an unknown one refused with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from seawall.app.home import home
from seawall.app.principals import Grant, check_grant
from seawall.kit.errors import UserError
from seawall.model.finding import Severity
from seawall.web.settings import Limits
from seawall.web.signin.oidc import OidcSettings

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class _Section(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of the file."""


class Listen(_Section, frozen=True):
    """Where the server listens, and by which names browsers may call it (beside loopback's)."""

    host: str = "127.0.0.1"
    port: Port = 8620
    hosts: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    behind_tls: bool = False
    """A proxy in front speaks TLS: cookies are secure, links are https."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""

    @property
    def everywhere(self) -> bool:
        """On every address, so that `host` is no name to call it by."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104  compared with, not bound to


class RetentionDays(_Section, frozen=True):
    """How long rows are kept; ledgers are kept for good."""

    events: Days = 7
    rollups: Days = 90
    signals: Days = 400


class StoreSettings(_Section, frozen=True):
    """The store. Without `url` an embedded one in the state directory."""

    url: str = ""
    user: str = ""
    password_file: str = ""
    reader_user: str = ""
    """A user who may only read: as whom people's own SQL runs. Without it own SQL is off on a store by URL."""
    reader_password_file: str = ""
    memory_mi_b: Annotated[int, msgspec.Meta(ge=256)] = msgspec.field(default=1536, name="memoryMiB")
    """What the embedded engine may use."""
    retention: RetentionDays = RetentionDays()


class Kubernetes(_Section, frozen=True):
    """Tokens of service accounts and people that a cluster's TokenReview vouches for."""

    context: str = ""
    kubeconfig: str = ""
    audience: str = "seawall"


class Auth(_Section, frozen=True):
    """Who may come in. `grants` are looked at in order; the first that names somebody counts."""

    session_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 12
    link_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 15
    grants: tuple[Grant, ...] = ()
    oidc: OidcSettings | None = None
    kubernetes: Kubernetes | None = None


class WatchedContext(_Section, frozen=True):
    """A cluster to watch: a context of a kubeconfig ("" for the current one, or the cluster the server runs in)."""

    context: str = ""
    kubeconfig: str = ""
    name: str = ""


class Receiver(_Section, frozen=True):
    """A webhook that is told of incidents. `secretFile` holds the key of its signature."""

    name: str
    url: str
    secret_file: str = ""


class Notify(_Section, frozen=True):
    """Who is told, from which severity on. `consoleUrl` is what links in messages begin with."""

    receivers: tuple[Receiver, ...] = ()
    from_severity: Severity = msgspec.field(default=Severity.MEDIUM, name="from")
    console_url: str = ""


class Detection(_Section, frozen=True):
    """How often rules look at what was stored."""

    every_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 15


class Configuration(_Section, frozen=True):
    """Everything an installation may set. Every key has a default, so an empty file is a whole configuration."""

    listen: Listen = Listen()
    state: str = ""
    """The state directory; `SEAWALL_HOME`, else `seawall` in the user's data directory, without it."""
    store: StoreSettings = StoreSettings()
    auth: Auth = Auth()
    limits: Limits = Limits()
    watch: tuple[WatchedContext, ...] = ()
    notify: Notify = Notify()
    detection: Detection = Detection()
    contract: str = ""
    """A file that says which team may change what: docs/tasks/teams.md."""

    @property
    def state_directory(self) -> Path:
        if self.state:
            return Path(self.state).expanduser()
        return home()


def read(path: Path) -> Configuration:
    """The configuration in a file. Raises UserError naming file, line and what to do."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=str(path)) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Configuration:
    """As `read`, from a text; `name` is what faults are said of."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UserError(
            str(getattr(error, "problem", None) or error), where=f"{name}{line}", do="mend the YAML"
        ) from None
    lines: dict[str, int] = {"$": 1}
    value = _plain(root, "$", lines, name) if root is not None else {}
    try:
        found = msgspec.convert(value or {}, Configuration)
    except msgspec.ValidationError as error:
        raise _located(str(error), lines, name) from None
    for number, grant in enumerate(found.auth.grants):
        check_grant(grant, f"{name}:{lines.get(f'$.auth.grants[{number}]', 1)}")
    check(found, lambda path: f"{name}:{lines.get(path, 1)}")
    return found


def _plain(node: yaml.Node, path: str, lines: dict[str, int], name: str) -> Any:
    """A node as plain values, with the line of every key. A repeated key and an anchor that refers to itself are refused."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            below = f"{path}.{key}"
            if key in found:
                raise UserError(f"`{key}` stands twice", where=f"{name}:{key_node.start_mark.line + 1}")
            lines[below] = key_node.start_mark.line + 1
            found[key] = _plain(value_node, below, lines, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, f"{path}[{number}]", lines, name) for number, one in enumerate(node.value)]
    return yaml.SafeLoader("").construct_object(node)


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")


def _located(message: str, lines: dict[str, int], name: str) -> UserError:
    found = _AT.match(message)
    assert found is not None
    path, what = found["path"] or "$", found["what"]
    unknown = _UNKNOWN.match(what)
    if unknown:
        key = unknown["key"]
        line = lines.get(f"{path}.{key}", lines.get(path, 1))
        return UserError(
            f"`{key}` is no key here", where=f"{name}:{line}", do="see docs/tasks/first-cluster.md for all keys"
        )
    return UserError(f"{path.removeprefix('$.')}: {what}", where=f"{name}:{lines.get(path, 1)}")


def check(found: Configuration, place: Callable[[str], str] = lambda path: path.removeprefix("$.")) -> None:
    """What no single value shows. Raises UserError; `place` says where a key stands."""
    listen = found.listen
    if bool(listen.certificate) != bool(listen.key):
        raise UserError("a certificate needs a key, and a key a certificate", where=place("$.listen"))
    loopback = listen.host in ("127.0.0.1", "::1", "localhost")
    if not loopback and not (listen.certificate or listen.behind_tls):
        raise UserError(
            f"listening on {listen.host} without TLS would show sessions to the network",
            where=place("$.listen.host"),
            do="give listen.certificate and listen.key, or say listen.behindTls where a proxy does it",
        )
    names = [receiver.name for receiver in found.notify.receivers]
    if len(set(names)) < len(names):
        raise UserError("two receivers have one name", where=place("$.notify.receivers"))


def secret_of(path: str) -> str:
    """The secret in a file, without its line break. Raises UserError."""
    try:
        return Path(path).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=path, do="check that the file is there and yours") from None
