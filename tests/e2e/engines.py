"""Sessions in Firefox and WebKit. Playwright drives only builds of its own, so these use the browsers' WebDriver."""

import base64
import itertools
import json
import logging
import os
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.e2e.browser import DESKTOP
from tests.e2e.console import REPORT_VIOLATIONS
from tests.requirements_present import program
from tests.services import answers, free_port, running
from tests.waiting import PATIENCE, wait_until

PAGE_LOAD_MS = 40_000

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request

ENTER = "\ue007"
LOUD = ("warn", "error")

# The center of an element, or null while it is missing or something covers it.
CENTER = """((element) => {
  if (!element) return null;
  element.scrollIntoView({ block: "nearest" });
  const box = element.getBoundingClientRect();
  const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
})(document.querySelector(%s))"""
# Classic WebDriver does not report what is written to the console.
COLLECT_ERRORS = """
const errors = (window.errors = []);
addEventListener("error", ({ message }) => errors.push(`page error: ${message}`));
addEventListener("unhandledrejection", ({ reason }) => errors.push(`page error: ${reason}`));
for (const level of ["error", "warn"]) console[level] = (...values) => errors.push(`console ${level}: ${values.join(" ")}`);
"""


class WebDriverError(Exception):
    """The browser could not carry out a command."""


class EngineSession(ABC):
    """A browser profile with one page. Elements are given by CSS selectors."""

    @abstractmethod
    def goto(self, url: str) -> None:
        """Load a page."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""

    @abstractmethod
    def perform(self, source: dict[str, Any]) -> None:
        """Perform the actions of an input source."""

    @abstractmethod
    def choose_files(self, selector: str, *paths: Path) -> None:
        """Choose files in a file input."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """Return a PNG of the page."""

    @abstractmethod
    def errors(self) -> list[str]:
        """Return the errors that the page has reported."""

    @abstractmethod
    def close(self) -> None: ...

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, across navigations."""

        def is_true() -> bool:
            with suppress(WebDriverError):  # the page is being replaced
                return bool(self.evaluate(condition))
            return False

        wait_until(is_true, lambda: f"{condition}, on a page with: {self.evaluate('document.body.innerText')}")

    def hover(self, selector: str) -> None:
        self._point(selector)

    def click(self, selector: str) -> None:
        self._point(selector, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    def type(self, selector: str, text: str) -> None:
        """Click into a field and type, without replacing its text."""
        self.click(selector)
        self.press(text)

    def press(self, keys: str) -> None:
        """Press keys where the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keyboard", "actions": strokes})

    def _point(self, selector: str, *actions: dict[str, Any]) -> None:
        center = CENTER % json.dumps(selector)
        self.wait_for(f"{center} !== null")
        x, y = self.evaluate(center)
        move = {"type": "pointerMove", "x": x, "y": y}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self.perform({**mouse, "actions": [move, *actions]})


# -- Firefox


@contextmanager
def firefox(folder: Path) -> Iterator[Callable[[], EngineSession]]:
    """Run one Firefox, and yield a function that opens sessions in it."""
    port = free_port()
    (folder / "user.js").write_text('user_pref("ui.prefersReducedMotion", 1);\n')
    command = [program("firefox-esr"), "--headless", "--profile", str(folder), "--remote-debugging-port", str(port)]
    with (
        running(command, lambda: answers(port), env={**os.environ, "HOME": str(folder)}),
        connect(f"ws://127.0.0.1:{port}/session", open_timeout=PATIENCE, max_size=None, legacy=True) as socket,
    ):
        bidi = Bidi(socket)
        bidi.call("session.new", capabilities={})
        bidi.call("session.subscribe", events=["log.entryAdded"])
        bidi.call("script.addPreloadScript", functionDeclaration=f"() => {{ {REPORT_VIOLATIONS} }}")
        yield lambda: FirefoxSession(bidi)


class Bidi:
    """A WebDriver BiDi connection, which keeps the log of each page."""

    def __init__(self, socket: ClientConnection) -> None:
        self.log: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._socket = socket
        self._ids = itertools.count(1)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=PATIENCE))).get("id") != number:
            if answer.get("method") == "log.entryAdded":
                self.log[answer["params"]["source"].get("context")].append(answer["params"])
        if answer["type"] == "error":
            raise WebDriverError(f"{method}: {answer['message']}")
        return answer["result"]


class FirefoxSession(EngineSession):
    def __init__(self, bidi: Bidi) -> None:
        self._bidi = bidi
        self._profile = bidi.call("browser.createUserContext")["userContext"]
        # A window, because the page of a tab in the background counts as hidden.
        self._page = bidi.call("browsingContext.create", type="window", userContext=self._profile)["context"]
        self._call("browsingContext.setViewport", viewport=DESKTOP)

    def goto(self, url: str) -> None:
        self._call("browsingContext.navigate", url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        return json.loads(self._evaluate(f"JSON.stringify(({expression}) ?? null)")["value"])

    def perform(self, source: dict[str, Any]) -> None:
        self._call("input.performActions", actions=[source])

    def choose_files(self, selector: str, *paths: Path) -> None:
        element = self._evaluate(f"document.querySelector({json.dumps(selector)})")
        self._call("input.setFiles", element={"sharedId": element["sharedId"]}, files=[str(path) for path in paths])

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("browsingContext.captureScreenshot")["data"])

    def errors(self) -> list[str]:
        self.evaluate("null")  # receives the errors so far
        entries = self._bidi.log[self._page]
        return [f"{entry['type']} {entry['level']}: {entry['text']}" for entry in entries if entry["level"] in LOUD]

    def close(self) -> None:
        self._bidi.call("browser.removeUserContext", userContext=self._profile)

    def _evaluate(self, expression: str) -> dict[str, Any]:
        answer = self._bidi.call(
            "script.evaluate", expression=expression, target={"context": self._page}, awaitPromise=True
        )
        if answer["type"] == "exception":
            raise WebDriverError(answer["exceptionDetails"]["text"])
        return answer["result"]

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._bidi.call(method, context=self._page, **parameters)


# -- WebKit


@contextmanager
def webkit(folder: Path) -> Iterator[Callable[[], EngineSession]]:
    """Run an X server, which WebKit requires, and yield a function that opens sessions on it."""
    driver, server = program("WebKitWebDriver"), program("Xvfb")
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with running(command, lambda: True, pass_fds=[writing]):
        os.close(writing)
        with open(reading) as pipe:
            display = f":{pipe.readline().strip()}"
        yield lambda: WebKitSession(driver, {**os.environ, "DISPLAY": display, "HOME": str(folder)})


class WebKitSession(EngineSession):
    """A session with its own driver, because a driver allows only one."""

    def __init__(self, driver: str, environment: dict[str, str]) -> None:
        port = free_port()
        with ExitStack() as stack:
            stack.enter_context(running([driver, f"--port={port}"], lambda: answers(port), env=environment))
            self._http = stack.enter_context(
                httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False)
            )
            self._path = ""
            self._path = f"/session/{self._call('POST', '/session', capabilities={})['sessionId']}"
            self._call("POST", "/timeouts", pageLoad=PAGE_LOAD_MS)
            self._call("POST", "/window/rect", **DESKTOP)
            self._running = stack.pop_all()

    def goto(self, url: str) -> None:
        self._call("POST", "/url", url=url)
        self._execute(REPORT_VIOLATIONS + COLLECT_ERRORS)

    def evaluate(self, expression: str) -> Any:
        return self._execute(f"return ({expression})")

    def perform(self, source: dict[str, Any]) -> None:
        self._call("POST", "/actions", actions=[source])

    def choose_files(self, selector: str, *paths: Path) -> None:
        element = self._call("POST", "/element", using="css selector", value=selector)
        [reference] = element.values()
        self._call("POST", f"/element/{reference}/value", text="\n".join(str(path) for path in paths))

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("GET", "/screenshot"))

    def errors(self) -> list[str]:
        return self.evaluate("window.errors")

    def close(self) -> None:
        with self._running:
            self._call("DELETE", "")

    def _execute(self, script: str) -> Any:
        return self._call("POST", "/execute/sync", script=script, args=[])

    def _call(self, method: str, path: str, **parameters: Any) -> Any:
        body = parameters if method == "POST" else None
        answer = self._http.request(method, self._path + path, json=body)
        value = answer.json()["value"]
        if answer.is_error:
            raise WebDriverError(f"{path}: {value['error']}: {value['message']}")
        return value


ENGINES = {"firefox": firefox, "webkit": webkit}
