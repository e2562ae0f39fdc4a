"""File transfers during posting, each in its own process with low priority on the generator's core."""

import asyncio
import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

from bench.client import PeerError
from bench.machine import LOAD_CORE, on_core
from bench.protocols import Participant
from bench.servers import ROOT, RunningServer

DOWNLOAD_BYTES = 50_000_000
READERS = 10


@contextmanager
def transfers(server: RunningServer, size: int) -> Iterator[tuple[Popen, list[Popen]]]:
    """Upload a file of `size` bytes and download another ten times simultaneously. Yield the sender and the readers."""
    port, participant = server.ports[0], server.participants[0]
    with TemporaryDirectory() as folder:
        small, large = _create_upload(port, participant, DOWNLOAD_BYTES), _create_upload(port, participant, size)
        if _upload(port, participant, small, Path(folder, "small"), DOWNLOAD_BYTES).wait():
            raise PeerError("the file to download could not be uploaded")
        address = small.replace("uploads", "attachments")
        readers = [_transfer_process("down", port, participant, address, str(DOWNLOAD_BYTES)) for _ in range(READERS)]
        sender = _upload(port, participant, large, Path(folder, "large"), size)
        try:
            yield sender, readers
        finally:
            for process in (sender, *readers):
                process.kill()
                process.wait()


async def wait_until_sent(sender: Popen) -> None:
    code = await asyncio.to_thread(sender.wait)
    if code:
        raise PeerError("the large file could not be uploaded")


def downloaded_bytes(readers: list[Popen]) -> int:
    """Return the number of bytes in all complete downloads by readers that have exited."""
    return sum(int(line) for reader in readers if reader.stdout for line in reader.stdout)


def _upload(port: int, participant: Participant, address: str, path: Path, size: int) -> Popen:
    with path.open("wb") as file:
        file.truncate(size)
    return _transfer_process("up", port, participant, address, str(path))


def _create_upload(port: int, participant: Participant, size: int) -> str:
    fields = {"filename": "large.bin", "room": str(participant.room)}
    pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": pairs}
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/uploads/", headers=headers | {"Cookie": f"sessionid={participant.cookie}"})
    response = connection.getresponse()
    if response.status != 201:
        raise PeerError(f"the upload was answered with {response.status}: {response.read()!r}")
    return str(response.headers["location"])


def _transfer_process(way: str, port: int, participant: Participant, address: str, what: str) -> Popen:
    command = ["nice", sys.executable, "-m", "bench.transfer_client", way, str(port), participant.cookie, address, what]
    return Popen(command, cwd=ROOT, stdout=PIPE, **on_core(LOAD_CORE))
