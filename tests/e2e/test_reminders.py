"""Reminders: set from a message's menu, shown in all tabs until dismissed, also after the page was closed, and on a phone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, Route, expect

from messaging.models import SavedMessage
from messaging.saved.reminders import set_reminder
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until

TEXT = "Water the plants"


@pytest.fixture
def room(register, everyone) -> Room:
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, TEXT, "Sweep the floor")
    return room


@pytest.fixture
def mira(uvicorn, enter, room, everyone) -> BrowserSession:
    return enter(uvicorn, room.members.get(username="mira"), timezone_id="America/New_York").open(everyone)


def remind(user, room: Room) -> None:
    at = timezone.now() + timedelta(minutes=5)
    set_reminder(user=user, message_id=room.messages.first().pk, at=at)


def make_due() -> None:
    SavedMessage.objects.update(remind_at=timezone.now())


def test_reminder_is_shown_in_all_tabs_and_leads_to_the_message(mira, room):
    tab = mira.new_tab("/")
    mira.wait_until_live(tab)
    remind(mira.user, room)
    make_due()
    notices = [page.locator(".notices.is-floating .is-reminder") for page in (mira.page, tab)]
    for notice in notices:
        expect(notice).to_contain_text(f"Reminder: “{TEXT}” from Ana Ferreira")
    notices[0].get_by_role("link", name="Show message").click()
    expect(mira.heading).to_have_text("Workshop")
    expect(mira.message(TEXT)).to_be_in_viewport()
    for notice in notices:
        expect(notice).to_have_count(0)
    wait_until(lambda: not SavedMessage.objects.get().has_notice, "the reminder is dismissed")


def test_reminder_of_someone_who_was_away_waits_for_them_until_dismissed(uvicorn, enter, mira, room):
    mira.page.goto("about:blank")
    remind(mira.user, room)
    make_due()
    wait_until(lambda: SavedMessage.objects.get().has_notice, "the reminder is delivered")
    mira.open("/")
    notice = mira.notices.locator(".is-reminder")
    expect(notice).to_be_visible()
    mira.page.reload()
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Dismiss").click()
    wait_until(lambda: not SavedMessage.objects.get().has_notice, "the reminder is dismissed")
    mira.open("/")
    mira.page.get_by_role("link", name="Saved messages").click()
    expect(mira.panel.locator(".saved.is-due")).to_contain_text("Due since")
    expect(notice).to_have_count(0)


def test_reminder_of_a_message_that_is_deleted_disappears(uvicorn, enter, mira, room):
    ana = enter(uvicorn, room.created_by).open(room)
    remind(mira.user, room)
    make_due()
    expect(mira.notices.locator(".is-reminder")).to_be_visible()
    ana.delete(TEXT)
    expect(mira.notices.locator(".is-reminder")).to_have_count(0)


def test_reminder_that_ends_while_it_is_loaded_is_not_shown(uvicorn, enter, mira, room):
    ana = enter(uvicorn, room.created_by).open(room)
    remind(mira.user, room)
    make_due()
    expect(mira.notices.locator(".is-reminder")).to_be_visible()
    loaded: list[tuple[Route, APIResponse]] = []
    mira.page.route("**/saved/reminders/", lambda route: loaded.append((route, route.fetch())))
    mira.page.reload()
    wait_until(lambda: mira.page.evaluate("0") or loaded, "the list of reminders is read")
    expect(mira.page.locator("body")).to_have_attribute("data-connection", "live")
    ana.delete(TEXT)
    expect(ana.message("Message deleted")).to_be_visible()
    mira.page.wait_for_timeout(500)  # the event arrives
    [(route, response)] = loaded
    with mira.page.expect_response("**/saved/reminders/"):
        route.fulfill(response=response)
    mira.page.wait_for_timeout(500)  # long enough for a notice to appear
    expect(mira.notices.locator(".is-reminder")).to_have_count(0)


def test_reminder_is_set_changed_and_canceled_with_the_keyboard(mira, room):
    mira.go_to("Workshop")
    mira.sees("Sweep the floor")
    mira.field.focus()
    mira.page.keyboard.press("Shift+Tab")
    expect(mira.message("Sweep the floor")).to_be_focused()
    mira.page.keyboard.press("m")
    form = mira.panel.locator("reminder-form:defined")
    expect(form.get_by_label("In 20 minutes")).to_be_checked()
    form.get_by_label("In 20 minutes").focus()
    for _ in range(4):
        mira.page.keyboard.press("ArrowDown")
    expect(form.get_by_label("Choose date and time…")).to_be_checked()
    day = f"{timezone.now().year + 1}-07-01"
    form.get_by_label("Date and time", exact=True).fill(f"{day}T09:00")
    mira.page.keyboard.press("Enter")
    expect(mira.notices).to_contain_text("You’ll be reminded on")
    expect(mira.panel).to_have_count(0)
    saved = SavedMessage.objects.get()
    at = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=ZoneInfo("America/New_York"))
    assert (saved.message.body, saved.remind_at) == ("Sweep the floor", at)
    expect(mira.message("Sweep the floor").locator(".msg__saved")).to_be_visible()

    mira.page.get_by_role("link", name="Saved messages").click()
    row = mira.panel.locator(".saved")
    expect(row).to_contain_text("Reminder on 1 Jul")
    row.get_by_role("link", name=re.compile("^Change")).click()
    expect(mira.panel.get_by_label("Date and time", exact=True)).to_have_value(f"{day}T09:00")
    mira.panel.get_by_role("button", name="Cancel reminder").click()
    expect(row.get_by_role("link", name=re.compile("^Remind me"))).to_be_visible()
    assert SavedMessage.objects.get().remind_at is None


def test_past_time_is_refused_beside_its_field(mira, room):
    message = room.messages.first()
    mira.page.goto(f"/messages/{message.pk}/reminder/")
    mira.page.get_by_label("Choose date and time…").check()
    mira.page.get_by_label("Date and time", exact=True).fill("2020-01-01T09:00")
    mira.page.get_by_role("button", name="Set reminder").click()
    expect(mira.page.get_by_text("Choose a time in the future.")).to_be_visible()
    expect(mira.page.get_by_label("Date and time", exact=True)).to_have_value("2020-01-01T09:00")


def test_reminder_on_a_phone_without_javascript(uvicorn, enter, room):
    mira = enter(uvicorn, room.members.get(username="mira"), viewport=PHONE, java_script_enabled=False)
    mira.page.goto(f"/messages/{room.messages.first().pk}/reminder/?next=/saved/")
    assert mira.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    mira.page.get_by_label("In 1 hour").check()
    mira.page.get_by_role("button", name="Set reminder").click()
    expect(mira.page).to_have_url(re.compile("/saved/$"))
    expect(mira.page.locator(".saved")).to_contain_text("Reminder on")
    mira.page.get_by_role("link", name="With a reminder").click()
    expect(mira.page.locator(".saved")).to_have_count(1)
