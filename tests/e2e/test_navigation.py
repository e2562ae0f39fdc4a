"""Moving between rooms and through the history without loading the page."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from messaging.posting.actions import edit_message
from rooms.models import Membership, Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room

# The position of the message, measured from the top of the conversation.
TOP = "(element) => element.getBoundingClientRect().top - element.closest('.log__scroll').getBoundingClientRect().top"
SCROLL_TO_TOP_OF = "(element) => element.scrollIntoView({ block: 'start', behavior: 'instant' })"
FEW = 3  # pixels


@pytest.fixture
def long_room(register) -> Room:
    ana = register("Ana Ferreira")
    room = make_room("Long", owner=ana)
    post_messages(room, ana, *[f"Word {n} " + "and more " * (n % 40) for n in range(1, 251)])
    return room


@pytest.fixture
def mira(uvicorn, enter, register, long_room) -> BrowserSession:
    user = register("Mira Sol")
    make_member(long_room, user)
    Membership.objects.filter(room=long_room, user=user).update(last_read_seq=250)
    return enter(uvicorn, user)


def at(visitor: BrowserSession, seq: int):
    return visitor.page.locator(f'.msg[data-seq="{seq}"]')


def test_switching_rooms_does_not_load_the_page(mira, long_room, everyone):
    mira.open(everyone)
    mira.page.evaluate("window.sameDocument = true")
    mira.go_to("Long")
    expect(mira.page).to_have_url(f"{mira.url}/rooms/{long_room.pk}/")
    expect(mira.page).to_have_title("#Long · Chatsite")
    expect(mira.field).to_be_focused()
    expect(at(mira, 250)).to_be_in_viewport()
    mira.page.go_back()
    expect(mira.heading).to_have_text("Everyone")
    expect(mira.page).to_have_url(f"{mira.url}/rooms/{everyone.pk}/")
    mira.page.go_forward()
    expect(mira.heading).to_have_text("Long")
    mira.page.keyboard.press("Alt+ArrowUp")
    expect(mira.heading).to_have_text("Everyone")
    assert mira.page.evaluate("window.sameDocument")


def test_last_of_two_clicked_rooms_is_shown_and_in_the_url(mira, long_room, everyone):
    """The request for the first room finishes last."""
    make_member(make_room("Fast", owner=long_room.created_by), mira.user)
    mira.open(everyone)
    held = []
    mira.page.route(f"**/rooms/{long_room.pk}/conversation/", lambda route: held.append(route))
    with mira.page.expect_request(f"**/rooms/{long_room.pk}/conversation/"):
        mira.row("Long").click()
    mira.go_to("Fast")
    address = mira.page.url
    with mira.page.expect_response(f"**/rooms/{long_room.pk}/conversation/"):
        held[0].continue_()
    expect(mira.page).to_have_title("#Fast · Chatsite")
    expect(mira.heading).to_have_text("Fast")
    assert mira.page.url == address
    mira.page.reload()
    expect(mira.heading).to_have_text("Fast")


def test_going_back_to_a_room_that_fails_keeps_the_url_of_the_open_one(mira, long_room, everyone):
    mira.watch.allow_connection_errors()
    mira.open(everyone)
    mira.go_to("Long")
    mira.page.reload()  # forgets the conversation that was open before
    mira.wait_until_live()
    mira.page.route("**/conversation/", lambda route: route.abort())
    mira.page.go_back()
    expect(mira.notices).to_contain_text("Couldn’t open the room.")
    expect(mira.heading).to_have_text("Long")
    expect(mira.page).to_have_url(f"{mira.url}/rooms/{long_room.pk}/")


def test_a_link_to_a_message_loads_more_in_both_directions(mira, long_room):
    mira.open(f"/rooms/{long_room.pk}/messages/100/")
    expect(at(mira, 100)).to_be_in_viewport()
    expect(at(mira, 250)).to_have_count(0)
    latest = mira.page.get_by_role("button", name="Jump to latest")
    expect(latest).to_be_visible()
    at(mira, 76).scroll_into_view_if_needed()
    expect(at(mira, 50)).to_have_count(1)
    latest.click()
    expect(at(mira, 250)).to_be_in_viewport()
    expect(latest).to_be_hidden()


def test_the_link_of_a_message_is_copied(mira, long_room, visit):
    mira.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mira.open(f"/rooms/{long_room.pk}/messages/20/")
    at(mira, 20).hover()
    at(mira, 20).get_by_role("button", name="Copy link").click()
    expect(mira.notices).to_contain_text("Link copied")
    link = mira.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{mira.url}/rooms/{long_room.pk}/messages/20/"


def test_scrolling_up_loads_older_messages_without_moving_the_view(mira, long_room):
    mira.open(long_room)
    expect(at(mira, 201)).to_have_count(1)
    expect(at(mira, 200)).to_have_count(0)
    for first in (201, 151, 101, 51):
        before = at(mira, first).evaluate(f"(element) => {{ ({SCROLL_TO_TOP_OF})(element); return ({TOP})(element); }}")
        expect(at(mira, first - 50)).to_have_count(1)
        assert abs(at(mira, first).evaluate(TOP) - before) <= FEW
    expect(mira.page.locator(".log__beginning")).to_have_text("This is the beginning of #Long.")
    numbers = mira.page.locator(".msg").evaluate_all("(all) => all.map((each) => Number(each.dataset.seq))")
    assert numbers == list(range(1, 201))  # the newest have left the page


def test_new_messages_do_not_scroll_the_view_away_from_older_ones(uvicorn, enter, mira, long_room):
    mira.open(long_room)
    before = at(mira, 220).evaluate(f"(element) => {{ ({SCROLL_TO_TOP_OF})(element); return ({TOP})(element); }}")
    ana = enter(uvicorn, long_room.created_by).open(long_room)
    ana.send("News from below")
    below = mira.page.get_by_role("button", name="1 new message")
    expect(below).to_be_visible()
    assert abs(at(mira, 220).evaluate(TOP) - before) <= FEW
    assert Membership.objects.get(room=long_room, user=mira.user).last_read_seq == 250
    below.click()
    expect(mira.message("News from below")).to_be_in_viewport()
    expect(below).to_be_hidden()
    ana.send("More news")
    expect(mira.message("More news")).to_be_in_viewport()


def test_a_link_to_a_missing_room_leaves_the_page_unchanged(mira, uvicorn, enter, long_room, everyone):
    mira.watch.allow("status of 404")
    ana = enter(uvicorn, long_room.created_by).open(everyone)
    ana.send(f"Look: {uvicorn.url}/rooms/999999/")
    mira.open(everyone)
    mira.page.get_by_role("link", name="/rooms/999999/").click()
    expect(mira.notices).to_contain_text("This room doesn’t exist, or you don’t have access to it.")
    expect(mira.heading).to_have_text("Everyone")


def test_the_open_room_is_in_view_in_a_long_list(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    rooms = [make_room(f"Room {n:02}", owner=ana) for n in range(60)]
    at_ana = enter(uvicorn, ana).open(rooms[50])
    expect(at_ana.row("Room 50")).to_be_in_viewport(ratio=0.9)
    for number in range(51, 60):
        at_ana.page.keyboard.press("Alt+ArrowDown")
        expect(at_ana.heading).to_have_text(f"Room {number}")
    expect(at_ana.row("Room 59")).to_be_in_viewport(ratio=0.9)


def test_messages_of_a_visited_room_are_not_drawn_again_but_are_up_to_date(mira, long_room, everyone):
    ana = long_room.created_by
    mira.open(long_room)
    expect(at(mira, 250)).to_be_in_viewport()
    at(mira, 250).evaluate("(message) => { message.isTheSame = true; }")
    at(mira, 249).evaluate("(message) => { message.isTheSame = true; }")
    mira.go_to("Everyone")
    expect(at(mira, 250)).to_have_count(0)
    edited = Message.objects.get(room=long_room, seq=249)
    edit_message(actor=ana, message_id=edited.pk, body="Edited meanwhile")
    post_messages(long_room, ana, "Posted meanwhile")
    expect(mira.row("Long").locator(".count")).to_have_text("1")
    mira.go_to("Long")
    expect(at(mira, 251)).to_be_in_viewport()
    expect(at(mira, 249).locator(".msg__body")).to_contain_text("Edited meanwhile")
    assert at(mira, 250).evaluate("(message) => message.isTheSame")
    assert at(mira, 249).evaluate("(message) => message.isTheSame")


def test_unfinished_edit_is_open_again_when_its_room_is(mira, long_room, everyone):
    post_messages(everyone, mira.user, "Mine")
    mira.open(everyone)
    mira.use_tool("Mine", "edit")
    mira.page.get_by_label("Edit message").press_sequentially(", still")
    mira.go_to("Long")
    mira.go_to("Everyone")
    expect(mira.page.get_by_label("Edit message")).to_have_value("Mine, still")
    expect(mira.page.get_by_label("Edit message")).to_have_count(1)
    mira.page.get_by_label("Edit message").press("Enter")
    mira.sees("Mine, still")


def test_room_under_the_pointer_is_requested_before_it_is_opened(mira, long_room, everyone):
    mira.open(everyone)
    with mira.page.expect_response(f"**/rooms/{long_room.pk}/conversation/"):
        mira.row("Long").hover()
    requests = []
    mira.page.on("request", lambda request: requests.append(request.url))
    mira.go_to("Long")
    expect(at(mira, 250)).to_be_in_viewport()
    assert not [url for url in requests if "/conversation/" in url]
