"""Redis, PostgreSQL and other services that can be stopped, killed and restarted on the same port."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.requirements_present import program
from tests.services import answers
from tests.waiting import wait_until


def stable_port() -> int:
    """Return a free port below the ephemeral range: no client may take it while its service is stopped."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Service:
    """A process that can be stopped and restarted. Subclasses define `command` and may override `is_ready`."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = stable_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        return {}

    def is_ready(self) -> bool:
        return answers(self.port)

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def spawn(self) -> None:
        """Start without waiting until it is ready."""
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=subprocess.STDOUT, **self.options())

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def wait_ready(self) -> None:
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), f"{self.folder.name} is ready")
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.folder.name} did not start:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout: float = 15) -> int:
        """Stop gracefully; return the exit status. Kill it and raise TimeoutExpired after `timeout` seconds."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.send_signal(signal.SIGCONT)
        self.send_signal(self.stop_signal)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)


class Redis(Service):
    def command(self) -> list[str]:
        command = [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        return [*command, "--dir", str(self.folder), "--save", "", "--appendonly", "no"]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(100) == b"+OK\r\n"


class Postgres(Service):
    """PostgreSQL with fsync, which crash recovery needs. It refuses root, so root runs it as `postgres`."""

    stop_signal = signal.SIGINT  # on SIGTERM it waits for its clients

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="chatsite-postgres-")))
        self._owner = "postgres" if os.geteuid() == 0 else None
        if self._owner:
            account = pwd.getpwnam(self._owner)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        initdb = [program("initdb"), "-D", self.data, "-U", "chatsite", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, **self.options())

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    @property
    def url(self) -> str:
        return f"postgres://chatsite@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        command = [program("postgres"), "-D", self.data, "-p", str(self.port), "-k", str(self.folder)]
        return [*command, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]

    def options(self) -> dict[str, Any]:
        return {"user": self._owner, "cwd": self.folder}

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """Quit immediately, like `pg_ctl stop -m immediate`. The next start recovers from the write-ahead log."""
        self.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
