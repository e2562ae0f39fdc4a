"""Servers for tests, each with its own port and folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.requirements_present import program
from tests.waiting import wait_until


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """Run a Redis server without persistence, and yield its URL. Pass `port` to restart one."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="chatsite-redis-") as folder:
        command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "no"]
        with running(command, lambda: answers(port)):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run PostgreSQL with an empty database, and yield its URL. It refuses root, so root runs it as `postgres`."""
    port, owner = free_port(), "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="chatsite-postgres-"))
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        data = str(folder / "data")
        initdb = [program("initdb"), "-D", data, "-U", "chatsite", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(initdb, user=owner, cwd=folder, check=True, capture_output=True)
        command = [program("postgres"), "-D", data, "-p", str(port), "-k", str(folder)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=100"]
        with running(command, lambda: _accepts(port), stop=signal.SIGINT, user=owner, cwd=folder):
            yield f"postgres://chatsite@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3_server(port: int | None = None) -> Iterator[str]:
    """Run moto's S3 server with an empty bucket named `media`, and yield its URL. Nothing is kept."""
    import boto3

    port = port or free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], lambda: answers(port)):
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="media")
        yield endpoint


@contextmanager
def running(
    command: list[str],
    is_ready: Callable[[], bool],
    *,
    stop: int = signal.SIGTERM,
    log: Path | None = None,
    **options: object,
) -> Iterator[subprocess.Popen]:
    """Run `command` until the block ends; enter the block when `is_ready()`. Raises RuntimeError with its output.

    The output is also kept in `log`.
    """
    with open(log, "w+b") if log is not None else tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)  # type: ignore[call-overload]
        try:
            with suppress(TimeoutError):
                wait_until(lambda: process.poll() is not None or is_ready(), "it is ready")
            if process.poll() is not None or not is_ready():
                output.seek(0)
                raise RuntimeError(f"{command[0]} did not start:\n{output.read().decode(errors='replace')}")
            yield process
        finally:
            process.send_signal(stop)  # PostgreSQL waits for its clients on SIGTERM
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def answers(port: int) -> bool:
    """Return whether something listens on `port`."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _accepts(port: int) -> bool:
    """PostgreSQL listens before it can respond."""
    import psycopg

    try:
        psycopg.connect(host="127.0.0.1", port=port, user="chatsite", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
