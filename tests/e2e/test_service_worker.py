"""The service worker: files without a connection, push messages and clicks on notifications."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Worker, expect

from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.waiting import wait_until

SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }))"""

# A worker that is still being activated receives no push messages.
ACTIVATED = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== "activated") await new Promise((done) => active.addEventListener("statechange", done, { once: true }));
}"""


@pytest.fixture
def session(uvicorn, enter, register, everyone) -> BrowserSession:
    """A session whose page has installed its worker."""
    register("Ana Ferreira")
    session = enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"])
    session.open(everyone)
    session.page.evaluate(ACTIVATED)
    return session


def worker_of(session: BrowserSession) -> Worker:
    wait_until(lambda: session.context.service_workers, "the service worker")
    return session.context.service_workers[0]


COUNT_HANDLED = """() => {
  const receive = receivePush;
  self.handled = 0;
  receivePush = async (data) => {
    await receive(data);
    self.handled += 1;
  };
}"""

# Notifications aren't shown until `release()`. `asked` counts the calls of `getNotifications()`.
HOLD_SHOWING = """() => {
  const { showNotification, getNotifications } = ServiceWorkerRegistration.prototype;
  const isReleased = new Promise((resolve) => (self.release = resolve));
  Object.assign(self, { asked: 0, isShowing: false });
  registration.showNotification = async (...args) => {
    self.isShowing = true;
    await isReleased;
    await showNotification.apply(registration, args);
  };
  registration.getNotifications = (...args) => {
    self.asked += 1;
    return getNotifications.apply(registration, args);
  };
}"""


class Pushes:
    """Delivers push messages as the browser does."""

    def __init__(self, session: BrowserSession) -> None:
        self.session = session
        self.registrations: list[dict[str, Any]] = []
        self.devtools: CDPSession = session.context.new_cdp_session(session.page)
        self.devtools.on(
            "ServiceWorker.workerRegistrationUpdated", lambda event: self.registrations.extend(event["registrations"])
        )
        self.devtools.send("ServiceWorker.enable")
        self._wait_until(lambda: self.registrations, "the registration")
        self.delivered = 0
        self.worker = worker_of(session)
        self.worker.evaluate(COUNT_HANDLED)

    def deliver(self, data: str) -> None:
        registration = self.registrations[-1]["registrationId"]
        message = {"origin": self.session.url, "registrationId": registration, "data": data}
        self.devtools.send("ServiceWorker.deliverPushMessage", message)
        self.delivered += 1

    def wait_until_handled(self) -> None:
        wait_until(lambda: self.worker.evaluate("self.handled") == self.delivered, "the push messages are handled")

    def shown(self) -> list[dict[str, Any]]:
        return self.session.page.evaluate(SHOWN)

    def shows(self, *bodies: str) -> bool:
        """Wait until these notifications are shown. While one is being shown, `shown()` could make Chromium lose it."""
        self.wait_until_handled()
        self._wait_until(
            lambda: sorted(each["body"] for each in self.shown()) == sorted(bodies), f"the notifications {bodies}"
        )
        return True

    def _wait_until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait while the browser's events are handled."""
        wait_until(lambda: self.session.page.evaluate("0") or condition(), what)


def payload(**fields: Any) -> str:
    return json.dumps({"web_push": 8030, **fields})


def notification(room: int, body: str, url: str) -> dict[str, Any]:
    return {"title": "Ana in #Everyone", "body": body, "navigate": url, "tag": f"room-{room}", "silent": False}


def test_push_messages_are_shown_and_those_of_a_room_replace_each_other(session, everyone):
    pushes = Pushes(session)
    url = f"{session.url}/rooms/{everyone.pk}/messages/1/"
    for body in ("first", "second"):
        pushes.deliver(payload(notification=notification(everyone.pk, body, url), app_badge=2, mutable=True))
    assert pushes.shows("second")
    assert pushes.shown() == [{"title": "Ana in #Everyone", "body": "second", "tag": f"room-{everyone.pk}", "url": url}]


def test_a_push_message_closes_the_notifications_of_rooms_that_were_read(session, everyone):
    pushes = Pushes(session)
    pushes.deliver(payload(notification=notification(everyone.pk, "first", session.url)))
    pushes.deliver(payload(notification=notification(everyone.pk + 1, "elsewhere", session.url)))
    assert pushes.shows("first", "elsewhere")
    pushes.deliver(payload(close=[f"room-{everyone.pk}"], app_badge=0))
    assert pushes.shows("elsewhere")


def test_push_messages_that_arrive_at_once_are_handled_in_order(session, everyone):
    pushes = Pushes(session)
    pushes.worker.evaluate(HOLD_SHOWING)
    pushes.deliver(payload(notification=notification(everyone.pk, "first", session.url)))
    for tag in (f"room-{everyone.pk + 1}", f"room-{everyone.pk}"):
        pushes.deliver(payload(close=[tag]))
    wait_until(lambda: pushes.worker.evaluate("self.isShowing"), "the first push message")
    session.page.wait_for_timeout(300)  # the others arrive
    assert pushes.worker.evaluate("self.asked") == 0
    pushes.worker.evaluate("self.release()")
    assert pushes.shows()


def test_something_is_shown_for_a_push_message_that_cannot_be_read(session):
    pushes = Pushes(session)
    for count, data in enumerate(("", "not JSON", "[]", "null"), 1):
        pushes.deliver(data)
        assert pushes.shows(*["You have a new message."] * count)


def test_notifications_never_lead_to_another_site(session):
    pushes = Pushes(session)
    pushes.deliver(payload(notification=notification(1, "hostile", "https://example.com/rooms/1/")))
    assert pushes.shows("hostile")
    assert [each["url"] for each in pushes.shown()] == [session.url]


def test_a_click_opens_the_message_in_the_page_that_is_open(session, everyone, register):
    [first, *_rest] = post_messages(everyone, register("Bo Larsen"), "The one to see", *map(str, range(80)))
    session.open("/search/")
    session.open(everyone)
    pushes = Pushes(session)
    url = f"{session.url}/rooms/{everyone.pk}/messages/{first.seq}/"
    pushes.deliver(payload(notification=notification(everyone.pk, "The one to see", url)))
    assert pushes.shows("The one to see")
    session.watch.allow("Not allowed to focus a window")  # only a real click is
    worker_of(session).evaluate(
        """async () => {
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )
    expect(session.message("The one to see")).to_be_in_viewport()
    assert pushes.shows()


def test_the_page_loads_its_files_from_the_worker(session):
    session.open("/")
    sources = session.page.evaluate(
        """async () => {
          const names = await caches.keys();
          const kept = (await (await caches.open(names[0])).keys()).map(({ url }) => new URL(url).pathname);
          const scripts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"));
          return { names, kept, served: scripts.map(({ name, workerStart }) => [name, workerStart > 0]) };
        }"""
    )
    assert len(sources["names"]) == 1
    assert any("/emoji_picker." in path for path in sources["kept"])
    assert sources["served"]
    assert all(is_from_worker for _name, is_from_worker in sources["served"])
