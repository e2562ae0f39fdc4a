"""Everything that may happen to two processes and three people, in every order that Hypothesis thinks of."""

import os

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from messaging.models import Message, Revision
from messaging.posting import actions
from rooms import actions as room_actions
from rooms.blocking import block_person, unblock_person
from rooms.errors import Refusal
from rooms.models import Membership, Room
from tests.factories import make_room, make_user
from tests.faults import model
from tests.faults.observations import Row, StoredRoom
from tests.faults.oracle import complaints

WHOLE = os.environ.get("FAULTS") == "whole"
TOO_LONG = 12.0  # seconds after which everybody must have everything, whatever was lost

places = st.integers(0, 3)


class Chat(RuleBasedStateMachine):
    """Rules pick by `places`, modulo what there is."""

    @initialize()
    def begin(self) -> None:
        self.clock = model.HandClock()
        self.processes = [model.Process(self.clock) for _ in range(2)]
        World.processes = self.processes
        people = [make_user() for _ in range(3)]
        self.rooms = [make_room(owner=people[0]), make_room(owner=people[0])]
        for room in self.rooms:
            Membership.objects.bulk_create([Membership(room=room, user=user) for user in people[1:]])
        for process in self.processes:
            process.coming.clear()  # of rooms and people being made
        self.pages = [model.Page(user.username, user) for user in people]
        for number, page in enumerate(self.pages):
            page.knock(self.processes[number % 2])
            page.enter()

    # -- what people do -------------------------------------------------------------------------

    @rule(who=places, where=places)
    def send(self, who: int, where: int) -> None:
        self.pages[who % 3].write(self.rooms[where % 2].pk)

    @rule(who=places, where=places, count=st.integers(1, 4))
    def say(self, who: int, where: int, count: int) -> None:
        """Several posts, stored one after the other, whose events are under way at once."""
        for _ in range(count):
            self.send(who, where)
            self.reach_the_server({who}, 1)
            self.read({who})

    @rule(who=st.sets(places, min_size=1), times=st.integers(1, 2))
    def reach_the_server(self, who: set[int], times: int) -> None:
        """The first unacknowledged post of each: for the first time, again after a loss, or twice at once."""
        pages = {number % 3: self.pages[number % 3] for number in who}.values()
        posts = [(page, attempt) for page in pages if (attempt := page.next())]
        if posts:
            model.store(posts * times)

    @rule(who=places, which=places)
    def edit(self, who: int, which: int) -> None:
        page = self.pages[who % 3]
        stored = [attempt for attempt in page.attempts if attempt.acked and attempt.change is None]
        if stored:
            attempt = stored[which % len(stored)]
            body = f"{attempt.body}, edited"
            try:
                actions.edit_message(actor=page.user, message_id=attempt.acked.id, body=body)
            except Refusal:
                return
            attempt.change, attempt.change_acked = body, True

    @rule(who=places, where=places)
    def leave(self, who: int, where: int) -> None:
        self._change_place(room_actions.leave_room, who, where)

    @rule(who=places, where=places)
    def join(self, who: int, where: int) -> None:
        self._change_place(room_actions.join_room, who, where)

    @rule(who=places, whom=places)
    def block(self, who: int, whom: int) -> None:
        if who % 3 != whom % 3:
            block_person(user=self.pages[who % 3].user, other=self.pages[whom % 3].user)

    @rule(who=places, whom=places)
    def unblock(self, who: int, whom: int) -> None:
        unblock_person(user=self.pages[who % 3].user, other=self.pages[whom % 3].user)

    def _change_place(self, action, who: int, where: int) -> None:
        try:
            action(user=self.pages[who % 3].user, room=self.rooms[where % 2])
        except Refusal as refusal:
            note(f"refused: {refusal.code}")

    # -- what happens on the way ----------------------------------------------------------------

    @rule(where=places)
    def all_come_back(self, where: int) -> None:
        for page in self.pages:
            if page.process is None:
                page.knock(self.processes[where % 2])
            if not page.is_welcome:
                page.enter()

    @rule(who=places, where=places)
    def knock(self, who: int, where: int) -> None:
        page = self.pages[who % 3]
        if page.process is None:
            page.knock(self.processes[where % 2])

    @rule(who=places)
    def enter(self, who: int) -> None:
        page = self.pages[who % 3]
        if page.process is not None and not page.is_welcome:
            page.enter()

    @rule(who=places)
    def disconnect(self, who: int) -> None:
        self.pages[who % 3].drop()

    @rule(who=places, takes_more=st.booleans())
    def slow_down(self, who: int, takes_more: bool) -> None:
        page = self.pages[who % 3]
        if page.is_welcome:
            page.let_through(takes_more)

    @rule(who=st.sets(places, min_size=1))
    def read(self, who: set[int]) -> None:
        for page in {number % 3: self.pages[number % 3] for number in who}.values():
            if page.process is not None:
                page.read()

    @rule(who=places)
    def resume(self, who: int) -> None:
        page = self.pages[who % 3]
        if page.is_welcome and page.hearing.wanted:
            page.sync()

    @rule(where=places, which=st.lists(st.integers(0, 3), min_size=1, max_size=6))
    def arrive(self, where: int, which: list[int]) -> None:
        """What is under way, in order or out of order."""
        process = self.processes[where % 2]
        for place in which:
            if process.coming:
                process.arrive(place % len(process.coming))

    @precondition(lambda self: any(process.coming for process in self.processes))
    @rule(where=places, place=places)
    def lose(self, where: int, place: int) -> None:
        process = self.processes[where % 2]
        if process.coming:
            del process.coming[place % len(process.coming)]

    @rule(seconds=st.sampled_from([0.01, 0.06, 1.0, 3.1]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # -- what must be so ------------------------------------------------------------------------

    @invariant()
    def nobody_complains(self) -> None:
        assert [page.complaints for page in getattr(self, "pages", []) if page.complaints] == []

    def teardown(self) -> None:
        if not hasattr(self, "pages"):
            return
        try:
            self._let_all_end_well()
            found = complaints(
                [_stored(room) for room in self.rooms],
                [page.attempts for page in self.pages],
                [page.shows() for page in self.pages],
            )
            assert found == []
        finally:
            for process in self.processes:
                process.end()
            self.clock.close()

    def _let_all_end_well(self) -> None:
        """Nothing more is lost, but what was stays lost: the pages that are in are told by themselves."""
        for page in self.pages:
            if not page.is_welcome:
                page.drop()
                page.knock(self.processes[0])
                page.enter()
            page.let_through(takes_more=True)
        for _ in range(40):
            if not any(page.unsent for page in self.pages):
                break
            self.reach_the_server({0, 1, 2}, 1)
            self._all_read()
        self.clock.advance(TOO_LONG)
        for _ in range(10):
            self._all_read()

    def _all_read(self) -> None:
        for page in self.pages:
            page.read()
            if page.process is None:
                page.knock(self.processes[0])
                page.enter()
            if page.hearing.wanted:
                page.sync()
                page.read()


class World:
    """Stands where the process's one hub is asked for: what is published goes to all processes."""

    processes: list[model.Process] = []

    @classmethod
    def publish(cls, envelopes) -> None:
        for process in cls.processes:
            process.publish(envelopes)


def _stored(room: Room) -> StoredRoom:
    room.refresh_from_db()
    rows = [
        Row(message.pk, message.seq, message.version, message.body, message.sender_id, str(message.client_id))
        for message in Message.objects.filter(room=room).order_by("seq")
    ]
    changes = Revision.objects.filter(message__room=room).count()
    members = set(room.memberships.values_list("user_id", flat=True))
    return StoredRoom(room.pk, room.last_seq, room.version, rows, changes, members)


@pytest.fixture
def by_hand(monkeypatch, transactional_db) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the loop is turned by hand, in this thread
    monkeypatch.setattr("live.publish.get_hub", lambda: World)
    monkeypatch.setattr("messaging.runtime.reconciler.in_thread", model.read_slowly)


def test_whatever_happens_everybody_ends_with_the_same_list(by_hand):
    run_state_machine_as_test(
        Chat,
        settings=settings(
            max_examples=1_000 if WHOLE else 40,
            stateful_step_count=60,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.target],  # making the example smaller takes minutes: Phase.shrink does it
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_first_of_a_process_in_a_room_misses_nothing_either(by_hand):
    """Nobody else there hears the room, and all that was published is lost: what comes after its page
    has caught up with the room, and before the next look, comes with that look."""
    chat = Chat()
    chat.begin()
    page, room = chat.pages[1], chat.rooms[0]  # alone on the second process
    room_actions.leave_room(user=page.user, room=room)
    chat.wait(3.1)
    page.read()
    room_actions.join_room(user=page.user, room=room)
    chat.wait(3.1)
    page.read()
    page.sync()
    page.read()
    chat.say(0, 0, 1)
    chat.teardown()
