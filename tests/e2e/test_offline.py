"""Starts of the chat without a connection, from the copy that the browser keeps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from messaging.models import Message
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.proxy import Proxy
from tests.factories import make_member, make_room
from tests.live_client import session_of
from tests.waiting import wait_until

# Returns whether the page is kept, and the user and the rooms of the copy.
KEPT = """async () => {
  const page = await caches.match("/offline/", { ignoreSearch: true, ignoreVary: true });
  const names = (await indexedDB.databases()).map(({ name }) => name);
  if (!names.includes("chatsite-offline")) return { page: Boolean(page), user: null, rooms: [] };
  const database = await new Promise((resolve) => {
    indexedDB.open("chatsite-offline").onsuccess = ({ target }) => resolve(target.result);
  });
  const read = (store, method, key) => new Promise((resolve) => {
    database.transaction(store).objectStore(store)[method](key).onsuccess = ({ target }) => resolve(target.result);
  });
  const state = await read("state", "get", "page");
  const rooms = await read("rooms", "getAllKeys");
  database.close();
  return { page: Boolean(page), user: state?.me.id ?? null, rooms };
}"""
NOTHING = {"page": False, "user": None, "rooms": []}
SAVE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  Object.defineProperty(document, "hidden", { value: false, configurable: true });
}"""


@pytest.fixture
def ana(register):
    return register("Ana Ferreira")


@pytest.fixture
def session(proxy, enter, everyone, ana) -> BrowserSession:
    post_messages(everyone, ana, "We leave at six")
    session = enter(proxy, "Mira Sol", service_workers="allow")
    session.watch.allow_connection_errors()
    return session.open(everyone)


def wait_until_kept(session: BrowserSession, *rooms: Room) -> None:
    kept: dict[str, Any] = {}

    def is_kept() -> bool:
        session.page.evaluate(SAVE)
        kept.update(session.page.evaluate(KEPT))
        return kept["page"] and {room.pk for room in rooms} <= set(kept["rooms"])

    wait_until(is_kept, lambda: f"the copy: {kept}")


def reload_offline(session: BrowserSession, proxy: Proxy) -> None:
    proxy.disconnect()
    session.wait_until_offline()
    session.page.reload()
    expect(session.page.locator("body[data-started]")).to_be_visible()


def stored(room: Room) -> Callable[[], list[str]]:
    return lambda: list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def test_the_last_rooms_open_without_a_connection_and_messages_wait_for_it(session, proxy, everyone, ana):
    harbour = make_room("Harbour", owner=ana)
    make_member(harbour, session.user)
    post_messages(harbour, ana, "The tide is low")
    session.open(harbour)
    session.go_to("Everyone")
    session.sees("We leave at six")
    wait_until_kept(session, everyone, harbour)

    reload_offline(session, proxy)
    session.sees("We leave at six")
    session.send("Written in the tunnel")
    session.sees("Written in the tunnel")
    session.go_to("Harbour")
    session.sees("The tide is low")
    post_messages(harbour, ana, "The tide is high")

    proxy.reconnect()
    session.wait_until_live()
    session.sees("The tide is high")
    session.go_to("Everyone")
    session.sees_all_sent()
    assert stored(everyone)() == ["We leave at six", "Written in the tunnel"]
    session.page.reload()
    session.wait_until_live()
    assert session.texts == ["We leave at six", "Written in the tunnel"]


def test_logging_out_removes_the_copy(session, proxy, everyone):
    wait_until_kept(session, everyone)
    session.page.evaluate("() => document.querySelector('room-list form').requestSubmit()")
    expect(session.page.get_by_role("heading", name="Log in")).to_be_visible()
    assert session.page.evaluate(KEPT) == NOTHING
    proxy.disconnect()
    with pytest.raises(Exception, match="net::ERR"):
        session.page.goto("/")


def test_the_copy_goes_when_the_session_ends_elsewhere(session, everyone):
    wait_until_kept(session, everyone)
    session.watch.allow("401")
    Session.objects.all().delete()
    session.page.goto("/")
    expect(session.page.get_by_role("heading", name="Log in")).to_be_visible()
    wait_until(lambda: session.page.evaluate(KEPT) == NOTHING, "the copy to be removed")


def test_another_user_never_gets_the_copy(session, everyone, register):
    wait_until_kept(session, everyone)
    other = register("Zoe Lund")
    session.context.add_cookies(
        [{"name": "sessionid", "value": session_of(other), "url": session.url, "httpOnly": True}]
    )
    session.open("/direct/new/").open("/")
    wait_until(lambda: session.page.evaluate(KEPT)["user"] == other.pk, "the copy of the other user")


def test_a_new_worker_takes_over_while_a_message_is_written(session, everyone):
    wait_until_kept(session, everyone)
    session.page.reload()  # so that the worker controls the page
    session.wait_until_live()
    session.field.fill("Half a sentence")
    session.page.evaluate(
        """async () => {
          const hasChanged = new Promise((resolve) => (navigator.serviceWorker.oncontrollerchange = resolve));
          await navigator.serviceWorker.register("/sw.js?next");
          await hasChanged;
        }"""
    )
    expect(session.field).to_have_value("Half a sentence")
    session.page.keyboard.press("Control+k")
    expect(session.page.locator("quick-switcher dialog[open], dialog.switcher[open]").first).to_be_visible()
    session.page.keyboard.press("Escape")
    session.field.press("Enter")
    session.sees_all_sent()
    assert stored(everyone)()[-1] == "Half a sentence"
