"""Messages that arrive while a page is being loaded are shown with it."""

from datetime import UTC, datetime

from chatsite_client import Message, Page, Person
from chatsite_terminal.arrivals import Arriving
from tests.client.test_app import database_on_the_event_loop, running_app, shown  # noqa: F401
from tests.factories import post
from tests.waiting import until

ROOM, OTHER = 7, 8


def message(seq: int, *, room: int = ROOM, version: int = 1, thread: int | None = None, body: str = "") -> Message:
    person = Person(id=1)
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return Message(
        id=100 * room + seq, room=room, seq=seq, version=version, sender=person, at=at, thread=thread, body=body
    )


def bodies(page: Page) -> list[str]:
    return [each.body for each in page.messages]


def test_new_messages_of_the_room_and_newer_states_are_added():
    arriving = Arriving()
    with arriving.collect() as arrivals:
        for each in (message(4, body="four"), message(3, body="three"), message(9, room=OTHER, body="elsewhere")):
            arriving.add(each)
        arriving.add(message(1, version=2, body="edited"))
        arriving.add(message(2, version=1, body="older"))
    arriving.add(message(5, body="too late"))
    page = Page(messages=[message(1, body="one"), message(2, version=5, body="two")])
    assert bodies(arrivals.complete(page, ROOM)) == ["edited", "two", "three", "four"]
    page.has_newer = True
    assert bodies(arrivals.complete(page, ROOM)) == ["edited", "two"]
    assert bodies(arrivals.complete(Page(messages=[]), ROOM)) == ["edited", "older", "three", "four"]


def test_only_replies_are_added_to_a_thread():
    arriving = Arriving()
    with arriving.collect() as arrivals:
        arriving.add(message(2, body="beside it"))
        arriving.add(message(3, thread=701, body="a reply"))
    page = Page(messages=[message(1, body="one")])
    assert bodies(arrivals.complete(page, ROOM, thread=701)) == ["one", "a reply"]


async def test_a_message_that_arrives_while_its_room_opens_is_shown(uvicorn, ana, mira, everyone):
    async with running_app(ana, uvicorn) as pilot:
        http = pilot.app.client.http
        load = http.history

        async def load_slowly(*arguments, **options):
            page = await load(*arguments, **options)
            post(everyone, mira.user, "In between")
            await until(lambda: pilot.app.client.state.rooms[everyone.pk].last_seq == 1, "the message has arrived")
            return page

        http.history = load_slowly
        pilot.app.session.room_id = None  # as at the start
        pilot.app.navigation.open(everyone.pk)
        await shown(pilot, "In between")
