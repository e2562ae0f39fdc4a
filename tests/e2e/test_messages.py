"""Messages in a room, as two people see them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rooms.models import Membership
from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.conftest import post_messages, stored_texts
from tests.factories import make_member, make_room


def test_messages_edits_and_deletions_reach_the_other_person(site, enter, everyone):
    ana, mira = enter(site, "Ana Ferreira").open(everyone), enter(site, "Mira Sol").open(everyone)
    ana.send("Good morning!")
    mira.sees("Good morning!")
    mira.send("And to **you**")
    ana.sees("And to you")
    expect(ana.message("And to you").locator("strong")).to_have_text("you")

    ana.edit("Good morning!", "Good evening!")
    mira.sees("Good evening!")
    mira.sees_no("Good morning!")
    expect(mira.message("Good evening!").locator(".is-edited")).to_have_count(1)

    mira.delete("And to you")
    ana.sees("Message deleted")
    ana.sees_no("And to you")
    assert ana.texts == mira.texts == ["Good evening!", "Message deleted"]
    assert stored_texts(everyone) == ["Good evening!", ""]


def test_typing_and_presence_are_shown(site, enter, everyone):
    ana, mira = enter(site, "Ana Ferreira").open(everyone), enter(site, "Mira Sol").open(everyone)
    online = ana.page.locator("[data-online] .row__total")
    expect(ana.presence_of(mira.user)).to_have_attribute("data-status", "on")
    expect(online).to_have_text("2")

    mira.field.press_sequentially("Wait")
    expect(ana.page.locator(".typing")).to_have_text("Mira Sol is typing…")
    mira.field.press("Enter")
    ana.sees("Wait")
    expect(ana.page.locator(".typing")).to_be_empty()

    mira.page.close()
    expect(ana.presence_of(mira.user)).to_have_attribute("data-status", "off", timeout=45_000)
    expect(online).to_have_text("1")


def test_unread_messages_are_counted_and_marked_by_a_line(site, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    design = make_room("Design", owner=ana)
    make_member(design, mira)
    post_messages(design, ana, "Seen before")
    Membership.objects.filter(room=design, user=mira).update(last_read_seq=1)
    at_ana, at_mira = enter(site, ana).open(design), enter(site, mira).open(everyone)
    other_tab = at_mira.new_tab(everyone)

    at_ana.send("First new one")
    at_ana.send("Second new one")
    for page in (at_mira.page, other_tab):
        expect(at_mira.row("Design", page).locator(".count")).to_have_text("2")
        expect(page).to_have_title("• #Everyone · Chatsite")

    at_mira.page.bring_to_front()
    at_mira.go_to("Design")
    line = at_mira.page.locator(".day.is-new")
    expect(line).to_contain_text("New messages")
    assert line.evaluate("(line) => line.nextElementSibling.querySelector('.msg__body').textContent.trim()") == (
        "First new one"
    )
    for page in (at_mira.page, other_tab):
        expect(at_mira.row("Design", page).locator(".count")).to_be_hidden()
    expect(other_tab).to_have_title("#Everyone · Chatsite")
    assert Membership.objects.get(room=design, user=mira).last_read_seq == 3
    at_mira.page.reload()
    at_mira.sees("Second new one")
    expect(line).to_have_count(0)


def test_messages_are_grouped_by_day_and_author(site, enter, register, everyone):
    ana, now = register("Ana Ferreira"), timezone.now().replace(hour=12)
    post_messages(everyone, ana, "Long ago", at=now.replace(year=2020, month=2, day=3))
    post_messages(everyone, ana, "Yesterday", at=now - timedelta(days=1))
    post_messages(everyone, ana, "A minute before", "Today")
    mira = enter(site, "Mira Sol").open(everyone)
    days = mira.page.locator(".day:not(.is-new)")
    expect(days).to_have_text(["Monday, 3 February 2020", "Yesterday", "Today"])
    expect(mira.message("A minute before")).to_contain_class("is-first")
    assert "is-first" not in (mira.message("Today").get_attribute("class") or "").split()


def test_a_reply_quotes_its_message_and_links_to_it(site, enter, register, everyone):
    ana = register("Ana Ferreira")
    [question] = post_messages(everyone, ana, "Which color shall it be?", at=timezone.now() - timedelta(days=2))
    post_messages(everyone, ana, *[f"Filler {n}" for n in range(120)])
    mira = enter(site, "Mira Sol")
    mira.open(f"/rooms/{everyone.pk}/messages/{question.seq}/")
    mira.use_tool("Which color shall it be?", "reply")
    expect(mira.page.locator(".composer__quote")).to_contain_text("Ana Ferreira: Which color shall it be?")
    mira.send("Green, please")

    at_ana = enter(site, ana).open(everyone)
    at_ana.sees("Green, please")
    at_ana.sees_no("Which color shall it be?")  # too far back to be loaded yet
    quote = at_ana.message("Green, please").locator(".reply")
    expect(quote).to_contain_text("Ana Ferreira")
    quote.click()
    expect(at_ana.message("Which color shall it be?")).to_be_in_viewport()


def test_a_message_says_that_it_is_being_sent_only_if_that_takes_long(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.evaluate("""() => {
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (frame) { if (!frame.includes("message.post")) send.call(this, frame); };
    }""")
    heights = ana.page.evaluate("""async () => {
        const field = document.querySelector("message-composer textarea");
        field.value = "Slow";
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        field.form.requestSubmit();
        const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const note = () => document.querySelector(".msg.is-pending .msg__note");
        while (!note()) await after(10);
        const early = [note().offsetHeight, getComputedStyle(note()).visibility];
        await after(1500);
        return [early, [note().offsetHeight > 10, getComputedStyle(note()).visibility]];
    }""")
    assert heights == [[0, "hidden"], [True, "visible"]]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_bar_of_unread_messages_leaves_the_beginning_in_view(uvicorn, enter, register, everyone, viewport):
    ana = register("Ana Ferreira")
    post_messages(everyone, register("Bo Lund"), *[f"Message {n}" for n in range(30)])
    visitor = enter(uvicorn, ana, viewport=viewport).open(everyone)
    bar, beginning = visitor.page.locator(".log__unread"), visitor.page.locator(".log__beginning")
    expect(bar).to_be_visible()
    visitor.page.locator(".log__scroll").evaluate("(scroll) => { scroll.scrollTop = 0; }")
    expect(beginning).to_be_in_viewport()
    padding = beginning.evaluate("(element) => parseFloat(getComputedStyle(element).paddingTop)")
    box = bar.bounding_box()
    assert box["y"] + box["height"] <= beginning.bounding_box()["y"] + padding
