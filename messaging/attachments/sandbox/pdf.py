"""Render the first page of a PDF. Forms, scripts and links are ignored."""

from collections.abc import Mapping
from typing import BinaryIO

from messaging.attachments.sandbox.images import THUMBNAIL, fitting, save
from messaging.attachments.sandbox.messages import InspectionResult

ENLARGED = 4.0  # at most, for pages of a few points


def render(file: BinaryIO, outputs: Mapping[str, BinaryIO]) -> InspectionResult:
    """Write `thumbnail`. Raises anything PDFium may raise, also for encrypted files."""
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        page = document[0]
        width, height = page.get_size()
        picture = page.render(scale=min(THUMBNAIL[0] / width, THUMBNAIL[1] / height, ENLARGED)).to_pil()
    picture = picture.resize(fitting(picture.size, THUMBNAIL))  # PDFium rounds up
    save(picture, outputs["thumbnail"])
    return InspectionResult(kind="image", width=picture.width, height=picture.height, renditions=["thumbnail"])
