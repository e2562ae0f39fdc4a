"""Times on pages are in the browser's time zone and in the format of the chat."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from accounts.models import Invitation
from rooms.models import Room


@pytest.mark.parametrize(
    ("locale", "zone", "shown", "day"),
    [
        ("en-GB", "Asia/Tokyo", "29 Nov 2099, 08:30", "29 Nov 2099"),
        ("en-US", "America/New_York", "Nov 28, 2099, 6:30 PM", "Nov 28, 2099"),
    ],
)
def test_times_are_shown_as_in_the_chat(uvicorn, register, enter, everyone, locale, zone, shown, day):
    late = datetime(2099, 11, 28, 23, 30, tzinfo=UTC)
    ana = register("Ana", is_staff=True, is_superuser=True)
    Invitation.objects.create(created_by=ana, expires_at=late)
    Room.objects.update(created_at=late)
    browser = enter(uvicorn, ana, locale=locale, timezone_id=zone)
    browser.open("/invitations/")
    expect(browser.page.locator("time", has_text=shown)).to_be_visible()
    browser.open("/admin/accounts/invitation/")
    expect(browser.page.locator("time", has_text=shown)).to_be_visible()
    browser.open(everyone)
    expect(browser.page.locator("room-info time", has_text=day)).to_be_visible()
