"""Versions, unread counts and presence in the client, and how frames become events."""

import json
from datetime import UTC, datetime

import pytest

from chatsite_client import Message, Person, Room
from chatsite_client.backoff import reconnect_delay
from chatsite_client.credentials import clean_url
from chatsite_client.events import (
    DraftChanged,
    MentionAdded,
    MentionsRead,
    MessageChanged,
    MessagePosted,
    Presence,
    RoomChanges,
    RoomLeft,
    RoomRead,
    RoomReset,
    RoomUpdated,
    RoomVersion,
    ThreadFollowed,
    ThreadRead,
    ThreadUnfollowed,
    Welcome,
    decode,
)
from chatsite_client.models import Draft
from chatsite_client.state import SiteState

ANA, MIRA, JUN = (Person(id=pk, username=name, name=name.title()) for pk, name in enumerate(("ana", "mira", "jun"), 1))


def message(seq: int, version: int, sender: Person = MIRA, **fields) -> Message:
    return Message(id=100 + seq, room=7, seq=seq, version=version, sender=sender, at=datetime.now(UTC), **fields)


def posted(seq: int, version: int, sender: Person = MIRA, **fields) -> MessagePosted:
    return MessagePosted(room=7, version=version, message=message(seq, version, sender, **fields))


def welcome(version: int = 10, last_seq: int = 5, **fields) -> Welcome:
    room = Room(id=7, slug="general", name="General", version=version, last_seq=last_seq, last_read_seq=last_seq)
    return Welcome(protocol=1, user=ANA, rooms=[room], **fields)


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.welcome(welcome(online=[1, 2], muted=[3]))
    return state


def test_messages_are_counted_and_passed_on_once(state):
    first, mention = posted(6, 11), posted(7, 12, mentions=[ANA.id])
    assert [state.apply(event) for event in (first, first, mention)] == [[first], [], [mention]]
    room = state.rooms[7]
    assert (room.unread, room.unread_mentions, room.last_seq) == (2, 1, 7)
    assert state.take_gaps() == {}


def test_own_messages_mark_the_room_as_read_and_those_of_muted_people_do_not_count(state):
    state.apply(posted(6, 11))
    state.apply(posted(7, 12, JUN))
    assert state.rooms[7].unread == 1
    state.apply(posted(8, 13, ANA))
    assert state.rooms[7].unread == 0


def test_a_gap_is_asked_for_once_and_filled_in_order(state):
    assert state.apply(posted(8, 13)) == []
    assert state.take_gaps() == {7: 10}
    assert state.apply(posted(9, 14)) == []
    assert state.take_gaps() == {}
    missed = [message(6, 11), message(5, 12), message(8, 13)]
    found = state.apply(RoomChanges(room=7, since=10, version=13, messages=missed))
    assert [(type(event), event.message.seq) for event in found] == [
        (MessagePosted, 6),
        (MessageChanged, 5),
        (MessagePosted, 8),
    ]
    assert state.take_gaps() == {7: 13}  # the change 14 came before the reply


def test_a_hidden_change_leaves_no_gap(state):
    assert state.apply(RoomVersion(room=7, version=11)) == []
    event = posted(6, 12)
    assert state.apply(event) == [event]


def test_a_long_answer_is_asked_for_in_parts(state):
    state.apply(posted(8, 13))
    state.take_gaps()
    state.apply(RoomChanges(room=7, version=11, messages=[message(6, 11)], more=True))
    assert state.take_gaps() == {7: 11}


def test_changes_missed_without_a_connection_are_asked_for(state):
    assert state.welcome(welcome(version=12, last_seq=6)) == []
    assert state.take_gaps() == {7: 10}
    (event,) = state.apply(RoomChanges(room=7, version=12, messages=[message(6, 12)]))
    assert isinstance(event, MessagePosted)
    assert state.rooms[7].unread == 0  # the welcome has counted it


def test_a_room_that_is_too_far_behind_is_reset(state):
    state.welcome(welcome(version=900, last_seq=400))
    state.take_gaps()
    assert state.apply(RoomChanges(room=7, version=900, reset=True)) == [RoomReset(room=7)]
    event = posted(401, 901)
    assert state.apply(event) == [event]


def test_a_server_restored_from_a_backup_resets_the_room(state):
    assert state.welcome(welcome(version=4, last_seq=2)) == [RoomReset(room=7)]
    event = posted(3, 5)
    assert state.apply(event) == [event]


def test_rooms_are_updated_in_part_and_read_elsewhere(state):
    state.apply(posted(6, 11, mentions=[ANA.id]))
    state.apply(RoomUpdated(room={"id": 7, "topic": "Launch", "unknown": 1}))
    assert (state.rooms[7].topic, state.rooms[7].slug) == ("Launch", "general")
    state.apply(RoomRead(room=7, seq=6))
    assert (state.rooms[7].unread, state.rooms[7].unread_mentions) == (0, 0)


def test_presence_is_followed(state):
    state.apply(Presence(online=[3], offline=[2], away=[3]))
    assert (state.online, state.away) == ({1, 3}, {3})
    state.apply(Presence(online=[3]))
    assert state.away == set()


@pytest.mark.parametrize("name", ["general", "#general", "General"])
def test_rooms_are_found_by_name(state, name):
    assert state.find_room(name).id == 7


def test_an_unknown_room_is_an_error(state):
    with pytest.raises(LookupError, match="no room “attic”"):
        state.find_room("attic")


def test_unknown_events_and_fields_are_ignored():
    frame = [
        {"type": "cake", "slices": 8},
        {"type": "room.version", "room": 7, "version": 3, "cause": "block"},
        {"type": "room.version", "room": "seven", "version": 3},
        {"type": "client.connected", "is_first": True},
    ]
    assert decode(json.dumps(frame)) == [RoomVersion(room=7, version=3)]


@pytest.mark.parametrize(
    ("arguments", "least", "most"),
    [((0,), 0, 0.5), ((3,), 0, 4), ((99,), 0, 30), ((0, 1012, 5), 5.25, 7.25), ((0, 1013), 10, 30)],
    ids=["first", "fourth", "later", "restart", "full"],
)
def test_delays_grow_and_respect_the_server(arguments, least, most):
    delays = [reconnect_delay(*arguments) for _ in range(100)]
    assert least <= min(delays) <= max(delays) <= most


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("chat.example.org", "https://chat.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("https://chat.example.org/rooms/7/", "https://chat.example.org"),
    ],
    ids=["host", "local", "page"],
)
def test_addresses_are_completed(given, url):
    assert clean_url(given) == url


@pytest.mark.parametrize("given", ["ftp://chat.example.org", "https://", "https://ana:secret@chat.example.org"])
def test_other_addresses_are_refused(given):
    with pytest.raises(ValueError, match=r"chat\.example\.org"):
        clean_url(given)


def test_followed_threads_are_counted_and_read(state):
    state.apply(ThreadFollowed(room=7, thread=101, seqs=[5]))
    state.apply(posted(6, 11, thread=101))
    state.apply(posted(7, 12, thread=102))
    assert {each.thread: (each.unread, each.last_seq) for each in state.threads.unread.values()} == {101: (2, 6)}
    state.apply(ThreadRead(room=7, thread=101, seq=5))
    assert state.threads.unread[101].last_seq == 6
    state.apply(RoomRead(room=7, seq=7))
    assert state.threads.unread == {}
    state.apply(posted(8, 13, thread=101))
    state.apply(ThreadUnfollowed(room=7, thread=101))
    assert (state.threads.unread, state.threads.followed) == ({}, set())


def test_unread_threads_of_a_room_that_was_left_are_forgotten(state):
    state.apply(ThreadFollowed(room=7, thread=101, seqs=[5]))
    state.apply(ThreadFollowed(room=8, thread=102, seqs=[2]))
    state.apply(RoomLeft(room=7, reason="removed"))
    assert set(state.threads.unread) == {102}


def test_a_mention_added_by_an_edit_stays_unread_until_it_was_seen(state):
    state.apply(MentionAdded(room=7, seq=3))
    state.apply(posted(6, 11, mentions=[ANA.id]))
    state.apply(RoomRead(room=7, seq=6))
    assert state.rooms[7].mention_seqs == [3]
    state.apply(MentionsRead(room=7, seqs=[3]))
    assert state.rooms[7].unread_mentions == 0


def test_drafts_of_other_devices_are_known(state):
    state.apply(DraftChanged(draft=Draft(room=7, version=4, body="Hel")))
    assert state.drafts[7].body == "Hel"
    state.welcome(welcome(drafts=[]))
    assert state.drafts == {}
