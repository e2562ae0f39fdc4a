"""Notifications in open pages: sounds, the system's notifications, and the numbers in the icons."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from accounts.models import Connection
from messaging.models import Message, Notification
from messaging.notifications.preferences import save_preferences
from messaging.posting.actions import delete_message
from rooms.blocking import block_person
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until
from tests.zones import zone_where_it_is

# Counts the tones that the page plays.
COUNT_TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...times) {
  window.tones += 1;
  return start.apply(this, times);
};
"""
# Playwright makes all pages believe that they are in front.
HIDE = """(isHidden) => {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
  document.hasFocus = () => !isHidden;
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration())?.getNotifications() ?? [])
  .map(({ title, body, tag, silent, data }) => ({ title, body, tag, silent, url: new URL(data.url).pathname }))"""


def use(page: Page) -> None:
    """Click in a page, because only used pages may play sounds."""
    page.locator("main message-composer textarea").click()


class Notified:
    """A session to whose pages a test sends events as the server does, and which records the pages' reports.

    By themselves, messages that mention nobody notify nobody.
    """

    def __init__(self, session: BrowserSession) -> None:
        self.session = session
        self.page = session.page
        self.sockets: list[WebSocketRoute] = []
        self.reports: dict[int, list[str]] = defaultdict(list)
        session.context.add_init_script(COUNT_TONES)
        session.context.route_web_socket("**/ws/", self._relay)

    def _relay(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        self.sockets.append(socket)

        def forward(text: str | bytes) -> None:
            command = json.loads(text)
            if command["type"] == "notification.shown":
                self.reports[command["message"]].append(command["shown"])
            server.send(text)

        socket.on_message(forward)

    def open(self, room: Room) -> "Notified":
        self.session.open(room)
        use(self.page)
        connections = Connection.objects.filter(user=self.session.user)
        self.wait_until(connections.exists, "the connection to be stored, without which there is no page to notify")
        return self

    def receive(self, message: Message, *, channel: str = "desktop", trigger: str = "mention") -> None:
        room = message.room
        event = {
            "type": "notification",
            "room": room.pk,
            "message": message.pk,
            "seq": message.seq,
            "channel": channel,
            "trigger": trigger,
            "title": f"{message.sender.display_name} in #{room.name}",
            "body": message.body,
            "url": f"/rooms/{room.pk}/messages/{message.seq}/",
            "tag": f"room-{room.pk}",
        }
        for socket in self.sockets:
            socket.send(json.dumps([event]))

    def reported(self, message: Message, *shown: str) -> bool:
        reports = self.reports[message.pk]
        self.wait_until(lambda: sorted(reports) == sorted(shown), lambda: f"{shown} instead of {reports}")
        return True

    def shown(self) -> list[dict[str, Any]]:
        """Return the shown notifications. Don't call this while one is being shown: Chromium may lose track of it."""
        return self.page.evaluate(SHOWN)

    def wait_until(self, condition: Callable[[], object], what: str | Callable[[], str]) -> None:
        """Wait while the browser's events are handled."""
        wait_until(
            lambda: self.page.evaluate("0") or condition(),
            lambda: f"{what if isinstance(what, str) else what()}; reports: {dict(self.reports)}",
        )


def tones(page: Page) -> int:
    return page.evaluate("window.tones")


@pytest.fixture
def ana(register):
    return register("Ana Ferreira")


@pytest.fixture
def notified(uvicorn, enter) -> Notified:
    return Notified(enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"]))


def test_the_server_notifies_a_hidden_page_until_the_message_is_read_elsewhere(notified, enter, uvicorn, everyone, ana):
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    [message] = post_messages(everyone, ana, "Hello @mira")
    assert notified.reported(message, "desktop")
    [shown] = notified.shown()
    assert "Ana Ferreira" in shown["title"] + shown["body"]
    assert shown["url"] == f"/rooms/{everyone.pk}/messages/{message.seq}/"
    wait_until(lambda: Notification.objects.get(user=notified.session.user).shown == "desktop", "the report")
    enter(uvicorn, notified.session.user).open(everyone).sees("Hello @mira")
    notified.wait_until(lambda: notified.shown() == [], "the notification to be closed")


def test_quiet_hours_are_those_of_each_users_own_clock(uvicorn, enter, everyone, ana):
    """Both have quiet hours from 22:00 to 7:00. It is 23:00 where Mira is, and noon where Noa is."""

    def hidden_page_of(name: str, hour: int) -> Notified:
        zone = zone_where_it_is(hour)
        allowed = {"service_workers": "allow", "permissions": ["notifications"]}
        notified = Notified(enter(uvicorn, name, **allowed, timezone_id=zone))
        notified.session.context.add_cookies([{"name": "time_zone", "value": zone, "url": uvicorn.url}])  # as on log-in
        save_preferences(user=notified.session.user, quiet_hours=[[22 * 60, 7 * 60]] * 7)
        notified.open(everyone).page.evaluate(HIDE, True)
        return notified

    asleep, awake = hidden_page_of("Mira Sol", 23), hidden_page_of("Noa Lind", 12)
    messages = post_messages(everyone, ana, "Hello @mira and @noa", "And again, @mira and @noa")
    assert awake.reported(messages[-1], "desktop")
    held = Notification.objects.filter(user=asleep.session.user, channel="badge", cause="quiet_hours")
    asleep.wait_until(lambda: held.count() == 2, "the notifications that are held back")
    expect(asleep.page).to_have_title(re.compile(r"^\(2\)"))
    assert (asleep.shown(), tones(asleep.page)) == ([], 0)

    save_preferences(user=asleep.session.user, quiet_hours=[])
    assert asleep.reported(messages[-1], "desktop")
    [shown] = asleep.shown()
    assert (shown["title"], shown["url"]) == ("2 mentions while you were away", "/inbox/")
    assert not asleep.reports[messages[0].pk]


def test_a_notification_closes_when_its_message_is_deleted(notified, everyone, ana):
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    kept, deleted = post_messages(everyone, ana, "Hello @mira", "Wrong room, @mira")
    assert notified.reported(deleted, "desktop")
    assert [each["body"] for each in notified.shown()] == ["Wrong room, @mira"]
    delete_message(actor=ana, message_id=kept.pk)
    expect(notified.session.message("Hello @mira")).to_have_count(0)
    assert len(notified.shown()) == 1
    delete_message(actor=ana, message_id=deleted.pk)
    notified.wait_until(lambda: notified.shown() == [], "the notification to be closed")


def test_a_notification_closes_when_its_sender_is_blocked(notified, everyone, ana):
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    [message] = post_messages(everyone, ana, "Hello @mira")
    assert notified.reported(message, "desktop")
    assert len(notified.shown()) == 1
    block_person(user=notified.session.user, other=ana)
    notified.wait_until(lambda: notified.shown() == [], "the notification to be closed")


def test_a_message_in_view_makes_no_notification(notified, everyone, ana):
    [message] = post_messages(everyone, ana, "Hello")
    notified.open(everyone)
    expect(notified.session.message("Hello")).to_be_in_viewport()
    notified.receive(message)
    assert notified.reported(message, "in_view")
    assert tones(notified.page) == 0
    assert notified.shown() == []


def test_a_hidden_page_plays_a_sound_and_notifies_until_the_message_is_read(notified, everyone, ana):
    elsewhere = make_room("Elsewhere", owner=ana)
    make_member(elsewhere, notified.session.user)
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    [message] = post_messages(everyone, ana, "Hello")
    [other] = post_messages(elsewhere, ana, "Not read")
    notified.receive(message)
    assert notified.reported(message, "desktop")
    assert tones(notified.page) == 2
    assert notified.shown() == [
        {
            "title": "Ana Ferreira in #Everyone",
            "body": "Hello",
            "tag": f"room-{everyone.pk}",
            "silent": True,
            "url": f"/rooms/{everyone.pk}/messages/{message.seq}/",
        }
    ]
    notified.receive(other, channel="sound", trigger="room")
    assert notified.reported(other, "sound")
    assert len(notified.shown()) == 1
    for socket in notified.sockets:
        socket.send(json.dumps([{"type": "room.read", "room": everyone.pk, "seq": message.seq}]))
    notified.wait_until(lambda: notified.shown() == [], "the notification to be closed")


def test_another_sound_can_be_chosen_or_none(notified, everyone, ana):
    first, second = post_messages(everyone, ana, "One", "Two")
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    for message, sound in ((first, "bell"), (second, "none")):
        preferences = {"type": "notifications.changed", "notifications": {"sound": sound, "desktop": True}}
        notified.sockets[0].send(json.dumps([preferences]))
        notified.receive(message)
        assert notified.reported(message, "desktop")
    assert tones(notified.page) == 2


def test_of_several_tabs_only_one_notifies(notified, everyone, ana):
    [message] = post_messages(everyone, ana, "Hello")
    notified.open(everyone)
    tab = notified.session.new_tab(everyone)
    notified.session.wait_until_live(tab)
    use(tab)
    for page in (notified.page, tab):
        page.evaluate(HIDE, True)
    notified.receive(message)
    assert notified.reported(message, "desktop", "other_tab")
    assert tones(notified.page) + tones(tab) == 2
    assert len(notified.shown()) == 1


def test_no_tab_notifies_if_one_has_the_message_in_view(notified, everyone, ana):
    [message] = post_messages(everyone, ana, "Hello")
    notified.open(everyone)
    tab = notified.session.new_tab(everyone)
    notified.session.wait_until_live(tab)
    expect(tab.locator("message-log .msg")).to_have_count(1)
    notified.page.evaluate(HIDE, True)
    notified.receive(message)
    assert notified.reported(message, "in_view", "other_tab")
    assert tones(notified.page) + tones(tab) == 0


def test_the_permission_is_asked_for_once_and_only_after_a_reason(uvicorn, enter, everyone, ana):
    notified = Notified(enter(uvicorn, "Mira Sol", service_workers="allow"))
    [first, second] = post_messages(everyone, ana, "Hello", "Hello again")
    notified.open(everyone)
    notified.page.evaluate(HIDE, True)
    question = notified.session.notices.get_by_text("Someone tried to reach you while you were away.")
    for message in (first, second):
        notified.receive(message)
        assert notified.reported(message, "denied")
        expect(question).to_have_count(0)
        notified.page.evaluate(HIDE, False)
        expect(question).to_have_count(1 if message is first else 0)
        if message is first:
            notified.session.notices.get_by_role("button", name="Not now").click()
        notified.page.evaluate(HIDE, True)


def test_the_icons_show_the_number_of_messages_for_the_user(notified, everyone, ana):
    notified.session.context.add_init_script(
        "window.badges = []; navigator.setAppBadge = async (n) => badges.push(n);"
        "navigator.clearAppBadge = async () => badges.push(0);"
    )
    elsewhere = make_room("Elsewhere", owner=ana)
    make_member(elsewhere, notified.session.user)
    notified.open(elsewhere)
    icon = notified.page.locator('link[rel="icon"]')
    assert icon.get_attribute("href").startswith("/static/favicon.")
    for text in ("For all", "For @mira", "Also for @mira"):
        post_messages(everyone, ana, text)
    notified.session.open(elsewhere)
    expect(notified.page).to_have_title("(2) #Elsewhere · Chatsite")
    assert icon.get_attribute("href").startswith("data:image/svg+xml,")
    assert "%3E2%3C%2Ftext%3E" in icon.get_attribute("href")
    notified.session.go_to("Everyone")
    expect(notified.page).to_have_title("#Everyone · Chatsite")
    assert icon.get_attribute("href").startswith("/static/favicon.")
    assert notified.page.evaluate("badges") == [2, 0]
