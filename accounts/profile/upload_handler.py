"""How much a form may bring: decided by its announced length, before a byte of it is kept."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MAX_BYTES = 16_000_000  # above what any form takes, so that a form can say itself what is too large for it


class BoundedUploadHandler(FileUploadHandler):
    """Stands first among FILE_UPLOAD_HANDLERS. Otherwise anybody, signed in or not, could fill the disk."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > MAX_BYTES:
            raise RequestDataTooBig(f"A form brings at most {MAX_BYTES} bytes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
