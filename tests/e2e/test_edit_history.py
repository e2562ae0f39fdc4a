"""The edit history over the conversation: from the mark, with the keyboard, on a phone, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from messaging.posting.actions import edit_message
from rooms.models import Room
from tests.e2e.browser import PHONE
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


@pytest.fixture
def room(register) -> Room:
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    [message] = post_messages(room, ana, "Meet at three")
    edit_message(actor=ana, message_id=message.pk, body="Meet at four")
    return room


def mira_in(room: Room):
    return room.members.get(username="mira")


def test_edited_mark_opens_the_versions_over_the_conversation(uvicorn, enter, room):
    mira = enter(uvicorn, mira_in(room), timezone_id="America/New_York").open(room)
    mira.page.locator(".msg .is-edited").click()
    panel = mira.panel
    expect(panel.get_by_role("heading", name="Edit history")).to_be_visible()
    expect(panel.locator(".version")).to_have_count(2)
    expect(panel.locator(".version").first.locator("ins")).to_contain_text("four")
    expect(panel.locator(".version").first.locator("del")).to_contain_text("three")
    expect(panel.locator(".version").last).to_contain_text("Meet at three")
    at = panel.locator(".version time").first
    shown = "(at) => new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'short' }).format(new Date(at.dateTime))"
    expect(at).to_contain_text(at.evaluate(shown))
    mira.page.go_back()
    expect(panel).to_have_count(0)
    expect(mira.page).to_have_url(re.compile(f"/rooms/{room.pk}/$"))


def test_history_is_reached_with_the_keyboard(uvicorn, enter, room):
    mira = enter(uvicorn, mira_in(room)).open(room)
    mira.sees("Meet at four")
    mira.field.focus()
    mira.page.keyboard.press("Shift+Tab")
    message = mira.message("Meet at four")
    expect(message).to_be_focused()
    mira.page.keyboard.press("Enter")
    expect(mira.menu.get_by_role("menuitem", name="Edit history")).to_be_visible()
    mira.page.keyboard.press("h")
    expect(mira.panel.locator(".version")).to_have_count(2)
    mira.page.keyboard.press("Escape")
    expect(mira.panel).to_have_count(0)


def test_history_of_a_message_that_was_not_edited_is_not_offered(uvicorn, enter, room):
    mira = enter(uvicorn, mira_in(room)).open(room)
    mira.send("Fine")
    mira.message("Fine").hover()
    mira.message("Fine").locator('.tools [data-action="more"]').click()
    expect(mira.menu.get_by_role("menuitem", name="Delete")).to_be_visible()
    expect(mira.menu.get_by_role("menuitem", name="Edit history")).to_be_hidden()


def test_edit_in_another_tab_brings_the_mark(uvicorn, enter, room):
    mira = enter(uvicorn, mira_in(room)).open(room)
    mira.send("Fine")
    mira.sees("Fine")
    mira.edit("Fine", "Agreed")
    mira.message("Agreed").locator(".is-edited").click()
    expect(mira.panel.locator(".version").first.locator("del")).to_contain_text("Fine")


def test_page_without_javascript_on_a_phone(uvicorn, enter, room):
    mira = enter(uvicorn, mira_in(room), viewport=PHONE, java_script_enabled=False)
    message = room.messages.get()
    mira.page.goto(f"/messages/{message.pk}/history/")
    expect(mira.page.locator(".version")).to_have_count(2)
    assert mira.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(mira.page.get_by_role("link", name="Show message")).to_have_attribute(
        "href", f"/rooms/{room.pk}/messages/1/"
    )
