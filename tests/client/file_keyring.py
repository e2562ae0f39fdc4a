"""A keyring in a file, as a desktop's keyring for tests. `PYTHON_KEYRING_BACKEND` selects it in another process."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    priority = 5.0  # type: ignore[assignment]  # like that of a desktop

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self._read() | {f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        content = self._read()
        if content.pop(f"{service} {username}", None) is None:
            raise PasswordDeleteError("There is no such password.")
        self._write(content)

    @property
    def _path(self) -> Path:
        return Path(os.environ["HOME"]) / "keyring.json"

    def _read(self) -> dict[str, str]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}

    def _write(self, content: dict[str, str]) -> None:
        self._path.write_text(json.dumps(content))
