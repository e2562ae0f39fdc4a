"""The full-screen interface, driven by Textual's pilot against a real server."""

import asyncio
import signal
from argparse import Namespace
from contextlib import ExitStack, asynccontextmanager

import pytest
from django.db import connection

from chatsite_client import Client, files
from chatsite_terminal.app import ChatApp
from chatsite_terminal.screens import SearchScreen, TextScreen
from rooms.models import Membership, Room
from tests.factories import make_member, make_room, post
from tests.live_client import LiveClient
from tests.server import run_site
from tests.services import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow


@asynccontextmanager
async def running_app(account, site, *, room: str | None = "everyone", size: tuple[int, int] = (80, 24)):
    """Show a room in the interface, and run it until the block ends."""
    async with starting_app(account.client(site), room=room, size=size) as pilot:
        await room_shown(pilot)
        yield pilot


@asynccontextmanager
async def starting_app(client: Client, *, room: str | None = "everyone", size: tuple[int, int] = (80, 24)):
    try:
        async with ChatApp(client, Namespace(room=room, theme="dark")).run_test(size=size, notifications=True) as pilot:
            yield pilot
    finally:
        await client.close()


async def room_shown(pilot) -> None:
    app = pilot.app
    await until(lambda: app.navigation.room is not None and app.log_view.has_page, "a room is shown")


def screen_text(app: ChatApp) -> str:
    """Return what is on the screen, without styles."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip)[:width].rstrip() for strip in lines[:height])


@pytest.fixture(autouse=True)
def database_on_the_event_loop(monkeypatch) -> None:
    """Let the tests post with the site's own actions."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def page_of(site, account) -> LiveClient:
    return LiveClient(site, session=account.credentials.session)


async def hear(page: LiveClient, kind: str, **fields) -> dict:
    """Wait for an event on a page, while the interface goes on."""
    return await asyncio.to_thread(page.wait_for, kind, **fields)


async def shown(pilot, text: str) -> None:
    """Wait until a text is on the screen."""
    await until(lambda: text in screen_text(pilot.app), lambda: f"“{text}” on:\n{screen_text(pilot.app)}", 30)


async def enter(pilot, text: str) -> None:
    pilot.app.composer.put(text)
    await pilot.press("enter")


async def test_people_chat_with_a_page(uvicorn, ana, mira, everyone):
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await shown(pilot, "#everyone")
            await pilot.press(*"Hi", "alt+enter", *"all", "enter")
            heard = (await hear(page, "message.posted"))["message"]
            assert heard["body"] == "Hi\nall"
            page.post(everyone.pk, "Hello @ana")
            await shown(pilot, "Hello @ana")
            await pilot.press("up")
            assert pilot.app.composer.text == "Hi\nall"
            await pilot.press(*"!", "enter")
            assert (await hear(page, "message.changed"))["message"]["body"] == "Hi\nall!"
            await shown(pilot, "edited")


async def test_messages_are_replied_to_reacted_to_and_deleted(uvicorn, ana, mira, everyone):
    post(everyone, mira.user, "A question")
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await shown(pilot, "A question")
            pilot.app.log_view.focus()
            await pilot.press("r")
            await shown(pilot, "Reply to mira: A question")
            await pilot.press(*"Yes", "enter")
            heard = (await hear(page, "message.posted"))["message"]
            assert (heard["body"], heard["reply_to"]["excerpt"]) == ("Yes", "A question")
            await shown(pilot, "┃ mira: A question")
            pilot.app.log_view.focus()
            await pilot.press("up", "plus")
            await shown(pilot, "React with an emoji")
            await pilot.press("enter")
            assert (await hear(page, "message.changed"))["message"]["reactions"][0]["emoji"] == "👍"
            await shown(pilot, "👍 1*")
            pilot.app.log_view.focus()
            await pilot.press("end", "d")
            await shown(pilot, "Type yes")
            await pilot.press(*"yes", "enter")
            await hear(page, "message.changed", room=everyone.pk)
            await shown(pilot, "This message was deleted.")


async def test_rooms_are_chosen_and_unread_counts_shown(uvicorn, ana, mira, everyone, workshop):
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            page.post(workshop.pk, "@ana, come here")
            await shown(pilot, "@1")
            await pilot.press("ctrl+n")
            await shown(pilot, "come here")
            await until(lambda: pilot.app.navigation.room.unread == 0, "the room is read")
            page.post(everyone.pk, "elsewhere")
            await until(lambda: pilot.app.client.state.rooms[everyone.pk].unread == 1, "it has arrived")
            await pilot.press("ctrl+k")
            await shown(pilot, "#everyone (1 unread)")
            await pilot.press(*"ever", "enter")
            await shown(pilot, "elsewhere")
            await pilot.press("alt+down")
            await shown(pilot, "come here")


@pytest.fixture
def workshop(ana, mira) -> Room:
    room = make_room("Workshop", kind="private", owner=mira.user)
    make_member(room, ana.user)
    return room


async def test_history_is_loaded_while_scrolling(uvicorn, ana, mira, everyone):
    for number in range(120):
        post(everyone, mira.user, f"Message {number}.")
    Membership.objects.filter(user=ana.user, room=everyone).update(last_read_seq=120)
    async with running_app(ana, uvicorn) as pilot:
        await shown(pilot, "Message 119.")
        pilot.app.log_view.scroll_home(animate=False)
        await until(lambda: len(pilot.app.log_view.messages) >= 100, "a page was added")
        await shown(pilot, "Message 69.")
        pilot.app.log_view.scroll_home(animate=False)
        await until(lambda: len(pilot.app.log_view.messages) == 120, "all messages are loaded")
        await enter(pilot, "/clear")
        await until(lambda: not pilot.app.log_view.messages, "the screen is clear")


async def test_a_search_goes_to_the_message(uvicorn, ana, mira, everyone):
    post(everyone, mira.user, "A pomegranate")
    for number in range(60):
        post(everyone, mira.user, f"Message {number}.")
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "/search pomegranate")
        await until(lambda: isinstance(pilot.app.screen, SearchScreen), "the search is open")
        await shown(pilot, "mira: A pomegranate")
        await pilot.press("enter")
        await until(lambda: not isinstance(pilot.app.screen, SearchScreen), "the search is closed")
        await shown(pilot, "Earlier messages")
        await until(lambda: "A pomegranate" in screen_text(pilot.app), "the message is in view")
        pilot.app.composer.focus()
        await pilot.press("escape")
        await shown(pilot, "Message 59.")


async def test_words_are_completed(uvicorn, ana, mira, everyone):
    post(everyone, mira.user, "Hello")
    async with running_app(ana, uvicorn) as pilot:
        await until(lambda: mira.user.pk in pilot.app.client.state.people, "Mira is known")
        for typed, completed in (("Hi @m", "Hi @mira "), ("#ev", "#everyone "), (":tad", "🎉 "), ("/unb", "/unblock ")):
            pilot.app.composer.put("")
            await pilot.press(*typed)
            if completed == "🎉 ":
                continue
            await shown(pilot, "Tab: ")
            await pilot.press("tab")
            assert pilot.app.composer.text == completed


async def test_files_are_shown_and_saved(uvicorn, ana, mira, everyone, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Downloads").mkdir()
    (tmp_path / "notes.txt").write_text("first\n\x1b[31msecond\n")
    async with mira.client(uvicorn) as other:
        upload = await files.upload(other.http, everyone.pk, tmp_path / "notes.txt")
        await other.post(everyone.pk, "The notes", attachments=[upload])
    async with running_app(ana, uvicorn) as pilot:
        await shown(pilot, "[notes.txt, 18 B]")
        pilot.app.log_view.focus()
        await pilot.press("enter")
        await until(lambda: isinstance(pilot.app.screen, TextScreen), "the file is shown")
        await shown(pilot, "second")
        await pilot.press("escape", "s")
        await until(lambda: (tmp_path / "Downloads/notes.txt").exists(), "the file is saved")
        await shown(pilot, "Saved as")


async def test_mistakes_are_shown_and_stay_in_the_field(uvicorn, ana):
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "/frobnicate")
        await shown(pilot, "There is no command /frobnicate.")
        assert pilot.app.composer.text == "/frobnicate"
        await enter(pilot, "/help")
        await shown(pilot, "/msg name text")
        await pilot.press("escape")
        await enter(pilot, "/quit")
        await until(lambda: not pilot.app.is_running, "the app has ended")


async def test_hostile_text_does_not_reach_the_terminal(uvicorn, ana, mira, everyone):
    mira.user.display_name = "M\u202eira [b]"
    mira.user.save()
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            page.post(everyone.pk, "[@click=app.quit]click[/] \x1b]0;evil\x07\x9b2J[/red]")
            await shown(pilot, "[@click=app.quit]click[/] [/red]")
            assert "\x1b" not in screen_text(pilot.app)
            assert "\u202e" not in screen_text(pilot.app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)], ids=["60x16", "80x24", "120x40"])
async def test_it_fits_the_terminal(uvicorn, ana, mira, everyone, size):
    post(everyone, mira.user, "word " * 60)
    async with running_app(ana, uvicorn, size=size) as pilot:
        await shown(pilot, "word word")
        assert pilot.app.composer.region.bottom <= size[1]
        assert pilot.app.log_view.size.width >= 40
        await pilot.press("f2")
        assert pilot.app.theme == "textual-light"


def test_a_server_that_comes_back_gets_what_was_written_meanwhile(no_site, ana, mira, everyone, tmp_path):
    """The messages are shown as waiting, and sent once."""
    database, port = connection.settings_dict["NAME"], str(free_port())

    async def chat() -> None:
        sites = ExitStack()
        site = sites.enter_context(run_site("uvicorn", database, tmp_path / "site", PORT=port))
        async with running_app(ana, site) as pilot:
            site.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(sites.close)
            await shown(pilot, "Reconnecting")
            await enter(pilot, "one")
            await enter(pilot, "two")
            await shown(pilot, "two  (waiting)")
            with run_site("uvicorn", database, tmp_path / "site", PORT=port):
                await shown(pilot, "Connected again.")
                await until(lambda: not pilot.app.client.waiting, "all is sent")
                page = await pilot.app.client.http.history(everyone.pk)
                assert [message.body for message in page.messages] == ["one", "two"]
                await until(lambda: "(waiting)" not in screen_text(pilot.app), "nothing waits")

    asyncio.run(chat())
