"""An S3 store for tests, which can be stopped, and started again without its contents."""

from contextlib import ExitStack

from django.core.files.storage import storages

from tests.services import free_port, s3_server


class S3Store:
    def __init__(self) -> None:
        self.port = free_port()
        self._running = ExitStack()

    @property
    def media_url(self) -> str:
        return f"s3://key:se%2Fcret@media?endpoint=http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._running.enter_context(s3_server(self.port))

    def stop(self) -> None:
        self._running.close()

    def names(self) -> set[str]:
        """Return the names of all files in the store, which must be Django's default storage."""
        return {name for folder in ("attachments", "avatars") for name, *_ in storages["default"].walk(folder)}
