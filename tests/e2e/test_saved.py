"""Saving messages for later: the menu and its key, the mark in all tabs, and the page, also on a phone and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import SavedMessage
from messaging.saved.actions import save_message
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until


@pytest.fixture
def room(register, everyone) -> Room:
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "The plan for spring", "The plan for autumn")
    return room


@pytest.fixture
def mira(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.members.get(username="mira")).open(room)


def mark(session: BrowserSession, text: str, page=None):
    messages = (page or session.page).locator("message-log .msg").filter(has_text=text)
    return messages.locator(".msg__saved")


def save_all(room: Room, user) -> None:
    for message in room.messages.order_by("pk"):
        save_message(user=user, message_id=message.pk)


def test_mark_appears_in_all_own_tabs_and_for_no_one_else(uvicorn, enter, mira, room):
    ana = enter(uvicorn, room.created_by).open(room)
    tab = mira.new_tab(room)
    mira.wait_until_live(tab)
    mira.use_tool("The plan for spring", "save")
    expect(mark(mira, "spring")).to_be_visible()
    expect(mark(mira, "spring", tab)).to_be_visible()
    expect(mark(mira, "autumn")).to_be_hidden()
    mira.page.reload()
    expect(mark(mira, "spring")).to_be_visible()
    mira.wait_until_live()
    mira.use_tool("The plan for spring", "unsave")
    expect(mark(mira, "spring")).to_be_hidden()
    expect(mark(mira, "spring", tab)).to_be_hidden()
    expect(mark(ana, "spring")).to_be_hidden()
    mira.notices.get_by_role("button", name="Undo").click()
    expect(mark(mira, "spring", tab)).to_be_visible()


def test_saved_during_an_outage_of_the_page(proxy, enter, room):
    user = room.members.get(username="mira")
    mira = enter(proxy, user).open(room)
    mira.watch.allow_connection_errors()
    proxy.disconnect()
    mira.wait_until_offline()
    save_message(user=user, message_id=room.messages.first().pk)
    proxy.reconnect()
    mira.wait_until_live()
    expect(mark(mira, "spring")).to_be_visible()


def test_everything_works_with_the_keyboard(mira, room):
    mira.sees("The plan for autumn")
    mira.field.focus()
    mira.page.keyboard.press("Shift+Tab")
    expect(mira.message("The plan for autumn")).to_be_focused()
    mira.page.keyboard.press("s")
    expect(mark(mira, "autumn")).to_be_visible()
    mira.page.keyboard.press("ArrowUp")
    mira.page.keyboard.press("s")
    expect(mark(mira, "spring")).to_be_visible()
    mira.page.keyboard.press("Control+k")
    mira.page.keyboard.type("saved mess")
    expect(mira.page.get_by_role("option", name="Saved messages")).to_be_visible()
    mira.page.keyboard.press("Enter")
    rows = mira.panel.locator(".saved")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("spring")
    expect(mira.panel.locator("saved-messages:defined")).to_be_visible()  # otherwise, the panel submits the form
    mira.panel.get_by_role("button", name="Done").first.focus()
    mira.page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.first.locator(".search-result")).to_be_focused()
    mira.page.keyboard.press("Control+z")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("spring")
    assert SavedMessage.objects.count() == 2


def test_saved_message_opens_the_conversation_and_back_returns(mira, room, everyone):
    save_all(room, mira.user)
    mira.go_to("Everyone")
    mira.page.get_by_role("link", name="Saved messages").click()
    mira.panel.locator(".search-result", has_text="spring").click()
    expect(mira.panel).to_have_count(0)
    expect(mira.heading).to_have_text("Workshop")
    mira.use_tool("The plan for spring", "unsave")
    mira.page.go_back()
    expect(mira.panel.locator(".saved")).to_have_count(1)
    expect(mira.panel.locator(".saved")).to_contain_text("autumn")


def test_list_loads_more_as_one_scrolls_and_ends_with_its_explanation(mira, room):
    post_messages(room, room.created_by, *[f"Text {n}" for n in range(60)])
    save_all(room, mira.user)
    mira.page.get_by_role("link", name="Saved messages").click()
    rows = mira.panel.locator(".saved")
    expect(rows.first).to_be_visible()
    for _ in range(4):
        mira.panel.locator(".panel__body").evaluate("(body) => body.scrollTo(0, body.scrollHeight)")
        mira.page.wait_for_timeout(200)
    expect(rows).to_have_count(62)
    SavedMessage.objects.exclude(message__body="Text 59").delete()
    mira.page.reload()
    mira.page.goto(room.get_absolute_url())
    mira.wait_until_live()
    mira.page.get_by_role("link", name="Saved messages").click()
    expect(rows).to_have_count(1)
    mira.panel.get_by_role("button", name="Done").click()
    expect(mira.panel.get_by_text("No saved messages yet")).to_be_visible()


def test_limit_is_explained(mira, room):
    user, message = mira.user, room.messages.first()
    more = post_messages(room, room.created_by, *[f"Text {n}" for n in range(1_000)])
    SavedMessage.objects.bulk_create(SavedMessage(user=user, message=each) for each in more)
    mira.page.goto(f"/rooms/{room.pk}/messages/{message.seq}/")
    mira.wait_until_live()
    mira.watch.allow("status of 400")
    mira.use_tool("The plan for spring", "save")
    expect(mira.notices).to_contain_text("You can save at most 1,000 messages.")
    expect(mark(mira, "spring")).to_be_hidden()


def test_page_works_on_a_phone_and_without_javascript(uvicorn, enter, room):
    user = room.members.get(username="mira")
    save_all(room, user)
    mira = enter(uvicorn, user, viewport=PHONE, java_script_enabled=False)
    mira.page.goto("/saved/")
    expect(mira.page.locator(".saved")).to_have_count(2)
    assert mira.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    mira.page.get_by_role("button", name="Done").first.click()
    expect(mira.page.locator(".saved")).to_have_count(1)
    mira.page.get_by_role("button", name="Undo").click()
    expect(mira.page.locator(".saved")).to_have_count(2)
    mira.page.get_by_role("link", name=re.compile("spring")).click()
    expect(mira.page).to_have_url(re.compile(f"/rooms/{room.pk}/messages/1/$"))


def test_full_page_submits_its_forms(uvicorn, enter, room):
    user = room.members.get(username="mira")
    save_all(room, user)
    mira = enter(uvicorn, user)
    mira.page.goto("/saved/")
    mira.page.get_by_role("button", name="Done").first.click()
    expect(mira.page.locator(".saved")).to_have_count(1)
    wait_until(lambda: SavedMessage.objects.count() == 1, "the message is removed")
