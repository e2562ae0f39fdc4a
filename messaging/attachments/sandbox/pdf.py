"""Renders the first page of a PDF. Forms, scripts and links are ignored."""

from collections.abc import Mapping
from typing import BinaryIO

from messaging.attachments.sandbox.dimensions import THUMBNAIL, fit_size
from messaging.attachments.sandbox.images import save
from messaging.attachments.sandbox.messages import InspectionResult

MAX_SCALE = 4.0  # limits pages of only a few points


def render(file: BinaryIO, outputs: Mapping[str, BinaryIO]) -> InspectionResult:
    """Write `thumbnail`. May raise any exception raised by PDFium, such as for encrypted files."""
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        page = document[0]
        width, height = page.get_size()
        image = page.render(scale=min(THUMBNAIL[0] / width, THUMBNAIL[1] / height, MAX_SCALE)).to_pil()
    image = image.resize(fit_size(image.size, THUMBNAIL))  # PDFium rounds up
    save(image, outputs["thumbnail"])
    return InspectionResult(kind="image", width=image.width, height=image.height, renditions=["thumbnail"])
