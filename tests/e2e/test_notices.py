"""The chat page's notices."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import DESKTOP, PHONE


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_at_most_three_notices_are_shown_below_the_header(uvicorn, enter, everyone, viewport):
    ana = enter(uvicorn, "Ana Ferreira", viewport=viewport).open(everyone)
    shown = ana.notices.locator(".notice:visible")
    for name in ("ann", "ben", "cem", "dan"):
        ana.send(f"/unkown {name}")
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
