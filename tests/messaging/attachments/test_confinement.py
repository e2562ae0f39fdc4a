"""What the process that opens strangers' files may do, and what of its answers is believed."""

import ctypes
import os
import signal
import socket
import subprocess
import sys

import msgspec
import pytest

from messaging.attachments.sandbox.messages import InspectionJob, InspectionResult
from messaging.attachments.sandbox.process import ROOT
from messaging.attachments.sandbox.verification import is_valid_rendition
from tests.hostile_files import beginning, picture
from tests.requirements_present import go_without
from tests.waiting import PATIENCE, is_there, wait_until

CONFINED = """
import socket, sys
sys.path.insert(0, {root!r})
from messaging.attachments.sandbox.confinement import confine
confine()
import pygments.lexers.python  # of its own libraries it may need more
try:
    {attempt}
except OSError as error:
    sys.exit(f"refused: {{error}}")
"""


@pytest.fixture
def landlock() -> None:
    """Its version is asked for; the sixth knows of signals."""
    if ctypes.CDLL(None).syscall(444, None, 0, 1) < 6:
        go_without("this kernel's Landlock is missing or older than version 6: Linux 6.12 has it")


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open({root!r} + '/README.md')",
        "open('/proc/self/environ', 'rb')",
        "open('/tmp/made-by-a-hole', 'w')",
        "import os; os.listdir('/')",
        "import os; os.execv('/bin/true', ['true'])",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.socket(socket.AF_UNIX).connect('/run/postgresql/.s.PGSQL.5432')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import os; os.kill(os.getppid(), 0)",
        "import mmap; mmap.mmap(-1, 800_000_000)",
    ],
)
def test_the_process_can_reach_nothing(attempt):
    program = CONFINED.format(root=str(ROOT), attempt=attempt.format(root=str(ROOT)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert any(word in done.stderr for word in ("Permission denied", "not permitted", "Cannot allocate"))


ENDLESS = """
import itertools
from messaging.attachments.sandbox import main as workshop
workshop.WORK_SECONDS = 0.2
workshop.work = lambda *_: max(itertools.count())  # nothing can interrupt it
workshop.main()
"""


def test_a_file_that_takes_too_much_work_ends_the_process():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, open(os.devnull, "rb") as file, open(os.devnull, "wb") as made:
        with theirs:
            process = subprocess.Popen([sys.executable, "-c", ENDLESS], cwd=ROOT, stdin=theirs)
        job = InspectionJob(name="file", type="", renditions=["text"])
        socket.send_fds(ours, [msgspec.json.encode(job)], [file.fileno(), made.fileno()])
        assert process.wait(timeout=PATIENCE) == -signal.SIGVTALRM


def test_it_knows_no_django():
    program = "import sys, messaging.attachments.sandbox.main; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_it_ends_with_the_server_however_that_ends(tmp_path):
    (tmp_path / "a").write_text("text")
    program = f"""
import asyncio, os
from pathlib import Path
from messaging.attachments.sandbox.inspector import Inspector
async def main():
    inspector = Inspector()
    await inspector.inspect(Path("{tmp_path}/a"), "a", Path("{tmp_path}/made"))
    print(inspector._process.pid, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    pid = int(done.stdout)
    wait_until(lambda: not is_there(pid), "the end of the workshop", seconds=10)


@pytest.mark.parametrize(
    "said",
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
    ids=beginning,
)
def test_an_answer_has_one_form(said):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(said, type=InspectionResult)


@pytest.mark.parametrize(
    ("made", "purpose"),
    [
        (b"", "text"),
        (b"", "thumbnail"),
        (b"<script>alert(1)</script>", "thumbnail"),
        (picture(), "display"),
        (picture(form="WEBP"), "text"),
        (b"fine\n<img src=x>\n", "text"),
        (b'<span class="k">a\nb</span>', "text"),
        (b'<span class="k"><span class="k">a</span></span>', "text"),
        (b'<span class="K&quot;">a</span>', "text"),
        (b"&nbsp;", "text"),
        (b"\xff", "text"),
    ],
    ids=beginning,
)
def test_a_rendition_is_what_it_is_said_to_be(made, purpose):
    assert not is_valid_rendition(made, purpose)


def test_sound_renditions_are_taken():
    assert is_valid_rendition(picture(form="WEBP"), "display")
    assert is_valid_rendition('<span class="kd">a</span> &lt;b&gt; "ü"\n\n'.encode(), "text")
