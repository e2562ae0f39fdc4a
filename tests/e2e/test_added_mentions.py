"""Mentions that edits add to messages which those mentioned have read: a bar leads to them, and seeing them reads them."""

import re
import uuid

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import AddedMention, Message
from messaging.posting.batch import Draft
from rooms.models import Membership, Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import WHOLLY, Inspector
from tests.factories import make_member, make_room, post_drafts
from tests.waiting import wait_until


@pytest.fixture
def room(register, everyone) -> Room:
    ana, ben = register("Ana Ferreira"), register("Ben Cole")
    room = make_room("Workshop", owner=ana)
    make_member(room, ben)
    make_room("Kitchen", owner=ben)
    post_messages(room, ana, "Tea?", *[f"Later {number}" for number in range(60)])
    Membership.objects.filter(room=room).update(last_read_seq=61)
    return room


@pytest.fixture
def ana(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.created_by).open(f"/rooms/{room.pk}/messages/1/")


@pytest.fixture
def ben(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.members.get(username="ben"))


def bar(session: BrowserSession) -> Locator:
    return session.page.locator(".log__mention")


def count(session: BrowserSession) -> Locator:
    return session.row("Workshop").locator(".count")


def edit(session: BrowserSession, old: str, new: str) -> None:
    session.page.mouse.move(0, 0)  # the tools appear when the pointer comes to the message
    session.edit(old, new)


def until_read() -> None:
    wait_until(lambda: not AddedMention.objects.exists(), "the mention is read")


def test_it_counts_until_the_message_is_seen_in_all_tabs(ana, ben, room):
    inspector = Inspector(ben)
    ben.open(room)
    ben.wait_until_live()
    tab = ben.new_tab("/mentions/")
    expect(ben.message("Later 59")).to_be_in_viewport()
    expect(bar(ben)).to_be_hidden()
    edit(ana, "Tea?", "Tea, @ben?")
    ben.page.bring_to_front()
    expect(count(ben)).to_have_text("@1")
    expect(ben.page).to_have_title("(1) #Workshop · Chatsite")
    expect(bar(ben)).to_contain_text("An edited message mentions you")
    inspector.check("added mention", WHOLLY)
    assert inspector.findings == []
    ana.send("And cake")  # reading on doesn't read the mention
    ben.sees("And cake")
    expect(bar(ben)).to_be_visible()
    tab.reload()
    expect(tab.locator(".search-result.is-unread, .search-result").first).to_contain_text("Tea, @ben?")
    bar(ben).get_by_role("button", name="Show message").click()
    expect(ben.message("Tea, @ben?")).to_be_in_viewport()
    until_read()
    expect(count(ben)).to_be_hidden()
    expect(bar(ben)).to_be_hidden()


def test_a_message_in_view_is_read_at_once(ana, ben, room):
    ben.open(f"/rooms/{room.pk}/messages/1/")
    ben.wait_until_live()
    edit(ana, "Tea?", "Tea, @ben?")
    expect(ben.message("Tea, @ben?").locator(".mention.is-mine")).to_have_count(1)
    until_read()
    expect(count(ben)).to_be_hidden()


def test_it_waits_in_the_list_of_rooms_and_can_be_marked_as_read(ana, ben, room):
    ben.open(Room.objects.get(name="Kitchen"))
    ben.wait_until_live()
    edit(ana, "Tea?", "Tea, @ben?")
    expect(count(ben)).to_have_text("@1")
    ben.page.reload()
    expect(count(ben)).to_have_text("@1")
    ben.go_to("Workshop")
    bar(ben).get_by_role("button", name="Mark as read").click()
    until_read()
    expect(count(ben)).to_be_hidden()
    expect(bar(ben)).to_be_hidden()


def test_an_edit_takes_it_back_and_the_inbox_reads_it(ana, ben, room):
    ben.open(Room.objects.get(name="Kitchen"))
    ben.wait_until_live()
    edit(ana, "Tea?", "Tea, @ben?")
    expect(count(ben)).to_have_text("@1")
    edit(ana, "Tea, @ben?", "Tea, anyone?")
    expect(count(ben)).to_be_hidden()
    edit(ana, "Tea, anyone?", "Tea, @ben?")
    expect(count(ben)).to_have_text("@1")
    ben.page.get_by_role("link", name=re.compile("^Inbox")).click()
    expect(ben.panel).to_contain_text("Mentions you")
    ben.panel.get_by_role("button", name="Mark as read").first.click()
    until_read()
    expect(count(ben)).to_be_hidden()


def test_it_is_read_in_a_thread(ana, ben, room):
    first = Message.objects.get(room=room, seq=1)
    replies = [(ben.user.pk, "Yes"), (room.created_by_id, "Green?")]
    _, reply = post_drafts([Draft(sender, room.pk, uuid.uuid4(), text, first.pk) for sender, text in replies])
    post_messages(room, room.created_by, *[f"Even later {number}" for number in range(60)])
    Membership.objects.filter(room=room).update(last_read_seq=Message.objects.filter(room=room).count())
    ben.open(room)
    ben.wait_until_live()
    ana.open(f"/rooms/{room.pk}/messages/{reply.seq}/")
    edit(ana, "Green?", "Green, @ben?")
    ben.page.bring_to_front()
    expect(count(ben)).to_have_text("@1")
    expect(bar(ben)).to_be_visible()
    ben.page.get_by_role("link", name="Threads").click()
    ben.panel.locator(".search-result").click()
    expect(ben.thread).to_contain_text("Green, @ben?")
    until_read()
    expect(count(ben)).to_be_hidden()


def test_undo_in_the_inbox_brings_it_back(ana, ben, room):
    kitchen = Room.objects.get(name="Kitchen")
    ben.open(kitchen)
    other_tab = ben.new_tab(kitchen)
    for page in (ben.page, other_tab):
        ben.wait_until_live(page)
    ben.page.bring_to_front()
    edit(ana, "Tea?", "Tea, @ben?")
    expect(count(ben)).to_have_text("@1")
    ben.page.locator("room-list").get_by_role("link", name="Inbox").click()
    item = ben.panel.locator(".inbox__item", has_text="Workshop")
    item.get_by_role("button", name="Mark as read").click()
    expect(item).to_have_count(0)
    for page in (ben.page, other_tab):
        expect(ben.row("Workshop", page).locator(".count")).to_be_hidden()
    ben.notices.get_by_role("button", name="Undo").click()
    expect(item).to_contain_text("Mentions you")
    for page in (ben.page, other_tab):
        expect(ben.row("Workshop", page).locator(".count")).to_have_text("@1")
    assert Membership.objects.get(user__username="ben", room=room).last_read_seq == 61
