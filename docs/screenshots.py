"""Take the README's screenshots of a demo site with Chromium, or those of every page and state.

    .venv/bin/python -m docs.screenshots [FOLDER]
    .venv/bin/python -m docs.screenshots --all FOLDER [--crowded] [--rtl]

Needs the development packages (bin/test installs them), chromium, and fonts for Chinese, Japanese and
Korean and for emoji (on Debian fonts-noto-cjk and fonts-noto-color-emoji).
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from docs.every_page import (
    DESKTOP,
    PHONE,
    Album,
    State,
    click,
    open_rooms,
    take_every_page,
    wait_until_live,
)

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = [
    ("desktop-light", DESKTOP, "light", click()),
    ("desktop-dark", DESKTOP, "dark", click()),
    ("phone-light", PHONE, "light", open_rooms),
    ("phone-dark", PHONE, "dark", click()),
]
ONLINE = ("mira", "tomás", "amara.diallo")  # besides Ana, whose page it is
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "images", metavar="FOLDER")
    parser.add_argument("--all", action="store_true", help="Every page and state, in all looks.")
    parser.add_argument("--crowded", action="store_true", help="With 500 rooms and very long names.")
    parser.add_argument("--rtl", action="store_true", help="From right to left.")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    with demo_site(password) as (url, manage), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        if options.all:
            program = f"from docs.cast import prepare; prepare(crowded={options.crowded})"
            values = json.loads(manage("shell", "--no-imports", "-c", program))
            take_every_page(browser, url, password, values, options.folder, "rtl" if options.rtl else "ltr")
        else:
            for username in ONLINE:
                Album(browser, url, options.folder).log_in(username, password)
            for name, size, scheme, reach in SCREENSHOTS:
                album = Album(browser, url, options.folder)
                album.log_in("ana", password)
                take_screenshot(album, options.folder / f"{name}.png", size, scheme, reach)
                album.context.close()
        browser.close()


@contextmanager
def demo_site(password: str) -> Iterator[tuple[str, Callable[..., str]]]:
    """Run a demo site. Return its address, and a function that runs a command of its manage.py."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="chatsite-demo-") as data:
        values = {**os.environ, "DATA_DIR": data, "PORT": str(port), "SITE_NAME": "Riverside Studio"}
        run: dict[str, Any] = {"cwd": ROOT, "env": values}

        def manage(*command: str) -> str:
            call = [sys.executable, "manage.py", *command]
            return subprocess.run(call, **run, check=True, stdout=subprocess.PIPE, text=True).stdout

        manage("migrate", "-v", "0")
        manage("seed_demo", "--password", password)
        server = subprocess.Popen([sys.executable, "-m", "chatsite.server"], **run)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health/live")
            yield url, manage
        finally:
            server.terminate()
            server.wait(15)


def wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("The demo site did not start.")


def take_screenshot(album: Album, path: Path, size: dict[str, int], scheme: str, reach: State) -> None:
    page = album.page
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    page.goto("/rooms/2/")
    wait_until_live(page)
    page.locator("article.msg").last.wait_for()
    if size is DESKTOP:  # on phones, the room details are hidden
        page.locator("room-info h2").first.wait_for()
    reach(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    with Image.open(path) as image:  # 256 colors are a third of the size
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
