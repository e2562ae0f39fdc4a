"""A user's own sections of the sidebar."""

import re

import pytest
from playwright.sync_api import Locator, expect

from rooms.actions import open_direct_room
from rooms.models import Membership, RoomSection
from rooms.sections import move_to_section
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


@pytest.fixture
def ana(register):
    return register("Ana Ferreira")


@pytest.fixture
def mira(uvicorn, enter, register, everyone, ana) -> BrowserSession:
    user = register("Mira Sol")
    for name in ("Design", "Launch", "Support"):
        make_member(make_room(name, owner=ana), user)
    return enter(uvicorn, user)


def headings(page) -> Locator:
    return page.locator(".rooms__own [data-fold] bdi")


def rooms_under(page, heading: str) -> Locator:
    section = page.locator(".rooms__own section").filter(has=page.get_by_role("button", name=heading, exact=True))
    return section.locator(".row__name")


def rooms_elsewhere(page) -> Locator:
    return page.locator('[data-list="rooms"] .row__name')


def ask_to_move(visitor: BrowserSession, room: str) -> Locator:
    visitor.row(room).click(button="right")
    visitor.page.get_by_role("menuitem", name="Move to section…").click()
    return visitor.page.get_by_role("dialog", name=f"Move {room} to section")


def use_menu(visitor: BrowserSession, heading: str, action: str) -> None:
    visitor.page.get_by_role("button", name=heading, exact=True).hover()
    section = visitor.page.locator(".rooms__own section", has_text=heading)
    section.locator(".rooms__more").click()
    visitor.page.get_by_role("menuitem", name=action).click()


def move(visitor: BrowserSession, room: str, section: str) -> None:
    room_of = Membership.objects.get(user=visitor.user, room__name=room).room
    move_to_section(user=visitor.user, room=room_of, name=section)


def test_rooms_move_to_sections_on_all_tabs_and_stay_there(mira, everyone):
    mira.watch.allow("status of 400")
    mira.open(everyone)
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    dialog = ask_to_move(mira, "Launch")
    expect(dialog.get_by_role("radio")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Remove from section")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Enter a name for the section.")
    dialog.get_by_label("Name of the new section").fill("Projects")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    for page in (mira.page, other):
        expect(rooms_under(page, "Projects")).to_have_text(["Launch"])
        expect(rooms_elsewhere(page)).to_have_text(["Everyone", "Design", "Support"])
    dialog = ask_to_move(mira, "Design")
    expect(dialog.get_by_role("radio", name="Projects")).to_be_checked()
    dialog.get_by_label("Name of the new section").fill("Clients")
    dialog.get_by_role("button", name="Save").click()
    dialog = ask_to_move(mira, "Support")
    dialog.get_by_role("radio", name="Projects").check()
    dialog.get_by_role("button", name="Save").click()
    for page in (mira.page, other):
        expect(headings(page)).to_have_text(["Projects", "Clients"])
        expect(rooms_under(page, "Projects")).to_have_text(["Launch", "Support"])
    mira.page.reload()
    mira.wait_until_live()
    expect(headings(mira.page)).to_have_text(["Projects", "Clients"])
    dialog = ask_to_move(mira, "Support")
    dialog.get_by_role("button", name="Remove from section").click()
    expect(rooms_under(mira.page, "Projects")).to_have_text(["Launch"])
    expect(rooms_elsewhere(other)).to_have_text(["Everyone", "Support"])


def test_server_draws_own_sections_first(mira, everyone):
    move(mira, "Design", "Clients")
    move(mira, "Launch", "Projects <b>")
    mira.page.add_init_script("""addEventListener('DOMContentLoaded', () => {
      window.first = document.querySelector('.rooms__own').innerText;
      window.isFolded = document.querySelector('.rooms__own [data-fold]').ariaExpanded === 'false'
        && !document.querySelector('.rooms__own li').checkVisibility();
    })""")
    mira.open(everyone)
    expect(headings(mira.page)).to_have_text(["Clients", "Projects <b>"])
    assert mira.page.evaluate("first.split(/\\n+/)") == ["Clients", "Design", "Projects <b>", "Launch"]
    mira.page.get_by_role("button", name="Clients", exact=True).click()
    expect(mira.row("Design")).to_be_hidden()
    mira.page.reload()
    mira.wait_until_live()
    assert mira.page.evaluate("isFolded")
    expect(mira.row("Design")).to_be_hidden()
    expect(mira.row("Launch")).to_be_visible()


def test_sections_are_renamed_and_deleted(mira, everyone):
    mira.watch.allow("status of 400")
    move(mira, "Launch", "Projects")
    move(mira, "Design", "Clients")
    mira.open(everyone)
    use_menu(mira, "Projects", "Rename…")
    dialog = mira.page.get_by_role("dialog", name="Rename section")
    expect(dialog.get_by_role("textbox", name="Name")).to_have_value("Projects")
    dialog.get_by_role("textbox").fill("CLIENTS")
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("You already have a section with that name.")
    dialog.get_by_role("textbox").fill("A-team")
    dialog.get_by_role("textbox").press("Enter")
    expect(headings(mira.page)).to_have_text(["A-team", "Clients"])
    expect(rooms_under(mira.page, "A-team")).to_have_text(["Launch"])
    use_menu(mira, "A-team", "Delete…")
    mira.confirm("Delete section")
    expect(headings(mira.page)).to_have_text(["Clients"])
    expect(rooms_elsewhere(mira.page)).to_have_text(["Everyone", "Launch", "Support"])
    assert RoomSection.objects.get().name == "Clients"


def test_unread_rooms_and_favorites_come_back_to_their_section(mira, everyone, register):
    bo = register("Bo Winter")
    direct = open_direct_room(user=mira.user, other=bo)
    move_to_section(user=mira.user, room=direct, name="Projects")
    mira.open(everyone)
    expect(rooms_under(mira.page, "Projects")).to_have_text(["Bo Winter"])
    post_messages(direct, bo, "Hello")
    expect(mira.page.locator('[data-list="unread"] .row__name')).to_have_text(["Bo Winter"])
    mira.row("Bo Winter").click(button="right")
    mira.page.get_by_role("menuitem", name="Mark as read").click()
    expect(rooms_under(mira.page, "Projects")).to_have_text(["Bo Winter"])
    mira.row("Bo Winter").click(button="right")
    mira.page.get_by_role("menuitem", name="Add to favorites").click()
    expect(mira.page.locator('[data-list="favorites"] .row__name')).to_have_text(["Bo Winter"])
    expect(headings(mira.page)).to_have_text(["Projects"])
    dialog = ask_to_move(mira, "Bo Winter")
    dialog.get_by_role("button", name="Save").click()
    expect(rooms_under(mira.page, "Projects")).to_have_text(["Bo Winter"])


def test_changes_made_while_offline_arrive(mira, everyone):
    mira.watch.allow_connection_errors()
    move(mira, "Design", "Old")
    mira.open(everyone)
    mira.page.context.set_offline(True)
    mira.page.evaluate("window.dispatchEvent(new Event('offline'))")
    mira.wait_until_offline()
    move(mira, "Launch", "Projects")
    RoomSection.objects.get(name="Old").delete()
    mira.page.context.set_offline(False)
    mira.page.evaluate("window.dispatchEvent(new Event('online'))")
    mira.wait_until_live()
    expect(headings(mira.page)).to_have_text(["Projects"])
    expect(rooms_under(mira.page, "Projects")).to_have_text(["Launch"])
    expect(mira.row("Design")).to_have_class(re.compile("room-row"))


def test_sections_are_reordered_with_the_keyboard(mira, everyone):
    for room, section in (("Launch", "Projects"), ("Design", "Clients"), ("Support", "Help")):
        move(mira, room, section)
    mira.open(everyone)
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    page = mira.page
    more = page.locator(".rooms__own section", has_text="Help").locator(".rooms__more")
    more.focus()
    for position, order in ((2, ["Projects", "Help", "Clients"]), (1, ["Help", "Projects", "Clients"])):
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitem", name="Move up")).to_be_focused()
        page.keyboard.press("Enter")
        for each in (page, other):
            expect(headings(each)).to_have_text(order)
        expect(more).to_be_focused()
        expect(mira.notices).to_contain_text(f"“Help” is now section {position} of 3.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Move up")).to_be_hidden()
    expect(page.get_by_role("menuitem", name="Move down")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")  # "All sections"
    mira.panel.get_by_role("button", name="Move Help down").click()
    for each in (page, other):
        expect(headings(each)).to_have_text(["Projects", "Help", "Clients"])


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "no-script"])
def test_sections_have_a_page(uvicorn, enter, register, everyone, java_script_enabled):
    user = register("Mira Sol")
    make_member(make_room("Launch"), user)
    page = enter(uvicorn, user, java_script_enabled=java_script_enabled).page
    page.goto("/rooms/")
    page.get_by_role("link", name="Sections").click()
    for name in ("Projects", "Clients"):
        page.get_by_role("textbox", name="Name", exact=True).fill(name)
        page.get_by_role("button", name="Create section").click()
    page.get_by_label("Conversation").select_option("Launch")
    page.get_by_label("Section", exact=True).select_option("Projects")
    page.get_by_role("button", name="Move", exact=True).click()
    sections = page.locator(".own-sections > li")
    expect(sections.first.get_by_role("link", name="Launch")).to_be_visible()
    page.get_by_role("button", name="Move Clients up").click()
    expect(sections.locator("b")).to_have_text(["Clients", "Projects"])
    sections.first.locator("summary").click()
    sections.first.get_by_label("New name of Clients").fill("Customers")
    sections.first.get_by_role("button", name="Rename").click()
    expect(sections.locator("b")).to_have_text(["Customers", "Projects"])
    sections.last.locator("summary").click()
    sections.last.get_by_role("button", name="Delete").click()
    expect(sections.locator("b")).to_have_text(["Customers"])
