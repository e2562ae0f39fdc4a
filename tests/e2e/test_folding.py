"""Long messages are folded, and unfold without moving what the user reads."""

from playwright.sync_api import Locator, expect

from messaging.posting import actions
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_log import next_frames
from tests.factories import make_member, make_room

LONG = "\n".join(f"Line {n}" for n in range(1, 81))
LINKED = "\n\n".join(["Some words about it."] * 40 + ["[the end](https://x.example/)"])


def long_message(session: BrowserSession) -> Locator:
    return session.page.locator(".msg", has_text="Line 80")


def height(element: Locator) -> float:
    return element.bounding_box()["height"]  # type: ignore[index]


def top(element: Locator) -> float:
    return element.bounding_box()["y"]  # type: ignore[index]


def test_long_messages_are_folded_and_short_ones_are_not(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, "\n".join("line" for _ in range(20)), LONG, "```\n" + "x = 1\n" * 100 + "```")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    expect(ana.page.get_by_role("button", name="Show more")).to_have_count(1)
    expect(long_message(ana).get_by_role("button", name="Show more", expanded=False)).to_have_count(1)
    assert height(long_message(ana)) < 600
    ana.page.set_viewport_size(PHONE)
    post_messages(everyone, bo, "word " * 200)
    expect(ana.page.get_by_role("button", name="Show more")).to_have_count(2)
    ana.page.set_viewport_size(DESKTOP)
    expect(ana.page.get_by_role("button", name="Show more")).to_have_count(1)


def test_unfolding_and_folding_keep_the_place(uvicorn, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"Before {n}" for n in range(30)], LONG)
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    message = long_message(ana)
    before = top(message)
    message.get_by_role("button", name="Show more").click()
    next_frames(ana)
    assert abs(top(message) - before) < 1
    assert height(message) > 1_500
    expect(ana.page.locator(".log__down")).to_be_visible()
    enter(uvicorn, bo).open(everyone).send("Meanwhile")
    ana.sees("Meanwhile")
    next_frames(ana)
    assert abs(top(message) - before) < 1

    button = message.get_by_role("button", name="Show less")
    button.scroll_into_view_if_needed()
    before = top(button)
    button.press("Enter")
    next_frames(ana)
    assert height(message) < 600
    button = message.get_by_role("button", name="Show more")
    expect(button).to_be_focused()
    expect(button).to_be_in_viewport()
    assert abs(top(button) - before) < 60  # at most what is missing below it


def test_an_unfolded_message_remains_so_when_it_is_drawn_again(uvicorn, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    make_member(make_room("Design", owner=bo), ana)
    [message] = post_messages(everyone, bo, LONG)
    at_ana = enter(uvicorn, ana).open(everyone)
    long_message(at_ana).get_by_role("button", name="Show more").click()
    at_ana.go_to("Design")
    at_ana.go_to("Everyone")
    assert height(long_message(at_ana)) > 1_500
    actions.edit_message(actor=bo, message_id=message.pk, body=f"{LONG}\n\nAnd more")
    expect(long_message(at_ana)).to_contain_text("And more")
    assert height(long_message(at_ana)) > 1_500


def test_the_target_of_a_link_is_shown_in_full(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), *["Before"] * 30, LONG, *["After"] * 30)
    ana = enter(uvicorn, "Ana Ferreira").open(f"/rooms/{everyone.pk}/messages/31/")
    expect(long_message(ana).get_by_role("button", name="Show less", expanded=True)).to_have_count(1)
    assert height(long_message(ana)) > 1_500


def test_a_link_that_is_cut_off_is_shown_when_it_gets_the_focus(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), LINKED)
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    link = ana.page.get_by_role("link", name="the end")
    expect(ana.page.get_by_role("button", name="Show more")).to_be_visible()
    link.focus()
    expect(link).to_be_in_viewport()
    expect(ana.page.get_by_role("button", name="Show less")).to_have_count(1)
