"""Take the README's screenshots of a demo site with Chromium.

    .venv/bin/python docs/screenshots.py [FOLDER]

Needs the development packages (bin/test installs them), chromium, and a font for Chinese, Japanese and
Korean (on Debian fonts-noto-cjk).
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SCREENSHOTS = [("desktop-light", DESKTOP, "light"), ("phone-dark", PHONE, "dark")]
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    with demo_site(password) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for name, size, scheme in SCREENSHOTS:
            take_screenshot(browser, url, password, folder / f"{name}.png", size, scheme)
        browser.close()


@contextmanager
def demo_site(password: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="chatsite-demo-") as data:
        values = {**os.environ, "DATA_DIR": data, "PORT": str(port), "SITE_NAME": "Riverside Studio"}
        for command in (["migrate", "-v", "0"], ["seed_demo", "--password", password]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=values, check=True)
        server = subprocess.Popen([sys.executable, "-m", "chatsite.server"], cwd=ROOT, env=values)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health/live")
            yield url
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


def take_screenshot(browser: Browser, url: str, password: str, path: Path, size: dict[str, int], scheme: str) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("name", exact=False).first.fill("ana")
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("body[data-connection=live]").wait_for()
    page.goto(f"{url}/rooms/2/")
    page.locator("body[data-connection=live]").wait_for()
    page.locator("article.msg").last.wait_for()
    if size is DESKTOP:  # on phones, the room details are hidden
        page.locator("room-info h2").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
