"""The hint about the gestures on messages, on touch screens."""

import pytest
from playwright.sync_api import expect

from rooms.moderation import limit_posting
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_message_menu import TOUCH, Finger, center
from tests.factories import make_member, make_room


@pytest.fixture
def room(register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, *(f"Message {number}" for number in range(30)), "The last message")
    return room


def hint_of(session: BrowserSession):
    return session.page.locator(".touch-hint")


def long_press(session: BrowserSession) -> None:
    finger = Finger(session)
    finger.press(*center(session.message("The last message")))
    expect(session.menu).to_be_visible()
    finger.lift()


def swipe(session: BrowserSession) -> None:
    finger = Finger(session)
    x, y = center(session.message("The last message"))
    finger.press(x, y)
    for part in range(1, 5):
        finger.move(x - 20 * part, y)
    finger.lift()
    expect(session.page.locator(".composer__quote")).to_contain_text("The last message")


def dismiss(session: BrowserSession) -> None:
    hint_of(session).get_by_role("button", name="Dismiss").tap()


@pytest.mark.parametrize("end", [dismiss, long_press, swipe], ids=lambda end: end.__name__)
def test_the_hint_is_shown_until_it_is_dismissed_or_followed(uvicorn, enter, room, end):
    ana = enter(uvicorn, room.created_by, **TOUCH)
    ana.open(make_room("Empty", owner=room.created_by))
    expect(hint_of(ana)).to_have_count(1)
    expect(hint_of(ana)).to_be_hidden()
    ana.open(room)
    expect(hint_of(ana)).to_have_text("Press and hold a message for actions. Swipe it to reply.")
    end(ana)
    expect(hint_of(ana)).to_have_count(0)
    ana.open(room)
    _wait_for_gestures(ana)
    expect(hint_of(ana)).to_have_count(0)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_hint_covers_nothing(uvicorn, enter, room, direction):
    ana = enter(uvicorn, room.created_by, **TOUCH).open(room)
    ana.page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)
    expect(hint_of(ana)).to_be_visible()
    hint = hint_of(ana).bounding_box()
    assert hint["x"] >= 0 and hint["x"] + hint["width"] <= TOUCH["viewport"]["width"]
    last, composer = ana.message("The last message"), ana.page.locator("message-composer")
    ana.page.wait_for_function(
        "([last, hint]) => last.getBoundingClientRect().bottom <= hint.getBoundingClientRect().top + 1",
        arg=[last.element_handle(), hint_of(ana).element_handle()],
    )
    assert composer.bounding_box()["y"] >= hint["y"] + hint["height"]
    button = hint_of(ana).get_by_role("button", name="Dismiss").bounding_box()
    assert min(button["width"], button["height"]) >= 24


def test_without_a_touch_screen_or_a_way_to_reply_there_is_no_hint(uvicorn, enter, room):
    expect(hint_of(enter(uvicorn, room.created_by).open(room))).to_have_count(0)
    limit_posting(actor=room.created_by, room=room, is_read_only=True)
    mira = enter(uvicorn, room.members.get(username="mira"), **TOUCH).open(room)
    expect(hint_of(mira)).to_have_count(1)
    expect(hint_of(mira)).to_be_hidden()


def _wait_for_gestures(session: BrowserSession) -> None:
    """Wait until the code for gestures has run, with a long press."""
    session.sees("The last message")
    long_press(session)
    session.page.keyboard.press("Escape")
