"""The oracle sees what it is there to see: each kind of wrong, made on purpose in evidence that was right."""

from dataclasses import replace

import pytest

from tests.faults.observations import Attempt, Log, ReaderList, Row, Shown, StoredRoom, read_reader, read_writer
from tests.faults.oracle import complaints

ANA, ROOM = 1, 7


def row(seq: int, **fields) -> Row:
    values = {"id": 100 + seq, "seq": seq, "version": seq, "body": f"text {seq}", "sender": ANA, "client_id": f"c{seq}"}
    return Row(**{**values, **fields})


def shown(seq: int, **fields) -> Shown:
    return Shown(**{"id": 100 + seq, "seq": seq, "version": seq, "body": f"text {seq}", **fields})


def attempt(seq: int, **fields) -> Attempt:
    values = {"client_id": f"c{seq}", "sender": ANA, "room": ROOM, "body": f"text {seq}", "acked": shown(seq)}
    return Attempt(**{**values, **fields})


class Evidence:
    """Three posts, all acknowledged, stored and shown."""

    def __init__(self) -> None:
        self.room = StoredRoom(ROOM, 3, 3, [row(1), row(2), row(3)], members={ANA})
        self.attempts = [attempt(1), attempt(2), attempt(3)]
        self.reader = ReaderList("reader", ANA, {ROOM: [shown(1), shown(2), shown(3)]})

    def judged(self) -> str:
        return "\n".join(complaints([self.room], [self.attempts], [self.reader]))


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


def test_all_is_well(evidence):
    assert evidence.judged() == ""


def test_an_acknowledged_post_that_is_lost(evidence):
    evidence.room.messages.pop()
    evidence.room.last_seq = evidence.room.version = 2
    assert "c3 ('text 3') was acknowledged and is lost" in evidence.judged()


def test_an_unacknowledged_post_may_be_there_or_not(evidence):
    evidence.attempts[2].acked = None
    assert evidence.judged() == ""
    evidence.room.messages.pop()
    evidence.reader.rooms[ROOM].pop()
    evidence.room.last_seq = evidence.room.version = 2
    assert evidence.judged() == ""


def test_a_client_id_that_is_stored_twice(evidence):
    evidence.room.messages.append(row(4, client_id="c3"))
    evidence.room.last_seq = evidence.room.version = 4
    assert "(1, 'c3') is stored 2 times" in evidence.judged()


def test_a_post_that_is_stored_under_two_names(evidence):
    evidence.room.messages.append(row(4, body="text 3"))
    evidence.room.last_seq = evidence.room.version = 4
    assert "'text 3' is stored 2 times" in evidence.judged()


def test_a_hole_in_the_numbers(evidence):
    evidence.room.messages[2] = row(4, client_id="c3", body="text 3")
    evidence.room.last_seq = 4
    assert "missing [3]" in evidence.judged()


def test_a_hole_in_the_versions(evidence):
    evidence.room.messages[2] = row(3, version=4)
    evidence.room.version = 4
    assert "version 4 after 3 posts and 0 changes" in evidence.judged()


def test_two_messages_of_one_version(evidence):
    evidence.room.messages[2] = row(3, version=2)
    assert "versions do not fit" in evidence.judged()


def test_a_change_counts_as_a_version(evidence):
    evidence.room.messages[0] = row(1, version=4, body="better")
    evidence.room.version, evidence.room.changes = 4, 1
    evidence.attempts[0].change, evidence.attempts[0].change_acked = "better", True
    evidence.reader.rooms[ROOM][0] = shown(1, version=4, body="better")
    assert evidence.judged() == ""


def test_an_acknowledged_edit_that_is_lost(evidence):
    evidence.attempts[0].change, evidence.attempts[0].change_acked = "better", True
    assert "c1 ('text 1') is stored as 'text 1'" in evidence.judged()


def test_an_edit_without_an_answer_may_be_there_or_not(evidence):
    evidence.attempts[0].change = "better"
    assert evidence.judged() == ""


def test_a_refused_post_that_is_stored_all_the_same(evidence):
    evidence.attempts[2].acked, evidence.attempts[2].refused = None, "not_found"
    assert "was refused (not_found) and is stored" in evidence.judged()


def test_another_number_than_the_one_acknowledged(evidence):
    evidence.attempts[2].acked = shown(9)
    assert "acknowledged as number 9 and is number 3" in evidence.judged()


def test_a_post_in_another_room(evidence):
    evidence.attempts[2].room = 8
    assert "is in room 7, not in 8" in evidence.judged()


def test_a_changed_text(evidence):
    evidence.room.messages[1] = row(2, body="something else")
    assert "c2 ('text 2') is stored as 'something else'" in evidence.judged()


def test_a_message_that_nobody_wrote(evidence):
    del evidence.attempts[1]
    assert "number 2 was written by nobody" in evidence.judged()


def test_a_writer_whose_posts_changed_places(evidence):
    one, two = evidence.room.messages[:2]
    evidence.room.messages[:2] = [replace(two, id=101, seq=1), replace(one, id=102, seq=2)]
    assert "in another order than they were written in" in evidence.judged()


def test_a_reader_that_misses_a_message(evidence):
    del evidence.reader.rooms[ROOM][1]
    assert "shows 2 of 3; at place 2" in evidence.judged()


def test_a_reader_that_misses_the_last_message(evidence):
    evidence.reader.rooms[ROOM].pop()
    assert "shows 2 of 3; at place 3 None instead of" in evidence.judged()


def test_a_reader_that_shows_one_too_many(evidence):
    evidence.reader.rooms[ROOM].append(shown(4))
    assert "shows 4 of 3" in evidence.judged()


def test_a_reader_in_another_order(evidence):
    evidence.reader.rooms[ROOM].reverse()
    assert "shows 3 of 3; at place 1" in evidence.judged()


def test_a_reader_with_an_old_state(evidence):
    evidence.room.messages[0] = row(1, version=4, body="better")
    evidence.room.version, evidence.room.changes = 4, 1
    evidence.attempts[0].change = "better"
    assert "shows 3 of 3; at place 1" in evidence.judged()


def test_a_reader_that_was_put_out_and_does_not_know(evidence):
    evidence.room.members = set()
    assert "still believes to be in room 7" in evidence.judged()


def test_a_reader_that_was_let_in_and_does_not_know(evidence):
    evidence.reader.rooms = {}
    assert "does not know that it is in room 7" in evidence.judged()


def test_what_a_reader_complains_of(evidence):
    evidence.reader.complaints = ["room 7 jumped"]
    assert "reader: room 7 jumped" in evidence.judged()


def test_the_logs_give_back_what_was_written(tmp_path):
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
    assert read_reader(reader.path).rooms == {ROOM: [shown(1, version=3, body="better"), shown(2)]}
