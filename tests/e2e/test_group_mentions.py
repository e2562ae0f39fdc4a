"""Groups: an admin creates one, a member mentions it, and its members are notified."""

import re

from playwright.sync_api import expect

from accounts.groups import add_to_group, create_group
from tests.factories import make_member, make_room


def test_a_group_is_created_and_mentioned(uvicorn, enter, register, everyone):
    root, ana, ben = register("Rosa Root", is_staff=True, is_superuser=True), register("Ana Roe"), register("Ben Cole")
    cy = register("Cy Young")
    room = make_room("Design", owner=ana)
    for person in (ben, cy):
        make_member(room, person)
    page = enter(uvicorn, root).page
    page.goto("/people/")
    page.get_by_role("link", name="Groups").click()
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
