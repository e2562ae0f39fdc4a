"""Forwarding a message with its origin: to a room, to a person, with the keyboard, and on a phone."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import User
from messaging.models import Attachment, Mention, Message
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_attachment, make_member, make_room, make_user
from tests.server import Site
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


def with_files(room: Room, sender: User) -> list[Attachment]:
    [message] = post_messages(room, sender, "With files")
    return [
        make_attachment(room, sender, f"Text {n}".encode(), name=f"Plan {n}.txt", message=message, position=n)
        for n in range(2)
    ]


def store_at(site: Site, file: Attachment) -> None:
    """Store the file where the site, whose folder is another one than that of the test, finds it."""
    path = site.data_dir / "media" / file.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"Text {file.position}".encode())


def forward_to_workshop(session: BrowserSession, everyone: Room) -> None:
    session.page.goto(everyone.get_absolute_url())
    session.wait_until_live()
    start(session)
    option(session, "Workshop").click()


def test_files_are_forwarded_and_stay_when_the_original_is_deleted(uvicorn, enter, ana, room, everyone):
    for file in with_files(everyone, room.created_by):
        store_at(uvicorn, file)
    forward_to_workshop(ana, everyone)
    expect(dialog(ana)).to_contain_text("Its 2 files are forwarded, too.")
    expect(dialog(ana)).not_to_contain_text("private")
    dialog(ana).get_by_role("button", name="Forward").click()
    ana.notices.get_by_role("link", name="Show").click()
    expect(ana.heading).to_have_text("Workshop")
    message = ana.page.locator("message-log .msg").last
    expect(message.locator(".msg__files")).to_contain_text("Plan 0.txt")
    expect(message.locator(".msg__files")).to_contain_text("Plan 1.txt")
    expect(message).not_to_contain_text("in the original message")
    wait_until(lambda: room.messages.count() == 2, "the message is forwarded")
    copies = list(room.messages.order_by("pk").last().attachments.order_by("position"))
    assert [each.name for each in copies] == ["Plan 0.txt", "Plan 1.txt"]

    ana.go_to("Everyone")
    ana.use_tool("With files", "delete")
    expect(ana.page.locator("#question")).to_contain_text("but not copies that were forwarded")
    ana.confirm("Delete message")
    expect(ana.page.locator("main .msg.is-deleted")).to_have_count(1)
    assert ana.page.request.get(f"/attachments/{copies[1].pk}/").text() == "Text 1"


def test_what_refuses_the_files_is_said_and_the_text_can_be_forwarded(uvicorn, ana, room, everyone):
    with_files(everyone, room.created_by)  # which aren't in the site's storage
    ana.watch.allow("status of 404")
    forward_to_workshop(ana, everyone)
    dialog(ana).get_by_role("button", name="Forward").click()
    expect(ana.notices).to_contain_text("Couldn’t forward the files. File not found.")
    assert room.messages.count() == 1
    ana.notices.get_by_role("button", name="Forward without files").click()
    wait_until(lambda: room.messages.count() == 2, "the message is forwarded")
    assert "2 files in the original message" in room.messages.order_by("pk").last().body


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
