"""Going anywhere by name: rooms, people, rooms to join, settings and commands."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import Block
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


@pytest.fixture
def mira(uvicorn, enter, register, everyone) -> BrowserSession:
    user = register("Mira Sol")
    for name in ("Design", "Crème brûlée"):
        make_member(make_room(name), user)
    return enter(uvicorn, user).open(everyone)


def type_into_switcher(visitor: BrowserSession, text: str) -> None:
    visitor.page.keyboard.press("Control+k")
    expect(visitor.page.get_by_role("combobox", name="Jump to")).to_be_focused()
    visitor.page.keyboard.type(text)


def option(visitor: BrowserSession, name: str) -> Locator:
    options = visitor.page.locator("dialog.switcher[open] [role=option]")
    return options.filter(has=visitor.page.locator("bdi", has_text=re.compile(f"^{re.escape(name)}$")))


def test_own_room_opens_by_name_whatever_the_accents(mira):
    type_into_switcher(mira, "creme")
    expect(option(mira, "Crème brûlée")).to_have_attribute("aria-selected", "true")
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Crème brûlée")
    expect(mira.field).to_be_focused()


def test_unread_rooms_come_first_and_then_recent_ones(mira, everyone, register):
    post_messages(make_room_of(mira, "News"), mira.user, "Hello")
    mira.page.reload()
    mira.wait_until_live()
    mira.go_to("Design")
    mira.go_to("Everyone")
    ana = register("Ana Ferreira")
    room = make_room_of(mira, "Launch")
    make_member(room, ana)
    mira.page.reload()
    mira.wait_until_live()
    post_messages(room, ana, "Look at this")
    expect(mira.row("Launch").locator(".count")).to_have_text("1")
    mira.page.keyboard.press("Control+k")
    unread = mira.page.get_by_role("group", name="Unread")
    expect(unread.locator("bdi")).to_have_text(["Launch"])
    expect(option(mira, "Launch")).to_have_attribute("aria-selected", "true")
    expect(option(mira, "Everyone")).to_have_count(0)  # is open
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Launch")


def test_person_of_the_site_without_a_conversation_is_found(mira, register):
    register("Linus Torv")
    type_into_switcher(mira, "torv")
    expect(option(mira, "Linus Torv")).to_have_attribute("aria-selected", "true")
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Linus Torv")
    mira.page.keyboard.press("Control+k")
    mira.page.keyboard.type("linus")
    expect(option(mira, "Linus Torv")).to_have_count(1)  # as a conversation, and not as a person too


def test_blocked_person_is_not_found(mira, register):
    linus = register("Linus Torv")
    Block.objects.create(blocker=mira.user, blocked=linus)
    type_into_switcher(mira, "torv")
    expect(mira.page.locator("dialog.switcher")).to_contain_text("No matches.")


def test_search_without_a_connection_says_so_in_the_results(mira):
    mira.watch.allow_connection_errors()
    mira.page.route("**/people/search/*", lambda route: route.abort())
    type_into_switcher(mira, "torv")
    switcher = mira.page.locator("dialog.switcher")
    expect(switcher).to_contain_text("Couldn’t search all people and rooms. No connection.")
    expect(switcher).not_to_contain_text("No matches.")
    mira.page.keyboard.press("Control+a")
    mira.page.keyboard.type("design")
    expect(option(mira, "Design")).to_have_attribute("aria-selected", "true")
    expect(switcher.get_by_text("Couldn’t search all people and rooms.")).to_be_visible()
    expect(mira.notices.locator(".notice")).to_have_count(0)


def test_room_to_join_opens_as_a_preview(mira):
    make_room("Garden")
    make_room("Gardeners", kind="private")
    type_into_switcher(mira, "gard")
    expect(mira.page.get_by_role("group", name="Rooms to join").locator("bdi")).to_have_text(["Garden"])
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Garden")
    expect(mira.page.get_by_role("button", name="Join room")).to_be_visible()


def test_setting_opens_in_the_panel_and_the_field_is_shown(mira):
    type_into_switcher(mira, "dark mode")
    expect(option(mira, "Theme")).to_have_attribute("aria-selected", "true")
    mira.page.keyboard.press("Enter")
    expect(mira.page.locator("dialog.panel").get_by_label("Theme")).to_be_in_viewport()
    expect(mira.page).to_have_url(re.compile("/profile/#div_id_theme$"))
    mira.page.keyboard.press("Control+k")
    mira.page.keyboard.type("design")
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Design")
    expect(mira.page.locator("dialog.panel[open]")).to_have_count(0)


def test_single_setting_that_only_the_server_knows_is_found(mira):
    type_into_switcher(mira, "last seen")
    expect(option(mira, "Hide my “last seen” time")).to_have_attribute("aria-selected", "true")
    mira.page.keyboard.press("Enter")
    expect(mira.panel.get_by_label("Hide my “last seen” time")).to_be_focused()


def test_command_runs(mira):
    type_into_switcher(mira, "online now")
    mira.page.keyboard.press("Enter")
    expect(mira.page.locator("#online[open]")).to_contain_text("online")


def test_arrow_keys_move_the_mark(mira):
    type_into_switcher(mira, "muted")
    # Both come from the server, and the latter once everything else is there, so that no more results are expected.
    for text in ("Muted rooms", "Search messages for “muted”"):
        expect(option(mira, text)).to_be_visible()
    options = mira.page.locator("dialog.switcher [role=option]")
    mira.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    mira.page.keyboard.press("ArrowUp")
    mira.page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")


def test_escape_returns_to_the_composer_with_its_draft(mira):
    mira.field.press_sequentially("Half a")
    type_into_switcher(mira, "design")
    mira.page.keyboard.press("Escape")
    expect(mira.page.locator("dialog.switcher[open]")).to_have_count(0)
    expect(mira.field).to_be_focused()
    mira.page.keyboard.type(" thought")
    expect(mira.field).to_have_value("Half a thought")


def test_question_mark_shows_the_shortcuts_but_is_typed_in_the_composer(mira):
    mira.page.locator(".room__title").focus()
    mira.page.keyboard.press("?")
    expect(mira.page.locator("#shortcuts[open]")).to_contain_text("Ctrl K")
    mira.page.keyboard.press("Escape")
    mira.field.press_sequentially("Why?")
    expect(mira.field).to_have_value("Why?")


def test_switcher_works_by_touch(uvicorn, enter, register, everyone):
    user = register("Mira Sol")
    make_member(make_room("Design"), user)
    mira = enter(uvicorn, user, viewport=PHONE, has_touch=True, is_mobile=True).open(everyone)
    mira.page.locator(".room__menu").tap()
    mira.page.get_by_role("button", name="Jump to").tap()
    mira.page.keyboard.type("des")
    option(mira, "Design").tap()
    expect(mira.heading).to_have_text("Design")


def make_room_of(visitor: BrowserSession, name: str):
    room = make_room(name)
    make_member(room, visitor.user)
    return room
