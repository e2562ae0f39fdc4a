"""The oracle detects every kind of violation, each introduced into correct observations."""

from dataclasses import replace

import pytest

from tests.faults.observations import (
    Attempt,
    Log,
    MessageState,
    ReaderView,
    StoredMessage,
    StoredRoom,
    read_reader,
    read_writer,
)
from tests.faults.oracle import violations

ANA, ROOM = 1, 7


def stored(seq: int, **fields) -> StoredMessage:
    values = {"id": 100 + seq, "seq": seq, "version": seq, "body": f"text {seq}", "sender": ANA, "client_id": f"c{seq}"}
    return StoredMessage(**{**values, **fields})


def state(seq: int, **fields) -> MessageState:
    return MessageState(**{"id": 100 + seq, "seq": seq, "version": seq, "body": f"text {seq}", **fields})


def attempt(seq: int, **fields) -> Attempt:
    values = {"client_id": f"c{seq}", "sender": ANA, "room": ROOM, "body": f"text {seq}", "acked": state(seq)}
    return Attempt(**{**values, **fields})


class Observations:
    """Three posts, all acknowledged, stored and shown."""

    def __init__(self) -> None:
        self.room = StoredRoom(ROOM, 3, 3, [stored(1), stored(2), stored(3)], members={ANA})
        self.attempts = [attempt(1), attempt(2), attempt(3)]
        self.reader = ReaderView("reader", ANA, {ROOM: [state(1), state(2), state(3)]})

    def violations(self) -> str:
        return "\n".join(violations([self.room], [self.attempts], [self.reader]))


@pytest.fixture
def observations() -> Observations:
    return Observations()


def test_correct_observations_have_no_violations(observations):
    assert observations.violations() == ""


def test_lost_acknowledged_post_is_reported(observations):
    observations.room.messages.pop()
    observations.room.last_seq = observations.room.version = 2
    assert "c3 ('text 3') was acknowledged and is lost" in observations.violations()


def test_unacknowledged_post_may_be_stored_or_not(observations):
    observations.attempts[2].acked = None
    assert observations.violations() == ""
    observations.room.messages.pop()
    observations.reader.rooms[ROOM].pop()
    observations.room.last_seq = observations.room.version = 2
    assert observations.violations() == ""


def test_client_id_stored_twice_is_reported(observations):
    observations.room.messages.append(stored(4, client_id="c3"))
    observations.room.last_seq = observations.room.version = 4
    assert "(1, 'c3') is stored 2 times" in observations.violations()


def test_post_stored_under_two_client_ids_is_reported(observations):
    observations.room.messages.append(stored(4, body="text 3"))
    observations.room.last_seq = observations.room.version = 4
    assert "'text 3' is stored 2 times" in observations.violations()


def test_gap_in_sequence_numbers_is_reported(observations):
    observations.room.messages[2] = stored(4, client_id="c3", body="text 3")
    observations.room.last_seq = 4
    assert "missing [3]" in observations.violations()


def test_gap_in_versions_is_reported(observations):
    observations.room.messages[2] = stored(3, version=4)
    observations.room.version = 4
    assert "version 4 after 3 posts and 0 changes" in observations.violations()


def test_version_of_two_messages_is_reported(observations):
    observations.room.messages[2] = stored(3, version=2)
    assert "message versions are not unique or not within 1..3" in observations.violations()


def test_edit_counts_as_a_version(observations):
    observations.room.messages[0] = stored(1, version=4, body="better")
    observations.room.version, observations.room.changes = 4, 1
    observations.attempts[0].change, observations.attempts[0].change_acked = "better", True
    observations.reader.rooms[ROOM][0] = state(1, version=4, body="better")
    assert observations.violations() == ""


def test_lost_acknowledged_edit_is_reported(observations):
    observations.attempts[0].change, observations.attempts[0].change_acked = "better", True
    assert "c1 ('text 1') is stored as 'text 1'" in observations.violations()


def test_unacknowledged_edit_may_be_stored_or_not(observations):
    observations.attempts[0].change = "better"
    assert observations.violations() == ""


def test_stored_refused_post_is_reported(observations):
    observations.attempts[2].acked, observations.attempts[2].refused = None, "not_found"
    assert "was refused (not_found) and is stored" in observations.violations()


def test_number_other_than_the_acknowledged_one_is_reported(observations):
    observations.attempts[2].acked = state(9)
    assert "acknowledged as number 9 and is number 3" in observations.violations()


def test_post_in_another_room_is_reported(observations):
    observations.attempts[2].room = 8
    assert "is in room 7, not in 8" in observations.violations()


def test_altered_body_is_reported(observations):
    observations.room.messages[1] = stored(2, body="something else")
    assert "c2 ('text 2') is stored as 'something else'" in observations.violations()


def test_message_without_an_attempt_is_reported(observations):
    del observations.attempts[1]
    assert "number 2 was never attempted" in observations.violations()


def test_posts_stored_out_of_order_are_reported(observations):
    one, two = observations.room.messages[:2]
    observations.room.messages[:2] = [replace(two, id=101, seq=1), replace(one, id=102, seq=2)]
    assert "the posts of user 1 are stored out of order" in observations.violations()


def test_reader_missing_a_message_is_reported(observations):
    del observations.reader.rooms[ROOM][1]
    assert "shows 2 of 3; at index 2" in observations.violations()


def test_reader_missing_the_last_message_is_reported(observations):
    observations.reader.rooms[ROOM].pop()
    assert "shows 2 of 3; at index 3 None instead of" in observations.violations()


def test_reader_showing_an_extra_message_is_reported(observations):
    observations.reader.rooms[ROOM].append(state(4))
    assert "shows 4 of 3" in observations.violations()


def test_reader_showing_another_order_is_reported(observations):
    observations.reader.rooms[ROOM].reverse()
    assert "shows 3 of 3; at index 1" in observations.violations()


def test_reader_showing_an_outdated_message_is_reported(observations):
    observations.room.messages[0] = stored(1, version=4, body="better")
    observations.room.version, observations.room.changes = 4, 1
    observations.attempts[0].change = "better"
    assert "shows 3 of 3; at index 1" in observations.violations()


def test_reader_listing_a_room_after_leaving_is_reported(observations):
    observations.room.members = set()
    assert "still lists room 7 after leaving it" in observations.violations()


def test_reader_not_listing_a_room_after_joining_is_reported(observations):
    observations.reader.rooms = {}
    assert "does not list room 7 after joining it" in observations.violations()


def test_violations_recorded_by_a_reader_are_reported(observations):
    observations.reader.violations = ["room 7 jumped"]
    assert "reader: room 7 jumped" in observations.violations()


def test_logs_restore_attempts_and_timelines(tmp_path):
    writer, reader = Log(tmp_path / "writer.log"), Log(tmp_path / "reader.log")
    for number in (1, 2):
        writer.write("tried", client_id=f"c{number}", sender=ANA, room=ROOM, body=f"text {number}")
    writer.write("acked", client_id="c1", id=101, seq=1, version=1)
    assert read_writer(writer.path) == [attempt(1), attempt(2, acked=None)]
    reader.write("is", user=ANA)
    reader.write("rooms", rooms=[ROOM])
    reader.write("put", room=ROOM, version=2, messages=[[102, 2, 2, "text 2"], [101, 1, 1, "text 1"]], reset=False)
    reader.write("put", room=ROOM, version=3, messages=[[101, 1, 3, "better"]], reset=False)
    reader.write("put", room=8, version=1, messages=[[200, 1, 1, "elsewhere"]], reset=False)
    assert read_reader(reader.path).rooms == {ROOM: [state(1, version=3, body="better"), state(2)]}
