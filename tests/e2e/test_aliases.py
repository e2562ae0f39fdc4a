"""Messages of a bot under a name and emoji of their own."""

import re

from playwright.sync_api import expect

from messaging.models.alias import Alias
from rooms.actions import add_member
from tests.factories import make_bot, make_room, post


def test_a_message_is_shown_under_its_alias_and_leads_to_the_bot(uvicorn, enter, register):
    ana = register("Ana Ferreira")
    room, bot = make_room("Workshop", owner=ana), make_bot("deploys", owner=ana, display_name="Deploys")
    add_member(actor=ana, room=room, user=bot)
    page = enter(uvicorn, ana).open(room).page
    train, build = Alias("Release train", "🚋"), Alias("Build 7", "")
    message = post(room, bot, "All aboard", alias=train)
    post(room, bot, "Mind the gap", alias=train)
    post(room, bot, "It is green", alias=build)
    post(room, ana, "Thanks", reply_to_id=message.pk)
    first = page.locator(".msg", has_text="All aboard").first
    expect(first.locator(".msg__name")).to_have_text("Release train")
    expect(first.locator(".msg__header .bot-badge")).to_be_visible()
    expect(first.locator(".avatar")).to_have_text("🚋")
    expect(page.locator(".msg.is-first .msg__name")).to_have_text(["Release train", "Build 7", "Ana Ferreira"])
    quote = page.locator(".msg", has_text="Thanks").locator(".reply")
    expect(quote).to_have_text(re.compile(r"Release train\s*Bot\s*All aboard"))
    first.locator(".msg__name").click()
    expect(page.locator("person-card, dialog[open]").get_by_role("heading", name="Deploys")).to_be_visible()
