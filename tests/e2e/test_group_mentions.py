"""Groups: an admin creates one, a member mentions it, and its members are notified."""

import re

import pytest
from playwright.sync_api import expect

from accounts.groups import add_to_group, create_group
from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.test_accessibility import Inspector
from tests.factories import make_member, make_room, make_user


def test_a_group_is_created_and_mentioned(uvicorn, enter, register, everyone):
    root, ana, ben = register("Rosa Root", is_staff=True, is_superuser=True), register("Ana Roe"), register("Ben Cole")
    cy = register("Cy Young")
    room = make_room("Design", owner=ana)
    for person in (ben, cy):
        make_member(room, person)
    page = enter(uvicorn, root).page
    page.goto("/people/")
    page.get_by_role("link", name="User groups").click()
    page.get_by_role("link", name="Create group").click()
    page.locator("[name=title]").fill("Operations")
    page.locator("[name=name]").fill("ana")
    page.get_by_role("button", name="Create group").click()
    expect(page.locator("main")).to_contain_text("Someone has that username, or one that looks like it.")
    page.locator("[name=name]").fill("ops")
    page.get_by_role("button", name="Create group").click()
    expect(page.locator("main")).to_contain_text("Mention in messages as @ops.")
    page.get_by_role("combobox").fill("Ben")
    page.get_by_role("option", name="Ben Cole").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".rows.members")).to_have_text(re.compile("Ben Cole"))

    at_ana, at_ben, at_cy = (enter(uvicorn, person) for person in (ana, ben, cy))
    at_ana.open(room)
    for session in (at_ben, at_cy):
        session.open(everyone).wait_until_live()
    at_ana.send("Servers are down, @ops")
    expect(at_ben.row("Design").locator(".count")).to_have_text("@1")
    expect(at_cy.row("Design").locator(".count")).to_have_text("1")
    at_ben.go_to("Design")
    message = at_ben.message("Servers are down, @ops")
    expect(message).to_have_class(re.compile("is-for-me"))
    expect(message.locator(".mention.is-mine")).to_have_accessible_name("@ops (you’re in this group)")
    at_cy.go_to("Design")
    message = at_cy.message("Servers are down, @ops")
    expect(message).not_to_have_class(re.compile("is-for-me"))
    message.locator(".mention:not(.is-mine)").click()
    expect(at_cy.panel).to_contain_text("Mention in messages as @ops.")
    expect(at_cy.panel).to_contain_text("Ben Cole")


def test_an_edit_mentions_a_group(uvicorn, enter, register, everyone):
    root, ana, ben = register("Rosa Root", is_staff=True, is_superuser=True), register("Ana Roe"), register("Ben Cole")
    room = make_room("Design", owner=ana)
    make_member(room, ben)
    add_to_group(actor=root, group=create_group(actor=root, name="ops", title="Operations"), people=[ben])
    at_ana, at_ben = enter(uvicorn, ana).open(room), enter(uvicorn, ben).open(everyone)
    at_ben.wait_until_live()
    at_ana.send("Servers are down")
    expect(at_ben.row("Design").locator(".count")).to_have_text("1")
    at_ana.use_tool("Servers are down", "edit")
    editor = at_ana.page.get_by_label("Edit message")
    editor.fill("Servers are down, @ops")
    editor.press("Enter")
    expect(at_ben.row("Design").locator(".count")).to_have_text("@1")


@pytest.fixture
def ops(register):
    """A group of Rosa, who isn't in the room, and of 21 others who are in it with Ana."""
    root, ana = register("Rosa Root", is_staff=True, is_superuser=True), register("Ana Roe")
    room = make_room("Design", owner=ana)
    group = create_group(actor=root, name="ops", title="Operations")
    add_to_group(actor=root, group=group, people=[root, *(make_member(room) for _ in range(21))])
    create_group(actor=root, name="donaudampfschifffahrtselektrizit", title=f"Operating the {'Donaudampfschiff' * 2}")
    make_member(room, make_user("opal", display_name="Opal Hart"))
    return room, group


def test_groups_are_completed_with_the_number_of_people(uvicorn, enter, ops):
    room, _group = ops
    ana = enter(uvicorn, room.created_by)
    inspector = Inspector(ana)
    ana.open(room).wait_until_live()
    ana.field.press_sequentially("Help, @op")
    options = ana.page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.locator("b")).to_have_text(["Opal Hart", re.compile("^Operating"), "Operations"])
    expect(options.filter(has_text="Operations")).to_contain_text("@ops")
    expect(options.filter(has_text="Operations")).to_contain_text("21 people in this room")
    ana.field.press_sequentially("s")
    expect(options.locator("b")).to_have_text(["Operations"])
    inspector.check("completions of groups", ((DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "dark")))
    assert inspector.findings == []
    ana.field.press("Enter")
    expect(ana.field).to_have_value("Help, @ops ")


def test_the_page_asks_before_a_large_group_is_mentioned(uvicorn, enter, ops):
    room, group = ops
    ana = enter(uvicorn, room.created_by).open(room)
    ana.wait_until_live()
    ana.send("Look, @opal and @nobody")
    ana.sees("Look, @opal and @nobody")
    ana.send("@Ops, it is lunch time")
    expect(ana.page.locator("#question h2")).to_have_text("Notify 21 people?")
    ana.page.keyboard.press("Escape")
    expect(ana.field).to_have_value("@Ops, it is lunch time")
    ana.page.keyboard.press("Enter")
    ana.confirm("Send")
    ana.sees("@Ops, it is lunch time")
    expect(ana.field).to_have_value("")

    ana.use_tool("@Ops, it is lunch time", "edit")
    editor = ana.page.get_by_label("Edit message")
    editor.fill("@Ops, lunch is now")
    editor.press("Enter")
    ana.sees("@Ops, lunch is now")
    group.members.filter(user__memberships__room=room).first().delete()
    ana.send("@ops, you are only twenty")
    ana.sees("@ops, you are only twenty")


def test_ctrl_k_finds_groups(uvicorn, enter, ops):
    room, _group = ops
    ana = enter(uvicorn, room.created_by).open(room)
    ana.page.keyboard.press("Control+k")
    ana.page.get_by_role("combobox", name="Jump to").fill("operations")
    ana.page.locator("dialog.switcher[open] [role=option]").filter(has_text="@ops").click()
    expect(ana.panel.get_by_role("heading", name="Operations")).to_be_visible()
    ana.panel.get_by_role("link", name="All groups").click()
    expect(ana.panel.get_by_role("heading", name="User groups")).to_be_visible()
