"""The tools of a message: the toolbar, the menu with its keys, and gestures on touch."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import Message
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages, stored_texts
from tests.factories import make_member, make_room

TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
OWN_MENU = """(message) => new Promise((resolve) => {
  message.addEventListener("contextmenu", (event) => setTimeout(() => resolve(!event.defaultPrevented)), { once: true });
})"""


class Finger:
    """A finger on a touch screen."""

    def __init__(self, session: BrowserSession) -> None:
        self.cdp = session.context.new_cdp_session(session.page)

    def press(self, x: float, y: float) -> None:
        self._send("touchStart", (x, y))

    def move(self, x: float, y: float) -> None:
        self._send("touchMove", (x, y))

    def lift(self) -> None:
        self._send("touchEnd")

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def first_finger(session: BrowserSession) -> Finger:
    """Return a finger once the gestures are loaded, of which there is a hint until the first one."""
    expect(session.page.locator(".touch-hint")).to_be_visible()
    return Finger(session)


def center(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def labels(session: BrowserSession) -> list[str]:
    return session.menu.locator("[role=menuitem]:visible span").all_text_contents()


@pytest.fixture
def room(register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "From Mira", "See [the plan](https://example.org)")
    post_messages(room, ana, "From Ana")
    return room


def test_the_menu_offers_what_the_person_may_do(uvicorn, enter, room):
    ana, mira = (enter(uvicorn, user).open(room) for user in room.members.order_by("username"))
    kept = ["Forward…", "Save for later", "Remind me…"]
    person = ["Notification details", "View profile", "Send direct message", "Mute or block…", "Report…"]
    for session, text, expected in (
        (mira, "From Ana", ["Reply", "Copy text", "Copy link", "Mark unread from here", *kept, *person]),
        (mira, "From Mira", ["Reply", "Edit", "Copy text", "Copy link", *kept, "Delete…"]),
        (ana, "From Ana", ["Reply", "Edit", "Copy text", "Copy link", "Pin", *kept, "Delete…"]),
        (
            ana,
            "From Mira",
            [
                "Reply",
                "Copy text",
                "Copy link",
                "Pin",
                "Mark unread from here",
                *kept,
                *person,
                "Delete…",
                "Delete this person’s messages…",
            ],
        ),
    ):
        session.message(text).click(button="right", position={"x": 300, "y": 5})
        expect(session.menu).to_be_visible()
        assert labels(session) == expected
        session.page.keyboard.press("Escape")
        expect(session.menu).to_have_count(0)


def test_a_right_click_leaves_links_selections_and_shift_to_the_browser(uvicorn, enter, room):
    ana = enter(uvicorn, room.created_by).open(room)
    message = ana.page.locator(".msg", has_text="See the plan")
    body = message.locator(".msg__body")

    def opens_own_menu(element: Locator, **options: Any) -> bool:
        message.evaluate(f"(message) => {{ window.isOwn = ({OWN_MENU})(message); }}")
        element.click(button="right", **options)
        return ana.page.evaluate("window.isOwn")

    assert opens_own_menu(message.get_by_role("link", name="the plan"))
    assert opens_own_menu(body, modifiers=["Shift"])
    body.select_text()
    assert opens_own_menu(body, position={"x": 10, "y": 10})
    expect(ana.menu).to_have_count(0)
    ana.page.evaluate("getSelection().removeAllRanges()")
    assert not opens_own_menu(body, position={"x": 10, "y": 10})
    expect(ana.menu).to_be_visible()


def test_the_focused_message_obeys_the_keys_of_its_menu(uvicorn, enter, room):
    mira = room.members.get(username="mira")
    at_mira = enter(uvicorn, mira, **CLIPBOARD).open(room)
    page, keyboard = at_mira.page, at_mira.page.keyboard
    message = at_mira.message("From Mira")
    at_mira.field.click()
    keyboard.press("Shift+Tab")
    while not page.evaluate("document.activeElement.matches('.msg')"):
        keyboard.press("Shift+Tab")
    keyboard.press("Home")
    expect(message).to_be_focused()
    keyboard.press("c")
    expect(at_mira.notices).to_contain_text("Text copied")
    assert page.evaluate("navigator.clipboard.readText()") == "From Mira"
    keyboard.press("l")
    expect(at_mira.notices).to_contain_text("Link copied")
    assert re.search(r"/rooms/\d+/messages/1/$", page.evaluate("navigator.clipboard.readText()"))
    keyboard.press("p")  # members can't pin
    keyboard.press("Shift+F10")
    expect(at_mira.menu.get_by_role("menuitem", name="Reply")).to_be_focused()
    keyboard.press("ArrowUp")
    expect(at_mira.menu.get_by_role("group", name="React").get_by_role("menuitem").first).to_be_focused()
    keyboard.press("ArrowUp")
    expect(at_mira.menu.get_by_role("menuitem", name="Delete…")).to_be_focused()
    for _ in range(3):
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    keyboard.type(" again")
    keyboard.press("Enter")
    at_mira.sees("From Mira again")

    message = at_mira.message("From Mira again")
    message.focus()
    keyboard.press("Delete")
    expect(page.locator("#question[open]")).to_contain_text("From Mira again")
    keyboard.press("Escape")
    expect(message).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("r")
    expect(page.locator(".composer__quote")).to_contain_text("From Mira again")
    expect(at_mira.field).to_be_focused()
    keyboard.type("rep")
    assert stored_texts(room)[0] == "From Mira again"
    assert not Message.objects.filter(pinned_at__isnull=False).exists()


def test_the_toolbar_is_one_stop_with_arrow_keys(uvicorn, enter, room):
    ana = enter(uvicorn, room.created_by).open(room)
    keyboard, message = ana.page.keyboard, ana.message("From Ana")
    ana.field.press("Shift+Tab")
    while not message.evaluate("(message) => message === document.activeElement"):
        keyboard.press("Shift+Tab")
    tools = message.locator(".tools button:visible")
    while not tools.first.evaluate("(button) => button === document.activeElement"):
        keyboard.press("Tab")
    expect(tools).to_have_count(4)
    keyboard.press("ArrowRight")
    expect(tools.nth(1)).to_be_focused()
    keyboard.press("End")
    expect(tools.last).to_be_focused()
    keyboard.press("ArrowRight")
    expect(tools.first).to_be_focused()
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    expect(ana.menu).to_be_visible()
    keyboard.press("Escape")
    expect(tools.last).to_be_focused()
    keyboard.press("Escape")
    expect(message).to_be_focused()
    keyboard.press("Escape")
    expect(ana.field).to_be_focused()


def test_a_long_press_opens_a_sheet_despite_a_tremor(uvicorn, enter, room):
    ana = enter(uvicorn, room.created_by, **TOUCH).open(room)
    finger, message = first_finger(ana), ana.message("From Mira")
    x, y = center(message)
    finger.press(x, y)
    for step in (2, -2, 4):
        finger.move(x + step, y + step)
    expect(ana.menu).to_be_visible()
    finger.lift()
    expect(ana.menu).to_be_visible()
    rows = ana.menu.locator("[role=menuitem]:visible")
    for row in rows.all():
        assert row.bounding_box()["height"] >= 44
    menu = ana.menu.bounding_box()
    assert menu["x"] == 0 and menu["width"] == PHONE["width"]
    assert round(menu["y"] + menu["height"]) == PHONE["height"]
    ana.menu.get_by_text("Reply", exact=True).tap()
    expect(ana.page.locator(".composer__quote")).to_contain_text("From Mira")

    finger.press(x, y)
    finger.move(x, y + 15)
    ana.page.wait_for_timeout(600)  # longer than a long press
    finger.lift()
    expect(ana.menu).to_have_count(0)


def test_the_menu_fits_a_small_window_with_large_text(uvicorn, enter, room):
    ana = enter(uvicorn, room.created_by, viewport={"width": 320, "height": 560}).open(room)
    ana.page.evaluate("document.documentElement.style.fontSize = '32px'")
    message = ana.message("From Ana")
    message.scroll_into_view_if_needed()
    message.focus()
    ana.page.keyboard.press("Enter")
    ana.menu.evaluate("(menu) => Promise.all(menu.getAnimations().map((animation) => animation.finished))")
    menu = ana.menu.bounding_box()
    assert menu["x"] >= 0 and menu["x"] + menu["width"] <= 320
    assert menu["y"] >= 0 and menu["y"] + menu["height"] <= 560
    assert ana.menu.evaluate("(menu) => menu.scrollWidth <= menu.clientWidth")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_swipe_towards_the_start_replies(uvicorn, enter, room, direction):
    ana = enter(uvicorn, room.created_by, reduced_motion="no-preference", **TOUCH).open(room)
    ana.page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)
    start = -1 if direction == "ltr" else 1
    finger, message, quote = first_finger(ana), ana.message("From Mira"), ana.page.locator(".composer__quote")
    x, y = center(message)

    def swipe(across: float, down: float) -> None:
        finger.press(x, y)
        for part in range(1, 5):
            finger.move(x + across * part / 4, y + down * part / 4)

    for across, down in ((40 * start, 0), (-80 * start, 0), (60 * start, 60)):
        swipe(across, down)
        finger.lift()
        expect(quote).to_be_hidden()
    swipe(80 * start, 3)
    expect(message.locator(".msg__swipe.is-enough")).to_be_visible()
    expect(message.locator(".msg__main")).to_have_css("translate", f"{76 * start}px")  # the last move takes a frame
    finger.lift()
    expect(quote).to_contain_text("From Mira")
    expect(message.locator(".msg__swipe")).to_have_count(0)


def test_the_toolbar_changes_with_the_message_under_a_still_mouse(uvicorn, enter, proxy, room):
    ana, mira = (
        enter(site, user).open(room)
        for site, user in zip((proxy, uvicorn), room.members.order_by("username"), strict=True)
    )
    ana.watch.allow_connection_errors()
    proxy.disconnect()
    ana.wait_until_offline()
    ana.send("\n".join(["A long text"] * 12))  # so that the mouse stays on it when the banner goes away
    at_ana, at_mira = (session.page.locator(".msg").filter(has_text="A long text") for session in (ana, mira))
    at_ana.hover(position={"x": 4, "y": 120})  # beside the text, which is replaced
    expect(at_ana).to_contain_class("is-pending")
    expect(at_ana.locator(".tools")).to_have_count(0)
    proxy.reconnect()
    expect(at_ana.locator(".tools")).to_be_visible()
    at_mira.hover(position={"x": 4, "y": 8})
    expect(at_mira.locator(".tools")).to_be_visible()
    ana.use_tool_of(at_ana, "delete")
    ana.confirm("Delete")
    expect(mira.message("Message deleted").locator(".tools")).to_have_count(0)
