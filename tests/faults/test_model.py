"""Model-based test: Hypothesis interleaves the actions of three users on two processes with network faults."""

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
from tests.faults.observations import StoredMessage, StoredRoom
from tests.faults.oracle import violations

WHOLE = os.environ.get("FAULTS") == "whole"
RECOVERY_SECONDS = 12.0  # by then, every client must have received everything, regardless of losses

picks = st.integers(0, 3)


class Chat(RuleBasedStateMachine):
    """Rules pick clients, rooms and batches by `picks`, modulo their number."""

    @initialize()
    def set_up(self) -> None:
        self.loop = model.VirtualTimeLoop()
        self.processes = [model.Process(self.loop) for _ in range(2)]
        BroadcastHub.processes = self.processes
        users = [make_user() for _ in range(3)]
        self.rooms = [make_room(owner=users[0]), make_room(owner=users[0])]
        for room in self.rooms:
            Membership.objects.bulk_create([Membership(room=room, user=user) for user in users[1:]])
        for process in self.processes:
            process.in_transit.clear()  # events of creating the rooms
        self.clients = [model.ModelClient(user.username, user) for user in users]
        for number, client in enumerate(self.clients):
            client.connect(self.processes[number % 2])
            client.send_welcome()

    # -- actions of users -----------------------------------------------------------------------

    @rule(user=picks, room=picks)
    def compose(self, user: int, room: int) -> None:
        self.clients[user % 3].compose(self.rooms[room % 2].pk)

    @rule(user=picks, room=picks, count=st.integers(1, 4))
    def post(self, user: int, room: int, count: int) -> None:
        """Store several posts one by one; their events are in transit together."""
        for _ in range(count):
            self.compose(user, room)
            self.deliver_posts({user}, 1)
            self.receive({user})

    @rule(users=st.sets(picks, min_size=1), times=st.integers(1, 2))
    def deliver_posts(self, users: set[int], times: int) -> None:
        """Store each client's first unacknowledged post: new, resent after a loss, or twice simultaneously."""
        clients = {user % 3: self.clients[user % 3] for user in users}.values()
        posts = [(client, attempt) for client in clients if (attempt := client.next_attempt())]
        if posts:
            model.post(posts * times)

    @rule(user=picks, pick=picks)
    def edit(self, user: int, pick: int) -> None:
        client = self.clients[user % 3]
        stored = [attempt for attempt in client.attempts if attempt.acked and attempt.change is None]
        if stored:
            attempt = stored[pick % len(stored)]
            body = f"{attempt.body}, edited"
            try:
                actions.edit_message(actor=client.user, message_id=attempt.acked.id, body=body)
            except Refusal:
                return
            attempt.change, attempt.change_acked = body, True

    @rule(user=picks, room=picks)
    def leave(self, user: int, room: int) -> None:
        self._change_membership(room_actions.leave_room, user, room)

    @rule(user=picks, room=picks)
    def join(self, user: int, room: int) -> None:
        self._change_membership(room_actions.join_room, user, room)

    @rule(user=picks, other=picks)
    def block(self, user: int, other: int) -> None:
        if user % 3 != other % 3:
            block_person(user=self.clients[user % 3].user, other=self.clients[other % 3].user)

    @rule(user=picks, other=picks)
    def unblock(self, user: int, other: int) -> None:
        unblock_person(user=self.clients[user % 3].user, other=self.clients[other % 3].user)

    def _change_membership(self, action, user: int, room: int) -> None:
        try:
            action(user=self.clients[user % 3].user, room=self.rooms[room % 2])
        except Refusal as refusal:
            note(f"refused: {refusal.code}")

    # -- network and time -----------------------------------------------------------------------

    @rule(process=picks)
    def reconnect_all(self, process: int) -> None:
        for client in self.clients:
            if client.process is None:
                client.connect(self.processes[process % 2])
            if not client.is_welcome:
                client.send_welcome()

    @rule(user=picks, process=picks)
    def connect(self, user: int, process: int) -> None:
        client = self.clients[user % 3]
        if client.process is None:
            client.connect(self.processes[process % 2])

    @rule(user=picks)
    def welcome(self, user: int) -> None:
        client = self.clients[user % 3]
        if client.process is not None and not client.is_welcome:
            client.send_welcome()

    @rule(user=picks)
    def disconnect(self, user: int) -> None:
        self.clients[user % 3].disconnect()

    @rule(user=picks, accepts_writes=st.booleans())
    def set_accepts_writes(self, user: int, accepts_writes: bool) -> None:
        client = self.clients[user % 3]
        if client.is_welcome:
            client.set_accepts_writes(accepts_writes)

    @rule(users=st.sets(picks, min_size=1))
    def receive(self, users: set[int]) -> None:
        for client in {user % 3: self.clients[user % 3] for user in users}.values():
            if client.process is not None:
                client.receive()

    @rule(user=picks)
    def sync(self, user: int) -> None:
        client = self.clients[user % 3]
        if client.is_welcome and client.state.to_sync:
            client.sync()

    @rule(process=picks, indexes=st.lists(st.integers(0, 3), min_size=1, max_size=6))
    def deliver_events(self, process: int, indexes: list[int]) -> None:
        """Deliver batches in transit, in order or out of order."""
        target = self.processes[process % 2]
        for index in indexes:
            if target.in_transit:
                target.deliver(index % len(target.in_transit))

    @precondition(lambda self: any(process.in_transit for process in self.processes))
    @rule(process=picks, index=picks)
    def lose_event(self, process: int, index: int) -> None:
        in_transit = self.processes[process % 2].in_transit
        if in_transit:
            del in_transit[index % len(in_transit)]

    @rule(seconds=st.sampled_from([0.01, 0.06, 1.0, 3.1]))
    def advance_time(self, seconds: float) -> None:
        self.loop.advance(seconds)

    # -- guarantees -----------------------------------------------------------------------------

    @invariant()
    def no_client_reports_violations(self) -> None:
        assert [client.violations for client in getattr(self, "clients", []) if client.violations] == []

    def teardown(self) -> None:
        if not hasattr(self, "clients"):
            return
        try:
            self._recover()
            found = violations(
                [_stored(room) for room in self.rooms],
                [client.attempts for client in self.clients],
                [client.view() for client in self.clients],
            )
            assert found == []
        finally:
            for process in self.processes:
                process.stop()
            self.loop.close()

    def _recover(self) -> None:
        """Stop losing events without restoring any, so that connected clients must catch up through the reconciler."""
        for client in self.clients:
            if not client.is_welcome:
                client.disconnect()
                client.connect(self.processes[0])
                client.send_welcome()
            client.set_accepts_writes(accepts_writes=True)
        for _ in range(40):
            if not any(client.unacknowledged for client in self.clients):
                break
            self.deliver_posts({0, 1, 2}, 1)
            self._receive_all()
        self.loop.advance(RECOVERY_SECONDS)
        for _ in range(10):
            self._receive_all()

    def _receive_all(self) -> None:
        for client in self.clients:
            client.receive()
            if client.process is None:
                client.connect(self.processes[0])
                client.send_welcome()
            if client.state.to_sync:
                client.sync()
                client.receive()


class BroadcastHub:
    """Replaces the process's hub for publishers: publishes to all processes of the model."""

    processes: list[model.Process] = []

    @classmethod
    def publish(cls, envelopes) -> None:
        for process in cls.processes:
            process.publish(envelopes)


def _stored(room: Room) -> StoredRoom:
    room.refresh_from_db()
    messages = [
        StoredMessage(message.pk, message.seq, message.version, message.body, message.sender_id, str(message.client_id))
        for message in Message.objects.filter(room=room).order_by("seq")
    ]
    changes = Revision.objects.filter(message__room=room).count()
    members = set(room.memberships.values_list("user_id", flat=True))
    return StoredRoom(room.pk, room.last_seq, room.version, messages, changes, members)


@pytest.fixture
def virtual_time(monkeypatch, transactional_db) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the loop runs in this thread
    monkeypatch.setattr("live.publish.get_hub", lambda: BroadcastHub)
    for check in ("room_check", "people_check"):
        monkeypatch.setattr(f"messaging.runtime.{check}.in_thread", model.in_thread_with_delay)


def test_all_clients_converge_whatever_happens(virtual_time):
    run_state_machine_as_test(
        Chat,
        settings=settings(
            max_examples=1_000 if WHOLE else 40,
            stateful_step_count=60,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.target],  # Phase.shrink would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_first_subscriber_of_a_process_misses_nothing(virtual_time):
    """A post stored between a client's sync and the next reconciliation comes with the latter, although every
    publication is lost and no other client on the process subscribes to the room."""
    chat = Chat()
    chat.set_up()
    client, room = chat.clients[1], chat.rooms[0]  # alone on the second process
    room_actions.leave_room(user=client.user, room=room)
    chat.advance_time(3.1)
    client.receive()
    room_actions.join_room(user=client.user, room=room)
    chat.advance_time(3.1)
    client.receive()
    client.sync()
    client.receive()
    chat.post(0, 0, 1)
    chat.teardown()
