"""API tokens and bots in the browser: a token is created, used and revoked, and a bot is recognized."""

import re

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed

from live.close_codes import SIGNED_OUT
from rooms.actions import add_member
from tests.factories import make_bot, make_room
from tests.live_client import LiveClient


def test_a_token_is_created_used_and_revoked(uvicorn, enter, register):
    page = enter(uvicorn, register("Ana Ferreira")).page
    page.goto("/tokens/")
    page.get_by_label("Name").fill("Build server")
    page.get_by_role("button", name="Create token").click()
    field = page.get_by_label(re.compile("Copy the token"))
    expect(field).to_have_value(re.compile(r"^chatsite_[\w-]{43}$"))
    with LiveClient(uvicorn, token=field.input_value()) as client:
        assert client.call("ping")["type"] == "ok"
        page.goto("/tokens/")
        expect(page.locator(".new-token")).to_have_count(0)
        expect(page.locator(".row-item")).to_contain_text("Build server")
        page.get_by_role("link", name="Revoke… Build server").click()
        page.get_by_role("button", name="Revoke token").click()
        expect(page.get_by_text("No tokens yet")).to_be_visible()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                client.socket.recv(timeout=30)
    assert closed.value.rcvd.code == SIGNED_OUT


def test_a_bot_has_a_badge_where_it_appears(uvicorn, enter, register):
    ana = register("Ana Ferreira")
    room, bot = make_room("Workshop", owner=ana), make_bot("deploys", owner=ana, display_name="Deploys")
    add_member(actor=ana, room=room, user=bot)
    session = enter(uvicorn, ana).open(room)
    page = session.page
    page.goto(f"/bots/{bot.pk}/")
    page.get_by_label("Name").first.fill("Server")
    page.get_by_role("button", name="Create token").click()
    secret = page.get_by_label(re.compile("Copy the token")).input_value()
    session.open(room)
    with LiveClient(uvicorn, token=secret) as client:
        client.post(room.pk, "Deployed")
    message = page.locator(".msg", has_text="Deployed")
    expect(message.locator(".msg__header")).to_contain_text("Bot")
    page.locator("message-composer textarea").press_sequentially("@depl")
    expect(page.get_by_role("option", name=re.compile("Deploys Bot"))).to_be_visible()
