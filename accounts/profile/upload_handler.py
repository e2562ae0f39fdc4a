"""Limits the size of forms by their Content-Length, before any data is stored."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MAX_BYTES = 16_000_000  # above the limits of all forms, so that the forms can report their own


class BoundedUploadHandler(FileUploadHandler):
    """Must come first in FILE_UPLOAD_HANDLERS. Without it, anyone could fill the disk, even without logging in."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > MAX_BYTES:
            raise RequestDataTooBig(f"A form can have at most {MAX_BYTES} bytes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
