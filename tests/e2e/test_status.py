"""Status and presence, as set on one page and seen on another."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Locator, expect

from accounts.models import User
from rooms.actions import open_direct_room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.server import Site, run_site


@pytest.fixture
def site_with_short_idle_time(transactional_db, everyone, tmp_path) -> Iterator[Site]:
    """Run a site where people are away after two seconds."""
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, CHAT_IDLE_SECONDS="2") as site:
        yield site


@pytest.fixture
def ana_and_mira(register, everyone) -> tuple[User, User]:
    ana, mira = register("Ana Brandt"), register("Mira Sol")
    open_direct_room(user=ana, other=mira)
    post_messages(everyone, ana, "Good morning")
    return ana, mira


def avatar(visitor: BrowserSession, name: str) -> Locator:
    return visitor.row(name).locator(".avatar")


def set_status(visitor: BrowserSession, **fields: str) -> None:
    visitor.page.get_by_title("Set your status").click()
    dialog = visitor.page.get_by_role("dialog", name="Set your status")
    if "choice" in fields:
        dialog.get_by_label(fields["choice"]).check()
    if "text" in fields:
        dialog.get_by_label("Status message").fill(fields["text"])
    if "clear_after" in fields:
        dialog.get_by_label("Clear after").select_option(label=fields["clear_after"])
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)


def test_a_status_reaches_others_and_the_users_other_tab(uvicorn, enter, everyone, ana_and_mira):
    ana, mira = enter(uvicorn, ana_and_mira[0]).open(everyone), enter(uvicorn, ana_and_mira[1]).open(everyone)
    tab = ana.new_tab(everyone)
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "on")
    set_status(ana, choice="Do not disturb", text="📅 In a meeting", clear_after="1 hour")
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "dnd", timeout=5_000)
    expect(mira.row("Ana Brandt").locator(".row__status")).to_have_text("📅 In a meeting", timeout=5_000)
    expect(mira.presence_of(ana_and_mira[0])).to_have_attribute("data-status", "dnd")
    for page in (ana.page, tab):
        expect(page.locator(".me .avatar")).to_have_attribute("data-status", "dnd")
        expect(page.locator(".me__state")).to_have_text("📅 In a meeting")
    mira.page.locator(".msg__name", has_text="Ana Brandt").first.click()
    card = mira.page.get_by_role("dialog", name="Ana Brandt")
    expect(card).to_contain_text("do not disturb")
    expect(card).to_contain_text("📅 In a meeting")
    card.get_by_role("button", name="Close").click()
    mira.go_to("Ana Brandt")
    expect(mira.page.locator(".room__topic")).to_have_text("Do not disturb · 📅 In a meeting")
    mira.page.goto("/people/ana/")
    expect(mira.page.locator(".profile-head")).to_contain_text("do not disturb")
    expect(mira.page.locator(".profile-head")).to_contain_text("📅 In a meeting")

    # The dialog shows the chosen status, and keeps its expiry time.
    ana.page.get_by_title("Set your status").click()
    dialog = ana.page.get_by_role("dialog", name="Set your status")
    expect(dialog.get_by_label("Clear after")).to_have_value("keep")
    dialog.get_by_role("button", name="Clear status").click()
    dialog.get_by_label("Active (away when idle)").check()
    dialog.get_by_role("button", name="Save").click()
    expect(ana.page.locator(".me__state")).to_have_text("Online")


def test_an_invisible_user_appears_offline_and_can_post(uvicorn, enter, everyone, ana_and_mira):
    ana, mira = enter(uvicorn, ana_and_mira[0]).open(everyone), enter(uvicorn, ana_and_mira[1]).open(everyone)
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "on")
    set_status(ana, choice="Invisible")
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "off", timeout=5_000)
    expect(mira.presence_of(ana_and_mira[0])).to_have_attribute("data-status", "off")
    expect(ana.page.locator(".me__state")).to_have_text("Invisible")
    ana.send("I am here all the same")
    mira.sees("I am here all the same")
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "off")


def test_an_idle_user_is_away_until_the_next_key(site_with_short_idle_time, enter, everyone, ana_and_mira):
    ana, mira = enter(site_with_short_idle_time, ana_and_mira[0]), enter(site_with_short_idle_time, ana_and_mira[1])
    ana.open(everyone)
    mira.open(everyone)
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "away")
    expect(mira.row("Ana Brandt")).to_have_attribute("aria-label", re.compile("away"))
    ana.page.keyboard.press("Shift")
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "on")
    expect(avatar(mira, "Ana Brandt")).to_have_attribute("data-status", "away")


def test_a_new_name_reaches_open_pages_and_old_messages(uvicorn, enter, everyone, ana_and_mira):
    mira, ana = enter(uvicorn, ana_and_mira[1]).open(everyone), enter(uvicorn, ana_and_mira[0]).open("/profile/")
    expect(mira.page.locator(".msg__name").first).to_have_text("Ana Brandt")
    ana.page.get_by_label("Display name").fill("Ana B.")
    ana.page.get_by_role("button", name="Save", exact=True).click()
    expect(mira.page.locator(".msg__name").first).to_have_text("Ana B.")
    expect(mira.row("Ana B.")).to_have_count(1)
