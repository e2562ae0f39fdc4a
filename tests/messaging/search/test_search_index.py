"""The index contains the messages, whatever is done to them."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.attachments.cleanup import discard_attachments
from messaging.models import Attachment, AttachmentText, Message, SearchBackfill, SearchRemoval
from messaging.moderation.bulk_delete import delete_messages_of, delete_next_piece
from messaging.posting.actions import delete_message, edit_message, pin_message, unpin_message
from messaging.search import backfill
from messaging.search.engines import engine, postgres
from messaging.search.entry import entry_of, period_facts
from messaging.search.expression import Expression, tokens
from messaging.uploads.actions import set_alt_text
from rooms.actions import delete_room
from rooms.errors import Refusal
from tests.factories import make_attachment, make_draft, make_member, make_room, make_user, post, post_drafts
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def found(*words: str) -> list[int]:
    return list(engine().probe(Expression((tokens(*words),)), 0, 2**40, 100))


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def room(owner):
    return make_room("Workshop", owner=owner)


def test_posts_are_found_by_words_and_facts_newest_first(room, owner):
    first, second = post(room, owner, "Hello world"), post(room, owner, "world **peace** https://example.com `x`")
    assert found("world") == [second.pk, first.pk]
    assert found(f"r:{room.pk}") == found(f"u:{owner.pk}") == [second.pk, first.pk]
    assert found("has:link") == found("has:code") == [second.pk]
    assert found("absent") == []


def test_a_batch_is_indexed_with_one_statement(room, owner, django_assert_num_queries):
    post(room, owner, "warm up")
    with django_assert_num_queries(11):
        post_drafts([make_draft(room, owner, f"one {number}") for number in range(50)])


def test_an_edit_replaces_the_words(room, owner, check_index):
    message = post(room, owner, "before")
    edit_message(actor=owner, message_id=message.pk, body="after")
    assert (found("before"), found("after"), found("is:edited")) == ([], [message.pk], [message.pk])
    check_index()


def test_a_change_that_is_rolled_back_is_not_indexed(room, owner, check_index):
    message = post(room, owner, "before")
    with pytest.raises(RuntimeError), transaction.atomic():
        edit_message(actor=owner, message_id=message.pk, body="after")
        raise RuntimeError
    assert (found("before"), found("after")) == ([message.pk], [])
    check_index()


def test_names_descriptions_and_texts_of_files_are_found(room, owner, check_index):
    file = make_attachment(room, owner, name="Quarterly plan.txt", kind="text")
    AttachmentText.objects.create(attachment=file, tokens="budget of next year")
    message = post(room, owner, "", attachments=(file.pk,))
    assert found("quarterly") == found("budget") == found("has:file") == found("has:text") == [message.pk]
    set_alt_text(user=owner, attachment_id=file.pk, alt="A drawing")
    assert found("drawing") == [message.pk]
    assert not engine().probe(Expression(((("txt", "budget"),),)), 0, 2**40, 10)  # no phrase over two texts
    check_index()


def test_the_contents_of_many_files_are_cut(room, owner, check_index):
    files = [make_attachment(room, owner, name=f"{number}.txt", kind="text") for number in range(10)]
    for number, file in enumerate(files):
        words = " ".join(f"word{number}x{index}" for index in range(1_000))
        AttachmentText.objects.create(attachment=file, tokens=words)
    message = post(room, owner, "Many", attachments=tuple(file.pk for file in files))
    assert found("word0x0") == found("word3x900") == found("many") == [message.pk]
    assert found("word9x0") == []
    check_index()


def test_messages_of_a_deleted_room_leave_the_index_in_pieces(room, owner, check_index, monkeypatch):
    monkeypatch.setattr(backfill, "PIECE", 2)
    for number in range(5):
        post(room, owner, f"word {number}")
    kept = post(make_room(owner=owner), owner, "word")
    delete_room(actor=owner, room=room)
    while backfill.remove_piece():
        pass
    assert found("word") == [kept.pk]
    assert not SearchRemoval.objects.exists()
    check_index()


def test_the_longest_message_is_indexed(room, owner, check_index):
    post(room, owner, "".join(chr(0x4E00 + number) for number in range(8_000)))
    post(room, owner, "a b c d " * 1_000)
    check_index()


class Site:
    """Two rooms, their owner and another member of the first one, and changes of which `number` chooses the object."""

    OPERATIONS = ("post", "batch", "file", "reply", "edit", "delete", "pin", "unpin", "alt", "bulk", "room", "piece")

    def __init__(self) -> None:
        self.owner = make_user()
        self.rooms = [make_room(owner=self.owner), make_room(owner=self.owner)]
        self.writer = make_member(self.rooms[0])

    def change(self, name: str, number: int) -> None:
        try:
            with transaction.atomic():
                getattr(self, name)(number)
        except Refusal:
            pass

    def post(self, number):
        author = self.writer if number % 3 == 0 else self.owner
        post_drafts([make_draft(self.rooms[number % 2], author, f"word{number} été 東京 https://example.com/{number}")])

    def batch(self, number):
        post_drafts(
            [make_draft(self.rooms[each % 2], self.owner, f"each {each} `x`") for each in range(number % 7 + 1)]
        )

    def file(self, number):
        room = self.rooms[number % 2]
        file = make_attachment(room, self.owner, name=f"plan {number}.txt", kind="text")
        AttachmentText.objects.create(attachment=file, tokens=f"content {number}")
        post_drafts([make_draft(room, self.owner, "", attachments=(file.pk,))])

    def reply(self, number):
        message = self._message(number)
        post_drafts([make_draft(message.room, self.owner, "An answer", reply_to_id=message.pk)])

    def edit(self, number):
        message = self._message(number)
        edit_message(actor=message.sender, message_id=message.pk, body=f"Changed {number}")

    def delete(self, number):
        message = self._message(number)
        delete_message(actor=message.sender, message_id=message.pk)

    def pin(self, number):
        pin_message(actor=self.owner, message_id=self._message(number).pk)

    def unpin(self, number):
        unpin_message(actor=self.owner, message_id=self._message(number).pk)

    def alt(self, number):
        if file := Attachment.objects.posted().filter(uploader=self.owner).first():
            set_alt_text(user=self.owner, attachment_id=file.pk, alt=f"Described {number}")

    def bulk(self, number):
        author = self.writer if number % 3 == 0 else self.owner
        delete_messages_of(actor=None, room=self.rooms[number % 2], user=author)

    def room(self, number):
        delete_room(actor=self.owner, room=self.rooms[1])
        self.rooms[1] = make_room(owner=self.owner)

    def piece(self, number):
        backfill.rebuild()
        backfill.index_piece()

    def _message(self, number: int) -> Message:
        """Return one of the messages, or a new one if there are none."""
        messages = list(Message.objects.filter(room__in=self.rooms).order_by("pk"))
        return messages[number % len(messages)] if messages else post(self.rooms[0], self.owner)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(Site.OPERATIONS), st.integers(0, 50)), min_size=5, max_size=25))
def test_the_index_equals_the_messages_after_any_sequence_of_changes(steps, check_index):
    site = Site()
    for name, number in steps:
        site.change(name, number)
    while delete_next_piece() or backfill.remove_piece() or backfill.index_piece():
        pass
    check_index()


class TestBackfill:
    @pytest.fixture(autouse=True)
    def unindexed(self, room, owner, monkeypatch):
        """Five messages of a site that had no search, of which one is deleted."""
        monkeypatch.setattr(backfill, "PIECE", 2)
        messages = [post(room, owner, f"old {number}") for number in range(5)]
        delete_message(actor=owner, message_id=messages[2].pk)
        engine().clear()
        SearchBackfill.objects.create()
        return messages

    def test_messages_are_indexed_newest_first(self, unindexed):
        assert backfill.progress() is not None
        assert backfill.index_piece()
        assert found("old") == [unindexed[4].pk, unindexed[3].pk]
        assert backfill.index_piece()
        assert not backfill.index_piece()
        assert found("old") == [unindexed[number].pk for number in (4, 3, 1, 0)]
        assert backfill.progress() is None

    def test_progress_grows(self):
        backfill.index_piece()
        first = backfill.progress()
        backfill.index_piece()
        second = backfill.progress()
        assert 0 < first.done < second.done < second.total

    def test_nothing_is_missed_or_doubled_at_the_seam(self, room, owner, unindexed, check_index):
        before = post(room, owner, "old, posted before the first piece")
        backfill.index_piece()
        after = post(room, owner, "old, posted after it")
        edit_message(actor=owner, message_id=unindexed[0].pk, body="old and edited before it is indexed")
        delete_message(actor=owner, message_id=unindexed[1].pk)
        while backfill.index_piece():
            pass
        assert found("old") == [after.pk, before.pk, unindexed[4].pk, unindexed[3].pk, unindexed[0].pk]
        check_index()

    def test_a_failed_piece_is_repeated(self, monkeypatch, unindexed):
        with monkeypatch.context() as patch, pytest.raises(RuntimeError), transaction.atomic():
            patch.setattr(SearchBackfill, "save", lambda self: (_ for _ in ()).throw(RuntimeError))
            backfill.index_piece()
        assert found("old") == []
        while backfill.index_piece():
            pass
        assert len(found("old")) == 4

    def test_the_command_rebuilds_the_index(self, check_index):
        output = StringIO()
        call_command("rebuild_search", "--status", stdout=output)
        call_command("rebuild_search", stdout=output)
        call_command("rebuild_search", "--status", stdout=output)
        shown = output.getvalue()
        assert shown.startswith("0 % of the messages are indexed.")
        assert shown.endswith("All messages are indexed.\n")
        check_index()


def test_the_text_of_a_discarded_file_is_deleted(room, owner):
    file = make_attachment(room, owner)
    AttachmentText.objects.create(attachment=file, tokens="words")
    discard_attachments(Attachment.objects.filter(pk=file.pk))
    assert not AttachmentText.objects.exists()


def test_facts_and_words_are_not_confused(room, owner):
    entry = entry_of(post(room, owner, "r:1 is:pinned has:file |"))
    assert not {"r:1", "is:pinned", "has:file", "|"} & {*entry.words, *entry.facts} - {f"r:{room.pk}"}


def test_the_server_indexes_an_existing_site(uvicorn):
    owner = make_user()
    room = make_room(owner=owner)
    message = post(room, owner, "From before the search")
    engine().clear()
    SearchBackfill.objects.create()
    wait_until(lambda: not SearchBackfill.objects.exists(), "all messages are indexed", seconds=20)
    assert found("before") == [message.pk]


@pytest.mark.parametrize(
    ("first", "end", "facts"),
    [
        (date(2025, 1, 1), date(2026, 1, 1), ["y:2025"]),
        (date(2025, 11, 30), date(2026, 2, 2), ["d:20251130", "m:202512", "m:202601", "d:20260201"]),
        (date(1990, 1, 1), date(2014, 1, 1), ["y:2012", "y:2013"]),
        (date(2026, 1, 1), date(2026, 1, 1), []),
    ],
)
def test_a_period_is_covered_by_few_facts(first, end, facts):
    assert period_facts(first, end) == facts


@pytest.mark.django_db(transaction=True)
def test_a_flushed_database_leaves_nothing_in_the_index(room, owner):
    post(room, owner, "a secret")
    assert found("secret")
    call_command("flush", interactive=False, verbosity=0)
    assert found("secret") == []


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only lookups in PostgreSQL have a time limit; runs in test_postgres.py"
)
@pytest.mark.django_db(transaction=True)
class TestLimits:
    """A lookup has its own settings, and nothing else has them."""

    def settings(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('enable_seqscan'), current_setting('statement_timeout')")
            return list(cursor.fetchone())

    def check(self) -> None:
        before = self.settings()
        with postgres.reading():
            assert postgres._read("SELECT 5 WHERE current_setting('enable_seqscan') = %s", ["off"]) == [5]
        assert self.settings() == before
        with postgres.reading():
            postgres._read("SELECT 5 FROM pg_sleep(%s)", [10])
            pytest.fail("it took ten seconds")
        assert self.settings() == before

    def test_without_a_transaction(self, monkeypatch):
        monkeypatch.setattr(postgres, "TIMEOUT_MS", 100)
        self.check()
        assert not connection.in_atomic_block

    def test_in_a_transaction(self, monkeypatch):
        monkeypatch.setattr(postgres, "TIMEOUT_MS", 100)
        with transaction.atomic():
            self.check()
