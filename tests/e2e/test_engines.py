"""The main flows in Firefox and WebKit: talking, attaching files, losing and regaining the connection, new versions."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from messaging.models import Attachment, Message
from tests.e2e import files
from tests.e2e.browser import TEXTS
from tests.e2e.conftest import PASSWORD, screenshot_path, stored_texts
from tests.e2e.engines import ENGINES, ENTER, EngineSession
from tests.e2e.proxy import Proxy
from tests.server import Site

CONNECTION_ERROR = r"can’t establish a connection to the server at ws:|The connection to ws:.* was interrupted"
# A module that the chat page doesn't load by itself, with imports.
LOAD_LATE = """void import("chatsite/net/module_loader.js")
  .then(({ loadModule }) => loadModule("chatsite/elements/settings_search.js"))
  .then((module) => (window.outcome = typeof module), ({ message }) => (window.outcome = message))"""
# Set by the style sheet of the chat.
CANVAS = """getComputedStyle(document.documentElement).getPropertyValue("--canvas").trim()"""
REPLACE_WORKER = """void (() => {
  navigator.serviceWorker.oncontrollerchange = () => (window.hasChanged = true);
  navigator.serviceWorker.register("/sw.js?next");
})()"""
ALL_SENT = 'document.querySelector(".msg.is-pending, .msg.is-failed") === null'


@pytest.fixture(scope="module", params=ENGINES)
def open_session(request, tmp_path_factory) -> Iterator[Callable[[], EngineSession]]:
    """Return a function that opens sessions in an engine."""
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as open_session:
        yield open_session


@pytest.fixture
def enter(open_session, register, everyone, request) -> Callable[..., "ChatPage"]:
    """Return a function that logs a new user in and opens the room 'Everyone'.

    After the test, fail if any page has reported an error. Like in `visit`, the pages are closed before their site.
    """
    pages: list[ChatPage] = []
    sessions = ExitStack()

    def enter(site: Site | Proxy, name: str) -> ChatPage:
        if not pages:
            request.node.addfinalizer(leave)
        page = ChatPage(open_session())
        sessions.callback(page.session.close)
        pages.append(page)
        page.log_in(site.url, register(name).username)
        page.open(site.url + everyone.get_absolute_url())
        return page

    def leave() -> None:
        with sessions:
            if getattr(request.node, "has_failed", False):
                _take_screenshots(request.node.name, pages)
            assert [error for page in pages for error in page.errors] == []

    return enter


class ChatPage:
    """The chat page in a session."""

    def __init__(self, session: EngineSession) -> None:
        self.session = session
        self._allowed: list[str] = []

    @property
    def errors(self) -> list[str]:
        """Return what the page has reported, except expected errors."""
        return [error for error in self.session.errors() if not any(re.search(each, error) for each in self._allowed)]

    def allow(self, pattern: str) -> None:
        self._allowed.append(pattern)

    def allow_connection_errors(self) -> None:
        """Allow the browser's own errors about a server that it does not reach."""
        self.allow(CONNECTION_ERROR)

    def log_in(self, url: str, username: str) -> None:
        self.session.goto(f"{url}/accounts/login/")
        self.session.type("[name=login]", username)
        self.session.type("[name=password]", PASSWORD + ENTER)
        self.session.wait_for('document.querySelector("body.is-chat") !== null')

    def open(self, url: str) -> None:
        self.session.goto(url)
        self.wait_until("live")

    def wait_until(self, connection: str) -> None:
        self.session.wait_for(f'document.body.dataset.connection === "{connection}"')

    def send(self, text: str) -> None:
        self.session.type("message-composer textarea", text + ENTER)

    def append(self, text: str, ending: str) -> None:
        """Edit a message."""
        self._use_tool(text, "edit")
        self.session.type(".editor textarea", ending + ENTER)
        self.session.wait_for('document.querySelector(".editor") === null')

    def delete(self, text: str) -> None:
        self._use_tool(text, "delete")
        self.session.click("#question[open] .is-danger")

    def sees(self, *texts: str) -> None:
        """Wait until these are the texts of all messages, in order and sent."""
        shown = f'({TEXTS})([...document.querySelectorAll("message-log .msg .msg__body")])'
        self.session.wait_for(f"JSON.stringify({shown}) === JSON.stringify({json.dumps(texts)}) && {ALL_SENT}")

    def _use_tool(self, text: str, action: str) -> None:
        message = f'.msg[data-id="{Message.objects.get(body=text).pk}"]'
        self.session.hover(message)
        tool = f'{message} .tools [data-action="{action}"]'
        if self.session.evaluate(f"document.querySelector('{tool}') === null"):
            self.session.click(f'{message} .tools [data-action="more"]')
            tool = f'#message-menu[open] [data-action="{action}"]'
        self.session.click(tool)


def test_messages_edits_and_deletions_reach_the_other_person(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Mira Sol")
    ana.send("Good morning")
    mira.sees("Good morning")
    mira.send("And to **you**")
    ana.sees("Good morning", "And to you")

    ana.append("Good morning", ", Zoë!")
    mira.sees("Good morning, Zoë!", "And to you")
    mira.delete("And to **you**")
    for page in (ana, mira):
        page.sees("Good morning, Zoë!", "Message deleted")
    assert stored_texts(everyone) == ["Good morning, Zoë!", ""]


def test_names_and_emoji_are_completed_and_picked(uvicorn, enter, register):
    register("Mira Sol")
    ana = enter(uvicorn, "Ana Ferreira")
    field, listed = "message-composer textarea", 'document.querySelectorAll(".completions [role=option]").length'
    ana.session.type(field, "@mir")
    ana.session.wait_for(f"{listed} === 1")
    ana.session.press(ENTER + ":tada:")  # a second click so soon would select the word
    ana.session.wait_for('document.querySelector("#message").value === "@mira 🎉"')
    ana.session.click('message-composer [data-action="emoji"]')
    ana.session.click('.emoji-picker[open] [role="gridcell"]')
    ana.session.wait_for('document.querySelector("#message").value.startsWith("@mira 🎉")')
    ana.session.wait_for('document.querySelector("#message").value.length > "@mira 🎉".length')
    ana.session.type(field, ENTER)
    ana.sees("@mira 🎉🎉")


def test_an_image_and_a_text_file_appear_for_the_other_person(uvicorn, enter, tmp_path):
    ana, mira = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Mira Sol")
    chosen = [files.image("harbour.png"), files.text("notes.txt", "First\nand last line\n")]
    for file in chosen:
        (tmp_path / file["name"]).write_bytes(file["buffer"])
    ana.session.choose_files("#files", *(tmp_path / file["name"] for file in chosen))
    ana.session.wait_for("""document.querySelectorAll('.tray__file[data-state="ready"]').length === 2""")
    ana.send("For Thursday")

    mira.sees("For Thursday")
    mira.session.wait_for("document.querySelector('.thumbnail img')?.naturalWidth > 0")
    mira.session.wait_for(
        """document.querySelector(".text-file__code")?.textContent.trim() === "First\\nand last line" """
    )
    stored = Attachment.objects.order_by("position")
    assert [(file.name, file.size) for file in stored] == [(file["name"], len(file["buffer"])) for file in chosen]


def test_after_an_outage_every_message_arrives_once_and_in_order(uvicorn, proxy, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira"), enter(proxy, "Mira Sol")
    mira.allow_connection_errors()
    ana.send("We leave at six")
    mira.sees("We leave at six")

    proxy.disconnect()
    mira.wait_until("offline")
    for text in ("One", "Two", "Three"):
        mira.send(text)
    mira.session.wait_for('document.querySelectorAll(".msg.is-pending").length === 3')
    ana.append("We leave at six", "teen")
    ana.send("Are you there?")
    ana.sees("We leave at sixteen", "Are you there?")

    proxy.reconnect()
    expected = ["We leave at sixteen", "Are you there?", "One", "Two", "Three"]
    for page in (ana, mira):
        page.sees(*expected)
    assert stored_texts(everyone) == expected


def test_code_that_could_not_be_loaded_during_an_outage_is_loaded_after_it(proxy, enter):
    ana = enter(proxy, "Ana Ferreira")
    ana.allow_connection_errors()
    proxy.disconnect()
    ana.wait_until("offline")
    ana.session.evaluate(LOAD_LATE)
    ana.session.wait_for("window.outcome === 'No connection.'")
    proxy.reconnect()
    ana.wait_until("live")
    ana.session.evaluate(LOAD_LATE)
    ana.session.wait_for("window.outcome === 'object'")


def test_style_sheets_that_could_not_be_loaded_are_loaded_again(proxy, enter):
    proxy.hide("/static/css/chat.")
    ana = enter(proxy, "Ana Ferreira")
    ana.allow(r"/chat\.\w+\.css” was blocked due to MIME type")  # of the 404 page
    ana.session.wait_for(f"{CANVAS} === '' && document.querySelector('link[data-tries]') !== null")
    proxy.hide("")
    ana.session.wait_for(f"{CANVAS} !== ''")


def test_a_new_version_of_the_site_takes_over_while_a_message_is_written(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira")
    ana.session.wait_for("navigator.serviceWorker.controller !== null")
    ana.session.type("message-composer textarea", "Half a sentence")
    ana.session.evaluate(REPLACE_WORKER)
    ana.session.wait_for("window.hasChanged")
    assert ana.session.evaluate('document.querySelector("#message").value') == "Half a sentence"
    ana.session.press(ENTER)
    ana.sees("Half a sentence")


def _take_screenshots(name: str, pages: list[ChatPage]) -> None:
    for number, page in enumerate(pages):
        path = screenshot_path(f"{name}-{number}")
        path.write_bytes(page.session.screenshot())
        print(path)
