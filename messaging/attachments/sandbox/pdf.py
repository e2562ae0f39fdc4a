"""The first page of a PDF, drawn to be shown: what its forms, scripts and links would do is not looked at."""

from collections.abc import Mapping
from typing import BinaryIO

from messaging.attachments.sandbox.images import THUMBNAIL, fitting, save
from messaging.attachments.sandbox.messages import InspectionResult

ENLARGED = 4.0  # at most: a page of a few points need not fill the place


def draw(file: BinaryIO, made: Mapping[str, BinaryIO]) -> InspectionResult:
    """Make `thumbnail`. Raises whatever the library does with what is no PDF, or is locked by a password."""
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        page = document[0]
        width, height = page.get_size()
        picture = page.render(scale=min(THUMBNAIL[0] / width, THUMBNAIL[1] / height, ENLARGED)).to_pil()
    picture = picture.resize(fitting(picture.size, THUMBNAIL))  # a size is rounded up
    save(picture, made["thumbnail"])
    return InspectionResult(kind="image", width=picture.width, height=picture.height, renditions=["thumbnail"])
