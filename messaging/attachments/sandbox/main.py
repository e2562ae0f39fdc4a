"""The process in which strangers' files are opened: `python -m messaging.attachments.sandbox.main`.

Its input is a socket: a job comes as JSON with the file and those to be made, open; an answer goes back. It knows
neither Django nor paths, and what it says is checked again (belief.py). It ends with its input, and with its parent.
"""

import os
import signal
import socket
from contextlib import ExitStack
from typing import BinaryIO

import msgspec

from messaging.attachments.media_types import PDF
from messaging.attachments.sandbox import images, pdf, text
from messaging.attachments.sandbox.confinement import confine
from messaging.attachments.sandbox.messages import MAX_FILES, MAX_MESSAGE, Answer, Job

WORK_SECONDS = 20.0  # of the processor for one file; then the process ends, wherever it is


def main() -> None:
    server = socket.socket(fileno=0)
    confine()
    while True:
        message, files, _flags, _address = socket.recv_fds(server, MAX_MESSAGE, MAX_FILES)
        if not message:
            return
        signal.setitimer(signal.ITIMER_VIRTUAL, WORK_SECONDS)
        job = msgspec.json.decode(message, type=Job)
        with ExitStack() as opened:
            file = opened.enter_context(os.fdopen(files[0], "rb"))
            made = [opened.enter_context(os.fdopen(each, "wb")) for each in files[1:]]
            answer = work(job, file, dict(zip(job.renditions, made, strict=True)))
        server.send(msgspec.json.encode(answer))


def work(job: Job, file: BinaryIO, made: dict[str, BinaryIO]) -> Answer:
    """What became of the file. There is nothing that a decoder could not raise."""
    try:
        if not job.type:
            return text.show(file, job.name, made)
        return pdf.draw(file, made) if job.type == PDF else images.draw(file, job.type, made)
    except Exception as error:
        return Answer(trouble=type(error).__name__)


if __name__ == "__main__":
    main()
