"""Searching the settings."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import BrowserSession


@pytest.fixture
def ana(uvicorn, enter, everyone) -> BrowserSession:
    return enter(uvicorn, "Ana Ferreira")


def found(visitor: BrowserSession) -> Locator:
    return visitor.page.locator("settings-search .settings-found a")


def search(visitor: BrowserSession, words: str) -> None:
    visitor.page.get_by_label("Search settings").press_sequentially(words)


def test_setting_is_found_while_typing_and_marked_on_another_page(ana):
    ana.open("/accounts/sessions/")
    search(ana, "dárk")
    expect(found(ana)).to_have_count(1)
    expect(found(ana)).to_contain_text("Theme")
    search(ana, " unicorn")
    expect(found(ana)).to_have_count(0)
    expect(ana.page.get_by_text("No settings found")).to_be_visible()
    ana.page.keyboard.press("Escape")
    search(ana, "last seen")
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("Enter")
    expect(ana.page).to_have_url(re.compile(r"/profile/#div_id_hides_last_seen$"))
    expect(ana.page.locator(":target")).to_contain_text("Hide my “last seen” time")
    expect(ana.page.locator(":target")).to_be_in_viewport()


def test_setting_opens_in_the_panel_and_the_field_is_focused(ana, everyone):
    ana.open(everyone)
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type("sessions")
    ana.page.keyboard.press("Enter")
    expect(ana.panel.get_by_role("heading", name="Where you’re logged in")).to_be_visible()
    search(ana, "direct")
    expect(found(ana)).not_to_have_count(0)
    ana.page.keyboard.press("Escape")  # only clears the search
    expect(found(ana)).to_have_count(0)
    search(ana, "message me directly")
    expect(found(ana)).to_have_count(1)
    ana.page.keyboard.press("Enter")
    expect(ana.panel.get_by_label("Allow others to message me directly")).to_be_focused()
    expect(ana.panel.locator(".is-target")).to_be_in_viewport()


def test_search_works_without_a_script(uvicorn, enter, everyone):
    visitor = enter(uvicorn, "Mira Sol", java_script_enabled=False)
    visitor.open("/profile/privacy/")
    visitor.page.get_by_label("Search settings").fill("theme")
    visitor.page.get_by_role("button", name="Search").click()
    visitor.page.locator("main").get_by_role("link", name="Theme").click()
    expect(visitor.page.locator(":target")).to_contain_text("Theme")
