"""The day above the log, and jumping to a date."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_log import next_frames


def noon(days_ago: int) -> datetime:
    return datetime.combine(timezone.now().date() - timedelta(days=days_ago), datetime.min.time(), UTC) + timedelta(
        hours=12
    )


def post_days(room, sender, *days_ago: int) -> None:
    for days in days_ago:
        post_messages(room, sender, *[f"{days} days ago, {n}" for n in range(40)], at=noon(days))


def marker(session: BrowserSession) -> Locator:
    return session.page.locator(".log__day")


def jump(session: BrowserSession, button: str, date: str = "") -> None:
    session.page.get_by_role("button", name="Room menu").click()
    session.page.locator("#room-menu").get_by_role("button", name="Jump to date").click()
    dialog = session.page.get_by_role("dialog", name="Jump to date")
    if date:
        dialog.get_by_label("Date").fill(date)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_be_hidden()


def test_the_day_of_the_messages_in_view_stays_at_the_top(uvicorn, enter, register, everyone):
    post_days(everyone, register("Bo Lund"), 2, 1)
    ana = enter(uvicorn, "Ana Ferreira", viewport=PHONE).open(everyone)
    expect(marker(ana)).to_contain_text("Yesterday")
    ana.message("2 days ago, 30").scroll_into_view_if_needed()
    expect(marker(ana)).to_contain_text(noon(2).strftime("%A"))
    line = ana.page.locator(".day", has_text="Yesterday")
    line.evaluate("(line) => line.scrollIntoView({ block: 'start' })")
    next_frames(ana)
    expect(line).to_be_in_viewport()
    expect(marker(ana)).to_be_hidden()


def test_the_user_can_jump_to_a_date(uvicorn, enter, register, everyone):
    post_days(everyone, register("Bo Lund"), 400, 30, 9, 1)
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    jump(ana, "Jump", f"{noon(12):%Y-%m-%d}")
    expect(ana.message("9 days ago, 0")).to_be_in_viewport()
    jump(ana, "Beginning")
    expect(ana.message("400 days ago, 0")).to_be_in_viewport()
    ana.message("400 days ago, 39").scroll_into_view_if_needed()
    marker(ana).click()
    dialog = ana.page.get_by_role("dialog", name="Jump to date")
    expect(dialog.get_by_label("Date")).to_have_value(f"{noon(400):%Y-%m-%d}")
    dialog.get_by_role("button", name="Yesterday").click()
    expect(ana.message("1 days ago, 0")).to_be_in_viewport()
    jump(ana, "Today")
    expect(ana.notices).to_contain_text("There are no messages from that day or later.")
    expect(ana.message("1 days ago, 39")).to_be_in_viewport()


def test_days_begin_in_the_time_zone_of_the_reader(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    day = noon(5).replace(hour=0)
    for hour in (9, 11, 13):  # the day begins at 10:00 UTC
        post_messages(everyone, bo, f"At {hour}", at=day + timedelta(hours=hour))
    ana = enter(uvicorn, "Ana Ferreira", timezone_id="Pacific/Honolulu").open(everyone)
    jump(ana, "Jump", f"{day:%Y-%m-%d}")
    expect(ana.message("At 11")).to_be_focused()
