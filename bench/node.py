"""Node.js for the Socket.IO peer, with locked packages that are installed once in a cache folder."""

import hashlib
import os
import shutil
import subprocess
import sysconfig
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "peers" / "socketio"
FILES = ("package.json", "package-lock.json", "server.mjs")


class PeerUnavailable(Exception):
    """A peer cannot run on this machine, for the reason in the message."""


@cache
def node() -> str:
    """Find a Node.js with SQLite. Playwright bundles one, while Debian's is often too old."""
    bundled = Path(sysconfig.get_path("purelib")) / "playwright" / "driver" / "node"
    for program in filter(None, [str(bundled), shutil.which("node")]):
        if Path(program).exists() and _has_sqlite(program):
            return program
    raise PeerUnavailable("there is no Node with node:sqlite (22.13 or newer)")


def _has_sqlite(program: str) -> bool:
    return subprocess.run([program, "-e", "require('node:sqlite')"], capture_output=True).returncode == 0


@cache
def socketio() -> Path:
    """Return the folder with the server and its packages."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatsite-bench" / _fingerprint()
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(SOURCE / name, folder)
        _install(folder)
        (folder / "installed").touch()
    return folder


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PeerUnavailable("npm is needed to fetch socket.io (apt-get install -y --no-install-recommends npm)")
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise PeerUnavailable(f"npm could not fetch socket.io: {done.stderr.strip().splitlines()[-1]}")


def _fingerprint() -> str:
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES))
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions of Node.js and socket.io for the results, or {} if they are unavailable."""
    try:
        listed = (socketio() / "node_modules" / "socket.io" / "package.json").read_text()
        number = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except PeerUnavailable:
        return {}
    return {"Node": number, "socket.io": listed.split('"version": "')[1].split('"')[0]}
