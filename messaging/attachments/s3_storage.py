"""django-storages' S3 storage, adapted for a server with many threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

PART_BYTES = 8 * 1024 * 1024  # in memory at a time; a store accepts at most 10,000 parts
COPIED_PART_BYTES = 256 * 1024 * 1024  # by the store itself, within `read_timeout`
SPOOL_BYTES = 1024 * 1024  # opened files stay in memory up to this size


class SharedS3Storage(S3Storage):
    """An S3 storage whose connection is shared by all threads, since each connection takes 16 MB of memory.

    Raises OSErrors, like the storage for a local folder.
    """

    def __init__(self, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": options["addressing_style"]},
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 2, "mode": "standard"},
            max_pool_connections=20,
            # Trailing checksums are supported by Amazon and few other stores.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(
            **options,
            client_config=config,
            transfer_config=TransferConfig(
                multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False
            ),
            file_overwrite=False,
            default_acl=None,
            querystring_auth=True,
            max_memory_size=SPOOL_BYTES,
        )
        self._connection: Any = None
        self._connection_lock = Lock()

    @property
    def connection(self) -> Any:
        with self._connection_lock:
            if self._connection is None:
                self._connection = self._create_session().resource(
                    "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
                )
            return self._connection

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return `length` bytes of a file from `start`."""
        byte_range = f"bytes={start}-{start + length - 1}"
        with _as_os_errors():
            found = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=name, Range=byte_range)
            return bytes(found["Body"].read())

    def copy(self, source: str, name: str) -> None:
        """Have the store copy a file."""
        config = TransferConfig(
            multipart_threshold=COPIED_PART_BYTES, multipart_chunksize=COPIED_PART_BYTES, use_threads=False
        )
        with _as_os_errors():
            found = {"Bucket": self.bucket_name, "Key": source}
            self.connection.meta.client.copy(found, self.bucket_name, name, Config=config)

    def walk(self, folder: str) -> Iterator[tuple[str, int, float]]:
        """Yield the name, size and modification time of all files in a folder and its subfolders."""
        with _as_os_errors():
            pages = self.connection.meta.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket_name, Prefix=f"{folder}/"):
                for found in page.get("Contents", ()):
                    yield found["Key"], found["Size"], found["LastModified"].timestamp()

    def size(self, name: str) -> int:
        return int(self._call(super().size, name))

    def exists(self, name: str) -> bool:
        return bool(self._call(super().exists, name))

    def delete(self, name: str) -> None:
        """Delete a file. A missing file is ignored, but a missing bucket is an error."""
        with suppress(FileNotFoundError), _as_os_errors():
            self.connection.meta.client.delete_object(Bucket=self.bucket_name, Key=name)

    def _save(self, name: str, content: Any) -> str:
        return str(self._call(super()._save, name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        return self._call(super()._open, name, mode)

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        with _as_os_errors():
            return method(*args)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        is_absent = status == 404 and error.response.get("Error", {}).get("Code") != "NoSuchBucket"
        raise (FileNotFoundError if is_absent else OSError)(f"the file store returned an error: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"the file store does not respond: {error}") from error
