"""Choosing people in a form."""

import re

import pytest
from playwright.sync_api import Locator, expect

from rooms.models import Membership, Room
from rooms.moderation import ban_member
from tests.e2e.browser import PHONE, BrowserSession
from tests.factories import make_member, make_room, make_user


@pytest.fixture
def ana(uvicorn, enter, everyone) -> BrowserSession:
    for username, name in (("linus.t", "Linus Törn"), ("petra.f", "Petra Farouk"), ("petra.s", "Petra Silva")):
        make_user(username, display_name=name)
    return enter(uvicorn, "Ana Ferreira")


@pytest.fixture
def room(ana) -> Room:
    return make_room("Workshop", owner=ana.user)


def field(visitor: BrowserSession, label: str = "People") -> Locator:
    return visitor.page.get_by_role("combobox", name=label, exact=True)


def options(visitor: BrowserSession) -> Locator:
    return visitor.page.locator("people-picker [role=option]")


def members(room: Room) -> set[str]:
    return set(Membership.objects.filter(room=room).values_list("user__username", flat=True))


def test_several_people_are_added_by_keyboard(ana, room):
    ban_member(actor=ana.user, room=room, user=make_user("petra.x", display_name="Petra Banned"))
    ana.open(f"/rooms/{room.pk}/members/")
    field(ana).press_sequentially("lin")
    expect(options(ana)).to_have_count(1)
    expect(field(ana)).to_have_attribute("aria-expanded", "true")
    field(ana).press("Enter")
    field(ana).press_sequentially("petra")
    expect(options(ana)).to_have_count(3)
    field(ana).press("ArrowDown")
    active = field(ana).get_attribute("aria-activedescendant")
    expect(ana.page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    expect(ana.page.locator(f"#{active}")).to_contain_text("Petra Farouk")
    field(ana).press("Enter")
    field(ana).press_sequentially("banned")
    expect(options(ana)).to_have_count(1)
    field(ana).press("Enter")
    field(ana).press("Enter")  # sends the form
    ana.page.get_by_text("Linus Törn, Petra Farouk were added to Workshop.").wait_for()
    ana.page.get_by_text("Petra Banned is banned from this room.").wait_for()
    assert members(room) == {ana.user.username, "linus.t", "petra.f"}


def test_chosen_people_can_be_removed_again(ana, room):
    ana.open(f"/rooms/{room.pk}/members/")
    for name in ("lin", "farouk", "silva"):
        field(ana).press_sequentially(name)
        expect(options(ana)).to_have_count(1)
        options(ana).click()
    chips = ana.page.locator(".picker__chip")
    expect(chips).to_have_count(3)
    field(ana).press("Backspace")
    expect(chips).to_have_count(2)
    ana.page.get_by_role("button", name="Remove Linus Törn").click()
    expect(chips).to_have_text(re.compile("Petra Farouk"))
    ana.page.get_by_role("button", name="Add", exact=True).click()
    ana.page.get_by_text("was added").wait_for()
    assert members(room) == {ana.user.username, "petra.f"}


def test_members_are_marked_and_cannot_be_chosen(ana, room):
    make_member(room, make_user("linus.x", display_name="Linus Member"))
    ana.open(f"/rooms/{room.pk}/members/")
    field(ana).press_sequentially("linus")
    expect(options(ana)).to_have_count(2)
    inside = options(ana).filter(has_text="Linus Member")
    expect(inside).to_contain_text("Already in this room")
    expect(inside).to_have_attribute("aria-disabled", "true")
    inside.click(force=True)
    expect(ana.page.locator(".picker__chip")).to_have_count(0)


def test_unknown_names_are_told_while_typing_and_the_list_closes_with_escape(ana, room):
    ana.open(f"/rooms/{room.pk}/members/")
    field(ana).press_sequentially("xyz")
    expect(ana.page.get_by_role("status").filter(has_text="No one found")).to_be_visible()
    field(ana).fill("")
    field(ana).press_sequentially("lin")
    expect(options(ana)).to_have_count(1)
    field(ana).press("Escape")
    expect(options(ana)).to_have_count(0)
    field(ana).press("Enter")  # sends what was typed
    ana.page.get_by_text("Did you mean Linus Törn (@linus.t)?").wait_for()


def test_late_answer_does_not_cancel_the_search_for_what_was_typed_since(ana, room):
    held = []
    ana.page.route("**/people/search/?q=&*", lambda route: held.append(route))
    ana.open(f"/rooms/{room.pk}/members/")
    ana.page.clock.install()
    with ana.page.expect_request("**/people/search/?q=&*"):
        field(ana).click()  # searches without words, which finds no one
    field(ana).press_sequentially("lin")
    with ana.page.expect_response("**/people/search/?q=&*") as answer:
        held[0].continue_()
    answer.value.finished()
    ana.page.clock.run_for(1000)
    expect(options(ana)).to_have_count(1)


def test_message_is_started_over_the_conversation(ana, everyone):
    ana.open(everyone)
    ana.page.get_by_role("link", name="New message").click()
    expect(field(ana, "To")).to_be_visible()
    field(ana, "To").press_sequentially("lin")
    expect(options(ana)).to_have_count(1)
    field(ana, "To").press("Escape")
    expect(field(ana, "To")).to_be_visible()  # only the list closes
    field(ana, "To").press("ArrowDown")
    expect(options(ana)).to_have_count(1)
    field(ana, "To").press("ArrowDown")
    field(ana, "To").press("Enter")
    ana.page.keyboard.press("Enter")
    expect(ana.heading).to_have_text("Linus Törn")


def test_people_are_chosen_by_touch(uvicorn, enter, everyone):
    make_user("linus.t", display_name="Linus Törn")
    visitor = enter(uvicorn, "Ana Ferreira", viewport=PHONE, has_touch=True)
    visitor.open("/rooms/new/")
    visitor.page.locator("#id_name").fill("Garden")
    people = field(visitor, "Add people (optional)")
    people.tap()
    people.press_sequentially("tör")
    options(visitor).tap()
    expect(visitor.page.locator(".picker__chip")).to_have_text(re.compile("Linus Törn"))
    visitor.page.get_by_role("button", name="Create room").tap()
    visitor.page.wait_for_url(re.compile(r"/rooms/\d+/$"))
    assert "linus.t" in members(Room.objects.get(name="Garden"))


def test_person_who_is_added_is_told_with_a_link(uvicorn, enter, ana, room, everyone):
    mira = enter(uvicorn, "Mira Sol").open(everyone)
    ana.open(f"/rooms/{room.pk}/members/")
    field(ana).press_sequentially("mira")
    expect(options(ana)).to_have_count(1)
    field(ana).press("Enter")
    field(ana).press("Enter")
    mira.page.get_by_text("Ana Ferreira added you to Workshop.").wait_for()
    mira.page.get_by_role("link", name="Open room").click()
    expect(mira.heading).to_have_text("Workshop")


def test_room_is_transferred_to_a_member_after_a_confirmation(uvicorn, enter, ana, room, everyone):
    mira = enter(uvicorn, "Mira Sol")
    make_member(room, mira.user)
    make_user("mira.x", display_name="Mira Stranger")
    mira.open(room)
    ana.open(f"/rooms/{room.pk}/settings/")
    ana.page.get_by_role("link", name="Transfer…").click()
    field(ana, "New owner").press_sequentially("mira")
    expect(options(ana)).to_have_count(1)
    field(ana, "New owner").press("Enter")
    ana.page.get_by_label("Member: you can read and post").check()
    ana.page.get_by_role("button", name="Continue").click()
    expect(ana.page.get_by_role("listitem").filter(has_text="Mira Sol")).to_contain_text("Becomes an owner")
    expect(ana.page.get_by_role("listitem").last).to_contain_text("Become a member")
    ana.page.get_by_role("button", name="Transfer ownership").click()
    ana.page.get_by_text("Mira Sol is now an owner of Workshop.").wait_for()
    assert dict(room.memberships.values_list("user__username", "role")) == {
        ana.user.username: "member",
        mira.user.username: "owner",
    }
    mira.open(f"/rooms/{room.pk}/settings/")
    expect(mira.page.get_by_role("link", name="Delete…")).to_be_visible()
