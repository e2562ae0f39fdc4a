"""Room events, such as joins, renames and pins, shown between the messages."""

import re

from playwright.sync_api import Locator, expect

from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room

CALL = """async ([method, path, fields]) => {
  const { post, remove } = await import("chatsite/net/http.js");
  await (method === "POST" ? post(path, new URLSearchParams(fields)) : remove(path));
}"""

# The positions of the first and the last letter of the element's text.
FIRST_AND_LAST_LETTER = r"""({ firstChild: text }) => {
  const letters = [...text.data.matchAll(/\p{L}/gu)].map(({ index }) => index);
  return [letters[0], letters.at(-1)].map((index) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + 1);
    return range.getBoundingClientRect().x;
  });
}"""


def call(visitor: BrowserSession, method: str, path: str, **fields: str) -> None:
    """Make a request as this user, through the server, so that it is published to open pages."""
    visitor.page.evaluate(CALL, [method, path, fields])


def join(visitor: BrowserSession, room: Room) -> None:
    call(visitor, "POST", f"/rooms/{room.pk}/membership/")


def lines(visitor: BrowserSession) -> Locator:
    return visitor.page.locator(".log__list .room-event")


def test_what_happens_is_shown_live_and_after_a_reload(uvicorn, enter, register, everyone):
    ana, cy = register("Ana Ferreira"), register("Cy Park")
    room = make_room("Garden", owner=ana)
    post_messages(room, ana, "First spade")
    at_ana, at_bo = enter(uvicorn, ana).open(room), enter(uvicorn, "Bo Lind").open(everyone)
    at_ana.wait_until_live()
    join(at_bo, room)
    expect(lines(at_ana)).to_have_text(["Bo Lind joined"])
    call(at_ana, "POST", f"/rooms/{room.pk}/members/", user=cy.username)
    expect(lines(at_ana)).to_have_text(["Bo Lind joined · Ana Ferreira added Cy Park"])
    call(at_bo, "DELETE", f"/rooms/{room.pk}/membership/")
    expect(lines(at_ana)).to_have_text(["Ana Ferreira added Cy Park · Bo Lind left"])
    at_ana.send("Welcome, Cy")
    at_ana.sees_all_sent()
    at_ana.use_tool("First spade", "pin")
    expect(lines(at_ana)).to_have_count(2)
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", name="Plans", topic="", kind="public")
    shown = [
        "Ana Ferreira added Cy Park · Bo Lind left",
        "Ana Ferreira pinned a message Show message",
        "Ana Ferreira renamed the room to “Plans”",
    ]
    expect(lines(at_ana)).to_have_text(shown)
    expect(lines(at_ana).first.locator("time")).to_have_attribute("title", re.compile(r"\d:\d\d"))
    at_ana.open(room)
    expect(lines(at_ana)).to_have_text(shown)
    order = at_ana.page.locator(".log__list > *").evaluate_all("nodes => nodes.map((node) => node.classList[0])")
    assert order == ["day", "msg", "room-event", "msg", "room-event", "room-event"]


def test_what_was_missed_while_offline_is_shown_in_its_place_once(uvicorn, proxy, enter, register, everyone):
    ana, bo = register("Ana Ferreira"), register("Bo Lind")
    room = make_room("Garden", owner=ana)
    make_member(room, bo)
    post_messages(room, ana, "First spade")
    at_ana, at_bo = enter(uvicorn, ana).open(room), enter(proxy, bo).open(room)
    at_cy = enter(uvicorn, "Cy Park").open(everyone)
    at_bo.watch.allow_connection_errors()
    join(at_cy, room)
    expect(lines(at_bo)).to_have_text(["Cy Park joined"])
    proxy.disconnect()
    at_bo.wait_until_offline()
    call(at_cy, "DELETE", f"/rooms/{room.pk}/membership/")
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", name="Plans", topic="", kind="public")
    at_ana.send("Second spade")
    at_ana.sees_all_sent()
    join(at_cy.open(everyone), room)
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", name="Plans", topic="Beds", kind="public")
    proxy.reconnect()
    at_bo.wait_until_live()
    at_bo.sees("Second spade")
    shown = [
        "Ana Ferreira renamed the room to “Plans”",
        "Cy Park joined",
        "Ana Ferreira changed the topic to “Beds”",
    ]
    expect(lines(at_bo)).to_have_text(shown)
    order = at_bo.page.locator(".log__list > *").evaluate_all("nodes => nodes.map((node) => node.classList[0])")
    assert [name for name in order if name != "day"] == ["msg", "room-event", "msg", "room-event", "room-event"]
    at_bo.open(room)
    expect(lines(at_bo)).to_have_text(shown)


def test_the_line_of_a_pin_leads_to_the_message_until_it_is_deleted(uvicorn, enter, register):
    ana = register("Ana Ferreira")
    room = make_room("Garden", owner=ana)
    post_messages(room, ana, "The key is under the pot", *(f"Digging {n}" for n in range(80)))
    at_ana = enter(uvicorn, ana).open(f"/rooms/{room.pk}/messages/1/")
    at_ana.use_tool("The key is under the pot", "pin")
    at_ana.open(room)
    at_ana.sees_no("The key is under the pot")
    link = lines(at_ana).get_by_role("link", name="Show message")
    link.focus()
    link.press("Enter")
    expect(at_ana.message("The key is under the pot")).to_be_in_viewport()
    expect(at_ana.page).to_have_url(re.compile(r"/messages/1/$"))
    at_ana.delete("The key is under the pot")
    at_ana.open(room)
    expect(lines(at_ana)).to_have_text("Ana Ferreira pinned a message")
    expect(link).to_have_count(0)


def test_joins_are_never_unread_and_move_no_room(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    quiet, busy = make_room("Quiet", owner=ana), make_room("Busy", owner=ana)
    for room in (quiet, busy):
        post_messages(room, ana, f"Hello {room.name}")
    at_ana, at_bo = enter(uvicorn, ana).open(busy), enter(uvicorn, "Bo Lind").open(everyone)
    at_ana.wait_until_live()
    rows = at_ana.page.locator("room-list a[href^='/rooms/']")
    title, before = at_ana.page.title(), rows.all_inner_texts()
    join(at_bo, quiet)
    join(at_bo, busy)
    expect(lines(at_ana)).to_have_text(["Bo Lind joined"])
    assert (at_ana.page.title(), rows.all_inner_texts()) == (title, before)
    at_ana.go_to("Quiet")
    expect(lines(at_ana)).to_have_text(["Bo Lind joined"])


def test_blocked_people_have_no_lines_and_all_can_be_turned_off(uvicorn, enter, register, everyone):
    ana, bo, cy = register("Ana Ferreira"), register("Bo Lind"), register("Cy Park")
    room = make_room("Garden", owner=ana)
    make_member(room, bo)
    at_ana, at_bo, at_cy = enter(uvicorn, ana).open(room), enter(uvicorn, bo).open(room), enter(uvicorn, cy)
    at_bo.wait_until_live()
    join(at_cy.open(everyone), room)
    call(at_ana, "POST", f"/rooms/{room.pk}/settings/", name="Garden", topic="Beds", kind="public")
    topic = "Ana Ferreira changed the topic to “Beds”"
    expect(lines(at_bo)).to_have_text(["Cy Park joined", topic])
    call(at_bo, "POST", f"/people/{cy.username}/block/")
    expect(lines(at_bo)).to_have_text([topic])
    expect(at_bo.page.get_by_text("No messages yet. Say hello!")).to_be_visible()

    page = at_bo.new_tab("/profile/")
    page.get_by_label("Show joins, renames and pins in conversations").uncheck()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    expect(lines(at_bo)).to_have_count(0)
    expect(lines(at_ana)).to_have_text(["Cy Park joined", topic])


def test_name_from_right_to_left_does_not_reorder_the_sentence(uvicorn, enter, register, everyone):
    ana, ziad = register("Ana Ferreira"), register("زياد 2")
    room = make_room("Garden", owner=ana)
    at_ana, at_ziad = enter(uvicorn, ana).open(room), enter(uvicorn, ziad).open(everyone)
    join(at_ziad, room)
    expect(lines(at_ana)).to_contain_text("joined")
    first, last = lines(at_ana).locator("time").evaluate(FIRST_AND_LAST_LETTER)
    assert first < last
