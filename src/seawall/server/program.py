"""`seawall up`: put together, run, end in order.

    store (child process or URL) > migrate > who may come in > web > background tasks

The end comes in the opposite order: no new requests, live tails closed, what is under way finished, tasks ended, the trail written, the store stopped.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import uvicorn

from seawall import __version__
from seawall.app.contract import read_contract
from seawall.app.disk_room import make_room
from seawall.app.health import LiveHealth, live_health
from seawall.app.home import home
from seawall.app.moment import SECOND
from seawall.app.principals import EVERYTHING
from seawall.app.services import Services
from seawall.app.sessions import Sessions
from seawall.app.tokens import SignInLinks, TokenFile, installation_key
from seawall.app.trail import TrailLog, TrailRow
from seawall.kit.errors import UserError
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.server.clusters import KnownClusters
from seawall.server.configuration import Configuration, secret_of
from seawall.server.receiving import Receiving
from seawall.server.supervisor import Supervisor
from seawall.store.client import Address, Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.errors import StoreAway, StoreRefused
from seawall.store.host.config import EngineLimits, MiB
from seawall.store.layout import Retention
from seawall.store.migrate import migrate
from seawall.web import WebSettings, application
from seawall.web.security.headers import SecurityHeaders
from seawall.web.signin.oidc import Oidc

if TYPE_CHECKING:
    from seawall.app.recording import Recorded

USUAL_URL = "http://127.0.0.1:8620"
GRACE = 15
"""Seconds that requests under way may take to end."""

GUARD_SECONDS = 60.0
"""How often the disk guard looks: at full speed events fill some 200 MB in that time."""

_log = logging.getLogger("seawall.server")


class Shown(msgspec.Struct, frozen=True):
    """What `seawall up` is to show beside what it is sent: live clusters, files, a recording, or the demo."""

    paths: tuple[str, ...] = ()
    cluster: str = ""
    """The name of the cluster that the paths are of."""
    contexts: tuple[str, ...] = ()
    kubeconfig: str | None = None
    recording: str = ""
    demo: bool = False
    speed: float | None = None
    """How many times as fast as it was recorded a recording plays; None: all of it at once."""


def up(
    configuration: Configuration, shown: Shown, say: Callable[[str], None], dropped_lines: Callable[[], int] = lambda: 0
) -> None:
    """Run until told to stop (SIGINT, SIGTERM). `say` prints a line for the person who started it; `dropped_lines` counts what the log had no room for.

    Neither `say` nor the log may wait for a reader. Raises UserError for what cannot start.
    """
    for path in shown.paths:
        if path != "-" and not Path(path).exists():
            raise UserError("there is no such file or folder", where=path)
    with ExitStack() as held:
        recorded = _recorded(shown)
        state = configuration.state_directory
        if recorded is not None:
            # a recording is looked at, not kept: it never mixes with what an installation stores
            state = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="seawall-")))
        socket_ = held.enter_context(_listening(configuration))
        store = held.enter_context(_store(configuration, state))
        program = _Program(configuration, state, store, recorded, say, dropped_lines)
        asyncio.run(program.run(shown, socket_, say))


def _recorded(shown: Shown) -> Recorded | None:
    """The recording to show, looked through before anything is started."""
    if not shown.recording and not shown.demo:
        return None
    from seawall.app.recording import Recorded, demo

    return Recorded(Path(shown.recording) if shown.recording else demo(), now=time.time_ns(), speed=shown.speed)


@contextmanager
def _listening(configuration: Configuration) -> Iterator[socket.socket]:
    """The socket, bound before anything else is started: a second server on one port is told so at once."""
    listen = configuration.listen
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((listen.host, listen.port))
            bound.listen(1024)
        except OSError as error:
            where = f"{listen.host}:{listen.port}"
            raise UserError(error.strerror or str(error), where=where, do="choose another with --port") from None
        yield bound


@contextmanager
def _store(configuration: Configuration, state: Path) -> Iterator[Store]:
    """The store, with its schema. An embedded one runs for as long."""
    settings = configuration.store
    days = settings.retention
    retention = Retention(events=days.events, rollups=days.rollups, signals=days.signals)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        if settings.url:
            address = _address(settings.url, settings.user, settings.password_file)
            reader = (
                _address(settings.url, settings.reader_user, settings.reader_password_file)
                if settings.reader_user
                else None
            )
            store = Store(address, reader=reader)
        else:
            limits = EngineLimits(memory=settings.memory_mi_b * MiB)
            store = held.enter_context(EmbeddedStore(state / "store", limits=limits)).store()
        held.callback(store.close)
        try:
            migrate(store, at=time.time_ns(), retention=retention)
        except StoreAway as error:
            raise UserError(f"the store does not answer: {error}", where=str(store.address)) from None
        yield store


def _address(url: str, user: str, password_file: str) -> Address:
    return Address.of(url, user=user, password=secret_of(password_file) if password_file else "")


class _Program:
    """Everything that lives as long as the server does."""

    def __init__(
        self,
        configuration: Configuration,
        state: Path,
        store: Store,
        recorded: Recorded | None,
        say: Callable[[str], None],
        dropped_lines: Callable[[], int],
    ) -> None:
        self.dropped_lines = dropped_lines
        self.configuration, self.state, self.store = configuration, state, store
        self.clusters = KnownClusters(store)
        self.supervisor = Supervisor(tell=say)
        self.trail = TrailLog(state / "trail-unwritten.jsonl")
        self.recorded = recorded
        self.now: Callable[[], int] = recorded.clock if recorded is not None else time.time_ns
        self.ending = threading.Event()
        self.receiving = Receiving(store, self.clusters, time.time_ns, self._arrived)
        self.links = SignInLinks(state / "links")
        auth = configuration.auth
        key = installation_key(state / "installation.key")
        self.sessions = Sessions(key, state / "signed-out", auth.session_hours * 3600 * SECOND)

    async def run(self, shown: Shown, bound: socket.socket, say: Callable[[str], None]) -> None:
        review = self._review()
        services = self._services(review)
        oidc = self._oidc()
        self._tasks(shown, services, say)
        app = application(services, self._web_settings(bound), oidc=oidc)
        server = _Server(app, self._uvicorn(app), lambda: self._greet(bound, say))
        tasks = asyncio.create_task(self.supervisor.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        try:
            await server.serve(sockets=[bound])
        finally:
            self.ending.set()
            tasks.cancel()
            with suppress(asyncio.CancelledError):
                await tasks
            await asyncio.to_thread(self._write_last)
            if review is not None:
                await review.close()
        say("stopped")

    # -------------------------------------------------------------------------------------------- put together

    def _services(self, review: Any) -> Services:
        return Services(
            store=self.store,
            clusters=self.clusters,
            clock=lambda: self.now(),
            wall_clock=time.time_ns,
            recorded=self.recorded is not None,
            sessions=self.sessions,
            tokens=TokenFile(self.state / "tokens.json"),
            links=self.links,
            grants=self.configuration.auth.grants,
            trail=self.trail,
            ingest=self.receiving.settle,
            refused=self.receiving.refused,
            review=review,
            in_flight=self.receiving.in_flight,
            embedded=not self.configuration.store.url,
            contract=read_contract(self.configuration.contract) if self.configuration.contract else None,
            live=self._live,
            tasks=self.supervisor.health,
            dropped_lines=self.dropped_lines,
        )

    def _review(self) -> Any:
        if self.configuration.auth.kubernetes is None:
            return None
        from seawall.server.token_review import TokenReview

        return TokenReview(self.configuration.auth.kubernetes)

    def _oidc(self) -> Oidc | None:
        settings = self.configuration.auth.oidc
        if settings is None:
            return None
        return Oidc(
            settings, self.sessions, secret_of(settings.client_secret_file) if settings.client_secret_file else ""
        )

    def _web_settings(self, bound: socket.socket) -> WebSettings:
        listen = self.configuration.listen
        own = {"127.0.0.1", "localhost", "[::1]", *(host.lower() for host in listen.hosts)}
        if not listen.everywhere:
            own.add(f"[{listen.host}]" if ":" in listen.host else listen.host)
        return WebSettings(
            hosts=frozenset(own),
            secure=bool(listen.certificate) or listen.behind_tls,
            limits=self.configuration.limits,
        )

    def _uvicorn(self, app: SecurityHeaders) -> uvicorn.Config:
        listen = self.configuration.listen
        return uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(listen.trusted_proxies),
            forwarded_allow_ips=list(listen.trusted_proxies),
            limit_concurrency=1024,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=64 * 1024,
            ssl_certfile=listen.certificate or None,
            ssl_keyfile=listen.key or None,
            ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )

    def _greet(self, bound: socket.socket, say: Callable[[str], None]) -> None:
        listen = self.configuration.listen
        minutes = self.configuration.auth.link_minutes
        secret = self.links.create(EVERYTHING, expires=time.time_ns() + minutes * 60 * SECOND)
        scheme = "https" if listen.certificate else "http"
        host = "localhost" if listen.everywhere else f"[{listen.host}]" if ":" in listen.host else listen.host
        url = f"{scheme}://{host}:{bound.getsockname()[1]}"
        another = "seawall token link"
        if self.state != home():
            another += f" --state {self.state}"
        if url != USUAL_URL:
            another += f" --url {url}"
        say(f"Seawall {__version__}")
        say(f"  console   {url}/login?token={secret}")
        say(f"            opens once, within {minutes} minutes; another link: {another}")
        say(f"  store     {self.store.address if self.configuration.store.url else self.state / 'store'}")
        say("  stop      Ctrl-C")

    # -------------------------------------------------------------------------------------------- what runs beside the web

    def _tasks(self, shown: Shown, services: Services, say: Callable[[str], None]) -> None:
        self.supervisor.add("trail", self._write_trail, every=1.0)
        self.supervisor.add("refused batches", self._write_refused, every=5.0)
        self.supervisor.add("housekeeping", self._housekeeping, every=600.0)
        if not self.configuration.store.url:  # the disk of a server is its administrator's
            self.supervisor.add("disk guard", self._guard_disk, every=GUARD_SECONDS)
        self._add_detection()
        if self.recorded is None:  # a recording's flows are judged by the policies of their own time
            self._add_rejudging()
        for context in shown.contexts:
            self._add_watch(context, shown.kubeconfig, "")
        for one in self.configuration.watch:
            self._add_watch(one.context, one.kubeconfig or None, one.name)
        if self.recorded is not None:
            self.clusters.watch(self.recorded, "")
            self.supervisor.add("recording", lambda: asyncio.to_thread(self._load, say), asked_for=True)
        if shown.paths:
            self.supervisor.add("files", lambda: asyncio.to_thread(self._read_files, shown, say), asked_for=True)

    def _add_watch(self, context: str, kubeconfig: str | None, name: str) -> None:
        from seawall.app.watching import WatchedCluster

        watched = WatchedCluster(context or None, kubeconfig, self.store, name=name)
        self.clusters.watch(watched, context)
        self.supervisor.add(f"watch {name or context or 'current context'}", watched.run, asked_for=True)

    def _add_detection(self) -> None:
        from seawall.app.detection import Detection, native_rules
        from seawall.notifiers.webhook import Webhook

        notify = self.configuration.notify
        receivers = {
            one.name: Webhook(one.name, one.url, secret_of(one.secret_file).encode() if one.secret_file else None)
            for one in notify.receivers
        }
        base = notify.console_url.rstrip("/")
        detection = Detection(
            self.store,
            native_rules(),
            receivers,
            tell_from=notify.from_severity,
            link=lambda case: f"{base}/incidents/{case}" if base else "",
        )

        async def turn() -> None:
            if self.recorded is not None and self.recorded.state != "recorded":
                return  # its rules run in its own time as it is loaded
            await asyncio.to_thread(detection.turn, time.time_ns())

        async def deliver() -> None:
            await asyncio.to_thread(detection.deliver, time.time_ns())

        self.supervisor.add("detection", turn, every=float(self.configuration.detection.every_seconds))
        self.supervisor.add("notifier", deliver, every=10.0)

    def _add_rejudging(self) -> None:
        from seawall.app.rejudging import Following

        following = Following(self.store)

        async def turn() -> None:
            judges = [
                (one.view.id, judge)
                for one in self.clusters.watched
                if one.view is not None and (judge := self.clusters.judge(one.view.id)) is not None
            ]
            await asyncio.to_thread(following.turn, judges, self.ending)

        self.supervisor.add("verdicts of the past", turn, every=60.0)

    def _arrived(self) -> None:
        """Events came: rules need not wait for their turn. From any thread."""
        self.supervisor.stir_from_thread("detection")

    def _read_files(self, shown: Shown, say: Callable[[str], None]) -> None:
        from seawall.app.inputs import Inputs, read_cluster

        cluster = read_cluster(Inputs(shown.paths, cluster=shown.cluster or None))
        self._scan(cluster)
        say(f"  files     {len(cluster.objects):,} objects from {', '.join(shown.paths)}")

    def _scan(self, cluster: Any) -> None:
        """Know a snapshot, and record what the checks say of it."""
        from seawall.app.posture import FindingLife
        from seawall.app.scan import scan_cluster

        self.clusters.give(cluster)
        FindingLife(self.store, cluster.id).record(cluster, scan_cluster(cluster))

    def _load(self, say: Callable[[str], None]) -> None:
        """Stores what was recorded. What is simulated in it is said here and marked everywhere."""
        assert self.recorded is not None
        about = self.recorded.about
        say(f"  recording {about.title or self.recorded.path.name}")
        for stream in about.streams.values():
            if stream.simulated:
                say(f"            simulated: {stream.made_by}")
        if about.lost:
            say(f"            {about.lost}")
        loaded = self.recorded.load(self.store, stopping=self.ending)
        if self.recorded.state == "recorded":
            say(f"            all of it is there after {loaded.seconds:.1f} s")

    async def _write_trail(self) -> None:
        await asyncio.to_thread(self.trail.flush, self._write_rows, time.time_ns())

    async def _write_refused(self) -> None:
        await asyncio.to_thread(self.receiving.write_refused)

    def _write_rows(self, rows: Any) -> None:
        listed: list[dict[str, Any]] = [msgspec.structs.asdict(row) for row in rows]
        batch = record_batch(
            KEPT["seawall_audit"], {name: [row[name] for row in listed] for name in TrailRow.__struct_fields__}
        )
        self.store.insert(
            "seawall_audit", batch, token=f"{listed[0]['entry_id']}/{listed[-1]['entry_id']}/{len(listed)}"
        )

    def _write_last(self) -> None:
        now = time.time_ns()
        with suppress(StoreAway, StoreRefused):
            self.receiving.write_refused()
        try:
            self.trail.flush(self._write_rows, now, everything=True)
        except (StoreAway, StoreRefused):
            self.trail.keep(now)

    async def _guard_disk(self) -> None:
        await asyncio.to_thread(make_room, self.store, self.trail, time.time_ns())

    async def _housekeeping(self) -> None:
        now = time.time_ns()
        await asyncio.to_thread(self.sessions.forget_over, now)
        await asyncio.to_thread(self.links.forget_over, now)

    def _live(self) -> LiveHealth:
        return live_health(self.clusters.watched)


class _Server(uvicorn.Server):
    """Tells when it serves, and is told to stop: once in order, twice at once. Live tails would hold the end back for as long as readers stay."""

    def __init__(self, app: SecurityHeaders, config: uvicorn.Config, serving: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._serving = app, serving

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The program's own handlers stand from the start; these would come later and go earlier."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._serving()

    def stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._app.router.state.tails.close()
