"""Editing messages: an unfinished edit is neither lost nor replaces a newer one."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import stored_texts
from tests.factories import make_member, make_room
from tests.waiting import wait_until


@pytest.fixture
def ana(uvicorn, enter, register, everyone) -> BrowserSession:
    user = register("Ana Ferreira")
    make_member(make_room("Design", owner=user), user)
    visitor = enter(uvicorn, user).open(everyone)
    visitor.send("The plan")
    visitor.sees_all_sent()
    return visitor


def begin_edit(visitor: BrowserSession, old: str, new: str):
    visitor.use_tool(old, "edit")
    editor = visitor.page.get_by_label("Edit message")
    editor.fill(new)
    return editor


def test_unfinished_edit_survives_switching_rooms_and_a_reload(ana, everyone):
    editor = begin_edit(ana, "The plan", "  The better plan")
    ana.go_to("Design")
    expect(editor).to_have_count(0)
    ana.go_to("Everyone")
    expect(editor).to_have_value("  The better plan")
    ana.page.reload()
    ana.wait_until_live()
    expect(editor).to_have_value("  The better plan")
    editor.press("Enter")
    expect(editor).to_have_count(0)
    assert stored_texts(everyone) == ["  The better plan"]

    begin_edit(ana, "The better plan", "Dropped").press("Escape")
    expect(editor).to_have_count(0)
    ana.go_to("Design")
    ana.go_to("Everyone")
    expect(ana.page.locator(".msg__body")).to_contain_text("The better plan")
    expect(editor).to_have_count(0)


def test_unfinished_edit_does_not_silently_replace_a_newer_one(uvicorn, enter, ana, everyone):
    other = enter(uvicorn, ana.user).open(everyone)
    editor = begin_edit(ana, "The plan", "My plan")
    other.edit("The plan", "The new plan")
    error = ana.page.locator(".editor__error")
    expect(error).to_have_text("This message has since been changed to “The new plan”.")
    editor.press_sequentially("!")
    editor.press("Backspace")
    editor.press("Enter")
    expect(error).to_contain_text("“The new plan”. Save again to replace that with your text.")
    assert stored_texts(everyone) == ["The new plan"]
    editor.press("Enter")
    expect(editor).to_have_count(0)
    other.sees("My plan")
    assert stored_texts(everyone) == ["My plan"]


def test_text_of_an_edit_is_kept_if_the_message_is_deleted(uvicorn, enter, ana, everyone):
    other = enter(uvicorn, ana.user).open(everyone)
    editor = begin_edit(ana, "The plan", "A long text")
    other.delete("The plan")
    expect(editor).to_have_count(0)
    expect(ana.notices).to_contain_text("The message you were editing was deleted.")
    expect(ana.field).to_have_value("A long text")
    ana.sees("Message deleted")


@pytest.mark.parametrize("place", ["editor", "composer"])
def test_escape_is_ignored_while_an_input_method_composes(ana, place):
    """Devtools emulates an input method: the first Escape discards its suggestion, and the second one reaches the page."""
    devtools = ana.context.new_cdp_session(ana.page)
    if place == "editor":
        field = begin_edit(ana, "The plan", "The plan is ")
    else:
        ana.use_tool("The plan", "reply")
        field = ana.field
    field.press("End")
    devtools.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    expect(field).to_have_value(re.compile("に$"))
    remains = ana.page.locator(".editor, .composer__reply:not([hidden])")
    field.press("Escape")
    expect(remains).to_have_count(1)
    devtools.send("Input.insertText", {"text": "日本"})
    field.press("Escape")
    expect(remains).to_have_count(0)


def test_code_on_the_first_line_keeps_its_indentation(ana, everyone):
    ana.send("    indented\n    code\n")
    ana.sees_all_sent()
    expect(ana.page.locator(".msg__body pre")).to_contain_text("indented\ncode")
    assert Message.objects.filter(room=everyone).latest("seq").body == "    indented\n    code"


def test_arrow_up_edits_a_message_that_is_still_being_sent(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol")
    is_held, replies, sockets = False, [], []

    def relay(browser):
        server = browser.connect_to_server()
        server.on_message(lambda reply: replies.append(reply) if is_held else browser.send(reply))
        sockets.append(browser)

    mira.page.route_web_socket("**/ws/", relay)
    mira.open(everyone)
    mira.send("Sent before")
    mira.sees_all_sent()
    is_held = True
    mira.send("On its way")
    mira.field.press("ArrowUp")
    expect(mira.page.get_by_label("Edit message")).to_have_count(0)  # and not the one before
    is_held = False
    for reply in replies:
        sockets[0].send(reply)
    expect(mira.page.get_by_label("Edit message")).to_have_value("On its way")


def test_arrow_up_edits_a_message_that_is_not_drawn_yet(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol").open(everyone)
    mira.page.evaluate(
        """() => {
          const draw = requestAnimationFrame;
          window.requestAnimationFrame = (call) => setTimeout(() => draw(call), 1500);
        }"""
    )
    mira.send("Just sent")
    wait_until(lambda: stored_texts(everyone) == ["Just sent"], "the message to be stored")
    mira.field.press("ArrowUp")
    expect(mira.page.get_by_label("Edit message")).to_have_value("Just sent")
