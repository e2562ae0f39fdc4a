"""The folders in which this client keeps what must survive it."""

import os
import re
from pathlib import Path


def state_folder() -> Path:
    """Return the XDG folder for state, `~/.local/state/chatsite`."""
    return _folder("XDG_STATE_HOME", ".local/state")


def config_folder() -> Path:
    """Return the XDG folder for settings, `~/.config/chatsite`."""
    return _folder("XDG_CONFIG_HOME", ".config")


def outbox_folder(site: str, account: int) -> Path:
    """Return the folder of an account's outbox. `site` is the site's host and port."""
    name = re.sub(r"[^\w.-]", "_", site)
    return state_folder() / "outbox" / f"{name}-{account}"


def _folder(variable: str, default: str) -> Path:
    chosen = os.environ.get(variable, "")
    return (Path(chosen) if chosen.startswith("/") else Path.home() / default) / "chatsite"
