"""The process that opens untrusted files: `python -m messaging.attachments.sandbox.main`.

Standard input is a socket. Each job arrives as JSON, with open descriptors for the file to read and the files to write,
and the process responds with a result. It uses neither Django nor paths, and verification.py checks its output. It
exits when its input is closed or its parent exits.
"""

import os
import signal
import socket
from contextlib import ExitStack
from typing import BinaryIO

import msgspec

from messaging.attachments.media_types import PDF
from messaging.attachments.sandbox import images, pdf, text
from messaging.attachments.sandbox.messages import MAX_FILES, MAX_MESSAGE, InspectionJob, InspectionResult
from messaging.isolation.confinement import confine

WORK_SECONDS = 20.0  # CPU time per file, after which the process is killed


def main() -> None:
    server = socket.socket(fileno=0)
    confine()
    while True:
        message, files, _flags, _address = socket.recv_fds(server, MAX_MESSAGE, MAX_FILES)
        if not message:
            return
        signal.setitimer(signal.ITIMER_VIRTUAL, WORK_SECONDS)
        job = msgspec.json.decode(message, type=InspectionJob)
        with ExitStack() as opened:
            file = opened.enter_context(os.fdopen(files[0], "rb"))
            outputs = [opened.enter_context(os.fdopen(each, "wb")) for each in files[1:]]
            result = work(job, file, dict(zip(job.renditions, outputs, strict=True)))
        server.send(msgspec.json.encode(result))


def work(job: InspectionJob, file: BinaryIO, outputs: dict[str, BinaryIO]) -> InspectionResult:
    """Run a job. Decoders may raise any exception."""
    try:
        if not job.type:
            return text.render(file, job.name, outputs)
        return pdf.render(file, outputs) if job.type == PDF else images.render(file, job.type, outputs)
    except Exception as error:
        return InspectionResult(error=type(error).__name__)


if __name__ == "__main__":
    main()
