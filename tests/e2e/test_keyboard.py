"""The chat page by keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, post_messages
from tests.factories import make_member, make_room


def focused(page: Page) -> str:
    """Return the accessible name of the focused element."""
    return page.evaluate(
        "() => { const it = document.activeElement; return it.getAttribute('aria-label') ?? it.textContent.trim(); }"
    )


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press the key until the element with this name is focused."""
    passed = []
    while focused(page) != name:
        passed.append(focused(page))
        assert len(passed) < 60, passed
        page.keyboard.press(key)


def test_the_chat_works_by_keyboard_alone(uvicorn, visit, register, everyone):
    ana = register("Ana Ferreira")
    make_member(make_room("Design", owner=ana), ana)
    post_messages(everyone, register("Mira Sol"), "Is somebody here?")
    visitor = visit(uvicorn)
    page, keyboard = visitor.page, visitor.page.keyboard
    page.goto("/")
    expect(page.locator("[name=login]")).to_be_focused()
    keyboard.type("ana")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    visitor.wait_until_live()

    if visitor.heading.text_content() != "Everyone":
        keyboard.press("Control+k")
        keyboard.type("every")
        keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Everyone")
    expect(visitor.field).to_be_focused()
    keyboard.type("Line one")
    keyboard.press("Shift+Enter")
    keyboard.type("line two")
    keyboard.press("Enter")
    expect(page.locator(".msg.is-mine .msg__body")).to_contain_text(re.compile("Line one.*line two", re.DOTALL))
    visitor.sees_all_sent()

    keyboard.press("ArrowUp")
    editor = page.get_by_label("Edit message")
    expect(editor).to_be_focused()
    keyboard.press("Escape")
    expect(editor).to_have_count(0)
    expect(visitor.field).to_be_focused()
    keyboard.press("ArrowUp")
    keyboard.press("Control+a")
    keyboard.type("Better said")
    keyboard.press("Enter")
    visitor.sees("Better said")
    expect(visitor.field).to_be_focused()

    keyboard.press("Control+k")
    keyboard.type("des")
    keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Design")
    expect(visitor.field).to_be_focused()
    keyboard.press("Alt+ArrowUp")
    expect(visitor.heading).to_have_text("Everyone")


def test_a_newcomer_does_everything_by_keyboard_alone(uvicorn, visit, register, everyone):
    mira = register("Mira Sol")
    post_messages(make_room("Design", owner=mira), mira, "How do you like the logo?")
    visitor = visit(uvicorn)
    page, keyboard = visitor.page, visitor.page.keyboard
    page.goto("/")
    tab_to(page, "Create an account")
    keyboard.press("Enter")
    expect(page.get_by_label("Display name")).to_be_focused()
    keyboard.type("Ana Ferreira")
    expect(page.get_by_label("Username")).to_have_value("ana.ferreira")
    while not page.evaluate("document.activeElement.matches('[name=password1]')"):
        keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    visitor.wait_until_live()

    keyboard.press("Control+k")
    keyboard.type("design")
    expect(page.get_by_role("option", name=re.compile("Design"))).to_be_visible()
    keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Design")
    question = visitor.message("How do you like the logo?")
    expect(question).to_be_visible()
    tab_to(page, "Join room")
    keyboard.press("Enter")
    expect(visitor.field).to_be_focused()

    keyboard.type("Very much, @mir")
    expect(page.locator(".completions [role=option]")).to_have_count(1)
    keyboard.press("Enter")
    expect(visitor.field).to_have_value("Very much, @mira ")
    keyboard.press("Enter")
    expect(page.locator(".msg.is-mine .mention")).to_have_text("@mira")
    visitor.sees_all_sent()

    while not page.evaluate("document.activeElement.matches('.msg')"):
        keyboard.press("Shift+Tab")
    keyboard.press("ArrowUp")
    expect(question).to_be_focused()
    keyboard.press("+")
    expect(page.locator(".emoji-picker[open]")).to_be_visible()
    keyboard.type("party pop")
    expect(page.locator(".emoji-picker [role=gridcell]").first).to_be_visible()
    keyboard.press("Enter")
    expect(question.get_by_role("button", name="🎉, 1 person, including you")).to_be_visible()

    keyboard.press("Control+Shift+F")
    expect(page.locator(".panel[open] input[name=q]")).to_be_focused()
    keyboard.type("logo")
    result = visitor.panel.locator(".search-result")
    expect(result).to_have_count(1)
    while not page.evaluate("document.activeElement.matches('.search-result')"):
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(visitor.panel).to_have_count(0)
    expect(question).to_be_focused()


def test_a_message_and_its_tools_are_reached_by_tab(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Mira Sol"), "First", "Second", "Third")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    page, keyboard = ana.page, ana.page.keyboard
    expect(ana.field).to_be_focused()
    while not page.evaluate("document.activeElement.matches('.msg')"):
        keyboard.press("Shift+Tab")
    expect(ana.message("Third")).to_be_focused()
    keyboard.press("ArrowUp")
    expect(ana.message("Second")).to_be_focused()
    tab_to(page, "Add reaction")
    keyboard.press("ArrowRight")
    assert focused(page) == "Reply"
    keyboard.press("Enter")
    expect(page.locator(".composer__quote")).to_contain_text("Second")
    expect(ana.field).to_be_focused()
    keyboard.press("Escape")
    expect(page.locator(".composer__reply")).to_be_hidden()


def tab_stops(page: Page, key: str, until: str, limit: int = 20) -> list[str]:
    """Press the key until the focus is in an element with this selector. Return what was focused before."""
    passed: list[str] = []
    while True:
        page.keyboard.press(key)
        if page.evaluate(f"document.activeElement.closest('{until}') !== null"):
            return passed
        passed.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.className")
        )
        assert len(passed) < limit, passed


def test_the_log_is_one_tab_stop(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"[Link {n}](https://example.org)" for n in range(40)], "```\ncode\n```")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    page, keyboard = ana.page, ana.page.keyboard
    ana.field.click()
    assert tab_stops(page, "Shift+Tab", "room-list") == ["msg", "Room details", "Room menu"]

    # The controls of the focused message follow it, and only these.
    ana.field.click()
    keyboard.press("Shift+Tab")
    keyboard.press("ArrowUp")
    last_link = ana.message("Link 39")
    expect(last_link).to_be_focused()
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Bo Lund"
    assert last_link.locator(".msg__name").bounding_box()["width"] > 30  # otherwise hidden in consecutive messages
    tab_to(page, "Link 39")
    assert len(tab_stops(page, "Tab", "message-composer")) <= 2
    # Messages that are drawn later add none.
    post_messages(everyone, bo, "[Later](https://example.org)")
    ana.sees("Later")
    ana.field.click()
    assert tab_stops(page, "Shift+Tab", "room-list") == ["msg", "Room details", "Room menu"]


def test_home_end_and_page_keys_move_the_focus_with_the_view(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Mira Sol"), *[f"Message {n}" for n in range(40)])
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    keyboard, focus = ana.page.keyboard, ana.page.locator(".msg:focus")

    def number() -> int:
        return int(focus.get_attribute("data-seq"))

    ana.field.press("Shift+Tab")
    assert number() == 40
    keyboard.press("PageUp")
    expect(focus).to_be_in_viewport()
    after_page = number()
    assert 15 < after_page < 35
    keyboard.press("PageUp")
    assert number() < after_page - 5
    expect(focus).to_be_in_viewport()
    for _ in range(5):
        keyboard.press("PageDown")
        expect(focus).to_be_in_viewport()
    assert number() == 40
    keyboard.press("Home")
    assert number() == 1
    expect(focus).to_be_in_viewport()
    keyboard.press("End")
    assert number() == 40
    expect(focus).to_be_in_viewport()
    keyboard.press("Escape")
    expect(ana.field).to_be_focused()


def test_the_skip_link_leads_to_the_conversation(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.locator(".jump").focus()  # the second element on the page
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.page.get_by_text("Skip to conversation")).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("main")).to_be_focused()


def test_side_sheets_keep_and_restore_the_focus(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira", viewport={"width": 390, "height": 844}).open(everyone)
    opener = ana.page.get_by_role("button", name="Rooms", exact=True)
    opener.press("Enter")
    expect(ana.page.get_by_role("button", name="Close sidebar")).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(ana.page.locator("room-list")).to_be_hidden()
