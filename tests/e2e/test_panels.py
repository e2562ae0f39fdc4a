"""The site's pages over the conversation: settings, rooms and people, without leaving the chat."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Membership, Room
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


@pytest.fixture
def mira(uvicorn, enter, everyone) -> BrowserSession:
    visitor = enter(uvicorn, "Mira Sol").open(everyone)
    visitor.page.evaluate("window.sameDocument = true")
    return visitor


def stays_in_the_chat(visitor: BrowserSession) -> bool:
    return visitor.page.evaluate("window.sameDocument === true && document.body.dataset.connection === 'live'")


def test_settings_open_over_the_conversation_and_have_their_own_url(mira, everyone):
    mira.page.get_by_role("link", name="Settings").first.click()
    expect(mira.panel.get_by_role("heading", name="Mira Sol")).to_be_visible()
    expect(mira.page).to_have_url(re.compile("/profile/$"))
    mira.panel.get_by_role("link", name="Sessions").click()
    expect(mira.panel.get_by_role("heading", name="Where you’re logged in")).to_be_visible()
    expect(mira.page).to_have_url(re.compile("/accounts/sessions/$"))
    mira.page.go_back()
    expect(mira.panel.get_by_role("heading", name="Mira Sol")).to_be_visible()
    mira.page.keyboard.press("Escape")
    expect(mira.panel).to_have_count(0)
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))
    assert stays_in_the_chat(mira)
    mira.page.go_forward()
    expect(mira.panel.get_by_role("heading", name="Mira Sol")).to_be_visible()


def test_person_stays_online_while_a_panel_is_open(uvicorn, enter, mira, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    mira.page.get_by_role("link", name="Settings").first.click()
    expect(mira.panel).to_be_visible()
    ana.send("Are you there?")
    expect(mira.message("Are you there?")).to_have_count(1)
    expect(ana.page.locator(".room-info").get_by_text("Mira Sol")).to_be_visible()
    expect(ana.page.get_by_role("heading", name="Online · 2")).to_be_visible()


def test_draft_and_place_stay_while_a_panel_is_open(mira, everyone):
    post_messages(everyone, mira.user, *[f"Word {n}" for n in range(40)])
    mira.page.reload()
    mira.wait_until_live()
    mira.field.press_sequentially("Half a thought")
    scroll = mira.page.locator(".log__scroll")
    scroll.evaluate("(element) => element.scrollTo(0, 200)")
    mira.page.get_by_role("link", name="Browse rooms").click()
    expect(mira.panel.get_by_role("heading", name="Rooms")).to_be_visible()
    mira.panel.get_by_role("button", name="Close").click()
    expect(mira.panel).to_have_count(0)
    assert scroll.evaluate("(element) => element.scrollTop") == 200
    expect(mira.field).to_have_value("Half a thought")
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))


def test_forms_are_saved_in_the_panel(mira):
    mira.page.get_by_role("link", name="Settings").first.click()
    mira.panel.get_by_label("Display name").fill("Mira Sol-Winter")
    mira.panel.get_by_label("Theme").select_option("dark")
    mira.panel.get_by_role("button", name="Save").first.click()
    mira.notices.get_by_text("Profile saved.").click()  # isn't covered
    expect(mira.page.locator(".me__name")).to_have_text("Mira Sol-Winter")
    expect(mira.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert User.objects.get(pk=mira.user.pk).display_name == "Mira Sol-Winter"
    assert stays_in_the_chat(mira)


def test_errors_of_a_form_are_shown_in_the_panel_and_the_field_is_focused(mira):
    mira.page.get_by_role("link", name="Create room").first.click()
    mira.panel.get_by_label("Name").fill("Everyone")
    mira.panel.get_by_role("button", name="Create room").click()
    expect(mira.panel.locator(".invalid-feedback")).to_be_visible()
    expect(mira.panel.get_by_label("Name")).to_be_focused()
    expect(mira.panel.get_by_label("Name")).to_have_value("Everyone")
    assert stays_in_the_chat(mira)


def test_created_room_opens(mira):
    mira.page.get_by_role("link", name="Create room").first.click()
    mira.panel.get_by_label("Name").fill("Kitchen")
    mira.panel.get_by_role("button", name="Create room").click()
    expect(mira.heading).to_have_text("Kitchen")
    expect(mira.panel).to_have_count(0)
    expect(mira.page).to_have_url(re.compile(f"/rooms/{Room.objects.get(name='Kitchen').pk}/$"))
    assert stays_in_the_chat(mira)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_back_from_a_created_room_leads_to_the_conversation_before_it(mira, everyone, viewport):
    mira.page.set_viewport_size(viewport)
    if viewport == PHONE:
        mira.page.get_by_role("button", name="Rooms", exact=True).click()
    mira.page.get_by_role("link", name="Create room").first.click()
    mira.panel.get_by_label("Name").fill("Kitchen")
    mira.panel.get_by_role("button", name="Create room").click()
    expect(mira.heading).to_have_text("Kitchen")
    mira.page.go_back()
    expect(mira.heading).to_have_text("Everyone")
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))
    expect(mira.panel).to_have_count(0)
    mira.page.go_forward()
    expect(mira.heading).to_have_text("Kitchen")


def test_message_button_of_a_person_opens_the_conversation(mira, register):
    register("Ana Ferreira")
    mira.page.get_by_role("link", name="New message").click()
    mira.panel.get_by_role("link", name="Show everyone").click()
    mira.panel.get_by_role("link", name="Ana Ferreira").click()
    mira.panel.get_by_role("button", name="Message").click()
    expect(mira.heading).to_have_text("Ana Ferreira")
    expect(mira.panel).to_have_count(0)
    assert stays_in_the_chat(mira)
    mira.page.go_back()
    expect(mira.panel.get_by_role("heading", name="Ana Ferreira")).to_be_visible()


def test_search_in_a_panel(mira, register):
    for name in ("Ana Ferreira", "Bo Winter"):
        register(name)
    mira.page.get_by_role("link", name="New message").click()
    mira.panel.get_by_role("link", name="Show everyone").click()
    mira.panel.get_by_role("searchbox").fill("winter")
    mira.panel.get_by_role("searchbox").press("Enter")
    expect(mira.panel.get_by_role("link", name="Bo Winter")).to_be_visible()
    expect(mira.panel.get_by_role("link", name="Ana Ferreira")).to_have_count(0)
    expect(mira.page).to_have_url(re.compile(r"/people/\?q=winter$"))


def test_refusals_are_shown_over_the_panel(mira, register):
    room = make_room("Design", owner=mira.user)
    mira.open(room)
    mira.page.get_by_role("link", name="Members").first.click()
    expect(mira.panel).to_be_visible()
    Membership.objects.filter(room=room, user=mira.user).update(role="member")
    mira.panel.get_by_role("combobox", name="People").fill("nobody-here")
    mira.panel.get_by_role("button", name="Add").click()
    expect(mira.panel.locator(".invalid-feedback, .alert, .notice").first).to_be_visible()
    assert mira.page.evaluate("document.body.dataset.connection") == "live"


def test_leaving_the_open_room_in_its_settings_opens_another(mira, everyone):
    room = make_room("Design", owner=mira.user)
    mira.open(room)
    mira.page.evaluate("window.sameDocument = true")
    mira.page.locator(".room-info").get_by_role("link", name="Settings").click()
    mira.panel.get_by_role("button", name="Leave").click()
    expect(mira.panel.get_by_role("heading", name="Rooms")).to_be_visible()
    expect(mira.heading).to_have_text("Everyone")
    mira.page.keyboard.press("Escape")
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/$"))
    assert stays_in_the_chat(mira)


def test_closing_asks_before_it_discards_a_form(mira):
    mira.page.get_by_role("link", name="Settings").first.click()
    mira.panel.get_by_label("Display name").press_sequentially("!")
    mira.page.keyboard.press("Escape")
    mira.confirm("Discard")
    expect(mira.panel).to_have_count(0)
    mira.page.get_by_role("link", name="Settings").first.click()
    expect(mira.panel.get_by_label("Display name")).to_have_value("Mira Sol")


def test_lost_connection_keeps_the_form(mira):
    mira.watch.allow_connection_errors()
    mira.page.get_by_role("link", name="Settings").first.click()
    mira.panel.get_by_label("Display name").fill("Mira S.")
    mira.page.route("**/profile/", lambda route: route.abort())
    mira.panel.get_by_role("button", name="Save").first.click()
    expect(mira.panel.get_by_role("alert")).to_contain_text("No connection.")
    expect(mira.panel.get_by_label("Display name")).to_have_value("Mira S.")
    mira.page.unroute("**/profile/")
    mira.panel.get_by_role("button", name="Save").first.click()
    expect(mira.page.locator(".notice", has_text="Profile saved.")).to_be_visible()


def test_room_link_in_a_panel_opens_the_room(mira):
    make_member(make_room("Design"), mira.user)
    mira.page.get_by_role("link", name="Browse rooms").click()
    mira.panel.get_by_role("link", name="Design").click()
    expect(mira.heading).to_have_text("Design")
    expect(mira.panel).to_have_count(0)
    mira.page.go_back()
    expect(mira.panel.get_by_role("heading", name="Rooms")).to_be_visible()


def test_ending_the_own_session_logs_out(mira):
    mira.page.get_by_role("link", name="Settings").first.click()
    mira.panel.get_by_role("link", name="Sessions").click()
    expect(mira.panel.get_by_role("heading", name="Where you’re logged in")).to_be_visible()
    mira.page.context.clear_cookies(name="sessionid")
    mira.panel.get_by_role("link", name="Privacy").click()
    expect(mira.page).to_have_url(re.compile("/accounts/login/"))


def test_panel_fills_a_phone(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol", viewport=PHONE).open(everyone)
    mira.page.locator(".room__menu").click()
    mira.page.get_by_role("link", name="Settings").first.click()
    expect(mira.panel.get_by_role("heading", name="Mira Sol")).to_be_visible()
    box = mira.panel.bounding_box()
    assert (box["width"], box["height"]) == (PHONE["width"], PHONE["height"])
    assert mira.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    mira.panel.get_by_role("button", name="Close").click()
    expect(mira.panel).to_have_count(0)


def test_style_sheets_of_pages_do_not_change_the_chat(mira, everyone, register):
    """They are added to the chat page, where they must not meet elements of the same class."""
    ana = register("Ana Ferreira")
    room = make_room("Design", owner=ana)
    make_member(room, mira.user)
    post_messages(room, ana, "Unread")
    post_messages(everyone, ana, "| a | b |\n|---|---|\n| 1 | 2 |", "**bold** `code`\n\n- one\n- two")
    mira.open(everyone)
    expect(mira.page.locator('.room-info [data-group="online"] li')).to_have_count(1)
    looks = """() => {
      window.looked ??= [...document.querySelectorAll(".app *, #person *")];
      return window.looked.map((element) => {
        if (!element.isConnected) return null;
        const { x, y, width, height } = element.getBoundingClientRect();
        const { color, fontSize, fontWeight, backgroundColor, padding, margin } = getComputedStyle(element);
        const style = [color, fontSize, fontWeight, backgroundColor, padding, margin];
        return [element.tagName, element.className, x, y, width, height, ...style].join("|");
      });
    }"""
    before = mira.page.evaluate(looks)
    for path in ("/profile/", f"/rooms/{room.pk}/members/", "/online/", "/rooms/new/"):
        mira.page.evaluate(
            "(path) => document.body.append(Object.assign(document.createElement('a'), { href: path, id: 'go' }))", path
        )
        mira.page.evaluate("document.getElementById('go').click(); document.getElementById('go').remove()")
        expect(mira.page).to_have_url(re.compile(f"{path}$"))
        expect(mira.panel.locator("h1")).to_be_visible()
    mira.panel.get_by_role("button", name="Close").click()
    expect(mira.panel).to_have_count(0)
    after = mira.page.evaluate(looks)
    assert len([look for look in after if look]) > 150
    assert [pair for pair in zip(before, after, strict=True) if pair[1] and pair[0] != pair[1]] == []
