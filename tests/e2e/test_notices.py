"""The chat page's notices."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import DESKTOP, PHONE

CAN_BE_CLICKED = """(element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""

SHOW_NOTICES = """async (texts) => {
  const { notify, UNTIL_DISMISSED } = await import("chatsite/elements/notices.js");
  for (const text of texts) notify(text, "is-warning", { duration: UNTIL_DISMISSED });
}"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_at_most_three_notices_are_shown_below_the_header(uvicorn, enter, everyone, viewport):
    ana = enter(uvicorn, "Ana Ferreira", viewport=viewport).open(everyone)
    shown = ana.notices.locator(".notice:visible")
    ana.page.evaluate(SHOW_NOTICES, ["Ann", "Ben", "Cem", "Dan"])
    expect(shown).to_have_count(3)
    head = ana.page.locator(".room__head").bounding_box()
    for notice in shown.all():
        assert notice.bounding_box()["y"] >= head["y"] + head["height"]
    shown.last.get_by_role("button", name="Dismiss").click()
    expect(ana.notices.locator(".notice")).to_have_count(3)
    dismiss = shown.last.get_by_role("button", name="Dismiss")
    ana.field.focus()
    dismiss.focus()
    dismiss.press("Enter")
    expect(ana.field).to_be_focused()


def test_equal_notices_are_shown_once(proxy, enter, everyone):
    ana = enter(proxy, "Ana Ferreira").open(everyone)
    ana.watch.allow_connection_errors()
    ana.send("Before the tunnel")
    ana.sees_all_sent()
    proxy.disconnect()
    ana.wait_until_offline()
    for _ in range(2):
        ana.use_tool("Before the tunnel", "delete")
        ana.confirm("Delete")
    expect(ana.notices.locator(".notice")).to_have_text("No connection. Try again once you’re back online.")


def test_open_menu_is_not_covered_by_a_notice(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira", viewport=PHONE).open(everyone)
    ana.send("/unknown thing")
    expect(ana.notices.locator(".notice")).to_be_visible()
    ana.page.get_by_role("button", name="Room menu").click()
    items = ana.page.locator("#room-menu li:not([hidden]) > *")
    assert items.evaluate_all(f"(items) => items.every({CAN_BE_CLICKED})")
    expect(ana.notices.locator(".notice")).to_be_visible()


def test_notice_in_a_panel_does_not_cover_its_beginning(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.get_by_role("link", name="Invite people").first.click()
    ana.panel.get_by_role("button", name="Create invite link").click()
    expect(ana.notices.locator(".notice")).to_contain_text("Invite link created.")
    expect(ana.panel.get_by_role("heading", name="Invite links")).to_be_visible()
    assert ana.panel.get_by_role("searchbox", name="Search settings").evaluate(CAN_BE_CLICKED)
    expect(ana.notices.locator(".notice")).to_be_in_viewport(ratio=1)
