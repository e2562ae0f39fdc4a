"""Settings of the site's own files: the data folder, the secret key and the audit log."""

import os
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from accounts import secret_file
from chatsite.conf.env import BASE_DIR, invalid, items, path, text

SECRET_LENGTH = 32  # characters
KEY_ADVICE = f"Set {SECRET_LENGTH} or more random characters, or remove it to use a key in DATA_DIR."


def data_dir() -> Path:
    """Return DATA_DIR. The default is the folder `data` beside manage.py."""
    return path("DATA_DIR") or BASE_DIR / "data"


def secret_key() -> str:
    """Return SECRET_KEY, or an empty string if the key is stored in the data folder."""
    key = text("SECRET_KEY")
    return _checked("SECRET_KEY", key) if key else ""


def earlier_secret_keys() -> list[str]:
    """Return SECRET_KEY_FALLBACKS."""
    return [_checked("SECRET_KEY_FALLBACKS", key) for key in items("SECRET_KEY_FALLBACKS")]


def stored_secret_key(data_dir: Path) -> str:
    """Return the key in the data folder. Create both if necessary."""
    file = data_dir / "secret_key"
    try:
        _create_folder(data_dir)
        key = secret_file.read_or_create(file)
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"DATA_DIR={data_dir} cannot hold the secret key: {error}. "
            "Make that folder and the file readable and writable for this user, or set DATA_DIR or SECRET_KEY."
        ) from error
    if len(key) < SECRET_LENGTH:
        raise ImproperlyConfigured(f"The secret key in {file} is too short. Restore it, or delete it for a new key.")
    return key


def _create_folder(folder: Path) -> None:
    """Create the data folder. Other users, such as nginx, can open files in it by name, but can't list them."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
        folder.chmod(0o711)


def create_audit_file(file: Path | None) -> None:
    """Create CHAT_LOG_FILE unless it exists. Only its owner and group can read the IP addresses in it."""
    if file is None:
        return
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640))
    except OSError as error:
        raise invalid(
            "CHAT_LOG_FILE",
            f"is not writable ({error.strerror}). Create its folder, make it writable, or set another file.",
        ) from error


def _checked(name: str, key: str) -> str:
    if len(key) < SECRET_LENGTH or len(set(key)) < 5:
        raise invalid(name, f"is too short or too simple. {KEY_ADVICE}", is_secret=True)
    return key
