"""The Back button closes what covers the conversation before it leaves the room."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e import files
from tests.e2e.browser import PHONE, BrowserSession
from tests.factories import make_member, make_room


@pytest.fixture
def mira(uvicorn, enter, register, everyone) -> BrowserSession:
    """Mira on a phone, in Everyone after Design."""
    user = register("Mira Sol")
    make_member(make_room("Design"), user)
    mira = enter(uvicorn, user, viewport=PHONE, has_touch=True).open(user.rooms.get(name="Design"))
    choose_room(mira, "Everyone")
    return mira


def sidebar(visitor: BrowserSession) -> Locator:
    return visitor.page.locator("room-list")


def open_sidebar(visitor: BrowserSession) -> None:
    visitor.page.get_by_role("button", name="Rooms", exact=True).tap()
    expect(sidebar(visitor)).to_be_visible()


def choose_room(visitor: BrowserSession, name: str) -> None:
    open_sidebar(visitor)
    visitor.row(name).tap()
    expect(visitor.heading).to_have_text(name)


def test_sidebar_opens_at_the_current_room(mira):
    for n in range(40):
        make_member(make_room(f"Archive {n:02}"), mira.user)
    make_member(make_room("Workshop"), mira.user)
    mira.page.reload()
    choose_room(mira, "Workshop")
    mira.page.reload()
    open_sidebar(mira)
    expect(mira.row("Workshop")).to_be_in_viewport()


def test_back_closes_the_sidebar(mira):
    open_sidebar(mira)
    mira.page.go_back()
    expect(sidebar(mira)).to_be_hidden()
    expect(mira.heading).to_have_text("Everyone")
    mira.page.go_back()
    expect(mira.heading).to_have_text("Design")


def test_sidebar_that_was_closed_otherwise_takes_no_further_press(mira):
    for _ in range(2):
        open_sidebar(mira)
        mira.page.get_by_role("button", name="Close sidebar").tap()
    expect(sidebar(mira)).to_be_hidden()
    mira.page.go_back()
    expect(mira.heading).to_have_text("Design")
    mira.page.go_forward()
    expect(mira.heading).to_have_text("Everyone")


def test_back_from_a_room_chosen_in_the_sidebar_is_the_room_before(mira):
    choose_room(mira, "Design")
    mira.page.go_back()
    expect(mira.heading).to_have_text("Everyone")
    expect(sidebar(mira)).to_be_hidden()


def test_back_closes_the_panel_and_then_the_sidebar_under_it(mira):
    open_sidebar(mira)
    mira.page.get_by_role("link", name="Settings").tap()
    expect(mira.page.locator("dialog.panel[open] h1")).to_be_visible()
    mira.page.go_back()
    expect(mira.page.locator("dialog.panel[open]")).to_have_count(0)
    mira.page.go_back()
    expect(sidebar(mira)).to_be_hidden()
    expect(mira.heading).to_have_text("Everyone")


def test_closing_a_panel_after_a_dialog_over_it_returns_to_the_room(mira, everyone):
    open_sidebar(mira)
    mira.page.get_by_role("link", name="Settings").tap()
    name = mira.page.locator("dialog.panel[open]").get_by_label("Display name")
    name.fill("Mira")
    mira.page.locator("dialog.panel [data-panel-close]").first.tap()
    mira.page.locator("#question[open]").get_by_role("button", name="Cancel").tap()
    mira.page.locator("dialog.panel [data-panel-close]").first.tap()
    mira.page.locator("#question[open]").get_by_role("button", name="Discard").tap()
    expect(mira.page.locator("dialog.panel[open]")).to_have_count(0)
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))


def test_back_closes_a_dialog_on_a_phone(mira):
    open_sidebar(mira)
    mira.page.locator("room-list [data-action=status]").tap()
    expect(mira.page.locator("#status[open]")).to_be_visible()
    mira.page.go_back()
    expect(mira.page.locator("#status[open]")).to_have_count(0)
    expect(sidebar(mira)).to_be_visible()
    mira.page.go_back()
    expect(sidebar(mira)).to_be_hidden()
    expect(mira.heading).to_have_text("Everyone")


def test_back_closes_the_image_viewer_in_any_window(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    files.choose(ana, files.image("harbour.png"))
    files.wait_until_uploaded(ana, 1)
    ana.send("Look")
    ana.page.get_by_role("button", name="Open image: harbour.png").click()
    expect(ana.page.locator("#lightbox")).to_be_visible()
    ana.page.go_back()
    expect(ana.page.locator("#lightbox")).to_be_hidden()
    expect(ana.heading).to_have_text("Everyone")
