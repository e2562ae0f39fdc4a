"""The life of a room, from creation to deletion, on open pages."""

import os
import re
import subprocess
import sys

from django.conf import settings
from django.db import connection
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from rooms.actions import open_direct_room
from rooms.models import Membership, Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room


def manage(*arguments: str) -> None:
    """Run a management command on the tests' database in a separate process."""
    values = {"DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}", "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, env={**os.environ, **values}, check=True, capture_output=True)


def use_menu(visitor: BrowserSession, item: str) -> None:
    visitor.page.get_by_role("button", name="Room menu").click()
    visitor.page.locator("#room-menu").get_by_text(item).click()


def test_a_room_is_created_found_and_joined(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    ana.page.get_by_role("link", name="Create room").click()
    ana.panel.get_by_label("Name").fill("Garden")
    ana.panel.get_by_label("Topic").fill("Beds, seeds and slugs")
    ana.panel.get_by_role("button", name="Create room").click()
    expect(ana.heading).to_have_text("Garden")
    expect(ana.page.locator(".room__topic")).to_have_text("Beds, seeds and slugs")
    ana.wait_until_live()
    ana.send("First spade")

    mira.page.get_by_role("link", name="Browse rooms").click()
    mira.panel.get_by_placeholder("Search rooms").fill("slugs")
    mira.panel.get_by_role("button", name="Search").click()
    mira.panel.get_by_role("link", name="Garden").click()
    mira.wait_until_live()
    mira.sees("First spade")
    expect(mira.page.get_by_text("You’re previewing this room. Join to post.")).to_be_visible()
    mira.page.get_by_role("button", name="Join room").click()
    expect(mira.field).to_be_visible()
    mira.send("May I dig?")
    ana.sees("May I dig?")

    use_menu(mira, "Leave room")
    mira.confirm("Leave")
    expect(mira.heading).to_have_text("Everyone")
    expect(mira.notices).to_contain_text("You left Garden.")
    expect(mira.row("Garden")).to_have_count(0)


def test_renaming_and_archiving_reach_open_pages(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Design", owner=ana)
    make_member(room, mira)
    at_mira, at_ana = enter(uvicorn, mira).open(room), enter(uvicorn, ana).open(room)
    use_menu(at_ana, "Settings")
    at_ana.panel.get_by_label("Name").fill("Drawing")
    at_ana.panel.get_by_role("button", name="Save").first.click()  # the form about posting has one, too
    expect(at_mira.heading).to_have_text("Drawing")
    expect(at_mira.row("Drawing")).to_have_count(1)

    at_ana.page.get_by_role("button", name="Archive").click()
    expect(at_mira.page.get_by_text("This room is archived and read-only.")).to_be_visible()
    expect(at_mira.field).to_be_hidden()
    manage("open_chatroom", str(room.pk))
    expect(at_mira.field).to_be_visible()


def test_a_person_is_added_to_a_private_room_and_removed(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    room = make_room("Surprise", owner=ana, kind="private")
    at_mira, at_ana = enter(uvicorn, "Mira Sol").open(everyone), enter(uvicorn, ana).open(room)
    use_menu(at_ana, "Members")
    at_ana.panel.get_by_role("combobox", name="People").press_sequentially("mira")
    at_ana.panel.get_by_role("option", name="Mira Sol").click()
    at_ana.panel.get_by_role("button", name="Add").click()
    expect(at_mira.row("Surprise")).to_be_visible()
    at_mira.go_to("Surprise")
    expect(at_mira.field).to_be_visible()
    at_ana.page.get_by_text("Manage Mira Sol").click()
    at_ana.page.get_by_role("button", name="Remove Mira Sol").click()
    expect(at_mira.heading).to_have_text("Everyone")
    expect(at_mira.row("Surprise")).to_have_count(0)
    expect(at_mira.notices).to_contain_text("You were removed from Surprise.")


def test_a_room_is_deleted_by_typing_its_name(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Old plans", owner=ana)
    make_member(room, mira)
    at_mira, at_ana = enter(uvicorn, mira).open(room), enter(uvicorn, ana)
    at_ana.page.goto(f"/rooms/{room.pk}/delete/")
    at_ana.page.get_by_label("Room name").fill("Other plans")
    at_ana.page.get_by_role("button", name="Delete room").click()
    expect(at_ana.page.get_by_text("That doesn’t match the room’s name.")).to_be_visible()
    at_ana.page.get_by_label("Room name").fill("Old plans")
    at_ana.page.get_by_role("button", name="Delete room").click()
    expect(at_mira.heading).to_have_text("Everyone")
    expect(at_mira.notices).to_contain_text("Old plans was deleted.")
    assert not Room.objects.filter(pk=room.pk).exists()


def test_a_room_deleted_by_a_command_disappears_from_open_pages(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    room = make_room("Doomed", owner=ana)
    visitor = enter(uvicorn, ana).open(room)
    visitor.watch.allow(rf"404 .*/rooms/{room.pk}/")  # it may request the room just before it learns of the deletion
    manage("delete_chatroom", str(room.pk), "--yes")
    expect(visitor.row("Doomed")).to_have_count(0)
    expect(visitor.notices).to_contain_text("Doomed was deleted.")
    expect(visitor.heading).to_have_text("Everyone")


def test_clearing_history_affects_only_oneself(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    post_messages(everyone, ana, "Old story", "Older joke")
    at_ana, mira = enter(uvicorn, ana).open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    mira.sees("Old story")
    use_menu(mira, "Clear history for me")
    mira.confirm("Clear history")
    mira.sees_no("Old story")
    at_ana.send("New story")
    mira.sees("New story")
    mira.page.reload()
    mira.sees("New story")
    assert mira.texts == ["New story"]
    assert at_ana.texts == ["Old story", "Older joke", "New story"]
    assert Message.objects.filter(room=everyone).exclude(body="").count() == 3
    assert Membership.objects.get(room=everyone, user=mira.user).cleared_seq == 2


def test_details_show_at_once_who_is_online(uvicorn, enter, everyone):
    """The server's table of connections lags behind the events."""
    mira, ana = enter(uvicorn, "Mira Sol"), enter(uvicorn, "Ana Ferreira").open(everyone)
    online = ana.page.locator('.room-info [data-group="online"]')
    expect(online.locator("bdi")).to_have_text(["Ana Ferreira"])
    mira.open(everyone)
    expect(online.locator("bdi")).to_have_text(["Ana Ferreira", "Mira Sol"], timeout=3000)
    expect(online.get_by_role("heading")).to_have_text("Online · 2")
    expect(mira.page.locator('.room-info [data-group="online"] bdi')).to_have_text(["Ana Ferreira", "Mira Sol"])
    mira.context.close()
    expect(online.locator("bdi")).to_have_text(["Ana Ferreira"])
    expect(ana.page.locator('.room-info [data-group="offline"] bdi')).to_have_text(["Mira Sol"])


def test_details_of_a_direct_room_show_the_person(uvicorn, enter, register, everyone):
    bo = register("Bo Winter")
    User.objects.filter(pk=bo.pk).update(time_zone="Asia/Tokyo")
    ana = enter(uvicorn, "Ana Ferreira")
    ana.open(open_direct_room(user=ana.user, other=bo))
    info = ana.page.locator(".room-info")
    expect(info.locator("dd[data-zone]")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    info.get_by_role("link", name="Everyone").click()
    expect(ana.heading).to_have_text("Everyone")
