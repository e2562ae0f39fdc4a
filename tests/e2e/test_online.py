"""The list of people online, and the admins' report of open connections."""

import re

from playwright.sync_api import expect

from accounts.models import Connection
from tests.e2e.browser import PHONE
from tests.waiting import wait_until

REPORT = "/admin/reports/active-users/"


def test_the_command_and_the_link_show_who_is_online(uvicorn, enter, everyone):
    ana, bo = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Bo Lindqvist").open(everyone)
    dialog = ana.page.locator("#online")
    expect(ana.page.get_by_role("link", name="Online now")).to_have_text("Online now 2")
    ana.send("/who")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".online__people a")).to_have_text(["Ana Ferreira", "Bo Lindqvist"])
    expect(dialog).not_to_contain_text("127.0.0.1")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(ana.field).to_have_value("")
    ana.page.get_by_role("link", name="Online now").click()
    expect(dialog.locator(".online__people a")).to_have_count(2)
    assert "/rooms/" in ana.page.url
    ana.page.keyboard.press("Escape")
    ana.send("/who goes there?")
    bo.sees("/who goes there?")
    assert bo.texts == ["/who goes there?"]


def test_on_a_phone_the_link_is_in_the_room_list(uvicorn, enter, register, everyone):
    ana = enter(uvicorn, register("Ana Ferreira"), viewport=PHONE).open(everyone)
    wait_until(lambda: Connection.objects.filter(user=ana.user).exists(), "the connection is written")
    ana.page.get_by_role("button", name="Rooms", exact=True).click()
    ana.page.get_by_role("link", name="Online now").click()
    expect(ana.page.locator("#online .online__people a")).to_have_text(["Ana Ferreira"])


def test_an_admin_sees_every_open_tab_and_closes_one(uvicorn, enter, register, everyone):
    root = enter(uvicorn, register("Root Admin", is_staff=True, is_superuser=True))
    bo = enter(uvicorn, register("Bo Lindqvist")).open(everyone)
    bo.send("Hello")
    bo.sees_all_sent()
    wait_until(
        lambda: Connection.objects.filter(user=bo.user, room_id=everyone.pk, messages=1).exists(), "it is written"
    )
    root.page.goto(REPORT)
    row = root.page.locator("#result_list tbody tr", has_text="Bo Lindqvist")
    cells = row.locator("td").all_inner_texts()
    assert re.match(r"127.0.0.1\nPort \d+$", cells[1])
    assert re.match(r"Headless Chrome \d+ on Linux\nPage$", cells[2])
    assert (cells[3], cells[6]) == ("Everyone", "1")
    row.get_by_role("checkbox").check()
    with bo.page.expect_websocket():  # it reconnects automatically
        root.page.get_by_role("button", name="Disconnect").click()
        expect(root.page.get_by_text("1 connection closed.")).to_be_visible()
    bo.wait_until_live()
    root.page.get_by_role("link", name="Last 30 days").click()
    expect(root.page.locator(".chart__bars")).to_have_count(2)
