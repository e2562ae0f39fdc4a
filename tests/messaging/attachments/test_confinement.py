"""The sandbox process: confinement, limits, and verification of its output."""

import ctypes
import subprocess
import sys

import msgspec
import pytest

from live.isolation.process import ROOT
from messaging.attachments.sandbox.messages import InspectionResult
from messaging.attachments.sandbox.verification import is_valid_rendition
from tests.hostile_files import image_file, short_id
from tests.requirements_present import go_without
from tests.waiting import is_running, wait_until

CONFINED = """
import socket, sys
sys.path.insert(0, {root!r})
from live.isolation.confinement import confine
confine()
import pygments.lexers.python  # its own libraries can still be loaded
try:
    {attempt}
except OSError as error:
    sys.exit(f"refused: {{error}}")
"""


@pytest.fixture
def landlock() -> None:
    """Require version 6, which restricts signals."""
    if ctypes.CDLL(None).syscall(444, None, 0, 1) < 6:
        go_without("this kernel's Landlock is missing or older than version 6: Linux 6.12 has it")


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open({root!r} + '/README.md')",
        "open('/proc/self/environ', 'rb')",
        "open('/tmp/created-by-an-exploit', 'w')",
        "import os; os.listdir('/')",
        "import os; os.execv('/bin/true', ['true'])",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.socket(socket.AF_UNIX).connect('/run/postgresql/.s.PGSQL.5432')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import os; os.kill(os.getppid(), 0)",
        "import mmap; mmap.mmap(-1, 800_000_000)",
    ],
)
def test_confined_process_can_reach_nothing(attempt):
    program = CONFINED.format(root=str(ROOT), attempt=attempt.format(root=str(ROOT)))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 1
    assert any(word in result.stderr for word in ("Permission denied", "not permitted", "Cannot allocate"))


def test_sandbox_imports_no_django():
    program = "import sys, messaging.attachments.sandbox.main; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_process_ends_when_the_server_is_killed(tmp_path):
    (tmp_path / "a").write_text("text")
    program = f"""
import asyncio, os
from pathlib import Path
from messaging.attachments.sandbox.inspector import Inspector
async def main():
    inspector = Inspector()
    await inspector.inspect(Path("{tmp_path}/a"), "a", Path("{tmp_path}/renditions"), 1)
    print(inspector._quick.process.pid, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    pid = int(result.stdout)
    wait_until(lambda: not is_running(pid), "the end of the sandbox process", seconds=10)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"null",
        b"{",
        b'{"kind": "video"}',
        b'{"renditions": ["../../db.sqlite3"]}',
        b'{"kind": "image", "width": -1}',
        b'{"preview": "%s"}' % (b"x" * 5000),
        b'{"type": "text/html"}',
        b'{"error": "a\\nb"}',
    ],
    ids=short_id,
)
def test_malformed_results_are_rejected(message):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(message, type=InspectionResult)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "text"),
        (b"", "thumbnail"),
        (b"<script>alert(1)</script>", "thumbnail"),
        (image_file(), "display"),
        (image_file(format="WEBP"), "text"),
        (b"fine\n<img src=x>\n", "text"),
        (b'<span class="k">a\nb</span>', "text"),
        (b'<span class="k"><span class="k">a</span></span>', "text"),
        (b'<span class="K&quot;">a</span>', "text"),
        (b"&nbsp;", "text"),
        (b"\xff", "text"),
    ],
    ids=short_id,
)
def test_invalid_renditions_are_rejected(content, name):
    assert not is_valid_rendition(content, name)


def test_valid_renditions_are_accepted():
    assert is_valid_rendition(image_file(format="WEBP"), "display")
    assert is_valid_rendition('<span class="kd">a</span> &lt;b&gt; "ü"\n\n'.encode(), "text")
