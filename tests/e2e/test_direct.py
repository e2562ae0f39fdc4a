"""A conversation between two people."""

from playwright.sync_api import expect

from rooms.models import Room
from tests.e2e.browser import PHONE
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


def test_two_people_share_one_direct_conversation(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol")
    mira.open(f"/people/{ana.user.username}/")
    mira.page.get_by_role("button", name="Message").click()
    expect(mira.heading).to_have_text("Ana Ferreira")
    mira.wait_until_live()
    mira.send("Only for you")
    expect(ana.row("Mira Sol").locator(".count")).to_have_text("1")
    expect(ana.row("Mira Sol").locator(".avatar")).to_have_attribute("data-status", "on")

    ana.open("/people/")
    ana.page.get_by_role("button", name="Message Mira Sol").click()
    expect(ana.heading).to_have_text("Mira Sol")
    assert ana.page.url == mira.page.url
    ana.wait_until_live()
    ana.sees("Only for you")
    ana.send("And only for you")
    mira.sees("And only for you")
    expect(ana.row("Mira Sol")).to_have_count(1)
    assert Room.objects.filter(kind="direct").count() == 1


def test_opening_a_conversation_does_not_undo_a_later_click_on_a_room(uvicorn, enter, register, everyone):
    ana, user = register("Ana Ferreira"), register("Mira Sol")
    make_member(make_room("Design", owner=ana), user)
    post_messages(everyone, ana, "Good morning!")
    mira = enter(uvicorn, user).open(everyone)
    held = []
    mira.page.route("**/direct/*/", lambda route: held.append(route))
    mira.message("Good morning!").locator(".msg__name").click()
    with mira.page.expect_request("**/direct/*/"):
        mira.page.locator("#person[open]").get_by_role("button", name="Message").click()
    mira.go_to("Design")
    held[0].continue_()
    expect(mira.row("Ana Ferreira")).to_have_count(1)
    mira.send("Still here")
    mira.sees_all_sent()
    expect(mira.heading).to_have_text("Design")


def test_nobody_else_finds_a_direct_conversation(uvicorn, enter, everyone):
    ana, mira, eve = (enter(uvicorn, name) for name in ("Ana Ferreira", "Mira Sol", "Eve Stone"))
    eve.open(everyone)
    mira.open(f"/people/{ana.user.username}/")
    mira.page.get_by_role("button", name="Message").click()
    mira.wait_until_live()
    mira.send("Not for Eve")
    mira.sees_all_sent()
    ana.open(everyone).send("For all")
    eve.sees("For all")
    expect(eve.page.locator('[data-list="people"] a.room-row')).to_have_count(0)
    eve.watch.allow("status of 404")
    assert eve.page.goto(mira.page.url).status == 404


def test_menu_of_a_conversation_shows_the_person_and_closes_it(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    mira = enter(uvicorn, "Mira Sol")
    mira.open(f"/people/{ana.username}/")
    mira.page.get_by_role("button", name="Message").click()
    expect(mira.heading).to_have_text("Ana Ferreira")
    mira.page.get_by_role("button", name="Room menu").click()
    mira.page.get_by_role("button", name="Profile, mute or block…").click()
    expect(mira.page.locator("#person[open]").get_by_role("button", name="Block")).to_be_visible()
    mira.page.keyboard.press("Escape")
    mira.page.get_by_role("button", name="Room menu").click()
    mira.page.get_by_role("button", name="Close conversation").click()
    expect(mira.heading).to_have_text("Everyone")
    expect(mira.page.locator('[data-list="people"] a.room-row')).to_have_count(0)


def test_the_card_of_a_person_fits_on_a_phone_and_does_not_lead_to_the_open_conversation(uvicorn, enter, register):
    bo = register("Bo Lindqvist")
    ana = enter(uvicorn, "Ana Ferreira", viewport=PHONE)
    room = make_room("Workshop", owner=ana.user)
    make_member(room, bo)
    post_messages(room, bo, "In the room")
    ana.open(room)
    ana.message("In the room").locator(".msg__name").click()
    card = ana.page.locator("#person[open]")
    expect(card).to_be_visible()
    tops = card.locator(".person__actions > :visible").evaluate_all("all => all.map((each) => each.offsetTop)")
    assert len(tops) == 4 and len(set(tops[1:])) == 1, "Mute, Block and Ban share a row below Message"
    card.get_by_role("button", name="Message").click()
    expect(ana.heading).to_have_text("Bo Lindqvist")

    post_messages(Room.objects.get(kind="direct"), bo, "In private")
    ana.message("In private").locator(".msg__name").click()
    expect(card.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    expect(card.get_by_role("button", name="Message")).to_be_hidden()
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)
