"""The sidebar: its sections, their order, and that it is complete before the script runs."""

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from rooms.actions import add_member, open_direct_room
from rooms.conversations import open_conversation
from rooms.models import Membership
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until

# Ends when nothing has moved for a second.
LAYOUT_SHIFT = """() => new Promise((resolve) => {
  let sum = 0, timer;
  const settle = () => { clearTimeout(timer); timer = setTimeout(() => resolve(sum), 1000); };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
    settle();
  }).observe({ type: "layout-shift", buffered: true });
  settle();
})"""
ROWS = """(sidebar) => [...sidebar.querySelectorAll("[data-list] > li > a")].map((row) =>
  [row.parentElement.parentElement.dataset.list, row.querySelector(".row__name").textContent, row.className,
   row.getAttribute("aria-current"), row.querySelector(".count").hidden || row.querySelector(".count").textContent,
   [...row.querySelectorAll("[data-kind]")].map((icon) => icon.hasAttribute("hidden")).join(),
   row.querySelector(".row__people").dataset.count].join("|"))"""


@pytest.fixture
def ana(register):
    return register("Ana Ferreira")


@pytest.fixture
def mira(uvicorn, enter, register, everyone, ana) -> BrowserSession:
    user = register("Mira Sol")
    for name, kind in (
        ("Design", "public"),
        ("Éclair", "private"),
        ("Zebra", "public"),
        ("Room 10", "public"),
        ("Room 9", "public"),
    ):
        room = make_room(name, owner=ana, kind=kind)
        make_member(room, user)
    return enter(uvicorn, user)


def section(visitor: BrowserSession, key: str) -> Locator:
    return visitor.page.locator(f'[data-list="{key}"] .row__name')


def test_server_draws_the_same_rows_as_the_script(mira, everyone, ana, register):
    post_messages(everyone, ana, *["Hello"] * 120)
    for person in (ana, register("Bo Winter")):
        post_messages(open_direct_room(user=mira.user, other=person), person, "Hi")
    group = open_conversation(user=mira.user, others=[ana, person])
    post_messages(group, person, "Hi, both")
    Membership.objects.filter(user=mira.user, room__name="Zebra").update(is_muted=True)
    post_messages(Membership.objects.get(user=mira.user, room__name="Zebra").room, ana, "Quiet")
    script = f"addEventListener('DOMContentLoaded', () => {{ window.first = ({ROWS})(document.querySelector('room-list')); }})"
    mira.page.add_init_script(script)
    mira.open(everyone)
    expect(mira.row("Everyone")).to_be_visible()
    first = mira.page.evaluate("window.first")
    assert "unread|Bo Winter|room-row is-unread||1|true,true,false,true|" in first
    assert "unread|Ana Ferreira and Bo Winter|room-row is-unread||1|true,true,true,false|2" in first
    assert "rooms|Zebra|room-row is-muted||true|false,true,true,true|" in first
    assert mira.page.locator("room-list").evaluate(ROWS)[:3] == first[:3]  # the open room has been read meanwhile

    assert len(first) == 9


def test_nothing_moves_while_a_page_with_many_rooms_loads(mira, everyone, ana):
    for n in range(150):
        make_member(make_room(f"Team {n}", owner=ana), mira.user)
    post_messages(everyone, ana, *[f"Word {n}" for n in range(80)])
    Membership.objects.filter(user=mira.user).update(last_read_seq=80)
    mira.open(everyone)
    mira.sees("Word 79")
    assert mira.page.evaluate(LAYOUT_SHIFT) <= 0.02


def test_unread_rooms_are_first_and_stay_while_they_are_open(mira, everyone, ana):
    mira.open(everyone)
    expect(section(mira, "rooms")).to_have_text(["Everyone", "Design", "Éclair", "Room 9", "Room 10", "Zebra"])
    room = Membership.objects.get(user=mira.user, room__name="Zebra").room
    post_messages(room, ana, "Look")
    expect(section(mira, "unread")).to_have_text(["Zebra"])
    mira.go_to("Zebra")
    expect(mira.row("Zebra").locator(".count")).to_be_hidden()
    expect(section(mira, "unread")).to_have_text(["Zebra"])
    mira.go_to("Design")
    expect(section(mira, "unread")).to_have_count(0)
    expect(mira.page.get_by_role("heading", name="Unread")).to_be_hidden()


def test_order_and_folding_are_kept(mira, everyone, ana):
    mira.open(everyone)
    post_messages(Membership.objects.get(user=mira.user, room__name="Zebra").room, mira.user, "Mine")
    expect(mira.row("Zebra")).to_be_visible()
    mira.page.get_by_role("button", name="Sort rooms").click()
    mira.page.get_by_role("button", name="Sort by latest message").click()
    expect(section(mira, "rooms").nth(1)).to_have_text("Zebra")
    mira.page.get_by_role("button", name="Rooms", exact=True).click()
    expect(mira.row("Zebra")).to_be_hidden()
    expect(mira.row("Everyone")).to_be_visible()  # is open
    mira.page.reload()
    mira.wait_until_live()
    expect(mira.row("Zebra")).to_be_hidden()
    mira.page.get_by_role("button", name="Rooms", exact=True).click()
    expect(section(mira, "rooms").nth(1)).to_have_text("Zebra")


def test_pill_leads_to_unread_rooms_out_of_view(mira, everyone, ana):
    for n in range(60):
        room = make_room(f"Team {n:02}", owner=ana)
        make_member(room, mira.user)
    mira.open(everyone)
    mira.page.get_by_role("button", name="Sort rooms").click()
    mira.page.get_by_role("button", name="Unread first").click()
    post_messages(room, ana, "Down here")
    pill = mira.page.get_by_role("button", name="1 unread")
    expect(pill).to_be_visible()
    expect(mira.row("Team 59")).not_to_be_in_viewport()
    pill.click()
    expect(mira.row("Team 59")).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_pill_counts_only_rooms_out_of_view_in_the_side_sheet(uvicorn, enter, register, everyone, ana):
    user = register("Mira Sol")
    mira = enter(uvicorn, user, viewport=PHONE)
    room = make_room("Design", owner=ana)
    make_member(room, user)
    post_messages(room, ana, "Look")
    mira.open(everyone)
    expect(mira.page.locator(".room__badge")).to_be_visible()
    mira.page.locator(".room__menu").click()
    expect(mira.row("Design")).to_be_in_viewport()
    expect(mira.page.locator("[data-pill]:visible")).to_have_count(0)


def test_a_hint_is_shown_only_without_conversations(mira, everyone, register):
    mira.open(everyone)
    hint = mira.page.get_by_text("No conversations yet.")
    expect(hint).to_be_visible()
    bo = register("Bo Winter")
    post_messages(open_direct_room(user=bo, other=mira.user), bo, "Hi")
    expect(section(mira, "unread")).to_have_text(["Bo Winter"])
    expect(hint).to_be_hidden()


def test_drafts_and_unsent_messages_are_marked(mira, everyone):
    mira.watch.allow_connection_errors()
    mira.open(everyone)
    mira.field.press_sequentially("Half a thought")
    mira.go_to("Design")
    expect(mira.row("Everyone").locator('[data-mark="draft"]')).to_be_visible()
    expect(mira.page.get_by_role("link", name=re.compile("Everyone, draft"))).to_be_visible()
    mira.page.context.set_offline(True)
    mira.page.evaluate("window.dispatchEvent(new Event('offline'))")
    mira.wait_until_offline()
    mira.send("Later")
    mira.row("Everyone").click(trial=True)
    expect(mira.page.locator(".msg.is-pending, .msg.is-waiting").first).to_be_visible()


def test_next_unread_room_opens_by_keyboard(mira, everyone, ana):
    mira.open(everyone)
    post_messages(Membership.objects.get(user=mira.user, room__name="Zebra").room, ana, "Look")
    expect(section(mira, "unread")).to_have_text(["Zebra"])
    mira.page.keyboard.press("Alt+Shift+ArrowDown")
    expect(mira.heading).to_have_text("Zebra")


def test_room_menu_adds_favorites_and_mutes(mira, everyone):
    mira.open(everyone)
    mira.row("Zebra").click(button="right")
    mira.page.get_by_role("menuitem", name="Add to favorites").click()
    expect(section(mira, "favorites")).to_have_text(["Zebra"])
    mira.row("Zebra").hover()
    mira.row("Zebra").locator("xpath=..").get_by_role("button", name="More actions").click()
    mira.page.get_by_role("menuitem", name="Mute", exact=True).click()
    expect(mira.row("Zebra")).to_have_class(re.compile("is-muted"))
    mira.page.reload()
    mira.wait_until_live()
    expect(section(mira, "favorites")).to_have_text(["Zebra"])
    mira.row("Zebra").focus()
    mira.page.keyboard.press("Shift+F10")
    mira.page.get_by_role("menuitem", name="Remove from favorites").press("Enter")
    expect(section(mira, "favorites")).to_have_count(0)


def test_room_menu_marks_as_read_without_opening(mira, everyone, ana):
    mira.open(everyone)
    room = Membership.objects.get(user=mira.user, room__name="Zebra").room
    post_messages(room, ana, "One", "Two")
    expect(mira.row("Zebra").locator(".count")).to_have_text("2")
    mira.row("Zebra").click(button="right")
    mira.page.get_by_role("menuitem", name="Mark as read").click()
    expect(mira.row("Zebra").locator(".count")).to_be_hidden()
    wait_until(lambda: Membership.objects.get(user=mira.user, room=room).last_read_seq == 2, "it is stored")
    expect(mira.heading).to_have_text("Everyone")


def test_closed_conversation_comes_back_with_the_next_message(mira, everyone, register):
    bo = register("Bo Winter")
    room = open_direct_room(user=mira.user, other=bo)
    mira.open(room)
    mira.row("Bo Winter").click(button="right")
    mira.page.get_by_role("menuitem", name="Close conversation").click()
    expect(mira.row("Bo Winter")).to_have_count(0)
    expect(mira.heading).to_have_text("Everyone")
    post_messages(room, bo, "Still there?")
    expect(section(mira, "unread")).to_have_text(["Bo Winter"])


def test_menu_of_the_open_room_has_a_button_on_touch(uvicorn, enter, register, everyone, ana):
    user = register("Mira Sol")
    room = open_direct_room(user=user, other=ana)
    mira = enter(uvicorn, user, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    mira.page.get_by_role("button", name="Rooms", exact=True).tap()
    buttons = mira.page.locator(".row__more:visible")
    expect(buttons).to_have_count(1)
    buttons.tap()
    mira.page.locator("#room-row-menu[open]").get_by_text("Close conversation").tap()
    expect(mira.row("Ana Ferreira")).to_have_count(0)


def test_room_menu_opens_settings_in_the_panel(mira, everyone):
    mira.open(everyone)
    mira.row("Design").click(button="right")
    mira.page.get_by_role("menuitem", name="Members").click()
    expect(mira.page.locator("dialog.panel").get_by_role("heading", name="Design")).to_be_visible()
    expect(mira.heading).to_have_text("Everyone")


def test_room_is_new_until_it_is_opened(mira, everyone, ana):
    mira.open(everyone)
    other = mira.new_tab(everyone)
    mira.wait_until_live(other)
    room = make_room("Workshop", owner=ana)
    add_member(actor=ana, room=room, user=mira.user)
    for page in (mira.page, other):
        expect(mira.row("Workshop", page).locator(".row__new")).to_be_visible()
        expect(page.locator('[data-list="unread"] .row__name')).to_have_text(["Workshop"])
    expect(mira.page.get_by_role("link", name="Workshop, new")).to_be_visible()
    mira.page.reload()
    mira.wait_until_live()
    expect(mira.row("Workshop").locator(".row__new")).to_be_visible()
    mira.go_to("Workshop")
    expect(mira.row("Workshop").locator(".row__new")).to_be_hidden()
    expect(mira.row("Workshop", other).locator(".row__new")).to_be_hidden()
    expect(other.locator('[data-list="unread"] .row__name')).to_have_count(0)
    mira.go_to("Everyone")
    expect(mira.row("Workshop").locator(".row__new")).to_be_hidden()
    wait_until(lambda: not Membership.objects.filter(is_new=True).exists(), "it is stored")


def test_new_room_is_marked_as_read_without_opening(mira, everyone, ana):
    room = make_room("Workshop", owner=ana)
    add_member(actor=ana, room=room, user=mira.user)
    mira.open(everyone)
    mira.row("Workshop").click(button="right")
    mira.page.get_by_role("menuitem", name="Mark as read").click()
    expect(mira.row("Workshop").locator(".row__new")).to_be_hidden()
    wait_until(lambda: not Membership.objects.filter(is_new=True).exists(), "it is stored")


def test_a_row_that_changes_does_not_restyle_the_others(uvicorn, enter, register, everyone, browser):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    for n in range(60):
        make_member(make_room(f"Room {n:02}", owner=ana), mira)
    at_mira = enter(uvicorn, mira).open(everyone)
    at_mira.go_to("Room 00")
    at_mira.go_to("Everyone")
    at_mira.page.wait_for_load_state("networkidle")
    browser.start_tracing(page=at_mira.page, categories=["devtools.timeline"])
    at_mira.go_to("Room 00")
    at_mira.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    restyled = [event["args"]["elementCount"] for event in events if "elementCount" in event["args"]]
    assert restyled and max(restyled) < 120, restyled  # 60 rows have several hundred elements
