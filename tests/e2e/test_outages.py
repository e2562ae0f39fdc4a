"""The line breaks, the server restarts, an answer is lost: nothing is lost, nothing comes twice, all in order."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.db import connection
from playwright.sync_api import expect

from messaging.models import Message
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import stored_texts
from tests.e2e.network import Line
from tests.server import run_site
from tests.waiting import wait_until

FIVE = [f"Written in the tunnel, {n}" for n in range(1, 6)]


def go_offline(visitor: BrowserSession, line: Line) -> None:
    line.cut()  # the browser's own 'offline' lets a socket through now and then
    visitor.context.set_offline(True)


def come_online(visitor: BrowserSession, line: Line) -> None:
    line.mend()
    visitor.context.set_offline(False)


def cut(visitor: BrowserSession, line: Line) -> None:
    line.cut()


def mend(visitor: BrowserSession, line: Line) -> None:
    line.mend()


OUTAGES = {
    "the browser is offline": (go_offline, come_online),
    "the line is cut": (cut, mend),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_after_an_outage_all_is_there_once_and_in_order(uvicorn, line, enter, everyone, outage):
    break_off, come_back = OUTAGES[outage]
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(line, "Mira Sol").open(everyone)
    mira.watch.allow_lost_line()
    ana.send("We leave at six")
    mira.sees("We leave at six")
    mira.send("Good")
    ana.sees("Good")

    break_off(mira, line)
    mira.wait_until_offline()
    for text in FIVE:
        mira.send(text)
    expect(mira.page.locator(".msg.is-pending")).to_have_count(5)
    expect(mira.page.locator(".banner")).to_contain_text("Messages you send will be delivered when you’re back online.")
    ana.edit("We leave at six", "We leave at seven")
    ana.send("Are you there?")
    ana.sees_all_sent()
    mira.sees("We leave at six")

    come_back(mira, line)
    mira.wait_until_live()
    mira.sees("Are you there?")
    ana.sees(FIVE[-1])
    mira.sees_all_sent()
    expected = ["We leave at seven", "Good", "Are you there?", *FIVE]
    assert mira.texts == ana.texts == stored_texts(everyone) == expected


def test_a_room_in_which_nothing_follows_is_caught_up_too(uvicorn, line, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(line, "Mira Sol").open(everyone)
    mira.watch.allow_lost_line()
    ana.send("First thought")
    ana.send("Wrong room, sorry")
    mira.sees("Wrong room, sorry")
    line.cut()
    mira.wait_until_offline()
    ana.edit("First thought", "Second thought")
    ana.delete("Wrong room, sorry")
    ana.sees("Message deleted")
    line.mend()
    mira.sees("Second thought")
    mira.sees("Message deleted")
    assert mira.texts == ana.texts == ["Second thought", "Message deleted"]


def test_a_post_whose_answer_was_lost_is_not_sent_twice(uvicorn, line, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(line, "Mira Sol").open(everyone)
    mira.watch.allow_lost_line()
    line.deafen()
    mira.send("Did you get this?")
    ana.sees("Did you get this?")
    mira.send("And this?")
    expect(mira.page.locator(".msg.is-pending")).to_have_count(2)
    line.cut()
    mira.wait_until_offline()
    line.mend()
    mira.wait_until_live()
    mira.sees_all_sent()
    ana.sees("And this?")
    assert mira.texts == ana.texts == stored_texts(everyone) == ["Did you get this?", "And this?"]


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request, transactional_db, everyone, tmp_path) -> Iterator["Restarting"]:
    with ExitStack() as stack:
        server = Restarting(request.param, tmp_path)
        stack.callback(server.stop)
        server.start()
        stack.callback(server.line.close)
        yield server


class Restarting:
    """A server that a test stops and starts again; its address stays."""

    def __init__(self, kind: str, folder) -> None:
        self.kind = kind
        self.line = Line(0)
        self.url = self.line.url
        self._folder = folder
        self._running = ExitStack()

    def start(self) -> None:
        site = self._running.enter_context(run_site(self.kind, connection.settings_dict["NAME"], self._folder / "data"))
        self.line.target = site.port

    def stop(self) -> None:
        """With SIGTERM, as a service manager does."""
        self._running.close()


def test_when_the_server_restarts_the_page_says_so_and_comes_back(server, enter, everyone):
    ana, mira = enter(server, "Ana Ferreira").open(everyone), enter(server, "Mira Sol").open(everyone)
    for visitor in (ana, mira):
        visitor.watch.allow_lost_line()
    ana.send("Before")
    mira.sees("Before")

    server.stop()
    mira.wait_until_offline()
    said = "The server is restarting." if server.kind == "uvicorn" else "Reconnecting…"
    expect(mira.page.locator(".banner b")).to_have_text(said)
    for text in FIVE[:3]:
        mira.send(text)
    expect(mira.page.locator(".msg.is-pending")).to_have_count(3)

    server.start()
    mira.wait_until_live()
    ana.wait_until_live()
    mira.sees_all_sent()
    ana.sees(FIVE[2])
    assert mira.texts == ana.texts == stored_texts(everyone) == ["Before", *FIVE[:3]]


def test_what_is_written_while_the_server_stops_is_sent_once(server, enter, everyone):
    ana = enter(server, "Ana Ferreira").open(everyone)
    ana.watch.allow_lost_line()
    ana.page.evaluate(
        """() => {
          const field = document.querySelector("message-composer textarea");
          let n = 0;
          const write = () => {
            field.value = `Number ${++n}`;
            field.form.requestSubmit();
            if (n < 100) setTimeout(write, 10);
          };
          write();
        }"""
    )
    wait_until(lambda: Message.objects.filter(room=everyone).count() > 10, "some are stored")
    server.stop()
    ana.wait_until_offline()
    server.start()
    ana.wait_until_live()
    wanted = [f"Number {n}" for n in range(1, 101)]
    wait_until(lambda: Message.objects.filter(room=everyone).count() >= len(wanted), "all are stored")
    ana.sees_all_sent()
    assert stored_texts(everyone) == wanted
