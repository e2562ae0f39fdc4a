"""The inspector: results for all kinds of files, and the lifetime of its sandbox process."""

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
import pytest_asyncio
from PIL import Image

from live.isolation.process import ConfinedProcess
from messaging.attachments.sandbox.inspector import Inspection, Inspector, InspectorStopped
from messaging.attachments.sandbox.messages import InspectionResult
from messaging.attachments.sandbox.verification import is_safe_markup
from tests.hostile_files import chunk, deflated_zeros, encode, image_file, pdf_of_strokes, png, short_id
from tests.waiting import is_running, peak_memory, read_proc, until

NUMBERS = itertools.count(1)
OTHER = Inspection(type="application/octet-stream", kind="other")


pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture
def inspect(inspector, tmp_path):
    """Inspect a file of a new person, and check that the folder holds only the renditions."""

    async def inspect_bytes(content: bytes, name: str = "file") -> Inspection:
        number = next(NUMBERS)
        path, folder = tmp_path / f"file{number}", tmp_path / f"renditions{number}"
        path.write_bytes(content)
        found = await inspector.inspect(path, name, folder, number)
        assert {each.name for each in folder.glob("*")} == set(found.renditions)
        assert all(each.parent == folder for each in found.renditions.values())
        return found

    return inspect_bytes


BOMB = deflated_zeros(200)
COSTLY = pdf_of_strokes(2_000_000)
_FRAME = b"\x21\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"  # one pixel
MANY_FRAMES = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + _FRAME * 100_000 + b";"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(50_000_000))
    return file.getvalue()


def peak_of(inspector: Inspector) -> int:
    """Return the peak memory of its processes in bytes."""
    return max(peak_memory(pid) for lane in (inspector._quick, inspector._slow) if (pid := lane.process.pid))


def quick_process(inspector: Inspector) -> int:
    pid = inspector._quick.process.pid
    assert pid is not None
    return pid


async def test_images_and_texts_are_opened_and_other_files_are_not(inspect, inspector):
    found = await inspect(zipped(), "a.zip")
    assert found == Inspection(type="application/zip", kind="other")
    assert inspector._quick.process.pid is None
    found = await inspect(image_file((1000, 500)), "a.png")
    assert (found.type, found.kind, found.width, found.height) == ("image/png", "image", 1000, 500)
    assert found.renditions.keys() == {"thumbnail", "display"}
    found = await inspect(b"#!/bin/sh\necho hello\n", "run")
    assert (found.type, found.kind, found.lines) == ("text/plain", "text", 2)
    assert found.renditions["text"].read_text().count("\n") == 2
    assert "echo" in found.preview


def repeated_noise(side: int) -> bytes:
    """Return a PNG that compresses well with deflate but looks like noise to WebP."""
    noise = random.Random(1).randbytes(3000) * (side // 1000 + 3)
    starts = random.Random(2)
    rows = (b"\0" + noise[(start := starts.randrange(1000) * 3) : start + 3 * side] for _ in range(side))
    return png(side, side, chunk(b"IDAT", zlib.compress(b"".join(rows), 9)))


async def test_renditions_are_not_much_larger_than_the_file(inspect):
    """Quotas do not count renditions. Without `display`, the thumbnail is displayed."""
    small, large = image_file((2560, 2560)), repeated_noise(2560)
    assert len(large) < 300_000
    assert (await inspect(small, "a.png")).renditions.keys() == {"thumbnail", "display"}
    found = await inspect(large, "a.png")
    assert (found.kind, found.width, found.renditions.keys()) == ("image", 2560, {"thumbnail"})


@pytest.mark.parametrize(
    "markup", [b"<!doctype html><script>alert(1)</script>", b'<svg onload="alert(1)"/>', b"<?xml?>"], ids=short_id
)
@pytest.mark.parametrize("name", ["a.png", "a.html", "a.svg", "a.jpg"])
async def test_markup_is_text_whatever_its_name(inspect, markup, name):
    found = await inspect(markup, name)
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
        (b"\xff\xd8\xff\xe0 is no image", Inspection("image/jpeg", "other")),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8X" + b"\xff" * 50, Inspection("image/webp", "other")),
        (image_file((900, 900), "JPEG")[:2000], Inspection("image/jpeg", "other")),
        (image_file((900, 900), "WEBP", color="red")[:-20], Inspection("image/webp", "other")),
        (image_file((900, 900), "AVIF")[:-20], Inspection("image/avif", "other")),
        (b"II*\0\x08\0\0\0\xff\xff" + bytes(50), Inspection("image/tiff", "other")),
        (image_file((900, 900), "TIFF")[:2000], Inspection("image/tiff", "other")),
    ],
    ids=short_id,
)
async def test_unopenable_file_is_an_ordinary_file(inspect, content, expected):
    assert await inspect(content, "a.png") == expected
    assert (await inspect(image_file(), "b.png")).kind == "image"


@pytest.mark.parametrize(
    "content",
    [
        png(10, 10, chunk(b"IDAT", BOMB)),  # nothing after its pixels is inflated
        image_file((10, 10)) + zipped() + b"<script>alert(1)</script>",
        MANY_FRAMES,
        png(10, 10, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), chunk(b"IDAT", zlib.compress(bytes(310)))),
    ],
    ids=["inflating", "image and archive", "a hundred thousand frames", "two thousand million frames"],
)
async def test_only_the_first_image_of_a_polyglot_is_rendered(inspect, content):
    found = await inspect(content, "a.png")
    assert found.kind == "image"
    assert found.renditions.keys() == {"thumbnail"}
    assert Image.open(found.renditions["thumbnail"]).format == "WEBP"
    assert b"script" not in found.renditions["thumbnail"].read_bytes()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
async def test_corrupt_file_does_no_harm(inspect, format):
    dice = random.Random(format)
    whole = image_file((300, 200), format)
    for _ in range(15):
        corrupt = bytearray(whole)
        for _ in range(8):
            corrupt[dice.randrange(len(corrupt))] = dice.randrange(256)
        await inspect(bytes(corrupt), "a")


async def test_memory_is_bounded(inspect, inspector, monkeypatch):
    """Images of 25 Mpx are rendered in all formats (measured: 190 to 600 MB), here in one that needs much memory."""
    monkeypatch.setattr("live.isolation.process.MAX_JOBS", 0)  # a new process for each file
    inspector._slow.process._end()  # other tests may have left it with a higher peak
    for content in (
        BOMB,
        png(10, 10, chunk(b"IDAT", BOMB)),
        png(10, 10, chunk(b"zTXt", b"x\0\0" + BOMB), chunk(b"IDAT", b"x")),
        png(50_000, 50_000, chunk(b"IDAT", BOMB)),
        zipped(),
        MANY_FRAMES,
    ):
        await inspect(content)
        assert peak_of(inspector) < 100_000_000
    lzw = encode(Image.effect_noise((5000, 5000), 50).convert("CMYK"), "TIFF", compression="tiff_lzw")
    for content in (image_file((5000, 5000), "WEBP"), lzw):
        found = await inspect(content)
        assert (found.width, found.height) == (5000, 5000)
        assert peak_of(inspector) < 700_000_000


async def test_fifty_files_at_once_all_get_results(inspect, inspector):
    found = await asyncio.gather(
        *(inspect(image_file((20 + number, 20)) if number % 2 else b"x\n" * number) for number in range(50))
    )
    assert [each.width for each in found[1::2]] == list(range(21, 71, 2))
    assert [each.lines for each in found[2::2]] == list(range(2, 50, 2))
    assert found[0] == OTHER


async def test_killed_process_fails_one_file_only(inspect, inspector):
    await inspect(image_file())
    pid = quick_process(inspector)
    before = cpu_ticks(pid)
    hit = asyncio.create_task(inspect(COSTLY))
    await until(lambda: cpu_ticks(pid) > before + 5, "the file is being opened")
    spared = asyncio.create_task(inspect(image_file()))
    os.kill(pid, signal.SIGKILL)
    assert await hit == Inspection("application/pdf", "pdf")
    assert (await spared).kind == "image"


def cpu_ticks(pid: int) -> int:
    return int(read_proc(pid, "stat").rpartition(b")")[2].split()[11])


async def test_cancelled_inspection_leaves_no_result_to_the_next(inspect, inspector):
    await inspect(image_file())
    pid = quick_process(inspector)
    os.kill(pid, signal.SIGSTOP)
    cancelled = asyncio.create_task(inspect(image_file((33, 33))))
    await until(inspector._quick.process._lock.locked, "the file is being inspected")
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    os.kill(pid, signal.SIGCONT)
    assert (await inspect(image_file((44, 44)))).width == 44


@pytest_asyncio.fixture(loop_scope="module")
async def start(tmp_path):
    """Start inspecting some bytes, with an inspector of the test's own that is stopped at the end."""
    inspector = Inspector()
    tasks: list[asyncio.Task[Inspection]] = []

    def start_inspection(content: bytes, person: int) -> "asyncio.Task[Inspection]":
        number = next(NUMBERS)
        path = tmp_path / f"file{number}"
        path.write_bytes(content)
        tasks.append(asyncio.create_task(inspector.inspect(path, "file", tmp_path / f"renditions{number}", person)))
        return tasks[-1]

    yield start_inspection
    await inspector.stop()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_small_file_is_inspected_before_the_costly_files_of_others(start):
    costly = [start(COSTLY, person) for person in (1, 2) for _ in range(3)]
    small = start(image_file(), 3)
    assert (await small).kind == "image"
    assert (await start(b"text", 3)).kind == "text"
    assert not any(each.done() for each in costly)


async def test_small_file_waits_for_the_same_persons_costly_file_only(start):
    costly = start(COSTLY, 1)
    await start(b"text", 2)  # its turn comes once the costly file has left the quick lane
    small = start(b"text", 1)
    assert (await start(b"text", 2)).kind == "text"
    assert not small.done()
    assert not costly.done()


async def test_stopped_inspector_leaves_no_process_and_raises(tmp_path):
    (tmp_path / "file").write_bytes(image_file())
    stopping = Inspector()

    def inspect() -> Coroutine[None, None, Inspection]:
        return stopping.inspect(tmp_path / "file", "file", tmp_path / "renditions", 1)

    await inspect()
    process = quick_process(stopping)
    os.kill(process, signal.SIGSTOP)
    waiting = [asyncio.create_task(inspect()) for _ in range(3)]
    await until(stopping._quick.process._lock.locked, "the first file is being inspected")
    await stopping.stop()
    assert [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [InspectorStopped] * 3
    assert not is_running(process)
    with pytest.raises(InspectorStopped):
        await inspect()


async def test_process_inherits_no_secrets(inspect, inspector, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    await inspect(b"text")
    assert not {
        each for each in inherited(quick_process(inspector)) if not each.startswith((b"PATH", b"LANG", b"MALLOC_"))
    }


def inherited(pid: int) -> set[bytes]:
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    return {each.partition(b"=")[0] for each in environment.split(b"\0") if each}


FORGED_RESULTS = [
    InspectionResult(kind="image", width=1, height=1, renditions=["thumbnail"]),  # nothing was written
    InspectionResult(kind="image", renditions=[]),
    InspectionResult(kind="text", lines=1, preview="<b>"),
    InspectionResult(kind="text", lines=1, preview='<span class="k" onclick="x()">a</span>'),
    InspectionResult(kind="text", lines=1, preview="<script>alert(1)</script>", renditions=["text"]),
]


@pytest.mark.parametrize("result", FORGED_RESULTS)
@pytest.mark.parametrize("content", [image_file(), b"text"], ids=["image", "text"])
async def test_forged_results_are_rejected(inspect, monkeypatch, result, content):
    monkeypatch.setattr(ConfinedProcess, "run", lambda *_: result)
    found = await inspect(content)
    assert found.kind == "other"
    assert not found.renditions
