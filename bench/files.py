"""Files that move beside a talk: each way in a process of its own, on the generator's core, behind whoever posts."""

import asyncio
import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

from bench.client import Broken
from bench.machine import LOAD_CORE, on_core
from bench.protocols import Seat
from bench.servers import ROOT, Served

FETCHED_BYTES = 50_000_000
READERS = 10


@contextmanager
def moving(served: Served, size: int) -> Iterator[tuple[Popen, list[Popen]]]:
    """Send a file of `size` bytes, and fetch another one ten times at once; yields who sends, and who fetches."""
    port, seat = served.ports[0], served.seats[0]
    with TemporaryDirectory() as folder:
        small, large = _place_for(port, seat, FETCHED_BYTES), _place_for(port, seat, size)
        if _upload(port, seat, small, Path(folder, "small"), FETCHED_BYTES).wait():
            raise Broken("the file that is to be fetched could not be sent")
        address = small.replace("uploads", "attachments")
        readers = [_mover("down", port, seat, address, str(FETCHED_BYTES)) for _ in range(READERS)]
        sender = _upload(port, seat, large, Path(folder, "large"), size)
        try:
            yield sender, readers
        finally:
            for process in (sender, *readers):
                process.kill()
                process.wait()


async def until_sent(sender: Popen) -> None:
    code = await asyncio.to_thread(sender.wait)
    if code:
        raise Broken("the large file could not be sent")


def fetched_bytes(readers: list[Popen]) -> int:
    """What those that were ended had fetched whole."""
    return sum(int(line) for reader in readers if reader.stdout for line in reader.stdout)


def _upload(port: int, seat: Seat, address: str, path: Path, size: int) -> Popen:
    with path.open("wb") as file:
        file.truncate(size)
    return _mover("up", port, seat, address, str(path))


def _place_for(port: int, seat: Seat, size: int) -> str:
    told = {"filename": "large.bin", "room": str(seat.room)}
    pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": pairs}
    line = HTTPConnection("127.0.0.1", port)
    line.request("POST", "/uploads/", headers=headers | {"Cookie": f"sessionid={seat.cookie}"})
    answer = line.getresponse()
    if answer.status != 201:
        raise Broken(f"the upload was answered with {answer.status}: {answer.read()!r}")
    return str(answer.headers["location"])


def _mover(way: str, port: int, seat: Seat, address: str, what: str) -> Popen:
    command = ["nice", sys.executable, "-m", "bench.transfer_client", way, str(port), seat.cookie, address, what]
    return Popen(command, cwd=ROOT, stdout=PIPE, **on_core(LOAD_CORE))
