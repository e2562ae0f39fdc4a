"""Unsent messages don't get stuck: they are sent, or the page shows the reason and the remedy."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from messaging.posting.actions import delete_message
from rooms.actions import remove_member
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages, stored_texts
from tests.factories import make_member, make_room
from tests.waiting import wait_until


def send_raw(visitor: BrowserSession, text: str) -> None:
    """Enter text that Playwright can't type. `text` is a JavaScript string literal."""
    visitor.field.evaluate(f"(field) => {{ field.value = {text}; field.dispatchEvent(new Event('input')); }}")
    visitor.field.press("Enter")


def test_half_an_emoji_does_not_hold_up_the_outbox(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    send_raw(ana, r"'Cut off \ud83d'")
    send_raw(ana, r"'Other half \ude00 and \0'")
    ana.send("After that 😀")
    mira.sees("After that 😀")
    ana.sees_all_sent()
    expected = ["Cut off \ufffd", "Other half \ufffd and \ufffd", "After that 😀"]
    assert ana.texts == mira.texts == stored_texts(everyone) == expected
    ana.use_tool("After that 😀", "edit")
    editor = ana.page.get_by_label("Edit message")
    editor.evaluate(r"(field) => { field.value = 'Edited \udc00'; }")
    editor.press("Enter")
    mira.sees("Edited \ufffd")
    send_raw(ana, r"'/block \ud800'")
    ana.watch.allow("404")
    expect(ana.notices).to_contain_text("No one found with that name.")


def test_reply_to_a_deleted_message_is_sent_without_the_quote(proxy, enter, register, everyone):
    [question] = post_messages(everyone, register("Ana Ferreira"), "Who comes along?")
    mira = enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    mira.use_tool("Who comes along?", "reply")
    proxy.disconnect()
    mira.wait_until_offline()
    mira.send("I do")
    mira.send("And so does Bo")
    delete_message(actor=question.sender, message_id=question.pk)
    proxy.reconnect()
    mira.wait_until_live()
    mira.sees_all_sent()
    expect(mira.notices).to_contain_text("Your reply was sent without the quote.")
    mira.sees("Message deleted")
    assert mira.texts == ["Message deleted", "I do", "And so does Bo"]
    expect(mira.message("I do").locator(".reply")).to_be_hidden()
    assert stored_texts(everyone) == ["", "I do", "And so does Bo"]


def test_quote_of_a_deleted_message_disappears(uvicorn, enter, register, everyone):
    ana, user = register("Ana Ferreira"), register("Mira Sol")
    make_member(make_room("Design", owner=ana), user)
    first, second, third = post_messages(everyone, ana, "Secret one", "Secret two", "Secret three")
    mira = enter(uvicorn, user).open(everyone)
    quote = mira.page.locator(".composer__reply")
    stored = "() => JSON.stringify(localStorage)"

    mira.use_tool("Secret one", "reply")
    mira.field.fill("Draft")
    delete_message(actor=ana, message_id=first.pk)
    expect(quote).to_be_hidden()
    expect(mira.field).to_have_value("Draft")
    assert "Secret one" not in mira.page.evaluate(stored)

    mira.use_tool("Secret two", "reply")
    mira.go_to("Design")
    assert "Secret two" in mira.page.evaluate(stored)
    delete_message(actor=ana, message_id=second.pk)
    mira.page.wait_for_function("() => !JSON.stringify(localStorage).includes('Secret two')")
    mira.go_to("Everyone")
    expect(quote).to_be_hidden()

    mira.use_tool("Secret three", "reply")
    mira.page.goto("about:blank")
    delete_message(actor=ana, message_id=third.pk)
    post_messages(everyone, ana, *[f"Filler {n}" for n in range(80)])
    mira.open(everyone)
    expect(quote).to_be_hidden()
    expect(mira.field).to_have_value("Draft")
    assert "Secret three" not in mira.page.evaluate(stored)


def test_refused_message_can_be_edited_and_sent_again(proxy, enter, register, everyone):
    """The room is made read-only while the author is offline."""
    mira = enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    proxy.disconnect()
    mira.wait_until_offline()
    mira.send("Written offline")
    Room.objects.filter(pk=everyone.pk).update(archived_at=timezone.now())
    proxy.reconnect()
    mira.wait_until_live()
    failed = mira.page.locator(".msg.is-failed")
    expect(failed).to_contain_text("Couldn’t send: This room is archived and read-only.")
    Room.objects.filter(pk=everyone.pk).update(archived_at=None)
    mira.open(everyone)
    failed.get_by_role("button", name="Edit").click()
    expect(failed).to_have_count(0)
    expect(mira.field).to_have_value("Written offline")
    mira.field.press("End")
    mira.page.keyboard.type(", sent later")
    mira.page.keyboard.press("Enter")
    mira.sees_all_sent()
    assert stored_texts(everyone) == ["Written offline, sent later"]


@pytest.mark.parametrize("has_locks", [True, False])
def test_open_tab_sends_the_unsent_messages_of_a_closed_one(uvicorn, proxy, enter, everyone, has_locks):
    """Over plain HTTP in a local network, browsers have no Web Locks."""
    mira = enter(proxy, "Mira Sol")
    mira.watch.allow_connection_errors()
    if not has_locks:
        mira.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    mira.open(everyone)
    proxy.disconnect()
    mira.wait_until_offline()
    mira.send("Left behind")
    expect(mira.page.locator(".msg.is-pending")).to_have_count(1)
    proxy.reconnect()
    # Keep the first tab from sending it, as if it had been closed at once.
    mira.page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    mira.page.close(run_before_unload=True)
    expect(other.locator(".msg__body", has_text="Left behind")).to_have_count(1, timeout=20_000)
    expect(other.locator(".msg.is-pending")).to_have_count(0)
    assert stored_texts(everyone) == ["Left behind"]


def test_two_tabs_share_one_draft(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol").open(everyone)
    mira.send("Who comes along?")
    mira.sees_all_sent()
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    field, quote = other.locator("message-composer textarea"), other.locator(".composer__reply")
    mira.use_tool("Who comes along?", "reply")
    mira.field.fill("Begun here")
    expect(field).to_have_value("Begun here")
    expect(quote).to_be_visible()
    field.press("End")
    other.keyboard.type(", continued there")
    expect(mira.field).to_have_value("Begun here, continued there")
    other.keyboard.press("Enter")
    expect(mira.field).to_have_value("")
    expect(mira.page.locator(".composer__reply")).to_be_hidden()
    mira.page.reload()
    expect(mira.field).to_have_value("")
    texts = ["Who comes along?", "Begun here, continued there"]
    wait_until(lambda: stored_texts(everyone) == texts, "the message is stored")


def test_a_sent_draft_disappears_from_a_tab_that_was_just_reloaded(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol").open(everyone)
    mira.field.press_sequentially("Begun here")
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    other.reload()
    mira.wait_until_live(other)
    field = other.locator("message-composer textarea")
    expect(field).to_have_value("Begun here")
    mira.field.press("Enter")
    expect(field).to_have_value("")
    other.reload()
    expect(field).to_have_value("")


def test_removed_member_keeps_no_text_of_the_room(uvicorn, enter, register, everyone):
    ana, user = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Design", owner=ana, kind="private")
    make_member(room, user)
    post_messages(room, ana, "Secret plan")
    mira = enter(uvicorn, user).open(room)
    mira.sees("Secret plan")
    mira.use_tool("Secret plan", "reply")
    assert "Secret plan" in mira.page.content()
    remove_member(actor=ana, room=room, user=user)
    expect(mira.heading).to_have_text("Everyone")
    assert "Secret" not in mira.page.content()
    assert "Secret" not in mira.page.evaluate("() => JSON.stringify(localStorage)")
    mira.watch.allow("404")
    expect(mira.page).to_have_url(re.compile(f"/rooms/{everyone.pk}/"))
