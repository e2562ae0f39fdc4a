"""Threads, pins, saved messages, mentions, drafts and read markers in the full-screen interface."""

import asyncio
import uuid

import pytest

from messaging.models import Message, RoomDraft
from rooms.models import Membership
from tests.client.test_app import (
    database_on_the_event_loop,  # noqa: F401
    enter,
    hear,
    page_of,
    running_app,
    screen_text,
    shown,
    workshop,  # noqa: F401
)
from tests.factories import post
from tests.live_client import LiveClient
from tests.waiting import until

pytestmark = pytest.mark.slow


def reply(page: LiveClient, message: int, body: str) -> dict:
    fields = {"room": Message.objects.get(pk=message).room_id, "body": body, "reply_to": message}
    return page.call("message.post", client_id=str(uuid.uuid4()), **fields)["message"]


def marker(account, room) -> int:
    return Membership.objects.get(user=account.user, room=room).last_read_seq


async def test_a_thread_is_read_and_answered(uvicorn, ana, mira, everyone):
    question = post(everyone, ana.user, "Where do we meet?")
    post(everyone, mira.user, "Something else")
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await shown(pilot, "Something else")
            reply(page, question.pk, "At the station")
            await shown(pilot, "↳ 1 reply")
            await until(lambda: not pilot.app.client.state.threads.unread, "the reply was seen in the room")
            pilot.app.log_view.focus()
            await pilot.press("up", "up", "t")
            await shown(pilot, "Thread in #everyone")
            assert "Something else" not in screen_text(pilot.app)
            await shown(pilot, "followed; /unfollow ends that")
            await enter(pilot, "When?")
            await until(lambda: Message.objects.filter(body="When?").exists(), "the reply is stored")
            assert Message.objects.get(body="When?").reply_to_id == question.pk
            page.post(everyone.pk, "Not in the thread")
            reply(page, question.pk, "At nine")
            await shown(pilot, "At nine")
            assert "Not in the thread" not in screen_text(pilot.app)
            await enter(pilot, "/unfollow")
            await shown(pilot, "/follow follows it")
            await pilot.press("escape")
            await shown(pilot, "Not in the thread")
            await shown(pilot, "↳ 3 replies")


async def test_unread_threads_are_listed(uvicorn, ana, mira, everyone, workshop):  # noqa: F811
    question = post(workshop, ana.user, "Where do we meet?")
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            reply(page, question.pk, "At the station")
            await until(lambda: pilot.app.client.state.threads.unread, "the reply has arrived")
            await enter(pilot, "/threads")
            await shown(pilot, "Where do we meet? (1 unread)")
            await pilot.press("enter")
            await shown(pilot, "Thread in #workshop")
            await until(lambda: not pilot.app.client.state.threads.unread, "the thread is read")
            assert pilot.app.client.state.rooms[workshop.pk].unread == 1


async def test_messages_are_pinned_saved_and_found_again(uvicorn, ana, mira, everyone):
    Membership.objects.filter(user=ana.user, room=everyone).update(role="moderator")
    post(everyone, mira.user, "The key is under the mat, @ana")
    for number in range(30):
        post(everyone, mira.user, f"Message {number}")
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "/mentions")
        await shown(pilot, "mira: The key is under the mat")
        await pilot.press("enter")
        await until(lambda: pilot.app.log_view.highlighted_option, "the message is chosen")
        await pilot.press("p")
        await shown(pilot, "pinned")
        await pilot.press("l")
        await shown(pilot, "pinned  saved")
        await enter(pilot, "/pins")
        await until(lambda: len(pilot.app.screen_stack) == 2, "the pins are listed")
        await shown(pilot, "mira: The key is under the mat")
        await pilot.press("escape")
        await enter(pilot, "/saved")
        await until(lambda: len(pilot.app.screen_stack) == 2, "the saved messages are listed")
        await shown(pilot, "mira: The key is under the mat")
        await pilot.press("enter")
        await until(lambda: pilot.app.log_view.highlighted_option, "the message is chosen again")
        await pilot.press("p", "l")
        await until(lambda: not Message.objects.filter(pinned_at__isnull=False).exists(), "it isn’t pinned anymore")
        await until(lambda: not pilot.app.log_view.timeline.saved, "it isn’t saved anymore")


async def test_a_member_is_told_why_they_cannot_pin(uvicorn, ana, mira, everyone):
    post(everyone, mira.user, "Hello")
    async with running_app(ana, uvicorn) as pilot:
        await shown(pilot, "Hello")
        pilot.app.log_view.focus()
        await pilot.press("p")
        await shown(pilot, "Only owners and moderators")


async def test_new_messages_begin_below_a_divider(uvicorn, ana, mira, everyone):
    for number in range(120):
        post(everyone, mira.user, f"Message {number}.")
    Membership.objects.filter(user=ana.user, room=everyone).update(last_read_seq=40)
    async with running_app(ana, uvicorn) as pilot:
        await shown(pilot, "── New messages ──")
        await shown(pilot, "Message 40.")
        assert "Message 39." not in screen_text(pilot.app)
        assert marker(ana, everyone) == 40
        while pilot.app.log_view.timeline.last_seq < 120 or not pilot.app.log_view.is_at_end:
            pilot.app.action_scroll_log(1)
            await pilot.pause()
        await until(lambda: marker(ana, everyone) == 120, "all is read once its end was in view")


async def test_nothing_is_read_while_the_terminal_is_not_in_use(uvicorn, ana, mira, everyone):
    post(everyone, mira.user, "Seen")
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await until(lambda: marker(ana, everyone) == 1, "the first message is read")
            pilot.app.app_focus = False
            page.post(everyone.pk, "Not seen")
            await shown(pilot, "Not seen")
            await shown(pilot, "── New messages ──")
            assert marker(ana, everyone) == 1
            pilot.app.app_focus = True
            pilot.app.on_app_focus()
            await until(lambda: marker(ana, everyone) == 2, "it is read on return")


async def test_messages_stay_unread_when_they_were_marked_so(uvicorn, ana, mira, everyone):
    for body in ("one", "two", "three"):
        post(everyone, mira.user, body)
    async with running_app(ana, uvicorn) as pilot:
        await until(lambda: marker(ana, everyone) == 3, "all is read")
        pilot.app.log_view.focus()
        await pilot.press("up", "u")
        await until(lambda: marker(ana, everyone) == 1, "two messages are unread")
        await shown(pilot, "── New messages ──")
        await pilot.press("down", "up", "pagedown")
        assert pilot.app.client.state.rooms[everyone.pk].unread == 2
        await enter(pilot, "an answer")
        await until(lambda: marker(ana, everyone) == 4, "posting reads the room")


async def test_a_mention_added_by_an_edit_is_read_when_it_is_in_view(uvicorn, ana, mira, everyone):
    message = post(everyone, mira.user, "Hello")
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await until(lambda: marker(ana, everyone) == 1, "the message is read")
            with page_of(uvicorn, ana) as own:
                page.call("message.edit", message=message.pk, body="Hello @ana")
                assert (await hear(own, "mentions.read"))["seqs"] == [1]
            await until(lambda: not pilot.app.client.state.rooms[everyone.pk].unread_mentions, "nothing is unread")


async def test_drafts_are_kept_on_the_server_and_shown_on_other_devices(uvicorn, ana, mira, everyone, workshop):  # noqa: F811
    with page_of(uvicorn, ana) as page:
        async with running_app(ana, uvicorn) as pilot:
            await pilot.press(*"Hel")
            draft = (await hear(page, "draft.changed"))["draft"]
            while draft["body"] != "Hel":
                draft = (await hear(page, "draft.changed"))["draft"]
            await pilot.press("alt+down")
            await until(lambda: pilot.app.navigation.room.id == workshop.pk, "the other room is shown")
            assert pilot.app.composer.text == ""
            fields = {"body": "Hello from the page", "known": draft["version"]}
            page.call("draft.set", room=everyone.pk, **fields)
            await pilot.press("alt+up")
            await until(lambda: pilot.app.composer.text == "Hello from the page", "the newer draft is shown")
            await pilot.press("enter")
            await until(lambda: Message.objects.filter(body="Hello from the page").exists(), "it is sent")
            await until(lambda: not RoomDraft.objects.get(room=everyone).body, "the draft is gone")


async def test_what_is_being_typed_is_never_overwritten(uvicorn, ana, everyone):
    with page_of(uvicorn, ana) as page:
        async with running_app(ana, uvicorn) as pilot:
            await pilot.press(*"Here")
            await asyncio.to_thread(page.call, "draft.set", room=everyone.pk, body="There", known=0)
            await until(lambda: pilot.app.composer.text == "There\nHere", "both are kept")
            await pilot.press("!")
            assert pilot.app.composer.text == "There\nHere!"
            await until(lambda: RoomDraft.objects.get(room=everyone).body == "There\nHere!", "both are on the server")


async def test_a_draft_that_arrives_during_a_command_returns_after_it(uvicorn, ana, everyone):
    with page_of(uvicorn, ana) as page:
        async with running_app(ana, uvicorn) as pilot:
            await pilot.press(*"/wh")
            await asyncio.to_thread(page.call, "draft.set", room=everyone.pk, body="There", known=0)
            await until(lambda: everyone.pk in pilot.app.client.state.drafts, "the draft has arrived")
            assert pilot.app.composer.text == "/wh"
            await pilot.press("o", "enter")
            await shown(pilot, "Online: ana")
            assert pilot.app.composer.text == "There"
            pilot.app.writing.store()
            await pilot.app.writing.drafts.flush()
            assert RoomDraft.objects.get(room=everyone).body == "There"


async def test_edits_and_commands_are_still_there_when_their_room_opens_again(uvicorn, ana, everyone, workshop):  # noqa: F811
    post(everyone, ana.user, "Helo")
    async with running_app(ana, uvicorn) as pilot:
        await pilot.press("up")
        await until(lambda: pilot.app.composer.text == "Helo", "the message is edited")
        await pilot.press("left", "l", "alt+down")
        await until(lambda: pilot.app.composer.text == "", "the other room is shown")
        await pilot.press(*"/topic Tools", "alt+up")
        await until(lambda: pilot.app.composer.text == "Hello", "the edit is shown again")
        await shown(pilot, "Edit your message")
        await pilot.press("enter", "alt+down")
        await until(lambda: Message.objects.get().body == "Hello", "it is edited")
        await until(lambda: pilot.app.composer.text == "/topic Tools", "the command is shown again")
        await pilot.press("alt+up")
        await until(lambda: pilot.app.composer.text == "", "the edit is over")


async def test_a_draft_outlives_the_client(uvicorn, ana, everyone):
    async with running_app(ana, uvicorn) as pilot:
        await pilot.press(*"Not yet")
        pilot.app.writing.store()
        await pilot.app.writing.drafts.flush()
    async with running_app(ana, uvicorn) as pilot:
        assert pilot.app.composer.text == "Not yet"
        await enter(pilot, "/who")
        await shown(pilot, "Online: ana")
