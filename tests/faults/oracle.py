"""The oracle: given what the database holds, what writers tried and what readers show, what is wrong?

Knows nothing of the server; every fault is judged by the same questions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from tests.faults.observations import Attempt, ReaderList, Row, Shown, StoredRoom

Complaints = Iterator[str]


def complaints(
    rooms: Iterable[StoredRoom], writers: Iterable[Sequence[Attempt]], readers: Iterable[ReaderList]
) -> list[str]:
    """All that contradicts the promises, as sentences; nothing when all is well."""
    rooms, writers = list(rooms), [list(attempts) for attempts in writers]
    attempts = [attempt for each in writers for attempt in each]
    rows = {(row.sender, row.client_id): (room.id, row) for room in rooms for row in room.messages}
    return [
        *_of_numbers(rooms),
        *_of_doubles(rooms),
        *(text for attempt in attempts for text in _of_attempt(attempt, rows)),
        *(text for each in writers for text in _of_order(each, rows)),
        *_of_strangers(rooms, attempts),
        *(text for reader in readers for text in _of_reader(reader, rooms)),
    ]


def _of_numbers(rooms: Iterable[StoredRoom]) -> Complaints:
    for room in rooms:
        seqs = [row.seq for row in room.messages]
        if seqs != list(range(1, room.last_seq + 1)):
            yield f"room {room.id}: the numbers are not 1..{room.last_seq}: {_odd(seqs, room.last_seq)}"
        versions = sorted(row.version for row in room.messages)
        if len(set(versions)) != len(versions) or (versions and not 1 <= versions[0] <= versions[-1] <= room.version):
            yield f"room {room.id}: the messages' versions do not fit into 1..{room.version}"
        if len(seqs) + room.changes != room.version:
            yield f"room {room.id}: version {room.version} after {len(seqs)} posts and {room.changes} changes"


def _of_doubles(rooms: Iterable[StoredRoom]) -> Complaints:
    for room in rooms:
        for key, times in Counter((row.sender, row.client_id) for row in room.messages).items():
            if times > 1:
                yield f"room {room.id}: {key} is stored {times} times"
        for body, times in Counter(row.body for row in room.messages if row.body).items():
            if times > 1:  # each body of the tests is written once: this is one post under two names
                yield f"room {room.id}: {body!r} is stored {times} times"


def _of_attempt(attempt: Attempt, rows: dict[tuple[int, str], tuple[int, Row]]) -> Complaints:
    name = f"post {attempt.client_id} ({attempt.body!r})"
    room, row = rows.get((attempt.sender, attempt.client_id), (0, None))
    if row is None:
        if attempt.acked is not None:
            yield f"{name} was acknowledged and is lost"
        return
    if attempt.refused:
        yield f"{name} was refused ({attempt.refused}) and is stored"
    if room != attempt.room:
        yield f"{name} is in room {room}, not in {attempt.room}"
    if (acked := attempt.acked) is not None and (acked.id, acked.seq) != (row.id, row.seq):
        yield f"{name} was acknowledged as number {acked.seq} and is number {row.seq}"
    if row.body not in _possible_bodies(attempt):
        yield f"{name} is stored as {row.body!r}"


def _possible_bodies(attempt: Attempt) -> set[str]:
    if attempt.change is None:
        return {attempt.body}
    return {attempt.change} if attempt.change_acked else {attempt.body, attempt.change}


def _of_order(attempts: Sequence[Attempt], rows: dict[tuple[int, str], tuple[int, Row]]) -> Complaints:
    """A writer has one post of a room on its way at a time: they stand in the order in which they were written."""
    lanes: dict[int, list[int]] = defaultdict(list)
    for attempt in attempts:
        if found := rows.get((attempt.sender, attempt.client_id)):
            lanes[attempt.room].append(found[1].seq)
    for room, seqs in lanes.items():
        if seqs != sorted(seqs):
            yield f"room {room}: the posts of {attempts[0].sender} stand in another order than they were written in"


def _of_strangers(rooms: Iterable[StoredRoom], attempts: Iterable[Attempt]) -> Complaints:
    tried = {(attempt.sender, attempt.client_id) for attempt in attempts}
    for room in rooms:
        for row in room.messages:
            if (row.sender, row.client_id) not in tried:
                yield f"room {room.id}: number {row.seq} was written by nobody"


def _of_reader(reader: ReaderList, rooms: Iterable[StoredRoom]) -> Complaints:
    for text in reader.complaints:
        yield f"{reader.name}: {text}"
    for room in rooms:
        if reader.user not in room.members:
            if room.id in reader.rooms:
                yield f"{reader.name} still believes to be in room {room.id}"
        elif room.id not in reader.rooms:
            yield f"{reader.name} does not know that it is in room {room.id}"
        else:
            seen = [row for row in room.messages if row.sender not in reader.hidden]
            yield from _of_list(f"{reader.name}, room {room.id}", reader.rooms[room.id], seen)


def _of_list(name: str, shown: Sequence[Shown], stored: Sequence[Row]) -> Complaints:
    """The first difference tells enough: what follows is shifted by it."""
    for place, (mine, row) in enumerate(zip_longest(shown, stored), start=1):
        truth = row and Shown(row.id, row.seq, row.version, row.body)
        if mine != truth:
            yield f"{name}: shows {len(shown)} of {len(stored)}; at place {place} {mine} instead of {truth}"
            return


def _odd(seqs: Sequence[int], last: int) -> str:
    missing = sorted(set(range(1, last + 1)) - set(seqs))
    extra = sorted(set(seqs) - set(range(1, last + 1)))
    return f"missing {missing[:5]}, too many {extra[:5]}, doubled {[s for s, n in Counter(seqs).items() if n > 1][:5]}"
