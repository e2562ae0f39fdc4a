"""A group conversation: starting it, talking, finding it again, and making it a private room."""

from playwright.sync_api import expect

from rooms.conversations import open_conversation
from rooms.models import Membership, Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import Inspector


def choose(visitor: BrowserSession, *names: str) -> None:
    """Choose people in the open form, and send it."""
    field = visitor.page.get_by_role("combobox", name="To")
    for name in names:
        field.press_sequentially(name)
        visitor.page.locator("people-picker [role=option]").filter(has_text=name).click()
    visitor.page.locator(".panel, main").get_by_role("button", name="Message", exact=True).click()


def test_three_people_talk_and_make_it_a_private_room(uvicorn, enter, everyone):
    ana, mira, zoe = (enter(uvicorn, name) for name in ("Ana Ferreira", "Mira Sol", "Zoë Laurent"))
    for visitor in (ana, mira, zoe):
        visitor.open(everyone)
    ana.page.get_by_role("link", name="New message").click()
    choose(ana, "Mira", "Zoë")
    expect(ana.heading).to_have_text("Mira Sol and Zoë Laurent")
    expect(ana.page.locator(".room__topic")).to_have_text("3 people")
    ana.send("Lunch on Friday?")

    row = mira.row("Ana Ferreira and Zoë Laurent")
    expect(row.locator(".count")).to_have_text("1")
    expect(row.locator(".row__people")).to_have_attribute("data-count", "2")
    row.click()
    mira.sees("Lunch on Friday?")
    mira.send("Gladly")
    expect(zoe.row("Ana Ferreira and Mira Sol").locator(".count")).to_have_text("2")

    zoe.open("/direct/new/")
    choose(zoe, "Mira", "Ana")
    expect(zoe.heading).to_have_text("Ana Ferreira and Mira Sol")
    zoe.sees("Gladly")
    assert Room.objects.filter(kind="group").count() == 1

    zoe.wait_until_live()
    zoe.page.get_by_role("button", name="Room menu").click()
    zoe.page.locator("#room-menu").get_by_role("link", name="Make it a private room…").click()
    expect(zoe.panel).to_contain_text("People who are added later can read its history: all 2 messages so far.")
    zoe.panel.get_by_label("Room name").fill("Friday lunch")
    zoe.panel.get_by_role("button", name="Make it a private room").click()
    for visitor in (ana, mira, zoe):
        expect(visitor.heading).to_have_text("Friday lunch")
        visitor.sees("Gladly")
        expect(visitor.page.locator(".log__list")).to_contain_text(
            "Zoë Laurent made this conversation the private room “Friday lunch”"
        )
        expect(visitor.page.locator('[data-list="people"] a.room-row')).to_have_count(0)
    assert Membership.objects.get(room__name="Friday lunch", role="owner").user == zoe.user
    expect(zoe.page.locator("#room-menu [data-for=moderator]")).not_to_have_attribute("hidden", "")
    ana.send("See you there")
    mira.sees("See you there")


def test_the_picker_says_that_no_one_else_can_be_chosen(uvicorn, enter, register, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open("/direct/new/")
    for number in range(9):
        name = f"N{number} Okafor"
        register(name)
        ana.page.get_by_role("combobox", name="To").press_sequentially(name)
        ana.page.locator("people-picker [role=option]").click()
    expect(ana.page.locator(".picker__status")).to_contain_text(
        "at most 10 people, including you. Create a private room"
    )
    expect(ana.page.locator(".picker__status")).to_be_visible()
    ana.page.get_by_role("button", name="Message", exact=True).click()
    expect(ana.page.locator(".room__topic")).to_have_text("10 people")


def test_a_group_is_closed_and_comes_back_with_the_next_message(uvicorn, enter, register, everyone):
    mira, zoe = register("Mira Sol"), register("Zoë Laurent")
    ana = enter(uvicorn, "Ana Ferreira")
    group = open_conversation(user=ana.user, others=[mira, zoe])
    ana.open(group)
    ana.page.get_by_role("button", name="Room menu").click()
    ana.page.get_by_role("button", name="Close conversation").click()
    expect(ana.heading).to_have_text("Everyone")
    rows = ana.page.locator('[data-list="people"] a.room-row, [data-list="unread"] a.room-row')
    expect(rows).to_have_count(0)
    post_messages(group, zoe, "Still there?")
    expect(rows.locator(".count")).to_have_text("1")


def test_a_blocked_person_disappears_from_the_title_and_the_messages(uvicorn, enter, register, everyone):
    mira, zoe = register("Mira Sol"), register("Zoë Laurent")
    ana = enter(uvicorn, "Ana Ferreira")
    group = open_conversation(user=ana.user, others=[mira, zoe])
    post_messages(group, zoe, "From Zoë")
    post_messages(group, mira, "From Mira")
    ana.open(group)
    ana.message("From Zoë").locator(".msg__name").click()
    card = ana.page.locator("#person[open]")
    card.get_by_role("button", name="Block").click()
    ana.confirm("Block")
    expect(ana.heading).to_have_text("Mira Sol")
    ana.sees("From Mira")
    ana.sees_no("From Zoë")


def test_search_and_the_switcher_find_a_group(uvicorn, enter, register, everyone):
    mira, zoe = register("Mira Sol"), register("Zoë Laurent")
    ana = enter(uvicorn, "Ana Ferreira")
    group = open_conversation(user=ana.user, others=[mira, zoe])
    post_messages(group, zoe, "A plan")
    ana.open(everyone)
    ana.page.keyboard.press("Control+k")
    ana.page.locator(".switcher[open] [role=combobox]").fill("laurent")
    ana.page.locator(".switcher[open] [role=option]").filter(has_text="Mira Sol and Zoë Laurent").click()
    expect(ana.heading).to_have_text("Mira Sol and Zoë Laurent")
    ana.page.get_by_role("button", name="Room menu").click()
    ana.page.get_by_role("link", name="Search messages here").click()
    search = ana.panel.get_by_role("searchbox").or_(ana.panel.get_by_role("combobox")).first
    expect(search).to_have_value("with:@mira,@zoë ")
    search.press_sequentially("plan")
    expect(ana.panel.locator(".search-result")).to_have_count(1)
    expect(ana.panel.locator(".search-result")).to_contain_text("with Mira Sol and Zoë Laurent")


def test_a_group_of_long_names_fits_on_a_phone_and_passes_axe(uvicorn, enter, register, everyone):
    people = [register(f"P{number} Wolfeschlegelsteinhausenbergerdorff") for number in range(9)]
    for look in ({"color_scheme": "light"}, {"color_scheme": "dark", "viewport": PHONE}):
        ana = enter(uvicorn, "Ana Ferreira" if "viewport" not in look else "Bo Lindqvist", **look)
        group = open_conversation(user=ana.user, others=people)
        post_messages(group, people[0], "Hello")
        inspector = Inspector(ana)
        ana.open(group)
        ana.sees("Hello")
        inspector.check("group")
        assert ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ana.open(f"/rooms/{group.pk}/conversion/")
        inspector.check("conversion")
        assert inspector.findings == []
