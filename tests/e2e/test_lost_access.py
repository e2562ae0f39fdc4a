"""Losing access to a room that is open: the page closes the room and everything that belongs to it."""

import re

from playwright.sync_api import expect

from messaging.models import Message
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_room_events import call
from tests.factories import make_attachment, make_member, make_room

PRIVATE = {"name": "Garden", "topic": "", "kind": "private"}


def is_closed(visitor: BrowserSession, text: str) -> None:
    """Expect a notice, another room, and nothing of the one that was open."""
    expect(visitor.notices).to_contain_text(text)
    expect(visitor.heading).to_have_text("Everyone")
    expect(visitor.page.locator("main")).not_to_contain_text("First spade")
    expect(visitor.page.locator("room-info")).not_to_contain_text("First spade")
    expect(visitor.row("Garden")).to_have_count(0)
    expect(visitor.page.locator("dialog[open]")).to_have_count(0)


def test_a_preview_closes_when_the_room_becomes_private(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    room = make_room("Garden", owner=ana)
    post_messages(room, ana, "First spade")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, "Mira Sol").open(room)
    at_mira.sees("First spade")
    at_mira.go_to("Everyone")
    at_mira.page.go_back()
    at_mira.sees("First spade")
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", **PRIVATE)
    is_closed(at_mira, "Garden is now private.")
    expect(at_mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))
    at_ana.send("Among ourselves")
    at_ana.sees_all_sent()
    at_mira.sees_no("Among ourselves")


def test_a_preview_that_was_lost_during_an_outage_closes_after_it(uvicorn, proxy, enter, register, everyone):
    ana = register("Ana Ferreira")
    room = make_room("Garden", owner=ana)
    post_messages(room, ana, "First spade")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(proxy, "Mira Sol").open(room)
    at_mira.watch.allow_connection_errors()
    proxy.disconnect()
    at_mira.wait_until_offline()
    at_ana.send("Second spade")
    at_ana.sees_all_sent()
    proxy.reconnect()
    at_mira.wait_until_live()
    at_mira.sees("Second spade")
    proxy.disconnect()
    at_mira.wait_until_offline()
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", **PRIVATE)
    proxy.reconnect()
    at_mira.watch.allow(r"404 .*/rooms/\d+/(info|pins|threads)/")  # they are requested before the page knows
    is_closed(at_mira, "You no longer have access to Garden.")


def test_a_ban_closes_a_preview(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Garden", owner=ana)
    post_messages(room, ana, "First spade")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    elsewhere = at_mira.new_tab(everyone)
    at_mira.wait_until_live(elsewhere)
    call(at_ana, "POST", f"/rooms/{room.pk}/members/{mira.pk}/ban/", length="good", reason="Noise")
    is_closed(at_mira, "You were banned from Garden permanently. Reason: Noise")
    expect(elsewhere.locator(".notice")).to_have_count(0)


def test_open_files_images_and_pages_of_the_room_close_with_it(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Garden", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "First spade")
    make_attachment(room, ana, message=Message.objects.get(room=room), name="tulips.png")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira)
    remove = lambda: call(at_ana, "DELETE", f"/rooms/{room.pk}/members/{mira.pk}/")  # noqa: E731

    at_mira.open(room).page.get_by_role("button", name="Files", exact=True).click()
    expect(at_mira.page.locator("#room-files[open]")).to_contain_text("tulips.png")
    remove()
    is_closed(at_mira, "You were removed from Garden.")

    make_member(room, mira)
    at_mira.open(room)
    at_mira.page.get_by_role("link", name="Members").click()
    expect(at_mira.panel).to_contain_text("Ana Ferreira")
    remove()
    is_closed(at_mira, "You were removed from Garden.")
    expect(at_mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))


def test_nothing_of_the_room_remains_if_no_other_can_be_loaded(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Garden", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "First spade")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    at_mira.watch.allow_connection_errors()
    at_mira.page.route("**/conversation/**", lambda route: route.abort())
    call(at_ana, "DELETE", f"/rooms/{room.pk}/members/{mira.pk}/")
    expect(at_mira.notices).to_contain_text("You were removed from Garden.")
    at_mira.sees_no("First spade")
    expect(at_mira.page.locator("message-log .empty")).to_be_visible()


def test_a_room_that_was_just_left_can_still_be_used_without_errors(uvicorn, enter, register, everyone):
    """Until the next room is loaded, the page shows a room that is no longer in the list."""
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Garden", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "First spade")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    with at_mira.page.expect_request("**/conversation/**"):
        at_mira.page.route("**/conversation/**", lambda route: None)  # never answered
        call(at_ana, "DELETE", f"/rooms/{room.pk}/members/{mira.pk}/")
    at_mira.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    transfer = at_mira.page.evaluate_handle("new DataTransfer()")
    for event in ("dragenter", "dragover"):
        at_mira.page.locator(".log__scroll").dispatch_event(event, {"dataTransfer": transfer})
    at_mira.page.locator("message-log").focus()
    at_mira.page.keyboard.press("Shift+Escape")
    at_mira.page.get_by_role("button", name="Files", exact=True).dispatch_event("click")
    at_mira.page.evaluate("dispatchEvent(new Event('resize'))")
    expect(at_mira.row("Garden")).to_have_count(0)
