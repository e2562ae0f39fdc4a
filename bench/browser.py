"""`python -m bench.browser` measures how fast the page feels in Chromium, on a site with many people and messages.

Prints figures for loading a room with an empty cache, switching between rooms, typing while messages arrive, a tab that
is left open in a busy room, and scrolling far up. The browser and the server share the machine, as on a laptop.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright

from bench.chatsite import chatsite, environment_of
from bench.machine import CORES
from bench.servers import ROOT, Population, RunningServer
from tests.requirements_present import find

SITE = Population(users=500, rooms=300, each=300, messages=20_000)
ROOMS, MESSAGES = 12, 60  # rooms to switch between, and the messages in each
ARRIVALS, RATE = 4000, 50  # messages, and how many a second while someone types
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]

OBSERVE = """
window.shift = 0; window.longTasks = []; window.keys = [];
const observe = (type, add, options) => {
  new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, ...options });
};
observe("layout-shift", ({ value }) => (window.shift += value), { buffered: true });
observe("longtask", ({ duration }) => window.longTasks.push(duration), { buffered: true });
observe("event", ({ name, duration }) => name === "keydown" && window.keys.push(duration), { durationThreshold: 16 });
const look = () => {
  if (document.querySelector(".msg")) window.firstMessage ??= performance.now();
  else requestAnimationFrame(look);
};
look();
"""
# Resolves with the milliseconds from the click until the room's messages have been painted.
SWITCH = """async (name) => {
  const frame = () => new Promise(requestAnimationFrame);
  const rows = [...document.querySelectorAll("a.room-row[data-room]")];
  const row = rows.find((each) => each.querySelector(".row__name").textContent === name);
  const before = document.querySelector(".msg");
  const start = performance.now();
  row.click();
  const isOpen = () => document.querySelector(".room__name").textContent === name;
  while (!isOpen() || document.querySelector(".msg") === before) await frame();
  await frame();
  return performance.now() - start;
}"""
POST = """
import sys, time, uuid, django
django.setup()
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft
sender, room, count, rate = map(int, sys.argv[1:])
for number in range(count):
    post_messages([Draft(sender, room, uuid.uuid4(), f"Message **{number}** of many, with a [link](https://example.org)")])
    if rate:
        time.sleep(1 / rate)
"""


def main() -> None:
    with chatsite(SITE, cores=(CORES[0],)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=ARGUMENTS)
        for measure in (_load, _switch, _type, _leave_open, _scroll_up):
            measure(browser, server)
        browser.close()


def _load(browser: Browser, server: RunningServer) -> None:
    figures = []
    for _ in range(5):
        page = _open(browser, server, room=0)
        figures.append(page.evaluate("[window.firstMessage, window.shift]"))
        page.context.close()
    _say("first message drawn, empty cache", [first for first, _ in figures], "ms")
    print(f"{'layout shift':42} {max(shift for _, shift in figures):.3f}")


def _switch(browser: Browser, server: RunningServer) -> None:
    for room in range(1, ROOMS + 1):
        _post(server, room, MESSAGES).wait()
    page = _open(browser, server, room=0)
    chosen = [_name_of(page, server, room) for room in range(2, ROOMS + 1)]
    _say("switching, first visit", [page.evaluate(SWITCH, name) for name in chosen], "ms")
    again = [page.evaluate(SWITCH, name) for _ in range(3) for name in chosen]
    _say("switching, visited", again, "ms")
    page.context.close()


def _type(browser: Browser, server: RunningServer) -> None:
    page = _open(browser, server, room=1)
    posting = _post(server, 1, RATE * 15, rate=RATE)
    page.wait_for_timeout(3000)
    page.evaluate("window.keys.length = 0")
    page.locator("message-composer textarea").focus()
    page.keyboard.type("I am typing while everybody else is talking. " * 2, delay=60)
    _say(f"key to paint, {RATE} messages a second", page.evaluate("window.keys"), "ms")
    posting.wait()
    page.context.close()


def _leave_open(browser: Browser, server: RunningServer) -> None:
    page = _open(browser, server, room=2)
    _post(server, 2, ARRIVALS).wait()
    page.wait_for_timeout(3000)
    print(f"{f'rows after {ARRIVALS} arrivals':42} {page.locator('.log__list > *').count()}")
    page.context.close()


def _scroll_up(browser: Browser, server: RunningServer) -> None:
    page = _open(browser, server, room=0)
    page.evaluate("window.longTasks.length = 0")
    page.locator(".log__scroll").hover()
    start = time.monotonic()
    first = "Number(document.querySelector('.msg')?.dataset.seq)"
    begin = page.evaluate(first)
    while begin - page.evaluate(first) < 6000 and time.monotonic() - start < 120:
        page.mouse.wheel(0, -900)
        page.wait_for_timeout(16)
    seconds, count = time.monotonic() - start, begin - page.evaluate(first)
    tasks = sum(page.evaluate("window.longTasks")) / 1000
    print(f"{f'scrolling up {count} messages':42} long tasks {tasks:.1f} s of {seconds:.0f} s")
    page.context.close()


def _open(browser: Browser, server: RunningServer, *, room: int) -> Page:
    """Open the room with this index. The first one has the stored messages."""
    url = f"http://127.0.0.1:{server.ports[0]}"
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.add_cookies([{"name": "sessionid", "value": server.participants[0].cookie, "url": url, "httpOnly": True}])
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(f"/rooms/{server.participants[room].room}/")
    page.locator("body[data-connection=live] .msg").first.wait_for(state="attached")
    page.wait_for_timeout(1500)
    return page


def _name_of(page: Page, server: RunningServer, room: int) -> str:
    return page.locator(f'a.room-row[data-room="{server.participants[room].room}"] .row__name').inner_text()


def _post(server: RunningServer, room: int, count: int, *, rate: int = 0) -> subprocess.Popen:
    folder = server.database.parent  # type: ignore[union-attr]
    command = [sys.executable, "-c", POST, *map(str, (10, server.participants[room].room, count, rate))]
    return subprocess.Popen(command, env=environment_of(folder), cwd=ROOT)


def _say(what: str, figures: Sequence[float], unit: str) -> None:
    if not figures:
        print(f"{what:42} below 16 {unit}")
        return
    late = quantiles(figures, n=20)[-1] if len(figures) > 1 else figures[0]
    print(f"{what:42} median {median(figures):.0f}, p95 {late:.0f} {unit}  ({len(figures)})")


if __name__ == "__main__":
    main()
