"""Turning notifications on for a browser, and hearing their sounds, in the settings."""

import json

from playwright.sync_api import expect

from messaging.models import PushSubscription
from tests.e2e.conftest import post_messages
from tests.e2e.test_notifications import COUNT_TONES, HIDE, Notified
from tests.push_device import Device
from tests.waiting import wait_until

DEVICES = "/notifications/devices/"
BUTTON = "Get notified on this device"
# The browser's part, because Chromium without Google's services can't subscribe.
SUBSCRIBE = """
let subscription = null;
PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
  const bytes = Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  return (subscription = { toJSON: () => (%s), options: { applicationServerKey: bytes.buffer } });
};
PushManager.prototype.getSubscription = async () => subscription;
"""
FOR_ANOTHER_KEY = """
subscription = {
  toJSON: () => ({}),
  options: { applicationServerKey: new ArrayBuffer(65) },
  unsubscribe: async () => (window.hasEnded = true),
};
"""


def test_a_browser_that_blocks_notifications_says_so(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol", service_workers="allow")
    mira.page.goto(DEVICES)
    mira.page.get_by_role("button", name=BUTTON).click()  # without a window, Chromium denies the permission
    expect(mira.page.get_by_text("Your browser blocks notifications.")).to_be_visible()
    expect(mira.page.get_by_role("button", name=BUTTON)).to_be_hidden()


def test_a_subscription_that_fails_is_not_hidden(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"])
    mira.watch.allow("does not support the Push API in incognito mode")
    mira.page.goto(DEVICES)
    mira.page.get_by_role("button", name=BUTTON).click()
    expect(mira.page.get_by_text("Couldn’t turn on push notifications.")).to_be_visible()
    expect(mira.page.get_by_role("button", name=BUTTON)).to_be_enabled()


def test_the_browser_is_subscribed_until_its_user_logs_out(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"])
    device = Device("https://fcm.googleapis.com/fcm/send/mira")
    mira.context.add_init_script(SUBSCRIBE % json.dumps(device.as_json()))
    mira.page.goto(DEVICES)
    mira.page.get_by_role("button", name=BUTTON).click()
    expect(mira.page.get_by_text("This device notifies you, also when the site isn’t open.")).to_be_visible()
    assert PushSubscription.objects.get().user == mira.user
    mira.page.reload()
    expect(mira.page.get_by_text("This device", exact=True)).to_be_visible()
    mira.page.get_by_role("button", name="Log out").first.click()
    expect(mira.page.get_by_role("heading", name="Log in")).to_be_visible()
    assert mira.page.evaluate("() => Object.keys(localStorage).filter((key) => key.includes('push'))") == []


def test_a_subscription_for_an_earlier_key_of_the_site_is_replaced(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"])
    device = Device("https://fcm.googleapis.com/fcm/send/mira")
    mira.context.add_init_script(SUBSCRIBE % json.dumps(device.as_json()) + FOR_ANOTHER_KEY)
    mira.page.goto(DEVICES)
    mira.page.get_by_role("button", name=BUTTON).click()
    expect(mira.page.get_by_text("This device notifies you, also when the site isn’t open.")).to_be_visible()
    assert mira.page.evaluate("() => window.hasEnded")
    assert PushSubscription.objects.get().endpoint == "https://fcm.googleapis.com/fcm/send/mira"


def test_the_notice_after_a_missed_message_turns_notifications_on(uvicorn, enter, register, everyone):
    notified = Notified(enter(uvicorn, "Mira Sol", service_workers="allow", permissions=["notifications"]))
    device = Device("https://fcm.googleapis.com/fcm/send/mira")
    notified.session.context.add_init_script(SUBSCRIBE % json.dumps(device.as_json()))
    [message] = post_messages(everyone, register("Ana Ferreira"), "Hello")
    notified.open(everyone)
    notified.page.evaluate("() => { Object.defineProperty(Notification, 'permission', { get: () => 'default' }); }")
    notified.page.evaluate(HIDE, True)
    notified.receive(message)
    assert notified.reported(message, "denied")
    notified.page.evaluate(HIDE, False)
    notified.session.notices.get_by_role("button", name="Turn on").click()
    expect(notified.session.notices.get_by_text("Notifications are on.")).to_be_visible()
    wait_until(PushSubscription.objects.exists, "the subscription")


def test_the_chosen_sound_is_played(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol")
    mira.context.add_init_script(COUNT_TONES)
    mira.page.goto("/notifications/")
    mira.page.locator("sound-field select").select_option("Bell")
    mira.page.wait_for_function("window.tones === 2")
    mira.page.get_by_role("button", name="Play sound").click()
    mira.page.wait_for_function("window.tones === 4")
