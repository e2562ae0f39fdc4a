"""Mentions: how they are shown in messages, in the sidebar and in the title, in all tabs."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import post_messages
from tests.e2e.test_log import until_read
from tests.factories import make_member, make_room


def test_a_mention_is_counted_apart_from_unread_messages_and_opens_the_person(uvicorn, enter, register, everyone):
    ana, ben = register("Ana Ferreira"), register("Ben Cole")
    design, attic = make_room("Design", owner=ana), make_room("Attic", owner=ana)
    for room in (design, attic):
        make_member(room, ben)
    at_ana, at_ben = enter(uvicorn, ana).open(attic), enter(uvicorn, ben).open(everyone)
    other_tab = at_ben.new_tab(everyone)
    at_ana.wait_until_live()
    for page in (at_ben.page, other_tab):
        at_ben.wait_until_live(page)
    at_ana.send("Nothing in particular")
    at_ana.go_to("Design")
    at_ana.send("Can you look, @Ben? Or @nobody?")
    unread = '[data-list="unread"] .row__name'
    for page in (at_ben.page, other_tab):
        expect(at_ben.row("Design", page).locator(".count")).to_have_text("@1")
        expect(at_ben.row("Attic", page).locator(".count")).to_have_text("1")
        expect(page.locator(unread)).to_have_text(["Design", "Attic"])
        expect(page).to_have_title("(1) #Everyone · Chatsite")
    expect(at_ben.row("Design")).to_have_attribute("aria-label", "Design, 1 mention, 1 unread")
    at_ben.page.reload()  # as the server draws it
    expect(at_ben.row("Design").locator(".count.is-mention")).to_have_text("@1")
    expect(at_ben.page).to_have_title("(1) #Everyone · Chatsite")

    at_ben.page.bring_to_front()
    at_ben.go_to("Design")
    message = at_ben.message("Can you look, @Ben? Or @nobody?")
    expect(message).to_have_class(re.compile("is-for-me"))
    expect(message.locator(".mention.is-mine")).to_have_text("@Ben")
    expect(message.locator(".mention")).to_have_count(1)
    for page in (at_ben.page, other_tab):
        expect(at_ben.row("Design", page).locator(".count")).to_be_hidden()
        expect(page).to_have_title(re.compile(r"^• "))
    mine = at_ana.message("Can you look, @Ben? Or @nobody?")
    expect(mine).not_to_have_class(re.compile("is-for-me"))
    mine.locator(".mention").click()
    expect(at_ana.page.locator("#person h2")).to_have_text("Ben Cole")
    at_ana.page.keyboard.press("Escape")


def test_edits_and_marking_as_unread_change_the_count(uvicorn, enter, register, everyone):
    ana, ben = register("Ana Ferreira"), register("Ben Cole")
    design = make_room("Design", owner=ana)
    make_member(design, ben)
    at_ana, at_ben = enter(uvicorn, ana).open(design), enter(uvicorn, ben).open(everyone)
    at_ben.wait_until_live()
    at_ana.send("Who is there?")
    badge = at_ben.row("Design").locator(".count")
    expect(badge).to_have_text("1")
    at_ana.edit("Who is there?", "Are you there, @ben?")
    expect(badge).to_have_text("@1")
    at_ana.edit("Are you there, @ben?", "Are you there?")
    expect(badge).to_have_text("1")
    post_messages(design, ana, "@ben, look", "Really")
    expect(badge).to_have_text("@1")
    at_ben.go_to("Design")
    until_read(ben, design, 3)
    expect(badge).to_be_hidden()
    at_ben.use_tool("@ben, look", "unread")
    expect(badge).to_have_text("@1")


def test_someone_who_has_not_posted_is_found_when_their_mention_is_chosen(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    register("Zoe Unseen")
    post_messages(everyone, ana, "Welcome, @zoe")
    at_bo = enter(uvicorn, "Bo Lind").open(everyone)
    at_bo.wait_until_live()
    mention = at_bo.message("Welcome, @zoe").locator(".mention")
    mention.focus()
    at_bo.page.keyboard.press("Enter")
    expect(at_bo.page.locator("#person h2")).to_have_text("Zoe Unseen")


def test_mentions_page_loads_as_it_scrolls_and_going_back_restores_the_place(uvicorn, enter, register, everyone):
    ana, ben = register("Ana Ferreira"), register("Ben Cole")
    post_messages(everyone, ana, *[f"Number {n} for @ben" for n in range(70)])
    at_ben = enter(uvicorn, ben).open(everyone)
    at_ben.wait_until_live()
    at_ben.page.get_by_role("link", name="Mentions", exact=True).click()
    results = at_ben.panel.locator(".search-result")
    expect(results).to_have_count(30)
    results.last.scroll_into_view_if_needed()
    expect(results).to_have_count(60)
    days = at_ben.panel.locator(".search-day h2").all_inner_texts()
    assert len(days) == len(set(days))
    results.nth(45).scroll_into_view_if_needed()
    top = results.nth(45).bounding_box()["y"]
    results.nth(45).click()
    expect(at_ben.panel).to_have_count(0)
    at_ben.sees("Number 24 for @ben")
    at_ben.page.go_back()
    expect(results).to_have_count(60)
    at_ben.page.wait_for_function(
        "(top) => document.querySelectorAll('.search-result')[45].getBoundingClientRect().y === top", arg=top
    )


def test_the_page_asks_before_everyone_in_a_large_room_is_mentioned(uvicorn, enter, register, everyone):
    ben = register("Ben Cole")
    for _ in range(21):
        make_member(everyone)
    at_ana, at_ben = (
        enter(uvicorn, "Ana Ferreira").open(everyone),
        enter(uvicorn, ben).open(make_room("Attic", owner=ben)),
    )
    for visitor in (at_ana, at_ben):
        visitor.wait_until_live()
    at_ana.send("@room, it is lunch time")
    expect(at_ana.page.locator("#question h2")).to_have_text("Notify 22 people?")
    at_ana.page.keyboard.press("Escape")
    expect(at_ana.field).to_have_value("@room, it is lunch time")
    expect(at_ana.field).to_be_focused()
    at_ana.page.keyboard.press("Enter")
    at_ana.confirm("Send")
    at_ana.sees("@room, it is lunch time")
    expect(at_ana.field).to_have_value("")
    expect(at_ben.row("Everyone").locator(".count")).to_have_text("@1")
    at_ana.send("Read `@here`")
    at_ana.sees("Read @here")

    at_ana.use_tool("Read @here", "edit")
    editor = at_ana.page.get_by_label("Edit message")
    editor.fill("@here, read this")
    editor.press("Enter")
    at_ana.confirm("Cancel")
    expect(at_ana.page.locator(".editor__error")).to_have_text("Not saved yet.")
    expect(editor).to_have_value("@here, read this")
    editor.press("Enter")
    at_ana.confirm("Send")
    at_ana.sees("@here, read this")


def test_someone_who_is_not_in_the_room_can_be_added(uvicorn, enter, register, everyone):
    ana, cy = register("Ana Ferreira"), register("Cy Park")
    register("Ben Cole")
    design = make_room("Design", owner=ana, kind="private")
    make_member(design, cy)
    at_ana, at_cy = enter(uvicorn, ana).open(design), enter(uvicorn, cy).open(design)
    for visitor in (at_ana, at_cy):
        visitor.wait_until_live()
    at_cy.send("Where is @ben?")
    expect(at_cy.notices).to_contain_text("Ben Cole isn’t in this room and won’t see this.")
    expect(at_cy.notices.get_by_role("button", name="Add")).to_have_count(0)
    at_ana.sees("Where is @ben?")
    expect(at_ana.notices).to_be_empty()
    at_ana.send("And you, @ben?")
    at_ana.notices.get_by_role("button", name="Add Ben Cole").click()
    expect(at_ana.page.locator(".room-event")).to_have_text("Ana Ferreira added Ben Cole")
    expect(at_ana.notices).to_be_empty()
    at_ana.send("Hello, @ben!")
    at_ana.sees_all_sent()
    expect(at_ana.notices).to_be_empty()


def test_the_name_of_a_room_is_a_link_that_opens_within_the_page(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    make_room("Big Garden", owner=ana)
    at_ana = enter(uvicorn, ana).open(everyone)
    at_ana.wait_until_live()
    at_ana.page.evaluate("window.isSamePage = true")
    at_ana.send("See #big-garden, it grows")
    at_ana.message("See #big-garden, it grows").get_by_role("link", name="#big-garden").click()
    expect(at_ana.heading).to_have_text("Big Garden")
    assert at_ana.page.evaluate("window.isSamePage")
