"""Reactions in the page."""

import re

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import Message
from messaging.posting.reactions import ReactionChange, change_reactions
from messaging.reactions.summary import MAX_LISTED
from rooms.actions import archive_room
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until

THUMB, PARTY = "👍", "🎉"
TEXT = "We won the prize"


@pytest.fixture
def people(register):
    return register("Ana Ferreira"), register("Mira Sol")


@pytest.fixture
def room(people) -> Room:
    ana, mira = people
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, "Good morning", TEXT)
    return room


@pytest.fixture
def message(room) -> Message:
    return Message.objects.get(body=TEXT)


def react(message: Message, *users, emoji: str = THUMB) -> None:
    assert not any(change_reactions([ReactionChange(user.pk, message.pk, emoji, is_added=True) for user in users]))


def reaction(session: BrowserSession, emoji: str = THUMB, text: str = TEXT) -> Locator:
    return session.message(text).locator(f'.reaction[data-emoji="{emoji}"]')


def shows(session: BrowserSession, count: int, *, own: bool, emoji: str = THUMB) -> None:
    button = reaction(session, emoji)
    expect(button.locator(".reaction__count")).to_have_text(str(count))
    expect(button).to_have_attribute("aria-pressed", str(own).lower())


def pick(session: BrowserSession, name: str) -> None:
    """Pick an emoji by keyboard."""
    expect(session.page.get_by_role("dialog", name="Add reaction").get_by_label("Search emoji")).to_be_focused()
    session.page.keyboard.type(name)
    session.page.keyboard.press("Enter")


def test_a_reaction_appears_for_everyone_and_goes_again(uvicorn, enter, people, room):
    ana, mira = (enter(uvicorn, user).open(room) for user in people)
    mira.message(TEXT).click(button="right")
    mira.menu.get_by_role("menuitem", name=THUMB).click()
    shows(mira, 1, own=True)
    shows(ana, 1, own=False)
    reaction(ana).click()
    shows(ana, 2, own=True)
    shows(mira, 2, own=True)
    expect(reaction(mira)).to_have_attribute("aria-label", f"{THUMB}, 2 people, including you")
    reaction(ana).click()
    shows(mira, 1, own=True)
    reaction(mira).click()
    for session in (ana, mira):
        expect(session.message(TEXT).locator(".reactions")).to_be_hidden()


def test_any_emoji_is_found_by_its_name(uvicorn, enter, people, room):
    mira = enter(uvicorn, people[1]).open(room)
    mira.use_tool(TEXT, "react")
    pick(mira, "party pop")
    shows(mira, 1, own=True, emoji=PARTY)
    mira.message(TEXT).click(button="right")
    expect(mira.menu.get_by_role("menuitem").first).to_have_text(PARTY)  # is frequent now
    mira.page.keyboard.press("Escape")
    mira.message(TEXT).get_by_role("button", name="Add reaction").last.click()
    pick(mira, "party pop")
    shows(mira, 1, own=True, emoji=PARTY)  # choosing it again doesn't remove it


def test_reacting_with_keys(uvicorn, enter, people, room, message):
    react(message, people[0])
    mira = enter(uvicorn, people[1]).open(room)
    mira.message(TEXT).focus()
    mira.page.keyboard.press("+")
    pick(mira, "party pop")
    shows(mira, 1, own=True, emoji=PARTY)
    expect(mira.message(TEXT)).to_be_focused()
    mira.page.keyboard.press("Enter")
    mira.page.keyboard.press("ArrowUp")  # to the last line, then to the row of emoji, which is the first
    mira.page.keyboard.press("Home")
    expect(mira.menu.locator(":focus")).to_have_text(PARTY)
    mira.page.keyboard.press("ArrowRight")
    expect(mira.menu.locator(":focus")).to_have_text(THUMB)
    mira.page.keyboard.press("Enter")
    shows(mira, 2, own=True)
    reaction(mira).focus()
    mira.page.keyboard.press("Space")
    shows(mira, 1, own=False)
    expect(reaction(mira)).to_be_focused()


def test_who_reacted_is_named(uvicorn, enter, register, people, room, message):
    ana, mira = people
    cleo = register("Cleo Özil")
    make_member(room, cleo)
    react(message, ana, mira, cleo)
    session = enter(uvicorn, mira).open(room)
    reaction(session).hover()
    names = session.page.get_by_role("tooltip")
    expect(names).to_have_text(f"{THUMB} You, Ana Ferreira and Cleo Özil")
    session.field.hover()
    expect(names).to_be_hidden()
    session.use_tool(TEXT, "reactions")
    dialog = session.page.get_by_role("dialog", name="Reactions")
    expect(dialog.locator("li bdi")).to_have_text(["Ana Ferreira", "Mira Sol", "Cleo Özil"])
    dialog.get_by_text("Cleo Özil").click()
    expect(session.page.locator("#person[open] h2")).to_have_text("Cleo Özil")


def test_a_long_list_of_people_goes_on(uvicorn, enter, people, room, message):
    crowd = [make_member(room) for _ in range(MAX_LISTED + 2)]
    react(message, *crowd)
    mira = enter(uvicorn, people[1]).open(room)
    shows(mira, len(crowd), own=False)
    reaction(mira).click()
    shows(mira, len(crowd) + 1, own=True)
    tab = mira.new_tab(room)
    expect(tab.locator(f'.reaction[data-emoji="{THUMB}"]')).to_have_attribute("aria-pressed", "true")
    mira.use_tool(TEXT, "reactions")
    dialog = mira.page.get_by_role("dialog", name="Reactions")
    expect(dialog.get_by_role("listitem")).to_have_count(MAX_LISTED)
    dialog.get_by_role("button", name="Show more").click()
    expect(dialog.get_by_role("listitem")).to_have_count(len(crowd) + 1)
    expect(dialog.get_by_role("button", name="Show more")).to_have_count(0)


def test_ones_own_reaction_in_another_tab(uvicorn, enter, people, room, message):
    react(message, *(make_member(room) for _ in range(MAX_LISTED)))
    mira = enter(uvicorn, people[1]).open(room)
    tab = mira.new_tab(room)
    mira.wait_until_live(tab)
    reaction(mira).click()
    other = tab.locator(f'.reaction[data-emoji="{THUMB}"]')
    expect(other).to_have_attribute("aria-pressed", "true")
    reaction(mira).click()
    expect(other).to_have_attribute("aria-pressed", "false")


def test_a_refused_reaction_is_taken_back(uvicorn, enter, people, room, message):
    react(message, people[0])
    mira = enter(uvicorn, people[1]).open(room)
    archive_room(actor=people[0], room=room)
    reaction(mira).click()
    expect(mira.page.locator(".notice.is-error")).to_contain_text("archived")
    shows(mira, 1, own=False)


def test_reactions_missed_offline_are_shown(proxy, enter, people, room, message):
    mira = enter(proxy, people[1]).open(room)
    mira.watch.allow_connection_errors()
    proxy.disconnect()
    mira.wait_until_offline()
    react(message, people[0])
    mira.message(TEXT).click(button="right")
    mira.menu.get_by_role("menuitem", name=PARTY).click()
    expect(mira.page.locator(".notice.is-error")).to_contain_text("No connection")
    proxy.reconnect()
    mira.wait_until_live()
    shows(mira, 1, own=False)
    expect(reaction(mira, PARTY)).to_have_count(0)


def test_reacting_on_touch(uvicorn, enter, people, room, message):
    mira = enter(uvicorn, people[1], viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    react(message, people[0])
    reaction(mira).tap()
    shows(mira, 2, own=True)
    box = reaction(mira).bounding_box()
    assert box["height"] >= 24
    assert mira.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_reactions_keep_the_end_of_the_log_in_view(uvicorn, enter, people, room, message):
    post_messages(room, people[0], *(f"Message {number}" for number in range(40)), "The last one")
    last = Message.objects.get(body="The last one")
    mira = enter(uvicorn, people[1]).open(room)
    mira.page.get_by_role("button", name=re.compile("Jump to latest|Mark as read")).first.click()
    end = "() => { const log = document.querySelector('.log__scroll'); return log.scrollHeight - log.scrollTop - log.clientHeight; }"
    wait_until(lambda: mira.page.evaluate(end) < 2, "the log is at its end")
    ana = enter(uvicorn, people[0]).open(room)
    ana.message("The last one").click(button="right")
    ana.menu.get_by_role("menuitem", name=THUMB).click()
    expect(mira.message("The last one").locator(".reaction__count")).to_have_text("1")
    wait_until(lambda: mira.page.evaluate(end) < 2, "the log is still at its end")
    assert last.pk
