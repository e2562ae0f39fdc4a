"""Saves files under their own names, without ever replacing one."""

import itertools
import os
from pathlib import Path
from typing import IO

from chatsite_client import Attachment, files
from chatsite_client.http import HttpSite
from chatsite_terminal.safe_text import clean, clean_name

SHOWN_BYTES = 200_000  # of a text file
MAX_NAMES = 10_000


def downloads_folder() -> Path:
    """Return ~/Downloads if there is one, or the current folder."""
    folder = Path.home() / "Downloads"
    return folder if folder.is_dir() else Path.cwd()


async def save(site: HttpSite, attachment: Attachment, folder: Path) -> Path:
    """Download a file into a folder, and return its path. A file that is incomplete is deleted."""
    file, path = create(folder, attachment.name)
    try:
        with file:
            await files.download(site, attachment, file)
    except BaseException:
        path.unlink()
        raise
    return path


def create(folder: Path, name: str) -> tuple[IO[bytes], Path]:
    """Create a file with this name, or with a number if that exists: `notes (2).txt`."""
    name = clean_name(name)
    stem, suffix = os.path.splitext(name)
    for number in itertools.islice(itertools.count(1), MAX_NAMES):
        path = folder / (name if number == 1 else f"{stem} ({number}){suffix}")
        try:
            return path.open("xb"), path
        except FileExistsError:
            continue
    raise FileExistsError(f"{folder} has too many files named {name}.")


async def read_text(site: HttpSite, attachment: Attachment) -> str:
    """Return the start of a text file, made safe for the terminal."""
    content = b""
    async with files.open_download(site, attachment.url) as response:
        async for part in response.aiter_bytes():
            content += part
            if len(content) > SHOWN_BYTES:
                break
    return clean(content[:SHOWN_BYTES].decode(errors="replace")).rstrip("\n")
