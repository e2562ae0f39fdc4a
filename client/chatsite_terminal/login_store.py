"""Keeps the login for each site: in the system's keyring, or in a file that only its owner can read."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from chatsite_client import Credentials
from chatsite_client.folders import config_folder

SERVICE = "chatsite"


class _Logins(Struct):
    """The file. A login is `keyring`, or the credentials as JSON."""

    latest: str = ""
    logins: dict[str, str] = field(default_factory=dict)


class LoginStore:
    """Logins by the address of the site. `latest` is the site that was used last."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or config_folder()) / "logins.json"
        self._keyring = _find_keyring()

    @property
    def latest(self) -> str:
        return self._read().latest

    def get(self, url: str) -> Credentials | None:
        text: str | None = self._read().logins.get(url)
        if text == "keyring" and self._keyring is not None:
            with suppress(self._keyring.errors.KeyringError):
                text = self._keyring.get_password(SERVICE, url)
        try:
            return msgspec.json.decode(text or "", type=Credentials)
        except msgspec.DecodeError:
            return None

    def set(self, url: str, credentials: Credentials) -> None:
        content = self._read()
        content.latest = url
        content.logins[url] = self._keep(url, msgspec.json.encode(credentials).decode())
        self._write(content)

    def remember(self, url: str) -> None:
        """Make this the latest site."""
        content = self._read()
        if content.latest != url:
            content.latest = url
            self._write(content)

    def delete(self, url: str) -> None:
        content = self._read()
        if content.logins.pop(url, None) == "keyring" and self._keyring is not None:
            with suppress(self._keyring.errors.KeyringError):
                self._keyring.delete_password(SERVICE, url)
        self._write(content)

    def _keep(self, url: str, text: str) -> str:
        """Return what to write into the file: `keyring`, or the login itself."""
        if self._keyring is None:
            return text
        try:
            self._keyring.set_password(SERVICE, url, text)
        except self._keyring.errors.KeyringError:
            return text
        return "keyring"

    def _read(self) -> _Logins:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Logins)
        except (OSError, msgspec.DecodeError):
            return _Logins()

    def _write(self, content: _Logins) -> None:
        """Replace the file at once, so that a crash leaves the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(msgspec.json.encode(content))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def _find_keyring() -> Any:
    """Return the module `keyring` if it is installed and has a place to keep passwords."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority >= 1 else None
