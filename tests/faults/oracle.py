"""The oracle: compares the stored rooms, the attempted posts and the readers' lists, and reports every violation.

It doesn't depend on the server, and applies the same rules to every fault.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from tests.faults.observations import Attempt, MessageState, ReaderView, StoredMessage, StoredRoom

Violations = Iterator[str]


def violations(
    rooms: Iterable[StoredRoom], writers: Iterable[Sequence[Attempt]], readers: Iterable[ReaderView]
) -> list[str]:
    """Return a list with a sentence for every broken delivery guarantee."""
    rooms, writers = list(rooms), [list(attempts) for attempts in writers]
    attempts = [attempt for each in writers for attempt in each]
    rows = {(row.sender, row.client_id): (room.id, row) for room in rooms for row in room.messages}
    return [
        *_sequence_violations(rooms),
        *_duplicates(rooms),
        *(text for attempt in attempts for text in _attempt_violations(attempt, rows)),
        *(text for each in writers for text in _order_violations(each, rows)),
        *_unattempted_posts(rooms, attempts),
        *(text for reader in readers for text in _reader_violations(reader, rooms)),
    ]


def _sequence_violations(rooms: Iterable[StoredRoom]) -> Violations:
    for room in rooms:
        seqs = [row.seq for row in room.messages]
        if seqs != list(range(1, room.last_seq + 1)):
            yield f"room {room.id}: sequence numbers are not 1..{room.last_seq}: {_differences(seqs, room.last_seq)}"
        versions = sorted(row.version for row in room.messages)
        if len(set(versions)) != len(versions) or (versions and not 1 <= versions[0] <= versions[-1] <= room.version):
            yield f"room {room.id}: message versions are not unique or not within 1..{room.version}"
        if len(seqs) + room.changes != room.version:
            yield f"room {room.id}: version {room.version} after {len(seqs)} posts and {room.changes} changes"


def _duplicates(rooms: Iterable[StoredRoom]) -> Violations:
    for room in rooms:
        for key, times in Counter((row.sender, row.client_id) for row in room.messages).items():
            if times > 1:
                yield f"room {room.id}: {key} is stored {times} times"
        for body, times in Counter(row.body for row in room.messages if row.body).items():
            if times > 1:  # writers never repeat a body: this is one post stored under two client ids
                yield f"room {room.id}: {body!r} is stored {times} times"


def _attempt_violations(attempt: Attempt, rows: dict[tuple[int, str], tuple[int, StoredMessage]]) -> Violations:
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


def _order_violations(
    attempts: Sequence[Attempt], rows: dict[tuple[int, str], tuple[int, StoredMessage]]
) -> Violations:
    """A writer has one post per room in flight, so its posts must be stored in the order of the attempts."""
    seqs_by_room: dict[int, list[int]] = defaultdict(list)
    for attempt in attempts:
        if found := rows.get((attempt.sender, attempt.client_id)):
            seqs_by_room[attempt.room].append(found[1].seq)
    for room, seqs in seqs_by_room.items():
        if seqs != sorted(seqs):
            yield f"room {room}: the posts of user {attempts[0].sender} are stored out of order"


def _unattempted_posts(rooms: Iterable[StoredRoom], attempts: Iterable[Attempt]) -> Violations:
    attempted = {(attempt.sender, attempt.client_id) for attempt in attempts}
    for room in rooms:
        for row in room.messages:
            if (row.sender, row.client_id) not in attempted:
                yield f"room {room.id}: number {row.seq} was never attempted"


def _reader_violations(reader: ReaderView, rooms: Iterable[StoredRoom]) -> Violations:
    for text in reader.violations:
        yield f"{reader.name}: {text}"
    for room in rooms:
        if reader.user not in room.members:
            if room.id in reader.rooms:
                yield f"{reader.name} still lists room {room.id} after leaving it"
        elif room.id not in reader.rooms:
            yield f"{reader.name} does not list room {room.id} after joining it"
        else:
            visible = [row for row in room.messages if row.sender not in reader.blocked]
            yield from _list_violations(f"{reader.name}, room {room.id}", reader.rooms[room.id], visible)


def _list_violations(name: str, shown: Sequence[MessageState], stored: Sequence[StoredMessage]) -> Violations:
    """Report only the first difference, because it shifts all later ones."""
    for index, (actual, row) in enumerate(zip_longest(shown, stored), start=1):
        expected = row and MessageState(row.id, row.seq, row.version, row.body)
        if actual != expected:
            yield f"{name}: shows {len(shown)} of {len(stored)}; at index {index} {actual} instead of {expected}"
            return


def _differences(seqs: Sequence[int], last: int) -> str:
    missing = sorted(set(range(1, last + 1)) - set(seqs))
    extra = sorted(set(seqs) - set(range(1, last + 1)))
    return f"missing {missing[:5]}, extra {extra[:5]}, repeated {[s for s, n in Counter(seqs).items() if n > 1][:5]}"
