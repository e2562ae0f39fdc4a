"""Blocking and muting, in the browsers of three people."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from messaging.models import Message
from tests.e2e import files
from tests.e2e.conftest import post_messages


@pytest.fixture
def three(uvicorn, enter, everyone):
    """Open sessions of Ana, of Bo, whom she blocks, and of Cleo, who quotes him."""
    return [enter(uvicorn, name) for name in ("Ana Ferreira", "Bo Winter", "Cleo Marsh")]


def card_of(visitor, text: str):
    visitor.message(text).locator(".msg__name").click()
    return visitor.page.locator("#person[open]")


def block_from_card(visitor, text: str) -> None:
    card_of(visitor, text).get_by_role("button", name="Block").click()
    visitor.confirm("Block")


def test_blocking_hides_a_person_at_once_in_every_tab(three, everyone):
    ana, bo, cleo = three
    quoted = post_messages(everyone, bo.user, "Do you see me?")[0]
    for visitor in three:
        visitor.open(everyone)
    tab = ana.new_tab(everyone)
    ana.wait_until_live(tab)
    ana.sees("Do you see me?")
    bo.field.press_sequentially("I am wri")
    expect(ana.page.locator(".typing")).to_have_text("Bo Winter is typing…")

    block_from_card(ana, "Do you see me?")
    expect(ana.notices).to_contain_text("You’ve blocked Bo Winter.")
    expect(ana.page.locator(".typing")).to_have_text("")
    ana.sees_no("Do you see me?")
    expect(tab.locator(".msg__body", has_text="Do you see me?")).to_have_count(0)

    bo.send("Hello?")
    cleo.sees("Hello?")
    cleo.use_tool("Do you see me?", "reply")
    cleo.send("I do")
    ana.sees("I do")
    ana.sees_no("Hello?")
    assert not ana.message("I do").locator(".reply").is_visible()
    expect(bo.message("I do").locator(".reply__text")).to_have_text(quoted.body)
    expect(ana.page.locator(".log__beginning")).to_contain_text("This is the beginning of")
    ana.page.locator("[data-sheet='room-info']").click()
    expect(ana.page.locator("room-info")).to_contain_text("Cleo Marsh")
    expect(ana.page.locator("room-info")).not_to_contain_text("Bo Winter")

    ana.page.reload()
    ana.wait_until_live()
    ana.sees("I do")
    ana.sees_no("Hello?")

    ana.send("/unblock bo")
    expect(ana.notices).to_contain_text("You’ve unblocked Bo Winter.")
    ana.sees("Hello?")
    expect(tab.locator(".msg__body", has_text="Hello?")).to_have_count(1)
    expect(ana.message("I do").locator(".reply__text")).to_have_text(quoted.body)
    cleo.sees_no("/unblock bo")


def test_pinned_messages_of_blocked_people_disappear_from_the_room_details(enter, uvicorn, register, everyone):
    bo, cleo = register("Bo Winter"), register("Cleo Marsh")
    for message in post_messages(everyone, bo, "Pinned by Bo") + post_messages(everyone, cleo, "Pinned by Cleo"):
        Message.objects.filter(pk=message.pk).update(pinned_at=timezone.now())
    ana = enter(uvicorn, "Ana Ferreira", viewport={"width": 1600, "height": 900}).open(everyone)
    pins = ana.page.locator("pinned-messages a")
    expect(pins).to_have_text(["Pinned by Cleo", "Pinned by Bo"])
    ana.send("/block bo")
    expect(pins).to_have_text(["Pinned by Cleo"])
    ana.send("/unblock bo")
    expect(pins).to_have_text(["Pinned by Cleo", "Pinned by Bo"])
    ana.page.get_by_label("Room menu").click()
    ana.page.get_by_role("button", name="Clear history").click()
    ana.confirm("Clear history")
    expect(pins).to_have_count(0)


def test_a_draft_no_longer_quotes_a_blocked_person(three, everyone):
    ana, bo, _ = three
    post_messages(everyone, bo.user, "Quote me")
    ana.open(everyone)
    reply = ana.page.locator(".composer__reply")
    ana.use_tool("Quote me", "reply")
    ana.field.fill("Begun")
    expect(reply).to_be_visible()
    block_from_card(ana, "Quote me")
    expect(reply).to_be_hidden()
    expect(ana.field).to_have_value("Begun")
    ana.page.reload()
    ana.wait_until_live()
    expect(reply).to_be_hidden()
    ana.field.press("Enter")
    ana.sees("Begun")
    ana.sees_all_sent()


def test_a_command_is_never_posted_with_pending_files(three, everyone):
    ana, _, _ = three
    ana.open(everyone)
    files.choose(ana, files.text("notes.txt", "For later"))
    files.wait_until_uploaded(ana, 1)
    ana.send("/block bo")
    expect(ana.notices).to_contain_text("You’ve blocked Bo Winter.")
    expect(ana.field).to_have_value("")
    expect(files.tray(ana)).to_have_count(1)

    scripts = []
    ana.page.route("**/uploads_controller*.js", lambda route: scripts.append(route))
    ana.page.reload()
    ana.send("/unblock bo")
    expect(ana.notices).to_contain_text("You’ve unblocked Bo Winter.")
    expect(ana.field).to_have_value("")
    ana.page.unroute("**/uploads_controller*.js")  # also continues the held requests
    files.wait_until_uploaded(ana, 1)
    assert not Message.objects.exists()


def test_a_blocked_person_cannot_send_direct_messages(three, everyone):
    ana, bo, _ = three
    bo.open(f"/people/{ana.user.username}/").page.get_by_role("button", name="Message").click()
    bo.wait_until_live()
    bo.send("First")
    ana.open("/")
    expect(ana.row("Bo Winter").locator(".count")).to_have_text("1")
    ana.send("/block bo")
    expect(ana.row("Bo Winter")).to_have_count(0)
    bo.send("Second")
    expect(bo.message("Second")).to_contain_text("You can’t message this person.")
    ana.open("/profile/privacy/").page.get_by_role("button", name="Unblock Bo Winter").click()
    expect(ana.page.locator("body")).to_contain_text("You’ve unblocked Bo Winter.")
    bo.message("Second").get_by_role("button", name="Try again").click()
    bo.sees_all_sent()
    ana.open("/").go_to("Bo Winter")
    ana.sees("First")
    ana.sees("Second")


def test_messages_of_a_muted_person_are_shown_but_not_counted(three, everyone, register):
    ana, bo, _ = three
    bo.open(everyone)
    ana.open(f"/people/{bo.user.username}/").page.get_by_role("button", name="Message").click()
    ana.wait_until_live()
    ana.send("/mute bo")
    expect(ana.notices).to_contain_text("You’ve muted Bo Winter.")
    bo.send("Chatter")
    bo.sees_all_sent()
    ana.page.wait_for_function("document.title.startsWith('Bo')")
    expect(ana.row("Everyone").locator(".count")).to_be_hidden()
    ana.go_to("Everyone")
    ana.sees("Chatter")


def test_a_muted_room_shows_no_unread_count(three, everyone):
    ana, bo, _ = three
    ana.open(everyone)
    ana.page.get_by_label("Room menu").click()
    ana.page.get_by_role("button", name="Mute").click()
    expect(ana.notices).to_contain_text("Room muted.")
    expect(ana.row("Everyone")).to_have_class("room-row is-muted")
    bo.open(f"/people/{ana.user.username}/").page.get_by_role("button", name="Message").click()
    bo.wait_until_live()
    bo.send("Come here")
    ana.go_to("Bo Winter")
    bo.go_to("Everyone")
    bo.send("Unheard")
    bo.sees_all_sent()
    bo.go_to("Ana Ferreira")
    bo.send("Heard")
    ana.sees("Heard")
    expect(ana.row("Everyone").locator(".count")).to_be_hidden()


def test_a_mistyped_command_is_not_posted(uvicorn, enter, everyone):
    ana, bo = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Bo Winter").open(everyone)
    ana.send("/blok bo")
    expect(ana.notices).to_contain_text("Did you mean /block?")
    expect(ana.field).to_have_value("/blok bo")
    ana.send("/thing for everyone")
    expect(ana.notices).to_contain_text("There’s no command /thing.")
    ana.send(" /blok bo")
    bo.sees("/blok bo")
    ana.send("/help")
    expect(ana.page.get_by_role("dialog", name="Formatting")).to_be_visible()
    assert bo.texts == ["/blok bo"]
