"""Drafts and unsent messages survive reloads and closed tabs."""

import re

import pytest
from playwright.sync_api import Error, expect

from messaging.models import RoomDraft
from tests.e2e import files
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages, stored_texts
from tests.factories import make_member, make_room
from tests.waiting import wait_until


def test_each_room_keeps_its_draft_across_a_reload(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    make_member(make_room("Design", owner=ana), mira)
    post_messages(everyone, ana, "Who comes along?")
    visitor = enter(uvicorn, mira).open(everyone)
    visitor.use_tool("Who comes along?", "reply")
    visitor.field.fill("Begun in Everyone")
    visitor.go_to("Design")
    expect(visitor.field).to_have_value("")
    visitor.field.fill("Begun in Design,\non two lines")

    visitor.page.reload()
    expect(visitor.field).to_have_value("Begun in Design,\non two lines")
    visitor.wait_until_live()
    visitor.go_to("Everyone")
    expect(visitor.field).to_have_value("Begun in Everyone")
    expect(visitor.page.locator(".composer__quote")).to_contain_text("Who comes along?")
    visitor.field.press("Enter")
    visitor.sees_all_sent()
    expect(visitor.message("Begun in Everyone").locator(".reply")).to_contain_text("Who comes along?")
    visitor.page.reload()
    expect(visitor.field).to_have_value("")
    visitor.go_to("Design")
    expect(visitor.field).to_have_value("Begun in Design,\non two lines")


def write_unsent(visitor: BrowserSession, proxy, everyone) -> None:
    visitor.watch.allow_connection_errors()
    visitor.open(everyone)
    proxy.disconnect()
    visitor.wait_until_offline()
    visitor.send("First unsent")
    visitor.send("Second unsent")
    expect(visitor.page.locator(".msg.is-pending")).to_have_count(2)


def test_unsent_messages_survive_a_reload(proxy, enter, everyone):
    mira = enter(proxy, "Mira Sol")
    write_unsent(mira, proxy, everyone)
    with pytest.raises(Error, match="net::ERR"):
        mira.page.reload()
    expect(mira.page).to_have_url(re.compile("^chrome-error:"))
    proxy.reconnect()
    mira.open(everyone)
    mira.sees("Second unsent")
    mira.sees_all_sent()
    assert mira.texts == stored_texts(everyone) == ["First unsent", "Second unsent"]


def test_unsent_messages_survive_their_tab(proxy, enter, everyone):
    mira = enter(proxy, "Mira Sol")
    write_unsent(mira, proxy, everyone)
    mira.page.close()
    proxy.reconnect()
    mira.page = mira.new_tab(everyone)
    mira.wait_until_live()
    mira.sees("Second unsent")
    mira.sees_all_sent()
    assert mira.texts == stored_texts(everyone) == ["First unsent", "Second unsent"]


def test_logging_out_with_unsent_messages_asks_first(proxy, enter, everyone):
    mira = enter(proxy, "Mira Sol")
    write_unsent(mira, proxy, everyone)
    question = mira.page.locator("#question[open]")
    log_out = mira.page.get_by_role("button", name="Log out", exact=True)
    log_out.click()
    expect(question).to_contain_text("They’ll be deleted from this browser.")
    mira.page.keyboard.press("Escape")
    expect(mira.page.locator(".msg.is-pending")).to_have_count(2)
    proxy.reconnect()
    mira.wait_until_live()
    mira.sees_all_sent()
    files.choose(mira, files.text("notes.txt", "Not sent"))
    files.wait_until_uploaded(mira, 1)
    log_out.click()
    expect(question).to_be_visible()
    mira.page.keyboard.press("Escape")
    mira.send("With the file")
    mira.sees_all_sent()
    log_out.click()
    expect(mira.page).to_have_url(re.compile("/accounts/login/"))


def test_a_draft_goes_on_with_on_another_device(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    make_member(make_room("Design", owner=ana), mira)
    post_messages(everyone, ana, "Who comes along?")
    desk, phone = enter(uvicorn, mira).open(everyone), enter(uvicorn, mira).open(everyone)
    desk.use_tool("Who comes along?", "reply")
    desk.field.press_sequentially("I would, but")
    expect(phone.field).to_have_value("I would, but")
    expect(phone.page.locator(".composer__quote")).to_contain_text("Who comes along?")
    phone.field.press("End")
    phone.field.press_sequentially(" only at noon")
    expect(desk.field).to_have_value("I would, but only at noon")
    desk.go_to("Design")
    phone.field.press("Enter")
    phone.sees_all_sent()
    desk.go_to("Everyone")
    expect(desk.field).to_have_value("")
    desk.sees("I would, but only at noon")


def test_drafts_written_on_two_devices_at_once_are_both_kept(uvicorn, proxy, enter, register, everyone):
    mira = register("Mira Sol")
    train, desk = enter(proxy, mira).open(everyone), enter(uvicorn, mira).open(everyone)
    train.watch.allow_connection_errors()
    proxy.disconnect()
    train.wait_until_offline()
    train.field.press_sequentially("Written on the train")
    desk.field.press_sequentially("Written at the desk")
    wait_until(lambda: RoomDraft.objects.filter(body="Written at the desk").exists(), "the desk's draft is stored")
    proxy.reconnect()
    train.wait_until_live()
    both = re.compile("Written at the desk\n\nWritten on the train")
    expect(train.field).to_have_value(both)
    expect(desk.field).to_have_value(both)


def test_a_draft_is_there_in_a_new_browser(uvicorn, enter, register, everyone):
    mira = register("Mira Sol")
    first = enter(uvicorn, mira).open(everyone)
    first.field.press_sequentially("Begun yesterday")
    wait_until(lambda: RoomDraft.objects.filter(body="Begun yesterday").exists(), "the draft is stored")
    first.page.close()
    second = enter(uvicorn, mira).open(everyone)
    expect(second.field).to_have_value("Begun yesterday")
