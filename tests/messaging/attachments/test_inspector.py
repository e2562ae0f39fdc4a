"""The process that opens strangers' files: what it may, what becomes of it, and what is believed of it."""

import asyncio
import io
import itertools
import os
import random
import signal
import struct
import zipfile
import zlib
from collections.abc import Coroutine
from pathlib import Path

import pytest
from PIL import Image

from messaging.attachments.sandbox.inspector import Inspection, Inspector, InspectorStopped
from messaging.attachments.sandbox.messages import InspectionResult
from messaging.attachments.sandbox.process import SandboxProcess
from messaging.attachments.sandbox.verification import is_safe_markup
from tests.hostile_files import beginning, chunk, deflated_nothing, picture, png
from tests.waiting import is_there, until

OTHER = Inspection(type="application/octet-stream", kind="other")


pytestmark = pytest.mark.asyncio(loop_scope="module")


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
_FRAME = b"\x21\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"  # one pixel
MANY_FRAMES = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + _FRAME * 100_000 + b";"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.png", bytes(50_000_000))
    return file.getvalue()


def memory(inspector: Inspector) -> int:
    """The most that its process ever had, in bytes."""
    status = Path(f"/proc/{inspector._process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


async def test_a_picture_a_text_and_what_needs_no_opening(look, inspector):
    found = await look(zipped(), "a.zip")
    assert found == Inspection(type="application/zip", kind="other")
    assert inspector._process is None
    found = await look(picture((1000, 500)), "a.png")
    assert (found.type, found.kind, found.width, found.height) == ("image/png", "image", 1000, 500)
    assert found.renditions.keys() == {"thumbnail", "display"}
    found = await look(b"#!/bin/sh\necho hello\n", "run")
    assert (found.type, found.kind, found.lines) == ("text/plain", "text", 2)
    assert found.renditions["text"].read_text().count("\n") == 2
    assert "echo" in found.preview


def repeated_noise(side: int) -> bytes:
    """A PNG that deflates well, and is nothing but noise to a picture's own compression."""
    noise = random.Random(1).randbytes(3000) * (side // 1000 + 3)
    starts = random.Random(2)
    lines = (b"\0" + noise[(start := starts.randrange(1000) * 3) : start + 3 * side] for _ in range(side))
    return png(side, side, chunk(b"IDAT", zlib.compress(b"".join(lines), 9)))


async def test_what_is_made_of_a_picture_takes_not_many_times_its_place(look):
    """It is in nobody's quota. The picture is shown by its thumbnail then."""
    small, large = picture((2560, 2560)), repeated_noise(2560)
    assert len(large) < 300_000
    assert (await look(small, "a.png")).renditions.keys() == {"thumbnail", "display"}
    found = await look(large, "a.png")
    assert (found.kind, found.width, found.renditions.keys()) == ("image", 2560, {"thumbnail"})


@pytest.mark.parametrize(
    "markup", [b"<!doctype html><script>alert(1)</script>", b'<svg onload="alert(1)"/>', b"<?xml?>"], ids=beginning
)
@pytest.mark.parametrize("name", ["a.png", "a.html", "a.svg", "a.jpg"])
async def test_what_a_browser_would_run_is_text_whatever_its_name(look, markup, name):
    found = await look(markup, name)
    assert (found.type, found.kind) == ("text/plain", "text")
    assert found.renditions.keys() == {"text"}
    assert is_safe_markup(found.preview)
    assert "<script" not in found.preview + found.renditions["text"].read_text()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", OTHER),
        (b"\0", OTHER),
        (random.Random(5).randbytes(5000), OTHER),
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
    ids=beginning,
)
async def test_what_cannot_be_shown_is_a_file_like_any_other(look, content, expected):
    assert await look(content, "a.png") == expected
    assert (await look(picture(), "b.png")).kind == "image"


@pytest.mark.parametrize(
    "content",
    [
        png(10, 10, chunk(b"IDAT", BOMB)),  # its pixels are drawn, what follows them is not inflated
        picture((10, 10)) + zipped() + b"<script>alert(1)</script>",
        MANY_FRAMES,
        png(10, 10, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), chunk(b"IDAT", zlib.compress(bytes(310)))),
    ],
    ids=["inflating", "picture and archive", "a hundred thousand frames", "two thousand million frames"],
)
async def test_of_a_picture_with_more_in_it_only_the_picture_is_shown(look, content):
    found = await look(content, "a.png")
    assert found.kind == "image"
    assert found.renditions.keys() == {"thumbnail"}
    assert Image.open(found.renditions["thumbnail"]).format == "WEBP"
    assert b"script" not in found.renditions["thumbnail"].read_bytes()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
async def test_a_file_with_flipped_bits_harms_nobody(look, form):
    dice = random.Random(form)
    whole = picture((300, 200), form)
    for _ in range(15):
        broken = bytearray(whole)
        for _ in range(8):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        await look(bytes(broken), "a")


async def test_memory_is_bounded(look, inspector, monkeypatch):
    """25 Mpx are drawn in every format (measured: 190 to 600 MB); here in one that needs much."""
    monkeypatch.setattr("messaging.attachments.sandbox.process.MAX_JOBS", 0)  # for each a new process
    for content in (
        BOMB,
        png(10, 10, chunk(b"IDAT", BOMB)),
        png(10, 10, chunk(b"zTXt", b"x\0\0" + BOMB), chunk(b"IDAT", b"x")),
        png(50_000, 50_000, chunk(b"IDAT", BOMB)),
        zipped(),
        MANY_FRAMES,
    ):
        await look(content)
        assert memory(inspector) < 100_000_000
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
    first = inspector._process.pid
    os.kill(first, signal.SIGSTOP)
    asyncio.get_running_loop().call_later(0.2, os.kill, first, signal.SIGKILL)
    hit, spared, text = await asyncio.gather(look(picture()), look(picture()), look(b"text"))
    assert hit == Inspection("image/png", "other")
    assert (spared.kind, text.kind) == ("image", "text")
    assert inspector._process.pid != first


async def test_one_that_died_between_two_files_costs_nothing(look, inspector):
    await look(picture())
    os.kill(inspector._process.pid, signal.SIGKILL)
    await until(lambda: not inspector._process.is_usable, "its end")
    assert (await look(picture())).kind == "image"


async def test_what_takes_too_long_is_given_up(look, inspector, monkeypatch):
    await look(picture())
    first = inspector._process.pid
    monkeypatch.setattr("messaging.attachments.sandbox.inspector.JOB_SECONDS", 0.2)
    os.kill(first, signal.SIGSTOP)
    assert await look(picture()) == Inspection("image/png", "other")
    monkeypatch.undo()
    assert (await look(picture())).kind == "image"
    assert not is_there(first)


async def test_who_goes_away_leaves_no_answer_to_others(look, inspector):
    await look(picture())
    os.kill(inspector._process.pid, signal.SIGSTOP)
    gone = asyncio.create_task(look(picture((33, 33))))
    await asyncio.sleep(0.1)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await look(picture((44, 44)))).width == 44


async def test_a_process_is_replaced_after_many_files(look, inspector, monkeypatch):
    monkeypatch.setattr("messaging.attachments.sandbox.process.MAX_JOBS", 2)
    pids = []
    for _ in range(6):
        await look(b"text")
        pids.append(inspector._process.pid)
    assert 3 <= len(set(pids)) <= 4  # the first had some before


async def test_an_idle_process_ends_and_another_begins(look, inspector, monkeypatch):
    monkeypatch.setattr("messaging.attachments.sandbox.inspector.IDLE_SECONDS", 0.05)
    await look(b"text")
    await until(lambda: inspector._process is None, "its end")
    assert (await look(b"text")).kind == "text"


async def test_a_stopping_server_leaves_no_process_and_says_so(tmp_path):
    (tmp_path / "file").write_bytes(picture())
    stopping = Inspector()

    def look() -> Coroutine[None, None, Inspection]:
        return stopping.inspect(tmp_path / "file", "file", tmp_path / "made")

    await look()
    worker = stopping._process
    os.kill(worker.pid, signal.SIGSTOP)
    waiting = [asyncio.create_task(look()) for _ in range(3)]
    await asyncio.sleep(0.1)
    await stopping.stop()
    assert [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [InspectorStopped] * 3
    assert not worker.is_usable
    with pytest.raises(InspectorStopped):
        await look()


async def test_it_inherits_no_secrets(look, inspector, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    await look(b"text")
    assert not {
        each for each in inherited(inspector._process.pid) if not each.startswith((b"PATH", b"LANG", b"MALLOC_"))
    }


def inherited(pid: int) -> set[bytes]:
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    return {each.partition(b"=")[0] for each in environment.split(b"\0") if each}


TAKEN_OVER = [
    InspectionResult(kind="image", width=1, height=1, renditions=["thumbnail"]),  # says so, but made nothing
    InspectionResult(kind="image", renditions=[]),
    InspectionResult(kind="text", lines=1, preview="<b>"),
    InspectionResult(kind="text", lines=1, preview='<span class="k" onclick="x()">a</span>'),
    InspectionResult(kind="text", lines=1, preview="<script>alert(1)</script>", renditions=["text"]),
]


@pytest.mark.parametrize("answer", TAKEN_OVER)
@pytest.mark.parametrize("content", [picture(), b"text"], ids=["picture", "text"])
async def test_what_a_process_that_was_taken_over_says_is_not_believed(look, monkeypatch, answer, content):
    async def run(_process, _job, _files):
        return answer

    monkeypatch.setattr(SandboxProcess, "run", run)
    found = await look(content)
    assert found.kind == "other"
    assert not found.renditions
