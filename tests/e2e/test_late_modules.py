"""Code that is loaded when it is first used, without a connection and after it is back."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_room

# Then nothing is loaded before it is used.
SAVE_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"


def preview(ana: BrowserSession) -> None:
    ana.field.fill("**Bold**")
    ana.field.press("Control+Alt+p")


def make_table(ana: BrowserSession) -> None:
    bar = ana.page.get_by_role("button", name="Formatting")
    if ana.page.locator("format-bar").is_hidden():
        bar.click()
    ana.page.locator("format-bar").get_by_role("button", name="Table").click()


def show_person(ana: BrowserSession) -> None:
    ana.message("Good morning").locator(".msg__name").click()


def jump_to_date(ana: BrowserSession) -> None:
    ana.page.get_by_role("button", name="Room menu").click()
    ana.page.locator('#room-menu [data-action="date"]').click()


def set_status(ana: BrowserSession) -> None:
    ana.page.locator('.me [data-action="status"]').click()


def switch(ana: BrowserSession) -> None:
    ana.field.press("Control+k")


def open_settings(ana: BrowserSession) -> None:
    ana.page.get_by_role("link", name="Invite people").click()


def move_to_section(ana: BrowserSession) -> None:
    ana.row("Workshop").click(button="right")
    ana.page.locator("#room-row-menu [data-action=section]").click()


ACTIONS = {
    preview: ".msg__body strong",
    show_person: "#person[open]",
    jump_to_date: "dialog[open] input[type=date]",
    set_status: "#status[open]",
    switch: ".switcher[open] [role=option]",
    open_settings: "dialog.panel[open] main",
    move_to_section: "#section[open]",
}


@pytest.fixture
def ana(uvicorn, enter, register, everyone) -> BrowserSession:
    visitor = enter(uvicorn, register("Ana Ferreira"))
    make_room("Workshop", owner=visitor.user)
    post_messages(everyone, visitor.user, "Good morning")
    visitor.context.add_init_script(SAVE_DATA)
    visitor.open(everyone)
    visitor.watch.allow_connection_errors()
    return visitor


@pytest.mark.parametrize("act", [*ACTIONS, make_table], ids=lambda act: act.__name__)
def test_without_a_connection_it_says_so_and_with_one_it_works(ana, act):
    no_connection = ana.notices.locator(".notice", has_text="No connection.")
    ana.context.set_offline(True)
    for _attempt in range(2):
        act(ana)
        expect(no_connection).to_have_count(1)
        no_connection.get_by_role("button", name="Dismiss").click()
        expect(no_connection).to_have_count(0)
    ana.context.set_offline(False)
    ana.wait_until_live()
    act(ana)
    if act is make_table:
        expect(ana.field).to_have_value(re.compile("---"))
    else:
        expect(ana.page.locator(ACTIONS[act])).to_have_count(1)
    expect(no_connection).to_have_count(0)
