"""The inbox: worked through by keys, the same on all devices, also without JavaScript."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from messaging.saved.actions import save_message
from rooms.actions import open_direct_room
from rooms.models import Membership, Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room, post


@pytest.fixture
def design(register, everyone) -> Room:
    """A room of Ana's with an unread mention of Ben and a reply to him. He has three more conversations to read."""
    ana, ben = register("Ana Ferreira"), register("Ben Cole")
    rooms = {name: make_room(name, owner=ana) for name in ("Attic", "Cellar", "Design")}
    for room in rooms.values():
        make_member(room, ben)
    [mine] = post_messages(rooms["Design"], ben, "Shall we?")
    Membership.objects.filter(user=ben).update(last_read_seq=1)
    post(rooms["Design"], ana, "Yes, let’s", reply_to_id=mine.pk)
    post_messages(rooms["Design"], ana, "And then, @ben?")
    for name in ("Attic", "Cellar"):
        post_messages(rooms[name], ana, "Old", f"From the {name.lower()}")
    post_messages(open_direct_room(user=ana, other=ben), ana, "Psst", "Are you there?")
    save_message(user=ben, message_id=Message.objects.get(body="From the attic").pk)
    return rooms["Design"]


@pytest.fixture
def ben(uvicorn, enter, design, everyone) -> BrowserSession:
    return enter(uvicorn, design.members.get(username="ben")).open(everyone)


def items(session: BrowserSession):
    return session.page.locator(".inbox__room bdi")


def open_inbox(session: BrowserSession) -> None:
    session.page.locator("room-list").get_by_role("link", name="Inbox").click()
    expect(session.panel.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(items(session).first).to_be_visible()


def test_it_is_shown_once_it_reacts_to_keys(ben):
    script = "**/inbox_page*.js"
    ben.page.route(script, lambda route: None)  # held until `unroute`
    with ben.page.expect_request(script):
        ben.page.locator("room-list").get_by_role("link", name="Inbox").click()
    expect(items(ben)).to_have_count(0)
    ben.page.unroute(script)
    expect(items(ben).first).to_be_visible()
    ben.page.keyboard.press("j")
    expect(ben.page.locator(":focus bdi")).to_have_text("Ana Ferreira")


def test_it_is_worked_through_by_keys(ben, design):
    other_tab = ben.new_tab(design.members.get(username="ben").rooms.get(name="Everyone"))
    ben.wait_until_live(other_tab)
    ben.page.bring_to_front()
    open_inbox(ben)
    expect(items(ben)).to_have_text(["Ana Ferreira", "Design", "Cellar", "Attic"])
    item = ben.page.locator(".inbox__item", has_text="Design")
    expect(item.locator(".search-result__new")).to_have_text(["Reply to you", "Mentions you"])
    expect(item.locator("mark")).to_have_text("@ben")

    press = ben.page.keyboard.press
    press("j")
    expect(ben.page.locator(":focus bdi")).to_have_text("Ana Ferreira")
    press("ArrowDown")
    expect(ben.page.locator(":focus bdi")).to_have_text("Design")
    press("e")
    expect(items(ben)).to_have_text(["Ana Ferreira", "Cellar", "Attic"])
    expect(ben.page.locator(":focus bdi")).to_have_text("Cellar")
    for page in (ben.page, other_tab):
        expect(ben.row("Design", page).locator(".count")).to_be_hidden()
    ben.notices.get_by_role("button", name="Undo").click()
    expect(items(ben)).to_have_text(["Ana Ferreira", "Design", "Cellar", "Attic"])
    expect(ben.row("Design", other_tab).locator(".count")).to_have_text("@1")

    while ben.page.locator(":focus.search-result").count() == 0:
        press("j")
    press("e")  # the saved message
    expect(ben.page.locator(".inbox .saved")).to_have_count(0)
    expect(ben.page.locator(":focus bdi")).to_have_text("Attic")
    press("Enter")
    expect(ben.heading).to_have_text("Attic")
    expect(ben.panel).to_have_count(0)
    ben.page.go_back()
    expect(items(ben).first).to_be_visible()


def test_it_follows_what_is_read_and_posted_elsewhere(ben, uvicorn, enter, design):
    ana = enter(uvicorn, design.created_by).open(design)
    open_inbox(ben)
    new = ben.page.get_by_role("button", name="Show new messages")
    expect(new).to_be_hidden()
    ana.send("One more thing, @ben")
    expect(new).to_be_visible()
    new.click()
    expect(ben.page.locator(".inbox__item", has_text="One more thing")).to_be_visible()
    expect(new).to_be_hidden()
    phone = enter(uvicorn, design.members.get(username="ben"), viewport=PHONE, has_touch=True).open(design)
    expect(phone.message("One more thing, @ben")).to_be_visible()
    expect(items(ben)).to_have_text(["Ana Ferreira", "Cellar", "Attic"])


def test_all_are_marked_as_read(ben):
    open_inbox(ben)
    ben.panel.get_by_role("button", name="Mark all as read").click()
    expect(ben.panel).to_contain_text("You’re all caught up")
    expect(ben.panel.locator(".saved")).to_have_count(1)
    expect(ben.page.locator("room-list .count:visible")).to_have_count(0)
    ben.notices.get_by_role("button", name="Undo").click()
    expect(items(ben)).to_have_count(4)


def test_without_javascript(uvicorn, enter, design):
    ben = design.members.get(username="ben")
    page = enter(uvicorn, ben, java_script_enabled=False).page
    page.goto("/inbox/")
    page.locator(".inbox__item", has_text="Design").get_by_role("button", name="Mark as read").click()
    expect(page.locator(".inbox__room bdi")).to_have_text(["Ana Ferreira", "Cellar", "Attic"])
    page.locator(".notices").get_by_role("button", name="Undo").click()
    expect(page.locator(".inbox__room bdi")).to_have_text(["Ana Ferreira", "Design", "Cellar", "Attic"])
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Removed from saved messages")).to_be_visible()
