"""Forwarding a message with its origin: to a room, to a person, with the keyboard, and on a phone."""

import re

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import Mention, Message
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_attachment, make_member, make_room, make_user
from tests.waiting import wait_until

TEXT = "The plan for @mira: ||a surprise||"


@pytest.fixture
def room(register, everyone) -> Room:
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana, kind="private")
    make_member(room, mira)
    post_messages(room, ana, TEXT)
    Mention.objects.all().delete()
    return room


@pytest.fixture
def ana(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.created_by).open(room)


def option(session: BrowserSession, name: str) -> Locator:
    return session.page.get_by_role("option", name=re.compile(name))


def dialog(session: BrowserSession) -> Locator:
    return session.page.locator("#request[open]")


def start(session: BrowserSession) -> None:
    session.use_tool_of(session.page.locator("message-log .msg").first, "forward")


def forwarded_to(room: Room) -> Message:
    wait_until(lambda: room.messages.exists(), "the message is forwarded")
    return room.messages.get()


def test_message_is_quoted_in_the_other_room_with_a_link_and_a_comment(uvicorn, enter, ana, room, everyone):
    start(ana)
    option(ana, "Everyone").click()
    expect(dialog(ana).get_by_role("heading")).to_have_text("Forward to #Everyone")
    expect(dialog(ana)).to_contain_text("This message is from a private room.")
    expect(dialog(ana).locator(".dialog__quote")).not_to_contain_text("surprise")
    dialog(ana).get_by_role("textbox", name="Comment").fill("Look at this")
    dialog(ana).get_by_role("button", name="Forward").click()
    ana.notices.get_by_role("link", name="Show").click()
    expect(ana.heading).to_have_text("Everyone")
    message = ana.page.locator("message-log .msg").last
    expect(message).to_contain_text("Look at this")
    quote = message.locator("blockquote")
    expect(quote).to_contain_text("Forwarded from Ana Ferreira in Workshop")
    expect(quote.locator(".spoiler.is-covered")).to_have_count(1)
    assert not Mention.objects.exists()  # the quote mentions no one again

    stranger = enter(uvicorn, "Bo Chen").open(everyone)
    stranger.watch.allow("status of 404")
    link = stranger.page.locator("message-log .msg blockquote a")
    expect(link).to_have_attribute("href", re.compile(f"/rooms/{room.pk}/messages/1/$"))
    assert stranger.page.request.get(link.get_attribute("href")).status == 404
    quote.get_by_role("link", name="Forwarded from").click()
    expect(ana.heading).to_have_text("Workshop")


def test_forwarding_from_a_public_room_has_no_warning_and_names_files(uvicorn, enter, ana, room, everyone):
    [message] = post_messages(everyone, room.created_by, "With a file")
    make_attachment(everyone, room.created_by, name="Plan.txt", message=message)
    ana.page.goto(everyone.get_absolute_url())
    ana.wait_until_live()
    start(ana)
    option(ana, "Workshop").click()
    expect(dialog(ana)).to_contain_text("Its files aren’t forwarded.")
    expect(dialog(ana)).not_to_contain_text("private")
    dialog(ana).get_by_role("button", name="Forward").click()
    wait_until(lambda: room.messages.count() == 2, "the message is forwarded")
    assert "1 file in the original message" in room.messages.order_by("pk").last().body


def test_person_without_a_conversation_is_found_and_gets_it(ana, room):
    bo = make_user("bo", display_name="Bo Chen")
    start(ana)
    ana.page.get_by_role("combobox", name="Forward to a room or person").press_sequentially("bo ch")
    option(ana, "Bo Chen").click()
    expect(dialog(ana)).to_contain_text("Bo Chen")
    dialog(ana).get_by_role("button", name="Forward").click()
    wait_until(lambda: Message.objects.filter(room__memberships__user=bo).exists(), "the message is forwarded")
    assert "Forwarded from Ana Ferreira in" in Message.objects.get(room__memberships__user=bo).body
    expect(ana.heading).to_have_text("Workshop")


def test_everything_works_with_the_keyboard(ana, room, everyone):
    ana.page.locator("message-log .msg").first.wait_for()
    ana.field.focus()
    ana.page.keyboard.press("Shift+Tab")
    ana.page.keyboard.press("f")
    search = ana.page.get_by_role("combobox", name="Forward to a room or person")
    expect(search).to_be_focused()
    ana.page.keyboard.type("every")
    expect(option(ana, "Everyone")).to_be_visible()
    ana.page.keyboard.press("Enter")
    expect(dialog(ana).get_by_role("textbox", name="Comment")).to_be_focused()
    ana.page.keyboard.press("Tab")
    ana.page.keyboard.press("Tab")
    ana.page.keyboard.press("Enter")
    assert "Forwarded from" in forwarded_to(everyone).body
    ana.page.keyboard.press("Control+k")  # is the usual one again
    expect(ana.page.get_by_role("combobox", name="Jump to a room, person or setting")).to_be_visible()
    ana.page.keyboard.type("theme")
    expect(option(ana, "Theme")).to_be_visible()


def test_nothing_is_sent_if_either_step_is_canceled(ana, everyone):
    start(ana)
    option(ana, "Everyone").wait_for()
    ana.page.keyboard.press("Escape")
    expect(ana.page.locator(".switcher[open]")).to_have_count(0)
    start(ana)
    option(ana, "Everyone").click()
    dialog(ana).get_by_role("button", name="Cancel").click()
    expect(dialog(ana)).to_have_count(0)
    ana.send("Afterwards")
    ana.sees_all_sent()
    assert not everyone.messages.exists()


def test_rooms_in_which_one_may_not_post_are_not_offered(ana, room):
    archived = make_room("Archive", owner=room.created_by)
    quiet = make_room("News", owner=make_user("boss"), is_read_only=True)
    make_member(quiet, room.created_by)
    Room.objects.filter(pk=archived.pk).update(archived_at="2026-11-01T00:00:00Z")
    ana.page.reload()
    ana.wait_until_live()
    start(ana)
    option(ana, "Everyone").wait_for()
    for name in ("Archive", "News"):
        expect(option(ana, name)).to_have_count(0)


def test_forwarding_on_a_phone(uvicorn, enter, room, everyone):
    ana = enter(uvicorn, room.created_by, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    message = ana.page.locator("message-log .msg").first
    message.wait_for()
    message.focus()
    message.press("Enter")
    ana.menu.get_by_role("menuitem", name="Forward…").tap()
    option(ana, "Everyone").tap()
    dialog(ana).get_by_role("button", name="Forward").tap()
    assert "Forwarded from" in forwarded_to(everyone).body
