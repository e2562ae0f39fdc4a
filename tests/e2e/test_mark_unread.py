"""Marking messages as unread, which the page must not undo by itself."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import post_messages
from tests.e2e.test_log import next_frames, read_up_to, until_read


def test_messages_marked_as_unread_stay_unread_in_all_tabs(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"Message {n}" for n in range(1, 11)])
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    until_read(ana.user, everyone, 10)
    tab = ana.new_tab(everyone)
    ana.wait_until_live(tab)
    ana.page.bring_to_front()
    ana.use_tool("Message 7", "unread")
    for page in (ana.page, tab):
        expect(ana.row("Everyone", page).locator(".count")).to_have_text("4")
        expect(page.locator(".day.is-new")).to_have_count(1)
        expect(page).to_have_title(re.compile("^• "))
    assert read_up_to(ana.user, everyone) == 6

    # New messages, looking at the tab and reconnecting change nothing.
    post_messages(everyone, bo, "Message 11")
    ana.sees("Message 11")
    tab.bring_to_front()
    ana.page.bring_to_front()
    ana.watch.allow_connection_errors()
    ana.context.set_offline(True)
    ana.wait_until_offline()
    ana.context.set_offline(False)
    ana.wait_until_live()
    next_frames(ana)
    expect(ana.row("Everyone").locator(".count")).to_have_text("5")
    assert read_up_to(ana.user, everyone) == 6

    # Scrolling means reading on.
    ana.page.locator(".log__scroll").hover()
    ana.page.mouse.wheel(0, 50)
    until_read(ana.user, everyone, 11)
    for page in (ana.page, tab):
        expect(ana.row("Everyone", page).locator(".count")).to_be_hidden()


def test_a_room_marked_as_unread_opens_there(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"Message {n}" for n in range(1, 61)])
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    until_read(ana.user, everyone, 60)
    message = ana.message("Message 25")
    message.scroll_into_view_if_needed()
    message.focus()
    ana.page.keyboard.press("u")
    expect(ana.row("Everyone").locator(".count")).to_have_text("36")
    ana.page.reload()
    ana.wait_until_live()
    expect(ana.message("Message 25")).to_be_in_viewport()
    expect(ana.page.locator(".day.is-new + .msg")).to_contain_text("Message 25")
