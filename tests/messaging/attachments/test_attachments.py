"""Files in messages: claimed once, shown to those who see the message, and gone with it."""

import os
import uuid
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from messaging.attachments import storage
from messaging.attachments.cleanup import RETRY_AFTER, UNFINISHED_FOR, delete_discarded
from messaging.errors import Conflict, TooLong
from messaging.history import events
from messaging.models import Attachment, DiscardedFile, Message
from messaging.moderation.bulk_delete import delete_messages_of, delete_next_piece
from messaging.moderation.reports import report_message
from messaging.posting import actions
from messaging.posting.batch import Draft
from messaging.uploads.actions import begin_upload, cancel_upload, part_path, received_bytes, set_alt_text
from messaging.uploads.sweeper import ABANDONED_AFTER, FIRST_BYTE_WITHIN, delete_abandoned
from rooms.actions import delete_room, remove_member
from rooms.blocking import block_person
from rooms.errors import Archived, Invalid, NotFound, Refusal
from rooms.models import Room
from tests.factories import make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture
def room(db):
    return make_room("Workshop", owner=make_user("owner"))


def send(room, user, content=b"abc", name="notes.txt", renditions=("thumbnail",)):
    """A file that has come whole and was looked at."""
    upload = begin_upload(user=user, room_id=room.pk, name=name, size=len(content))
    for rendition in ("", *renditions):
        path = part_path(upload.pk).with_suffix(".tmp")
        path.write_bytes(content)
        storage.save_file(storage.rendition_key(upload.key, rendition) if rendition else upload.key, path)
    part_path(upload.pk).unlink()
    Attachment.objects.filter(pk=upload.pk).update(ready_at=timezone.now(), renditions=" ".join(renditions))
    upload.refresh_from_db()
    return upload


def try_to_post(room, user, *files, body="", client_id=None):
    draft = Draft(user.pk, room.pk, client_id or uuid.uuid4(), body, None, tuple(file.pk for file in files))
    return post_drafts([draft])[0]


def stored(settings):
    return sorted(path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def let_pass(time):
    """For what is to be deleted."""
    DiscardedFile.objects.update(due_at=F("due_at") - time)


class TestPosting:
    def test_files_stand_in_the_order_in_which_they_were_named(self, room, ana):
        files = [send(room, ana, name=f"{n}.txt") for n in range(10)][::-1]
        message = try_to_post(room, ana, *files)
        assert [each["name"] for each in events.serialize_message(message)["attachments"]] == [
            f"{n}.txt" for n in range(10)
        ][::-1]
        again = Message.objects.complete().get(pk=message.pk)
        assert events.serialize_message(again)["attachments"] == events.serialize_message(message)["attachments"]
        assert [each.pk for each in again.attachments.order_by("position")] == [each.pk for each in files]

    def test_a_retry_gets_the_first_message_and_other_files_a_conflict(self, room, ana):
        file, other, client_id = send(room, ana), send(room, ana), uuid.uuid4()
        first = try_to_post(room, ana, file, client_id=client_id)
        assert try_to_post(room, ana, file, client_id=client_id).pk == first.pk
        assert isinstance(try_to_post(room, ana, other, client_id=client_id), Conflict)
        assert isinstance(try_to_post(room, ana, client_id=client_id), Refusal)

    def test_a_file_belongs_to_one_message(self, room, ana):
        file = send(room, ana)
        drafts = [Draft(ana.pk, room.pk, uuid.uuid4(), "", None, (file.pk,)) for _ in range(2)]
        first, second = post_drafts(drafts)
        assert isinstance(first, Message)
        assert isinstance(second, NotFound)
        assert isinstance(try_to_post(room, ana, file), NotFound)

    def test_what_is_not_there_not_ones_own_or_for_another_room_is_refused_alike(self, room, ana, bo):
        other_room = make_room(owner=ana)
        absent = Attachment(pk=uuid.uuid4())
        refusals = [try_to_post(room, ana, each) for each in (absent, send(room, bo), send(other_room, ana))]
        assert len({(type(each), each.detail) for each in refusals}) == 1
        assert isinstance(refusals[0], NotFound)
        assert not Message.objects.exists()

    def test_what_is_not_complete_is_refused(self, room, ana):
        upload = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        assert isinstance(try_to_post(room, ana, upload), Invalid)

    def test_the_same_file_twice_and_more_than_ten_are_refused(self, room, ana):
        files = [send(room, ana) for _ in range(11)]
        assert isinstance(try_to_post(room, ana, files[0], files[0]), Invalid)
        assert isinstance(try_to_post(room, ana, *files), Invalid)
        assert isinstance(try_to_post(room, ana, *files[:10]), Message)

    def test_one_bad_draft_fails_alone_and_keeps_no_file(self, room, ana, bo):
        file = send(room, ana)
        bad = Draft(ana.pk, room.pk, uuid.uuid4(), "x" * 9000, None, (file.pk,))
        good = Draft(bo.pk, room.pk, uuid.uuid4(), "Hello", None)
        refused, posted = post_drafts([bad, good])
        assert isinstance(refused, Refusal)
        assert isinstance(posted, Message)
        assert isinstance(try_to_post(room, ana, file), Message)

    def test_a_message_without_files_costs_no_query_for_them(self, room, ana, django_assert_num_queries):
        post(room, ana)
        with django_assert_num_queries(1):
            events.serialize_message(Message.objects.complete().get())

    def test_a_quotation_of_files_names_them(self, room, ana, bo):
        message = try_to_post(room, ana, send(room, ana, name="plan.pdf"), send(room, ana, name="b.txt"))
        reply = post(room, bo, "Nice", reply_to_id=message.pk)
        assert events.serialize_message(reply)["reply_to"]["excerpt"] == "📎 plan.pdf, 📎 b.txt"

    def test_a_caption_has_the_length_of_a_message(self, room, ana):
        assert isinstance(try_to_post(room, ana, send(room, ana), body=" " * 9000), TooLong)
        assert isinstance(try_to_post(room, ana, send(room, ana), body="   "), Message)

    def test_a_caption_can_be_taken_away_and_a_text_cannot(self, room, ana):
        message = try_to_post(room, ana, send(room, ana), body="Look")
        assert actions.edit_message(actor=ana, message_id=message.pk, body="").html == ""
        with pytest.raises(Invalid):
            actions.edit_message(actor=ana, message_id=post(room, ana).pk, body="")

    def test_an_alternative_text_reaches_the_message(self, room, ana, bo):
        file = send(room, ana)
        message = try_to_post(room, ana, file)
        set_alt_text(user=ana, attachment_id=file.pk, alt=" A  cat ")
        changed = Message.objects.complete().get(pk=message.pk)
        assert events.serialize_message(changed)["attachments"][0]["alt"] == "A cat"
        assert changed.version == message.version + 1
        set_alt_text(user=ana, attachment_id=file.pk, alt="A cat")
        assert Message.objects.get().version == changed.version  # the same again is no change
        Room.objects.update(archived_at=timezone.now())
        with pytest.raises(Archived):
            set_alt_text(user=ana, attachment_id=file.pk, alt="A dog")
        for user, alt in ((bo, "A dog"), (ana, "x" * 501), (ana, "a\0b")):
            with pytest.raises(Refusal):
                set_alt_text(user=user, attachment_id=file.pk, alt=alt)


class TestGoing:
    def test_with_their_message(self, room, ana, settings, django_capture_on_commit_callbacks):
        message = try_to_post(room, ana, send(room, ana), send(room, ana))
        assert len(stored(settings)) == 4
        with django_capture_on_commit_callbacks(execute=True):
            actions.delete_message(actor=ana, message_id=message.pk)
        assert stored(settings) == []
        assert not Attachment.objects.exists()
        assert not DiscardedFile.objects.exists()
        assert "attachments" not in events.serialize_message(Message.objects.complete().get())
        assert Message.objects.get().files == ""

    def test_also_when_the_process_dies_before_they_are_deleted(self, room, ana, settings):
        message = try_to_post(room, ana, send(room, ana))
        actions.delete_message(actor=ana, message_id=message.pk)  # what was to be done after the commit is not
        assert len(stored(settings)) == 2
        assert delete_discarded() == 2
        assert stored(settings) == []
        assert delete_discarded() == 0

    def test_also_when_the_storage_fails_at_first(
        self, room, ana, settings, monkeypatch, django_capture_on_commit_callbacks
    ):
        message = try_to_post(room, ana, send(room, ana))

        def fail(names):
            raise OSError("away")

        with monkeypatch.context() as patched:
            patched.setattr(storage, "delete_files", fail)
            with django_capture_on_commit_callbacks(execute=True):
                actions.delete_message(actor=ana, message_id=message.pk)
        assert len(stored(settings)) == 2
        let_pass(RETRY_AFTER)
        delete_discarded()
        assert stored(settings) == []

    def test_one_that_cannot_be_deleted_keeps_no_other(
        self, room, ana, settings, monkeypatch, django_capture_on_commit_callbacks
    ):
        stuck, other = send(room, ana), send(room, ana)
        message = try_to_post(room, ana, stuck, other)
        really = storage.delete_files

        def delete_files(names):
            if stuck.key in names:
                raise PermissionError("not yours")
            really(names)

        monkeypatch.setattr(storage, "delete_files", delete_files)
        with django_capture_on_commit_callbacks(execute=True):
            actions.delete_message(actor=ana, message_id=message.pk)
        assert stored(settings) == [Path(stuck.key).name]
        assert delete_discarded() == 0  # its turn has not come
        let_pass(RETRY_AFTER)
        with pytest.raises(PermissionError):
            delete_discarded()
        monkeypatch.undo()
        let_pass(RETRY_AFTER)
        assert delete_discarded() == 1
        assert stored(settings) == []

    @pytest.mark.parametrize("way", ["cancel", "room", "account"])
    def test_also_what_a_process_that_dies_stores_after_it_was_given_up(
        self, room, ana, settings, way, django_capture_on_commit_callbacks
    ):
        upload = begin_upload(user=ana, room_id=room.pk, name="a", size=3)
        Attachment.objects.update(is_placed=True)
        part = part_path(upload.pk).with_suffix(".tmp")
        part.write_bytes(b"abc")
        with django_capture_on_commit_callbacks(execute=True):
            if way == "cancel":
                cancel_upload(upload=upload)
            elif way == "room":
                delete_room(actor=None, room=room)
            else:
                delete_account(user=ana, with_messages=False)
        storage.save_file(
            upload.key, part
        )  # it was on its way into the store; who saw to it cannot take it out any more
        delete_discarded()
        assert len(stored(settings)) == 1
        let_pass(UNFINISHED_FOR)
        delete_discarded()
        assert stored(settings) == []
        assert not DiscardedFile.objects.exists()

    def test_of_what_was_never_stored_nothing_is_written_down(self, room, ana):
        for _ in range(3):
            cancel_upload(upload=begin_upload(user=ana, room_id=room.pk, name="a", size=3))
        assert not DiscardedFile.objects.exists()

    @pytest.mark.parametrize("way", ["sweep", "room", "account"])
    def test_with_many(self, room, ana, settings, way):
        for _ in range(3):
            try_to_post(room, ana, send(room, ana))
        if way == "sweep":
            delete_messages_of(actor=None, room=room, user=ana)
        elif way == "room":
            delete_room(actor=None, room=room)
        else:
            delete_account(user=ana, with_messages=True)
            while delete_next_piece():
                pass
        delete_discarded()
        assert stored(settings) == []
        assert not Attachment.objects.exists()

    def test_an_account_without_its_messages_leaves_what_it_posted_and_nothing_else(self, room, ana, settings):
        kept = send(room, ana)
        try_to_post(room, ana, kept)
        send(room, ana)
        delete_account(user=ana, with_messages=False)
        delete_discarded()
        assert stored(settings) == [Path(kept.key).name, f"{Path(kept.key).name}.thumbnail"]

    def test_what_nobody_posts_goes_after_a_day(self, room, ana, settings):
        posted, waiting = send(room, ana), send(room, ana)
        begun = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        try_to_post(room, ana, posted)
        Attachment.objects.update(touched_at=timezone.now() - ABANDONED_AFTER * 1.01)
        fresh = begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        delete_abandoned()
        delete_discarded()
        assert set(Attachment.objects.values_list("pk", flat=True)) == {posted.pk, fresh.pk}
        assert not any(Path(waiting.key).name in name for name in stored(settings))
        assert begun.pk not in Attachment.objects.values_list("pk", flat=True)

    def test_a_place_that_nothing_came_to_goes_after_an_hour(self, room, ana):
        empty = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        begun = begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        part_path(begun.pk).write_bytes(b"ab")
        Attachment.objects.update(touched_at=timezone.now() - FIRST_BYTE_WITHIN * 1.01)
        fresh = begin_upload(user=ana, room_id=room.pk, name="c", size=5)
        delete_abandoned()
        assert set(Attachment.objects.values_list("pk", flat=True)) == {begun.pk, fresh.pk}
        assert not Attachment.objects.filter(pk=empty.pk).exists()

    def test_what_gathers_on_another_server_is_left_to_that_one(self, room, ana, settings, tmp_path):
        part_path(begin_upload(user=ana, room_id=room.pk, name="a", size=5).pk).write_bytes(b"ab")
        Attachment.objects.update(touched_at=timezone.now() - FIRST_BYTE_WITHIN * 1.01)
        settings.UPLOAD_ROOT = tmp_path / "of another server"
        delete_abandoned()
        assert Attachment.objects.exists()

    def test_bytes_of_no_upload_go_and_those_of_one_stay(self, room, ana, settings):
        upload = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        stray = part_path(uuid.uuid4())
        half_made = Path(f"{part_path(uuid.uuid4())}.made")
        stray.touch()
        half_made.mkdir()
        fresh = part_path(uuid.uuid4())
        fresh.touch()
        for path in (stray, half_made, part_path(upload.pk)):
            os.utime(path, (1, 1))
        delete_abandoned()
        assert set(Path(settings.UPLOAD_ROOT).iterdir()) == {part_path(upload.pk), fresh}

    def test_a_posted_file_cannot_be_given_up(self, room, ana):
        file = send(room, ana)
        try_to_post(room, ana, file)
        with pytest.raises(Invalid):
            cancel_upload(upload=file)
        assert received_bytes(file) == 3


class TestLimits:
    def test_a_quota_counts_what_is_on_its_way(self, room, ana, bo, settings):
        settings.CHAT_QUOTA = 10
        begin_upload(user=ana, room_id=room.pk, name="a", size=6)
        with pytest.raises(Refusal, match="left") as refused:
            begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        assert refused.value.code == "too_large"
        begin_upload(user=ana, room_id=room.pk, name="b", size=4)
        begin_upload(user=bo, room_id=room.pk, name="b", size=10)

    def test_a_deleted_message_gives_its_room_back(self, room, ana, settings):
        settings.CHAT_QUOTA = 3
        message = try_to_post(room, ana, send(room, ana))
        with pytest.raises(Refusal):
            begin_upload(user=ana, room_id=room.pk, name="b", size=1)
        actions.delete_message(actor=ana, message_id=message.pk)
        begin_upload(user=ana, room_id=room.pk, name="b", size=3)

    def test_the_site_has_a_limit_too(self, room, ana, bo, settings):
        settings.CHAT_ALL_FILES = 10
        begin_upload(user=ana, room_id=room.pk, name="a", size=6)
        with pytest.raises(Refusal, match="Contact an admin"):
            begin_upload(user=bo, room_id=room.pk, name="b", size=5)

    @pytest.mark.parametrize(
        ("allowed", "denied", "name", "type", "is_taken"),
        [
            ([], [".exe"], "a.EXE", "", False),
            ([], ["video/*"], "a.mp4", "video/mp4", False),
            ([], ["video/*"], "a.mp4", "", True),  # its content is looked at when it is there
            (["image/*", ".pdf"], [], "a.png", "image/png", True),
            (["image/*", ".pdf"], [], "a.PDF", "", True),
            (["image/*", ".pdf"], [], "a.zip", "application/zip", False),
            (["image/*", ".pdf"], [], "a", "", True),  # of no type that is told: its content is looked at
            ([".pdf"], [], "a", "", False),
        ],
    )
    def test_types_are_refused_before_a_byte_is_sent(self, room, ana, settings, allowed, denied, name, type, is_taken):
        settings.CHAT_FILE_TYPES, settings.CHAT_FILE_TYPES_DENIED = allowed, denied
        try:
            begin_upload(user=ana, room_id=room.pk, name=name, size=1, type=type)
        except Refusal as refusal:
            assert refusal.code == "type_denied"
            assert not is_taken
        else:
            assert is_taken

    def test_a_nearly_full_disk_takes_no_more(self, room, ana, settings):
        settings.CHAT_FREE = 10**18
        with pytest.raises(Refusal) as refused:
            begin_upload(user=ana, room_id=room.pk, name="a", size=1)
        assert refused.value.code == "disk_full"
        assert not Attachment.objects.exists()

    def test_a_hundred_files_may_wait_to_be_posted(self, room, ana):
        Attachment.objects.bulk_create(
            Attachment(uploader=ana, room=room, key=str(n), name="a", name_key="a", size=0) for n in range(100)
        )
        with pytest.raises(Refusal, match="too many unsent files"):
            begin_upload(user=ana, room_id=room.pk, name="a", size=1)


class TestReading:
    @pytest.fixture
    def file(self, room, ana):
        return send(room, ana)

    def get(self, client, user, file, rest=""):
        client.force_login(user)
        return client.get(f"/attachments/{file.pk}/{rest}", headers={"X-Requested-With": "fetch"})

    @pytest.mark.parametrize("rest", ["", "facts/", "thumbnail/"])
    def test_before_it_is_posted_only_its_sender_sees_it(self, client, room, ana, bo, file, rest):
        assert self.get(client, ana, file, rest).status_code == 200
        assert self.get(client, bo, file, rest).status_code == 404
        try_to_post(room, ana, file)
        assert self.get(client, bo, file, rest).status_code == 200

    def test_who_left_blocks_or_cleared_gets_it_no_more(self, client, room, ana, bo, file):
        private = make_room("Den", kind="private", owner=make_user("chief"))
        former = make_member(private)
        make_member(private, ana)
        hidden = send(private, ana)
        try_to_post(private, ana, hidden)
        assert self.get(client, former, hidden).status_code == 200
        remove_member(actor=None, room=private, user=former)
        refused = self.get(client, former, hidden)
        assert refused.status_code == 404
        absent = self.get(client, former, Attachment(pk=uuid.uuid4()))
        assert refused.content == absent.content
        try_to_post(room, ana, file)
        block_person(user=bo, other=ana)
        assert self.get(client, bo, file).status_code == 404
        carol = make_member(room)
        assert self.get(client, carol, file).status_code == 200
        actions.clear_history(user=carol, room_id=room.pk)
        assert self.get(client, carol, file).status_code == 404

    def test_staff_see_what_was_reported_to_them(self, client, room, ana, bo):
        private = make_room("Den", kind="private", owner=make_user("chief"))
        for user in (ana, bo):
            make_member(private, user)
        file = send(private, ana)
        message = try_to_post(private, ana, file)
        root = make_user("root", is_staff=True, is_superuser=True)
        assert self.get(client, root, file).status_code == 404
        report_message(reporter=bo, message_id=message.pk, reason="Not nice")
        assert self.get(client, root, file).status_code == 200
        report = message.reports.get()
        case = client.get(f"/admin/messaging/report/{report.pk}/change/").content.decode()
        assert f'<a href="/attachments/{file.pk}/?download"><bdi>notes.txt</bdi></a>' in case

    def test_a_visitor_is_asked_to_log_in(self, client, room, ana, file):
        assert client.get(f"/attachments/{file.pk}/").status_code == 302
        assert client.get(f"/attachments/{file.pk}/", headers={"X-Requested-With": "fetch"}).status_code == 401

    def test_a_copy_that_is_kept_is_asked_about_each_time(self, client, room, ana, bo, file):
        try_to_post(room, ana, file)
        answer = self.get(client, bo, file)
        assert answer["Cache-Control"] == "private, no-cache"
        again = client.get(f"/attachments/{file.pk}/", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304
        remove_member(actor=None, room=room, user=bo)
        type(room).objects.filter(pk=room.pk).update(kind="private")
        assert client.get(f"/attachments/{file.pk}/", headers={"If-None-Match": answer["ETag"]}).status_code == 404

    def test_its_name_is_told_in_every_alphabet(self, client, ana, room):
        answer = self.get(client, ana, send(room, ana, name='Ü "x".txt'))
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9C")

    def test_no_rendition_that_was_not_made_is_there(self, client, ana, file):
        assert self.get(client, ana, file, "display/").status_code == 404
        assert self.get(client, ana, file, "passwd/").status_code == 404
