"""Style sheets whose requests fail are loaded again, those of the chat page and those of pages in a panel."""

import itertools

from playwright.sync_api import Route, expect

from tests.e2e.browser import BrowserSession


def test_the_chat_page_gets_its_style_sheet_after_failed_requests(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira")
    fail_at_first(ana, "**/static/css/chat.*", times=2)
    ana.open(everyone)
    expect(ana.page.locator(".app")).to_have_css("display", "grid")


def test_a_page_in_a_panel_gets_its_style_sheet_after_a_failed_request(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    fail_at_first(ana, "**/static/css/rooms-pages.*", times=1)
    ana.page.get_by_role("link", name="Browse rooms").click()
    expect(ana.panel.locator(".room-item > .glyph").first).to_have_css("align-self", "start")


def fail_at_first(session: BrowserSession, pattern: str, *, times: int) -> None:
    """Have the first requests for these URLs fail, and the later ones succeed."""
    numbers = itertools.count()

    def handle(route: Route) -> None:
        if next(numbers) < times:
            route.abort()
        else:
            route.continue_()

    session.page.route(pattern, handle)
    session.watch.allow_connection_errors()
