"""Several workers as one site: they share connections, are replaced when they die, and stop together."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed

from accounts.models import Connection
from chatsite.server import worker_process, worker_slot
from chatsite.server.bind import listen
from tests.factories import make_member
from tests.live_client import LiveClient
from tests.server import Site, log_of, run_site
from tests.services import free_port, redis_server
from tests.test_bin import startup_error
from tests.waiting import PATIENCE, is_running, read_proc, until, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("settings") / "env"


@pytest.fixture(scope="module")
def shared_group(django_db_setup, django_db_blocker, tmp_path_factory, settings_file) -> Iterator[Site]:
    with run_group(django_db_blocker, tmp_path_factory.mktemp("group"), settings_file) as site:
        yield site


@pytest.fixture
def group(shared_group, transactional_db, everyone) -> Site:
    """Two workers with a supervisor, whose settings are in a file."""
    wait_until(lambda: len(workers_of(shared_group)) == 2, "two workers")
    return shared_group


@pytest.fixture
def stoppable_group(django_db_blocker, transactional_db, everyone, tmp_path, settings_file) -> Iterator[Site]:
    """Like `group`, for a test that stops it."""
    with run_group(django_db_blocker, tmp_path, settings_file) as site:
        wait_until(lambda: len(workers_of(site)) == 2, "two workers")
        yield site


@contextmanager
def run_group(blocker, folder: Path, settings_file: Path) -> Iterator[Site]:
    settings_file.write_text("SITE_NAME=Before\n")
    values = {"WORKERS": "2", "ENV_FILE": str(settings_file), "METRICS_TOKEN": "token"}
    with blocker.unblock():
        database = connection.settings_dict["NAME"]
    with redis_server() as url, run_site("uvicorn", database, folder, REDIS_URL=url, **values) as site:
        yield site


def workers_of(site: Site) -> set[int]:
    """Return the ids of the supervisor's running workers."""
    pid = site.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {child for child in map(int, children) if b"chatsite.server.worker" in read_proc(child, "cmdline")}


def page(site: Site) -> httpx.Response:
    return httpx.get(f"{site.url}/accounts/login/", timeout=PATIENCE, follow_redirects=True)


# -- errors -------------------------------------------------------------------------------------


def test_several_workers_require_redis(tmp_path):
    error = startup_error(DATA_DIR=tmp_path, PORT=free_port(), WORKERS=2)
    assert "WORKERS=2" in error and "REDIS_URL" in error


def test_zero_workers_is_an_error(tmp_path):
    assert "WORKERS='0' is not" in startup_error(DATA_DIR=tmp_path, PORT=free_port(), WORKERS=0)


def test_a_port_used_by_other_workers_is_in_use(tmp_path):
    port = free_port()
    listening = listen("127.0.0.1", port, 2)
    for workers in (1, 2):
        error = startup_error(DATA_DIR=tmp_path, PORT=port, WORKERS=workers, REDIS_URL="redis://127.0.0.1:1/0")
        assert f"PORT={port} on 127.0.0.1 is already in use" in error
    assert len(listening) == 2


# -- as one site --------------------------------------------------------------------------------


def test_events_reach_people_on_other_workers(group, everyone):
    with ExitStack() as stack:
        clients: list[LiveClient] = []

        def both_workers_have_connections() -> bool:
            if len(clients) < 40:
                clients.append(stack.enter_context(LiveClient(group, make_member(everyone))))
            return Connection.objects.values("process").distinct().count() == 2

        wait_until(both_workers_have_connections, "connections on both workers")
        message = clients[0].post(everyone.pk, "To all")
        for client in clients:
            assert client.wait_for("message.posted")["message"]["id"] == message["id"]


def test_any_worker_reports_the_metrics_of_all(group, everyone):
    def connections() -> str:
        answer = httpx.get(f"{group.url}/metrics", headers={"Authorization": "Bearer token"}, timeout=PATIENCE)
        return next(line for line in answer.text.splitlines() if line.startswith("chatsite_connections "))

    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(LiveClient(group, make_member(everyone)))
        wait_until(lambda: connections() == "chatsite_connections 12.0", "twelve connections")
        assert {connections() for _ in range(12)} == {"chatsite_connections 12.0"}  # by now both have responded


def test_a_killed_worker_is_replaced_without_refusing_connections(group):
    before = workers_of(group)
    with waiting_connections(group, min(before)) as connections:
        os.kill(min(before), signal.SIGKILL)
        assert [first_bytes(each) for each in connections] == [b"HTTP/1.1 200"] * 40
    assert [page(group).status_code for _ in range(20)] == [200] * 20
    wait_until(lambda: len(workers_of(group) - before) == 1, "a new worker")
    wait_until(lambda: each_accepts_its_own(group), "each worker accepts only its own connections again")


@contextmanager
def waiting_connections(site: Site, worker: int) -> Iterator[list[socket.socket]]:
    """Send 40 requests on as many connections. This stops `worker`, so those that the kernel assigned to it wait."""
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: all(state_of(thread) == "T" for thread in Path(f"/proc/{worker}/task").iterdir()), "it stops")
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", site.port))) for _ in range(40)]
        for each in connections:
            each.settimeout(PATIENCE)
            each.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert waiting(site.port) > 0
        yield connections


def state_of(thread: Path) -> str:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def first_bytes(connection: socket.socket) -> bytes:
    return connection.recv(len("HTTP/1.1 200"), socket.MSG_WAITALL)


def each_accepts_its_own(site: Site) -> bool:
    sockets = [listening_sockets(site.port) & sockets_of(worker) for worker in workers_of(site)]
    return [len(each) for each in sockets] == [1, 1] and sockets[0] != sockets[1]


def sockets_of(process: int) -> set[str]:
    """Return the inodes of the sockets that the process has opened."""
    inodes = set()
    with suppress(FileNotFoundError):  # it has exited
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # it has been closed
                inodes.add(os.readlink(descriptor).removeprefix("socket:[").rstrip("]"))
    return inodes


def test_sighup_replaces_the_workers_without_refusing_connections(group, settings_file):
    before = workers_of(group)
    settings_file.write_text("SITE_NAME=Afterwards\n")
    with Visits(group) as visits:
        group.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(workers_of(group)) == 2 and not workers_of(group) & before, "two new workers")
    assert visits.statuses and set(visits.statuses) == {200}
    assert "Afterwards" in page(group).text  # settings were read again


def test_other_workers_serve_while_a_replacement_cannot_start(group, settings_file):
    settings_file.write_text("REGISTRATION=maybe\n")
    before = workers_of(group)
    with waiting_connections(group, min(before)) as connections:
        os.kill(min(before), signal.SIGKILL)
        assert [first_bytes(each) for each in connections] == [b"HTTP/1.1 200"] * 40
    wait_until(lambda: group.log.count("A worker cannot start.") > 1, "starts that failed")
    assert [page(group).status_code for _ in range(20)] == [200] * 20
    assert group.process.poll() is None
    settings_file.write_text("SITE_NAME=Mended\n")
    wait_until(lambda: each_accepts_its_own(group), "a new worker serves")
    assert len(workers_of(group) - before) == 1


def listening_sockets(port: int) -> set[str]:
    """Return the inodes of the sockets that listen on the port."""
    return {line[9] for line in listening_lines(port)}


def waiting(port: int) -> int:
    """Return the number of connections to the port that no worker has accepted."""
    return sum(int(line[4].partition(":")[2], 16) for line in listening_lines(port))


def listening_lines(port: int) -> list[list[str]]:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return [line for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"]


class Visits:
    """Load a page repeatedly until the block ends."""

    def __init__(self, site: Site) -> None:
        self.statuses: list[int] = []
        self._site = site
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self) -> "Visits":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._stop.is_set():
            self.statuses.append(page(self._site).status_code)


# -- stopping -----------------------------------------------------------------------------------


def test_sigterm_stops_all_workers_gracefully(stoppable_group, everyone):
    workers = workers_of(stoppable_group)
    with ExitStack() as stack:
        clients = [stack.enter_context(LiveClient(stoppable_group, make_member(everyone))) for _ in range(6)]
        stoppable_group.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.wait_for("server.closing")
            with pytest.raises(ConnectionClosed) as closed:
                client.wait_for("nothing: this reads until the close")
            assert closed.value.rcvd.code == 1012
    assert stoppable_group.process.wait(10) == 0
    assert not any(map(is_running, workers))


def test_workers_stop_when_the_supervisor_is_killed(stoppable_group):
    workers = workers_of(stoppable_group)
    stoppable_group.process.kill()
    wait_until(lambda: not any(map(is_running, workers)), "no worker is left")


@pytest.fixture
def failing_slot(tmp_path, monkeypatch) -> worker_slot.WorkerSlot:
    """A slot whose workers exit as soon as they start."""
    monkeypatch.setattr(worker_slot, "BACKOFF_SECONDS", 0)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "nowhere", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    return worker_slot.WorkerSlot(listen("127.0.0.1", free_port())[0], environment, lambda _slot: False, lambda: None)


async def test_a_worker_that_hangs_is_killed_and_replaced(tmp_path, monkeypatch, transactional_db, everyone):
    monkeypatch.setattr(worker_process, "CHECK_SECONDS", 1.0)
    monkeypatch.setattr(worker_process, "MAX_SILENT_CHECKS_AT_START", 1000)
    database = {"DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}", "DATA_DIR": str(tmp_path)}
    environment = {**os.environ, **database, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    slot = worker_slot.WorkerSlot(listen("127.0.0.1", free_port())[0], environment, lambda _slot: False, lambda: None)
    await slot.start()
    runs = asyncio.create_task(slot.run())
    await slot.wait_ready()
    hung = slot._current
    os.kill(hung.pid, signal.SIGSTOP)
    await until(lambda: slot._current is not hung and slot.is_serving, "a new worker serves")
    assert not is_running(hung.pid)
    runs.cancel()
    await slot.stop()


async def test_workers_that_keep_failing_are_given_up(failing_slot):
    await failing_slot.start()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(worker_slot.WorkersKeepFailing, match="5 workers"):
            await failing_slot.run()
    await failing_slot.stop()


async def test_a_worker_that_fails_to_start_replaces_no_other(failing_slot):
    await failing_slot.start()
    async with asyncio.timeout(PATIENCE):
        assert await failing_slot.replace() is False
    await failing_slot.stop()


def test_server_reports_to_systemd_that_it_responds(transactional_db, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        database = connection.settings_dict["NAME"]
        with run_site("uvicorn", database, tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify")) as site:
            for _ in range(2):
                assert systemd.recv(100) == b"WATCHDOG_USEC=30000000\nWATCHDOG=1"
            site.process.send_signal(signal.SIGABRT)  # as systemd does if there are no more
            assert site.process.wait(PATIENCE) == -signal.SIGABRT
        assert "most recent call first" in log_of(tmp_path).read_text()
