"""Static files that are generated from other files. They are collected, hashed and cached like all static files."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class GeneratedFilesFinder(BaseFinder):
    """Find generated files, which are written to DATA_DIR/generated whenever a process lists them."""

    def generate(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the content of each file."""
        raise NotImplementedError

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        found = [self._storage().path(name) for name, _storage in self.list(()) if name == path]
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = self._storage()
        for name, content in self.generate():
            _write(Path(storage.path(name)), content)
            yield name, storage

    def _storage(self) -> FileSystemStorage:
        return FileSystemStorage(location=settings.DATA_DIR / "generated")


def _write(path: Path, text: str) -> None:
    """Write a file if its content has changed. A new modification time would make static files be collected again."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
