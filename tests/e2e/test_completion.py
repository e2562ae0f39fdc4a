"""Completing people, rooms, emoji and commands in the message field."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import Block
from messaging.models import Message
from rooms.actions import open_direct_room
from rooms.models import Room
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import Inspector
from tests.factories import make_member, make_room, make_user


@pytest.fixture
def room(register) -> Room:
    """A room with Ana, Bo, who posted last, and Anaïs. Anatol isn't in it."""
    room = make_room("Workshop", owner=register("Ana Ferreira"))
    for username, name in (("bo.lund", "Bo Lund"), ("anais", "Anaïs Martin")):
        make_member(room, make_user(username, display_name=name))
    make_user("anatol", display_name="Anatol María Berg")
    post_messages(room, room.memberships.get(user__username="bo.lund").user, "Hello")
    return room


@pytest.fixture
def ana(uvicorn, enter, room) -> BrowserSession:
    return enter(uvicorn, room.created_by).open(room)


def completions(visitor: BrowserSession) -> Locator:
    return visitor.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def labels(visitor: BrowserSession) -> Locator:
    return completions(visitor).locator("b")


def composer(visitor: BrowserSession) -> Locator:
    return visitor.page.locator("#message")


def test_a_person_is_completed_by_keyboard(ana):
    field, keyboard = composer(ana), ana.page.keyboard
    field.click()
    keyboard.type("Hi @")
    expect(labels(ana).first).to_have_text("Bo Lund")  # who posted last
    keyboard.type("an")
    expect(labels(ana)).to_have_text(["Anaïs Martin", "Anatol María Berg"])
    expect(completions(ana).nth(1)).to_contain_text("Not in this room")
    expect(completions(ana).nth(0)).not_to_contain_text("Not in this room")
    expect(ana.page.get_by_role("combobox", name="Message", expanded=True)).to_be_focused()
    active = field.get_attribute("aria-activedescendant")
    expect(ana.page.locator(f"#{active}")).to_contain_text("Anaïs Martin")
    assert ana.page.locator(f"#{field.get_attribute('aria-controls')}").get_attribute("role") == "listbox"
    expect(ana.page.get_by_role("status").filter(has_text="2 suggestions")).to_have_count(1)
    keyboard.press("ArrowDown")
    expect(completions(ana).nth(1)).to_have_attribute("aria-selected", "true")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(field).to_have_value("Hi @anais ")
    expect(completions(ana)).to_have_count(0)
    expect(ana.page.get_by_role("textbox", name="Message")).to_be_focused()
    keyboard.type("and @ana mar")  # with a space, in a part of the name, without its accent
    expect(labels(ana)).to_have_text(["Anaïs Martin", "Anatol María Berg"])
    keyboard.type("í")
    expect(labels(ana)).to_have_text(["Anatol María Berg"])
    keyboard.press("Tab")
    expect(field).to_have_value("Hi @anais and @anatol ")
    keyboard.type("hello")
    expect(completions(ana)).to_have_count(0)
    keyboard.press("Enter")
    ana.sees("Hi @anais and @anatol hello")


def test_escape_keeps_the_text_and_the_list_closed(ana):
    field, keyboard = composer(ana), ana.page.keyboard
    field.click()
    keyboard.type("@an")
    expect(completions(ana)).to_have_count(2)
    keyboard.press("Escape")
    expect(completions(ana)).to_have_count(0)
    expect(field).to_have_value("@an")
    keyboard.type("a")
    ana.page.wait_for_timeout(300)  # longer than the pause after which a list would open
    expect(completions(ana)).to_have_count(0)
    keyboard.press("Backspace")
    keyboard.press("Backspace")
    expect(completions(ana)).to_have_count(2)


def test_enter_sends_after_a_name_that_was_typed_in_full(ana):
    make_user("bo", display_name="Zoe Adams")
    composer(ana).press_sequentially("Thanks, @bo ")
    expect(labels(ana)).to_have_text(["Bo Lund", "Zoe Adams"])
    ana.page.keyboard.press("Enter")
    ana.sees("Thanks, @bo")
    composer(ana).press_sequentially("Or @bo ")
    expect(completions(ana)).to_have_count(2)
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("Enter")  # chooses
    expect(completions(ana)).to_have_count(0)
    expect(composer(ana)).to_have_value("Or @bo ")


def test_everyone_can_be_mentioned_except_in_a_direct_room(ana, room, register):
    composer(ana).press_sequentially("@")
    expect(labels(ana)).to_have_text(["Bo Lund", "@room", "@here"])
    expect(completions(ana).nth(1)).to_contain_text("Notify everyone in this room")
    expect(completions(ana).nth(2)).to_contain_text("Notify everyone online")
    composer(ana).press_sequentially("he")
    expect(labels(ana)).to_have_text(["@here"])
    ana.page.keyboard.press("Enter")
    expect(composer(ana)).to_have_value("@here ")
    ana.open(open_direct_room(user=ana.user, other=register("Henri Roo")))
    composer(ana).press_sequentially("@he")
    expect(labels(ana)).to_have_text(["Henri Roo"])


def test_a_completion_can_be_clicked_and_undone(ana):
    composer(ana).press_sequentially("@bo")
    completions(ana).filter(has_text="Bo Lund").click()
    expect(composer(ana)).to_have_value("@bo.lund ")
    expect(composer(ana)).to_be_focused()
    ana.page.keyboard.press("Control+z")
    expect(composer(ana)).to_have_value("@bo")
    ana.page.keyboard.press("End")
    ana.page.keyboard.type(".")
    expect(completions(ana)).to_have_count(1)


def test_blocked_and_suspended_people_are_left_out(ana, room, register):
    blocked, suspended = register("Boris Block"), register("Bodo Gone")
    for person in (blocked, suspended):
        make_member(room, person)
        post_messages(room, person, "Hi")
    Block.objects.create(blocker=ana.user, blocked=blocked)
    suspended.is_active = False
    suspended.save()
    ana.page.reload()
    ana.wait_until_live()
    composer(ana).press_sequentially("@boris")
    ana.page.wait_for_timeout(500)
    expect(completions(ana)).to_have_count(0)
    composer(ana).fill("")
    composer(ana).press_sequentially("@bo")
    expect(labels(ana)).to_have_text(["Bo Lund"])


def test_fast_typing_costs_the_server_little(ana):
    requests: list[str] = []
    ana.page.on("request", lambda request: requests.append(request.url) if "/people/search/" in request.url else None)
    composer(ana).press_sequentially("@anat")
    expect(labels(ana)).to_have_text(["Anatol María Berg"])
    composer(ana).press_sequentially("ol mar")
    expect(labels(ana)).to_have_text(["Anatol María Berg"])
    composer(ana).press_sequentially("x y")
    expect(completions(ana)).to_have_count(0)
    assert len(requests) == 1, requests


def test_rooms_are_completed_also_those_to_join(ana, register):
    other = register("Mira Sol")
    make_room("Work in progress", owner=other)
    make_room("Works council", owner=other, kind=Room.Kind.PRIVATE)
    composer(ana).press_sequentially("See #wor")
    expect(labels(ana)).to_have_text(["Workshop", "Work in progress"])
    expect(completions(ana).nth(1)).to_contain_text("You’re not in this room")
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("Enter")
    expect(composer(ana)).to_have_value("See #work-in-progress ")


def test_emoji_are_completed_by_short_code(ana):
    field, keyboard = composer(ana), ana.page.keyboard
    field.click()
    keyboard.type("Done :tad")
    expect(labels(ana)).to_have_text([":tada:"])
    keyboard.press("Enter")
    expect(field).to_have_value("Done 🎉")
    keyboard.type(" :+1:")
    expect(field).to_have_value("Done 🎉 👍")
    keyboard.press("Control+z")
    expect(field).to_have_value("Done 🎉 :+1:")
    expect(completions(ana)).to_have_count(0)
    keyboard.press("Enter")
    ana.sees("Done 🎉 :+1:")
    ana.sees_all_sent()
    assert Message.objects.latest("pk").body == "Done 🎉 :+1:"


@pytest.mark.parametrize("text", ["Well :)", "Fine :D", "Hm :-D", "At 12:30", "`:tada:`", "`@bo`"])
def test_smileys_times_and_code_are_sent_as_they_are(ana, text):
    composer(ana).press_sequentially("@bo")
    expect(completions(ana)).not_to_have_count(0)  # the code is loaded
    composer(ana).fill("")
    composer(ana).press_sequentially(text)
    ana.page.wait_for_timeout(300)
    expect(completions(ana)).to_have_count(0)
    ana.page.keyboard.press("Enter")
    ana.sees(text.strip("`"))
    ana.sees_all_sent()
    assert Message.objects.latest("pk").body == text


def test_commands_are_completed_with_their_arguments(ana):
    field, keyboard = composer(ana), ana.page.keyboard
    field.click()
    keyboard.type("/")
    expect(completions(ana)).to_have_count(6)
    keyboard.type("mu")
    expect(completions(ana)).to_have_text([re.compile("/mute name.*Don’t count someone’s messages as unread")])
    keyboard.press("Tab")
    expect(field).to_have_value("/mute ")
    keyboard.type("@bo")
    expect(labels(ana).first).to_have_text("Bo Lund")
    keyboard.press("Enter")
    keyboard.press("Enter")
    expect(ana.notices).to_contain_text("Bo Lund")
    keyboard.type("/wh")
    keyboard.press("Enter")
    expect(field).to_have_value("/who")
    keyboard.press("Enter")
    expect(ana.page.locator("#online")).to_be_visible()
    ana.page.keyboard.press("Escape")
    field.click()
    keyboard.type("/who")
    expect(completions(ana)).to_have_count(1)
    keyboard.press("Enter")  # typed in full: runs it at once
    expect(ana.page.locator("#online")).to_be_visible()


def test_people_are_completed_while_editing(ana):
    ana.send("First")
    ana.sees_all_sent()
    ana.page.keyboard.press("ArrowUp")
    editor = ana.page.locator(".editor textarea")
    expect(editor).to_be_focused()
    ana.page.keyboard.type(" @an")
    expect(completions(ana)).to_have_count(2)
    ana.page.keyboard.press("Escape")
    expect(completions(ana)).to_have_count(0)
    expect(editor).to_be_visible()
    ana.page.keyboard.type(" @anai")
    expect(completions(ana)).to_have_count(1)
    ana.page.keyboard.press("Enter")
    expect(editor).to_have_value("First @an @anais ")
    ana.page.keyboard.press("Enter")
    ana.sees("First @an @anais")


def test_the_list_closes_when_the_caret_leaves_or_the_field_is_left(ana):
    field = composer(ana)
    field.press_sequentially("@an")
    expect(completions(ana)).to_have_count(2)
    field.press("Home")
    expect(completions(ana)).to_have_count(0)
    field.press("End")
    field.press_sequentially("a")
    expect(completions(ana)).to_have_count(2)
    ana.page.get_by_role("button", name="Attach files").focus()
    expect(completions(ana)).to_have_count(0)
    expect(field).to_have_value("@ana")
    field.press("Backspace")
    expect(completions(ana)).to_have_count(2)
    field.press("Alt+ArrowDown")  # to another room
    expect(ana.heading).to_have_text("Everyone")
    expect(completions(ana)).to_have_count(0)


def test_on_touch_screens_words_are_completed_while_the_keyboard_composes_them(uvicorn, enter, room):
    ana = enter(uvicorn, room.created_by, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    devtools = ana.context.new_cdp_session(ana.page)
    composer(ana).tap()
    for text in ("@", "@b", "@bo"):
        devtools.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    completions(ana).filter(has_text="Bo Lund").tap()
    expect(composer(ana)).to_have_value("@bo.lund ")


def test_nothing_is_chosen_while_an_input_method_composes(ana):
    composer(ana).press_sequentially("@bo")
    expect(completions(ana)).not_to_have_count(0)
    devtools = ana.context.new_cdp_session(ana.page)
    devtools.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    ana.page.keyboard.press("Enter")
    expect(composer(ana)).to_have_value(re.compile("^@boに"))
    ana.sees_no("@boに")


def test_without_a_connection_those_on_the_page_are_completed(ana):
    composer(ana).press_sequentially("@bo")
    expect(completions(ana)).not_to_have_count(0)
    composer(ana).fill("")
    ana.watch.allow_connection_errors()
    ana.context.set_offline(True)
    ana.wait_until_offline()
    composer(ana).press_sequentially("@lu")
    expect(labels(ana)).to_have_text(["Bo Lund"])


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_list_is_above_the_field_and_accessible(uvicorn, enter, room, view, direction):
    ana = enter(uvicorn, room.created_by, viewport=view)
    inspector = Inspector(ana)
    ana.open(room)
    ana.page.evaluate(f"document.documentElement.dir = '{direction}'")
    composer(ana).press_sequentially("@an")
    expect(completions(ana)).to_have_count(2)
    box, field = completions(ana).first.bounding_box(), ana.page.locator(".composer__box").bounding_box()
    assert box
    assert field
    assert box["y"] + box["height"] < field["y"]
    assert field["x"] <= box["x"]
    assert box["x"] + box["width"] <= field["x"] + field["width"]
    inspector.check("people", ((view, "light"), (view, "dark")))
    assert inspector.findings == []
