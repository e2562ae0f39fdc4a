"""The process that opens untrusted files: `python -m messaging.attachments.sandbox.main …`.

Each job comes with open descriptors for the file to read and the files to write. The process uses neither Django nor
paths, and verification.py checks its output.
"""

import os
from contextlib import ExitStack
from typing import BinaryIO

from live.isolation.worker import serve
from messaging.attachments.media_types import PDF
from messaging.attachments.sandbox import images, pdf, text
from messaging.attachments.sandbox.messages import InspectionJob, InspectionResult


def run_job(job: InspectionJob, files: list[int]) -> InspectionResult:
    with ExitStack() as opened:
        file = opened.enter_context(os.fdopen(files[0], "rb"))
        outputs = [opened.enter_context(os.fdopen(each, "wb")) for each in files[1:]]
        return work(job, file, dict(zip(job.renditions, outputs, strict=True)))


def work(job: InspectionJob, file: BinaryIO, outputs: dict[str, BinaryIO]) -> InspectionResult:
    """Run a job. Decoders may raise any exception."""
    try:
        if not job.type:
            return text.render(file, job.name, outputs)
        return pdf.render(file, outputs) if job.type == PDF else images.render(file, job.type, outputs)
    except Exception as error:
        return InspectionResult(error=type(error).__name__)


if __name__ == "__main__":
    serve(run_job, InspectionJob)
