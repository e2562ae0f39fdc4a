"""Searching messages in the browser."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until


@pytest.fixture
def design(register, everyone):
    ana = register("Ana Ferreira")
    room = make_room("Design", owner=ana)
    post_messages(room, ana, *[f"Report {n:02} of the harbour" for n in range(60)], "The **deployment** failed")
    return room


@pytest.fixture
def mira(uvicorn, enter, register, design, everyone) -> BrowserSession:
    user = register("Mira Sol")
    make_member(design, user)
    return enter(uvicorn, user).open(everyone)


def field(visitor: BrowserSession) -> Locator:
    return visitor.page.get_by_label("Search messages", exact=True)


def results(visitor: BrowserSession) -> Locator:
    return visitor.page.locator(".search-result")


def open_search(visitor: BrowserSession) -> None:
    visitor.page.get_by_role("link", name="Search messages", exact=True).click()
    expect(field(visitor)).to_be_focused()


def test_results_follow_the_typing_and_open_the_conversation(mira, design):
    open_search(mira)
    field(mira).press_sequentially("deploy")
    expect(results(mira)).to_have_count(1)
    expect(results(mira).locator("mark")).to_have_text("deployment")
    expect(mira.page).to_have_url(f"{mira.url}/search/?q=deploy")
    results(mira).click()
    expect(mira.heading).to_have_text("Design")
    expect(mira.page.locator('.msg[data-seq="61"]')).to_be_in_viewport()
    expect(mira.page.locator("dialog.panel[open]")).to_have_count(0)


def test_more_results_load_while_scrolling_and_back_returns_to_the_same_place(mira):
    open_search(mira)
    field(mira).press_sequentially("harbour")
    expect(results(mira)).to_have_count(25)
    results(mira).last.scroll_into_view_if_needed()
    expect(results(mira)).to_have_count(50)
    results(mira).last.scroll_into_view_if_needed()
    expect(results(mira)).to_have_count(60)
    days = mira.page.locator(".search-day").all_text_contents()
    assert len(set(days)) == len(days)  # no heading is repeated
    expect(mira.page.locator(".search-more")).to_have_count(0)
    target = results(mira).nth(40)
    target.scroll_into_view_if_needed()
    top = target.bounding_box()["y"]
    target.click()
    expect(mira.heading).to_have_text("Design")
    mira.page.go_back()
    expect(results(mira)).to_have_count(60)
    wait_until(lambda: abs(results(mira).nth(40).bounding_box()["y"] - top) < 2, "the results where they were left")


def test_late_results_of_an_older_text_are_not_shown(mira):
    held = []
    mira.page.route("**/search/?q=harb", lambda route: held.append(route))
    open_search(mira)
    with mira.page.expect_request("**/search/?q=harb"):
        field(mira).press_sequentially("harb")
    field(mira).fill("deployment")
    expect(results(mira)).to_have_count(1)
    with mira.page.expect_response("**/search/?q=harb") as answer:
        held[0].continue_()
    answer.value.finished()
    mira.page.wait_for_timeout(200)
    expect(results(mira)).to_have_count(1)


def test_recent_searches_are_offered_and_can_be_cleared(mira):
    open_search(mira)
    field(mira).press_sequentially("deploy")
    results(mira).click()
    expect(mira.heading).to_have_text("Design")
    open_search(mira)
    mira.page.get_by_role("button", name="deploy", exact=True).click()
    expect(results(mira)).to_have_count(1)
    expect(field(mira)).to_have_value("deploy")
    field(mira).fill("")
    mira.page.get_by_role("button", name="Clear", exact=True).click()
    expect(mira.page.locator(".search-recent")).to_be_hidden()


def test_search_in_a_conversation_begins_with_its_name(mira):
    mira.go_to("Design")
    mira.page.get_by_role("button", name="Room menu").click()
    mira.page.get_by_role("link", name="Search messages here").click()
    expect(field(mira)).to_have_value('in:"Design" ')
    field(mira).press("End")
    field(mira).press_sequentially("deploy")
    expect(results(mira)).to_have_count(1)


def test_shortcut_opens_the_search_and_the_switcher_finds_messages(mira):
    mira.page.keyboard.press("Control+Shift+F")
    expect(field(mira)).to_be_focused()
    mira.page.keyboard.press("Escape")
    expect(mira.page.locator("dialog.panel[open]")).to_have_count(0)
    mira.page.keyboard.press("Control+k")
    mira.page.keyboard.type("deployment")
    messages = mira.page.get_by_role("group", name="Messages")
    expect(messages.locator("bdi")).to_have_text(re.compile("deployment.* failed"))
    expect(messages).to_contain_text("Ana Ferreira in #Design")
    mira.page.get_by_role("option", name=re.compile("Search messages for “deployment”")).click()
    expect(results(mira)).to_have_count(1)
    expect(field(mira)).to_have_value("deployment")


def test_failed_search_says_so_and_the_next_one_works(mira):
    open_search(mira)
    mira.watch.allow("503")
    mira.page.route("**/search/?q=*", lambda route: route.fulfill(status=503))
    field(mira).press_sequentially("deploy")
    expect(mira.page.get_by_role("alert").filter(has_text="Couldn’t search.")).to_be_visible()
    mira.page.unroute("**/search/?q=*")
    field(mira).press("Enter")
    expect(results(mira)).to_have_count(1)


def test_page_works_without_script_and_by_keyboard_on_a_phone(uvicorn, enter, register, design):
    user = register("Mira Sol")
    make_member(design, user)
    mira = enter(uvicorn, user, viewport=PHONE, java_script_enabled=False)
    mira.page.goto(f"{mira.url}/search/")
    field(mira).fill("harbour")
    field(mira).press("Enter")
    expect(results(mira)).to_have_count(25)
    mira.page.get_by_role("link", name="Load more").click()
    expect(results(mira)).to_have_count(25)


def test_operators_people_and_rooms_are_completed_by_keyboard(mira):
    open_search(mira)
    box = mira.page.get_by_role("combobox", name="Search messages")
    options = mira.page.locator("message-search [role=option]")
    box.press_sequentially("fr")
    expect(options).to_have_text([re.compile("from:")])
    box.press("Tab")
    expect(box).to_have_value("from:")
    box.press_sequentially("ferr")
    expect(options).to_have_text([re.compile("Ana Ferreira")])
    box.press("ArrowDown")
    expect(options).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(box).to_have_value("from:@ana ")
    box.press_sequentially("in:des")
    expect(options).to_have_text([re.compile("#Design")])
    box.press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_be_visible()  # only the list closes
    box.press_sequentially("ign deploy")
    expect(results(mira)).to_have_count(1)
