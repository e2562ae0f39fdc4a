"""Scheduled messages: written in the composer, listed, changed, sent now or when they are due, in all tabs."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from messaging.models import ScheduledMessage
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages, stored_texts
from tests.factories import make_member, make_room
from tests.waiting import wait_until


@pytest.fixture
def room(register, everyone) -> Room:
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "When do we meet?")
    return room


@pytest.fixture
def mira(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.members.get(username="mira"), timezone_id="America/New_York").open(room)


def choose(session: BrowserSession, choice: str) -> None:
    """Open the menu beside Send, and choose a time."""
    session.page.get_by_role("button", name="Schedule message").click()
    session.page.locator("#schedule-menu").get_by_role("button", name=choice).click()


def line(session: BrowserSession) -> Locator:
    return session.page.locator(".scheduled-line")


def make_due() -> None:
    ScheduledMessage.objects.update(attempt_at=timezone.now())


def test_reply_is_scheduled_and_sent_when_it_is_due_in_all_tabs(mira, room):
    tab = mira.new_tab(room)
    mira.wait_until_live(tab)
    mira.use_tool("When do we meet?", "reply")
    mira.field.fill("At *nine*")
    choose(mira, "Tomorrow at 09:00")
    expect(mira.notices).to_contain_text("Message scheduled for")
    expect(mira.field).to_have_value("")
    expect(mira.page.locator(".composer__reply")).to_be_hidden()
    expect(line(mira)).to_contain_text("1 scheduled message")
    expect(tab.locator(".scheduled-line")).to_contain_text("1 scheduled message")
    expect(mira.page.get_by_role("link", name="Scheduled messages 1")).to_be_visible()
    scheduled = ScheduledMessage.objects.get()
    assert (scheduled.post_at.hour, scheduled.reply_to.body) in ((13, "When do we meet?"), (14, "When do we meet?"))
    make_due()
    mira.sees("At nine")
    expect(line(mira)).to_be_hidden()
    expect(tab.locator(".scheduled-line")).to_be_hidden()
    expect(mira.page.get_by_role("link", name=re.compile("Scheduled messages"))).to_be_hidden()
    assert room.messages.last().reply_to.body == "When do we meet?"


def test_own_date_is_in_the_time_zone_and_the_past_is_refused(mira):
    mira.watch.allow("status of 400")
    mira.field.fill("Happy New Year")
    choose(mira, "Choose date and time…")
    dialog = mira.page.locator("#schedule[open]")
    expect(dialog).to_be_visible()
    year = timezone.now().year
    dialog.get_by_label("Date and time").evaluate("(field) => field.removeAttribute('min')")
    dialog.get_by_label("Date and time").fill(f"{year - 1}-12-01T09:00")
    dialog.get_by_role("button", name="Schedule").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a time in the future.")
    at = (timezone.now() + timedelta(days=30)).strftime("%Y-%m-%dT09:00")
    dialog.get_by_label("Date and time").fill(at)
    dialog.get_by_role("button", name="Schedule").click()
    expect(line(mira)).to_be_visible()
    expect(dialog).to_have_count(0)
    assert ScheduledMessage.objects.get().post_at.hour in (13, 14)


@pytest.mark.parametrize("text", ["", "/block ana"])
def test_nothing_and_commands_are_not_scheduled(mira, text):
    mira.field.fill(text)
    choose(mira, "Tomorrow")
    expect(mira.notices).to_contain_text("Write a message first" if not text else "Commands can’t be scheduled.")
    expect(mira.field).to_have_value(text)
    assert not ScheduledMessage.objects.exists()


def test_message_with_files_is_not_scheduled(mira):
    mira.page.locator("#files").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Nine"})
    expect(mira.page.locator("upload-list li, upload-list > *").first).to_be_visible()
    mira.field.fill("The plan")
    choose(mira, "Tomorrow")
    expect(mira.notices).to_contain_text("Messages with files can’t be scheduled.")
    expect(mira.field).to_have_value("The plan")


def test_list_edit_send_now_and_delete(mira, room):
    for text in ("First thing", "Second thing"):
        mira.field.fill(text)
        choose(mira, "Tomorrow")
        expect(mira.field).to_have_value("")
    expect(line(mira)).to_contain_text("2 scheduled messages")
    line(mira).get_by_role("link", name="View").click()
    rows = mira.panel.locator(".scheduled")
    expect(rows).to_have_count(2)
    first = rows.filter(has_text="First thing")
    expect(first).to_contain_text("#Workshop")
    first.get_by_role("link", name=re.compile("^Edit")).click()
    mira.panel.get_by_label("Message", exact=True).fill("A better thing")
    mira.panel.get_by_role("button", name="Save").click()
    expect(rows.filter(has_text="A better thing")).to_be_visible()
    rows.filter(has_text="A better thing").get_by_role("button", name=re.compile("^Send now")).click()
    expect(rows).to_have_count(1)
    wait_until(lambda: stored_texts(room)[-1] == "A better thing", "it is sent")
    rows.get_by_role("link", name=re.compile("^Delete")).click()
    mira.panel.get_by_role("button", name="Delete message").click()
    expect(mira.panel).to_contain_text("No scheduled messages")
    assert not ScheduledMessage.objects.exists()
    assert stored_texts(room) == ["When do we meet?", "A better thing"]


def test_open_list_follows_what_is_sent_and_scheduled(mira, room):
    for text in ("First thing", "Second thing"):
        mira.field.fill(text)
        choose(mira, "Tomorrow")
        expect(mira.field).to_have_value("")
    line(mira).get_by_role("link", name="View").click()
    rows = mira.panel.locator(".scheduled")
    expect(rows).to_have_count(2)
    ScheduledMessage.objects.filter(body="First thing").update(attempt_at=timezone.now())
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Second thing")
    make_due()
    expect(mira.panel).to_contain_text("No scheduled messages")


def test_mentioning_everyone_is_asked_about(mira, room):
    for _ in range(20):
        make_member(room)
    mira.page.reload()
    mira.wait_until_live()
    mira.field.fill("@room see you at nine")
    choose(mira, "Tomorrow")
    mira.confirm("Cancel")
    expect(mira.field).to_have_value("@room see you at nine")
    choose(mira, "Tomorrow")
    mira.confirm("Schedule")
    expect(line(mira)).to_be_visible()


def test_refused_message_is_announced_and_kept(mira, room):
    mira.field.fill("Too late")
    choose(mira, "Tomorrow")
    expect(line(mira)).to_be_visible()
    Room.objects.filter(pk=room.pk).update(is_read_only=True)
    make_due()
    notice = mira.notices.locator(".is-error")
    expect(notice).to_contain_text("A scheduled message couldn’t be sent: Only owners and moderators can post")
    notice.get_by_role("link", name="View").click()
    expect(mira.panel.locator(".scheduled.is-refused")).to_contain_text("Not sent: Only owners and moderators can post")
    expect(mira.panel.locator(".scheduled.is-refused")).to_contain_text("Too late")


def test_menu_on_a_phone_with_the_keyboard(uvicorn, enter, room):
    session = enter(uvicorn, room.members.get(username="mira"), viewport=PHONE).open(room)
    session.field.fill("Good morning")
    session.field.focus()
    page = session.page
    page.get_by_role("button", name="Send").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Schedule message")).to_be_focused()
    page.keyboard.press("Enter")
    menu = page.locator("#schedule-menu")
    expect(menu).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(line(session)).to_contain_text("1 scheduled message")


def test_pages_work_without_a_script(uvicorn, enter, room):
    session = enter(uvicorn, room.members.get(username="mira"), java_script_enabled=False)
    page = session.page
    page.goto(f"/rooms/{room.pk}/scheduled/")
    page.get_by_label("Message", exact=True).fill("Written without a script")
    page.get_by_role("button", name="Schedule message").click()
    expect(page.locator(".scheduled")).to_contain_text("Written without a script")
    page.get_by_role("link", name=re.compile("^Delete")).click()
    page.get_by_role("button", name="Delete message").click()
    expect(page.locator("main")).to_contain_text("No scheduled messages")
