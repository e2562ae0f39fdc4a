"""The process that opens strangers' files: what it may, what becomes of it, and what is believed of it."""

import asyncio
import io
import itertools
import os
import random
import signal
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from messaging.files import inspection
from messaging.files.belief import is_markup, is_sound
from messaging.files.inspection import Inspection, Inspector, Stopped
from messaging.files.jobs import Answer
from messaging.files.worker import ROOT, Worker
from tests.strange_files import chunk, deflated_nothing, picture, png
from tests.waiting import until, wait_until

OTHER = Inspection(type="application/octet-stream", kind="other")


@pytest.fixture
async def inspector():
    made = Inspector()
    yield made
    await made.stop()


@pytest.fixture
def look(inspector, tmp_path):
    """Inspect some bytes; the folder holds the renditions and nothing else."""

    numbers = itertools.count()

    async def look_at(content: bytes, name: str = "file") -> Inspection:
        number = next(numbers)
        path, folder = tmp_path / f"file{number}", tmp_path / f"made{number}"
        path.write_bytes(content)
        found = await inspector.inspect(path, name, folder)
        assert {each.name for each in folder.glob("*")} == set(found.renditions)
        assert all(each.parent == folder for each in found.renditions.values())
        return found

    return look_at


BOMB = deflated_nothing(200)
FRAME = b"\x21\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"  # one pixel of a GIF


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.png", bytes(50_000_000))
    return file.getvalue()


def memory(inspector: Inspector) -> int:
    """The most that its process ever had, in bytes."""
    status = Path(f"/proc/{inspector._worker.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


async def test_a_picture_a_text_and_what_needs_no_opening(look, inspector):
    found = await look(b"%PDF-1.7 ...", "a.pdf")
    assert found == Inspection(type="application/pdf", kind="pdf")
    assert inspector._worker is None
    found = await look(picture((1000, 500)), "a.png")
    assert (found.type, found.kind, found.width, found.height) == ("image/png", "image", 1000, 500)
    assert found.renditions.keys() == {"thumbnail", "display"}
    found = await look(b"#!/bin/sh\necho hello\n", "run")
    assert (found.type, found.kind, found.lines) == ("text/plain", "text", 2)
    assert found.renditions["text"].read_text().count("\n") == 2
    assert "echo" in found.preview


@pytest.mark.parametrize(
    "markup", [b"<!doctype html><script>alert(1)</script>", b'<svg onload="alert(1)"/>', b"<?xml?>"]
)
@pytest.mark.parametrize("name", ["a.png", "a.html", "a.svg", "a.jpg"])
async def test_what_a_browser_would_run_is_text_whatever_its_name(look, markup, name):
    found = await look(markup, name)
    assert (found.type, found.kind) == ("text/plain", "text")
    assert found.renditions.keys() == {"text"}
    assert is_markup(found.preview)
    assert "<script" not in found.preview + found.renditions["text"].read_text()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", OTHER),
        (b"\0", OTHER),
        (os.urandom(5000), OTHER),
        (zipped(), Inspection(type="application/zip", kind="other")),
        (BOMB, OTHER),
        (b"\x1f\x8b\x08" + bytes(50), Inspection(type="application/gzip", kind="other")),
        (png(50_000, 50_000, chunk(b"IDAT", zlib.compress(bytes(9000)))), Inspection("image/png", "other")),
        (png(100, 100), Inspection("image/png", "other")),
        (png(100, 100, chunk(b"IDAT", zlib.compress(bytes(100)))), Inspection("image/png", "other")),
        (png(10, 10, chunk(b"zTXt", b"x\0\0" + BOMB), chunk(b"IDAT", b"x")), Inspection("image/png", "other")),
        (b"GIF89a=1;alert(1)//", Inspection("image/gif", "other")),
        (b"\xff\xd8\xff\xe0 is no picture", Inspection("image/jpeg", "other")),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8X" + b"\xff" * 50, Inspection("image/webp", "other")),
        (picture((900, 900), "JPEG")[:2000], Inspection("image/jpeg", "other")),
        (picture((900, 900), "WEBP", colour="red")[:-20], Inspection("image/webp", "other")),
        (picture((900, 900), "AVIF")[:-20], Inspection("image/avif", "other")),
    ],
)
async def test_what_cannot_be_shown_is_a_file_like_any_other(look, inspector, content, expected):
    assert await look(content, "a.png") == expected
    if inspector._worker:
        assert memory(inspector) < 100_000_000
        assert (await look(picture(), "b.png")).kind == "image"


@pytest.mark.parametrize(
    "content",
    [
        png(10, 10, chunk(b"IDAT", BOMB)),  # its pixels are drawn, what follows them is not inflated
        picture((10, 10)) + zipped() + b"<script>alert(1)</script>",
        b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + FRAME * 100_000 + b";",
        png(10, 10, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), chunk(b"IDAT", zlib.compress(bytes(310)))),
    ],
    ids=["inflating", "picture and archive", "a hundred thousand frames", "two thousand million frames"],
)
async def test_of_a_picture_with_more_in_it_only_the_picture_is_shown(look, inspector, content):
    found = await look(content, "a.png")
    assert found.kind == "image"
    assert found.renditions.keys() == {"thumbnail"}
    assert Image.open(found.renditions["thumbnail"]).format == "WEBP"
    assert b"script" not in found.renditions["thumbnail"].read_bytes()
    assert memory(inspector) < 100_000_000


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
async def test_a_file_with_flipped_bits_harms_nobody(look, form):
    dice = random.Random(form)
    whole = picture((300, 200), form)
    for _ in range(15):
        broken = bytearray(whole)
        for _ in range(8):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        await look(bytes(broken), "a")


async def test_memory_is_bounded(look, inspector):
    """25 Mpx are drawn in every format (measured: 190 to 600 MB); here in one that needs much."""
    found = await look(picture((5000, 5000), "WEBP"), "large.webp")
    assert (found.width, found.height) == (5000, 5000)
    assert memory(inspector) < 700_000_000


async def test_fifty_at_once_are_all_answered(look, inspector):
    found = await asyncio.gather(
        *(look(picture((20 + number, 20)) if number % 2 else b"x\n" * number) for number in range(50))
    )
    assert [each.width for each in found[1::2]] == list(range(21, 71, 2))
    assert [each.lines for each in found[2::2]] == list(range(2, 50, 2))
    assert found[0] == OTHER


async def test_a_process_that_dies_takes_one_file_with_it(look, inspector):
    await look(picture())
    first = inspector._worker.pid
    os.kill(first, signal.SIGSTOP)
    asyncio.get_running_loop().call_later(0.2, os.kill, first, signal.SIGKILL)
    hit, spared, text = await asyncio.gather(look(picture()), look(picture()), look(b"text"))
    assert hit == Inspection("image/png", "other")
    assert (spared.kind, text.kind) == ("image", "text")
    assert inspector._worker.pid != first


async def test_one_that_died_between_two_files_costs_nothing(look, inspector):
    await look(picture())
    os.kill(inspector._worker.pid, signal.SIGKILL)
    await until(lambda: not inspector._worker.is_fit, "its end")
    assert (await look(picture())).kind == "image"


async def test_what_takes_too_long_is_given_up(look, inspector, monkeypatch):
    await look(picture())
    first = inspector._worker.pid
    monkeypatch.setattr(inspection, "JOB_SECONDS", 0.2)
    os.kill(first, signal.SIGSTOP)
    assert await look(picture()) == Inspection("image/png", "other")
    monkeypatch.undo()
    assert (await look(picture())).kind == "image"
    assert not is_running(first)


async def test_who_goes_away_leaves_no_answer_to_others(look, inspector):
    await look(picture())
    os.kill(inspector._worker.pid, signal.SIGSTOP)
    gone = asyncio.create_task(look(picture((33, 33))))
    await asyncio.sleep(0.1)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await look(picture((44, 44)))).width == 44


async def test_a_process_is_replaced_after_many_files(look, inspector, monkeypatch):
    monkeypatch.setattr("messaging.files.worker.MAX_JOBS", 2)
    pids = []
    for _ in range(4):
        await look(b"text")
        pids.append(inspector._worker.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_an_idle_process_ends_and_another_begins(look, inspector, monkeypatch):
    monkeypatch.setattr(inspection, "IDLE_SECONDS", 0.05)
    await look(b"text")
    await until(lambda: inspector._worker is None, "its end")
    assert (await look(b"text")).kind == "text"


async def test_a_stopping_server_leaves_no_process_and_says_so(look, inspector):
    await look(picture())
    worker = inspector._worker
    os.kill(worker.pid, signal.SIGSTOP)
    waiting = [asyncio.create_task(look(picture())) for number in range(3)]
    await asyncio.sleep(0.1)
    await inspector.stop()
    assert [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [Stopped] * 3
    assert not worker.is_fit
    with pytest.raises(Stopped):
        await look(picture())


def test_it_ends_with_the_server_however_that_ends(tmp_path):
    (tmp_path / "a").write_text("text")
    program = f"""
import asyncio, os
from pathlib import Path
from messaging.files.inspection import Inspector
async def main():
    inspector = Inspector()
    await inspector.inspect(Path("{tmp_path}/a"), "a", Path("{tmp_path}/made"))
    print(inspector._worker.pid, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    pid = int(done.stdout)
    wait_until(lambda: not is_running(pid), "the end of the workshop", seconds=10)


def is_running(pid: int) -> bool:
    """Whoever adopts it may never take note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


CONFINED = """
import socket, sys
sys.path.insert(0, {root!r})
from messaging.files.confinement import confine
confine()
import pygments.lexers.python  # of its own libraries it may need more
try:
    {attempt}
except OSError as error:
    sys.exit(f"refused: {{error}}")
"""


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
        "import os; os.kill(os.getppid(), 0)",
        "import mmap; mmap.mmap(-1, 800_000_000)",
    ],
)
def test_the_process_can_reach_nothing(attempt):
    program = CONFINED.format(root=str(ROOT), attempt=attempt.format(root=str(ROOT)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert any(word in done.stderr for word in ("Permission denied", "not permitted", "Cannot allocate"))


async def test_it_inherits_no_secrets(look, inspector, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    await look(b"text")
    assert inherited(inspector._worker.pid) == {b"PATH", b"LANG", b"MALLOC_ARENA_MAX"}


def inherited(pid: int) -> set[bytes]:
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    return {each.partition(b"=")[0] for each in environment.split(b"\0") if each}


def test_it_knows_no_django():
    program = "import sys, messaging.files.workshop; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


TAKEN_OVER = [
    Answer(kind="image", width=1, height=1, renditions=["thumbnail"]),  # says so, but made nothing
    Answer(kind="image", renditions=[]),
    Answer(kind="text", lines=1, preview="<b>"),
    Answer(kind="text", lines=1, preview='<span class="k" onclick="x()">a</span>'),
    Answer(kind="text", lines=1, preview="<script>alert(1)</script>", renditions=["text"]),
]


@pytest.mark.parametrize("answer", TAKEN_OVER)
@pytest.mark.parametrize("content", [picture(), b"text"], ids=["picture", "text"])
async def test_what_a_process_that_was_taken_over_says_is_not_believed(look, monkeypatch, answer, content):
    async def ask(_worker, _job, _files):
        return answer

    monkeypatch.setattr(Worker, "ask", ask)
    found = await look(content)
    assert found.kind == "other"
    assert not found.renditions


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
        b'{"trouble": "a\\nb"}',
    ],
)
def test_an_answer_has_one_form(said):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(said, type=Answer)


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
)
def test_a_rendition_is_what_it_is_said_to_be(made, purpose):
    assert not is_sound(made, purpose)


def test_sound_renditions_are_taken():
    assert is_sound(picture(form="WEBP"), "display")
    assert is_sound('<span class="kd">a</span> &lt;b&gt; "ü"\n\n'.encode(), "text")
