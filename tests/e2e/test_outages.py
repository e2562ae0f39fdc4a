"""Outages and restarts: no message is lost, stored twice or out of order."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.db import connection
from playwright.sync_api import expect

from messaging.models import Message
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages, stored_texts
from tests.e2e.proxy import Proxy
from tests.factories import make_room
from tests.server import run_site
from tests.waiting import wait_until

FIVE = [f"Written in the tunnel, {n}" for n in range(1, 6)]


def go_offline(visitor: BrowserSession, proxy: Proxy) -> None:
    proxy.disconnect()  # the browser's offline mode keeps some sockets open
    visitor.context.set_offline(True)


def come_online(visitor: BrowserSession, proxy: Proxy) -> None:
    proxy.reconnect()
    visitor.context.set_offline(False)


def break_connection(visitor: BrowserSession, proxy: Proxy) -> None:
    proxy.disconnect()


def restore_connection(visitor: BrowserSession, proxy: Proxy) -> None:
    proxy.reconnect()


OUTAGES = {
    "the browser is offline": (go_offline, come_online),
    "the connection breaks": (break_connection, restore_connection),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_after_an_outage_every_message_arrives_once_and_in_order(uvicorn, proxy, enter, everyone, outage):
    break_off, come_back = OUTAGES[outage]
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    ana.send("We leave at six")
    mira.sees("We leave at six")
    mira.send("Good")
    ana.sees("Good")

    break_off(mira, proxy)
    mira.wait_until_offline()
    for text in FIVE:
        mira.send(text)
    expect(mira.page.locator(".msg.is-pending")).to_have_count(5)
    expect(mira.page.locator(".banner")).to_contain_text("Messages you send will be delivered when you’re back online.")
    ana.edit("We leave at six", "We leave at seven")
    ana.send("Are you there?")
    ana.sees_all_sent()
    mira.sees("We leave at six")

    come_back(mira, proxy)
    mira.wait_until_live()
    mira.sees("Are you there?")
    ana.sees(FIVE[-1])
    mira.sees_all_sent()
    expected = ["We leave at seven", "Good", "Are you there?", *FIVE]
    assert mira.texts == ana.texts == stored_texts(everyone) == expected


def test_rooms_that_were_open_before_can_be_read_and_written_in_without_a_connection(
    uvicorn, proxy, enter, register, everyone
):
    user = register("Mira Sol")
    launch = make_room("Launch", owner=user)
    post_messages(launch, user, "We launch on Thursday")
    post_messages(everyone, user, "Welcome")
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(proxy, user).open(launch)
    mira.watch.allow_connection_errors()
    mira.go_to("Everyone")

    proxy.disconnect()
    mira.wait_until_offline()
    state = mira.page.locator(".me__state")
    expect(state).to_have_text("Reconnecting…")
    assert state.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    ana.send("Written meanwhile")
    mira.go_to("Launch")
    mira.sees("We launch on Thursday")
    expect(mira.page).to_have_url(re.compile(f"/rooms/{launch.pk}/$"))
    mira.send("Postponed")
    mira.page.go_back()
    expect(mira.heading).to_have_text("Everyone")
    mira.sees("Welcome")

    proxy.reconnect()
    mira.wait_until_live()
    mira.sees("Written meanwhile")
    mira.go_to("Launch")
    mira.sees_all_sent()
    assert mira.texts == stored_texts(launch) == ["We launch on Thursday", "Postponed"]


def test_changes_missed_in_an_outage_are_synced_without_a_new_message(uvicorn, proxy, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    ana.send("First thought")
    ana.send("Wrong room, sorry")
    mira.sees("Wrong room, sorry")
    proxy.disconnect()
    mira.wait_until_offline()
    ana.edit("First thought", "Second thought")
    ana.delete("Wrong room, sorry")
    ana.sees("Message deleted")
    proxy.reconnect()
    mira.sees("Second thought")
    mira.sees("Message deleted")
    assert mira.texts == ana.texts == ["Second thought", "Message deleted"]


def test_a_post_whose_response_was_lost_is_stored_once(uvicorn, proxy, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    proxy.drop_responses()
    mira.send("Did you get this?")
    ana.sees("Did you get this?")
    mira.send("And this?")
    expect(mira.page.locator(".msg.is-pending")).to_have_count(2)
    proxy.disconnect()
    mira.wait_until_offline()
    proxy.reconnect()
    mira.wait_until_live()
    mira.sees_all_sent()
    ana.sees("And this?")
    assert mira.texts == ana.texts == stored_texts(everyone) == ["Did you get this?", "And this?"]


def test_proxy_that_blocks_live_connections_is_named_as_the_cause(proxy, enter, everyone):
    mira = enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    mira.watch.allow("status of 404")
    proxy.block_websockets(and_streams=True)
    mira.wait_until_offline()
    mira.send("Written meanwhile")
    banner = mira.page.locator(".banner")
    expect(banner).to_contain_text("a proxy that isn’t set up for WebSockets", timeout=60_000)
    proxy.disconnect()
    expect(banner).not_to_contain_text("WebSockets", timeout=60_000)


def test_page_works_without_websockets(uvicorn, proxy, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    proxy.block_websockets()
    mira.wait_until_offline()
    mira.send("Written meanwhile")
    mira.wait_until_live()
    ana.sees("Written meanwhile")
    ana.send("Do you read me?")
    mira.sees("Do you read me?")
    texts = [f"Message {number}" for number in range(20)]
    for text in texts:
        mira.send(text)
    mira.sees_all_sent()
    assert ana.texts == mira.texts == stored_texts(everyone) == ["Written meanwhile", "Do you read me?", *texts]
    proxy.disconnect()
    mira.wait_until_offline()
    proxy.reconnect()
    mira.wait_until_live()


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request, transactional_db, everyone, tmp_path) -> Iterator["RestartableServer"]:
    with ExitStack() as stack:
        server = RestartableServer(request.param, tmp_path)
        stack.callback(server.stop)
        server.start()
        stack.callback(server.proxy.close)
        yield server


class RestartableServer:
    """A server that tests can stop and start again at the same address."""

    def __init__(self, kind: str, folder) -> None:
        self.kind = kind
        self.proxy = Proxy(0)
        self.url = self.proxy.url
        self._folder = folder
        self._running = ExitStack()

    def start(self) -> None:
        site = self._running.enter_context(run_site(self.kind, connection.settings_dict["NAME"], self._folder / "data"))
        self.proxy.target = site.port

    def stop(self) -> None:
        """Stop with SIGTERM, as a service manager does."""
        self._running.close()


def test_the_page_announces_a_restart_and_reconnects(server, enter, everyone):
    ana, mira = enter(server, "Ana Ferreira").open(everyone), enter(server, "Mira Sol").open(everyone)
    for visitor in (ana, mira):
        visitor.watch.allow_connection_errors()
    ana.send("Before")
    mira.sees("Before")

    server.stop()
    mira.wait_until_offline()
    title = "The server is restarting." if server.kind == "uvicorn" else "Reconnecting…"
    expect(mira.page.locator(".banner b")).to_have_text(title)
    for text in FIVE[:3]:
        mira.send(text)
    expect(mira.page.locator(".msg.is-pending")).to_have_count(3)

    server.start()
    mira.wait_until_live()
    ana.wait_until_live()
    mira.sees_all_sent()
    for text in FIVE[:3]:
        ana.sees(text)  # the last may arrive live before those that were missed
    assert mira.texts == ana.texts == stored_texts(everyone) == ["Before", *FIVE[:3]]


@pytest.mark.parametrize("server", ["uvicorn"], indirect=True)
@pytest.mark.parametrize("posts_since", [0, 2, 3, 5])
def test_page_is_equal_to_a_reloaded_one_after_a_restore(server, enter, register, everyone, posts_since):
    """The database is restored to the state before the last three messages. Then new ones are posted before the page reconnects."""
    ana = register("Ana Ferreira")
    post_messages(everyone, ana, *FIVE)
    mira = enter(server, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    mira.sees(FIVE[-1])
    server.stop()
    mira.wait_until_offline()
    Message.objects.filter(room=everyone, seq__gt=2).delete()
    last = Message.objects.get(room=everyone, seq=2)
    Room.objects.filter(pk=everyone.pk).update(last_seq=2, version=2, last_at=last.created_at)
    new = [f"After the restore, {n}" for n in range(posts_since)]
    post_messages(everyone, ana, *new)
    server.start()
    mira.wait_until_live()
    expect(mira.page.locator(".msg__body")).to_have_text([*FIVE[:2], *new])
    post_messages(everyone, ana, "Live again")
    mira.sees("Live again")
    assert mira.texts == stored_texts(everyone) == [*FIVE[:2], *new, "Live again"]
    mira.page.reload()
    mira.sees("Live again")
    assert mira.texts == stored_texts(everyone)


def test_messages_sent_while_the_server_stops_are_stored_once(server, enter, everyone):
    ana = enter(server, "Ana Ferreira").open(everyone)
    ana.watch.allow_connection_errors()
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
    expected = [f"Number {n}" for n in range(1, 101)]
    wait_until(lambda: Message.objects.filter(room=everyone).count() >= len(expected), "all are stored")
    ana.sees_all_sent()
    assert stored_texts(everyone) == expected
