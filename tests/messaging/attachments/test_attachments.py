"""Attachments: posting, deletion, limits and downloads."""

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
from messaging.models import Attachment, DiscardedFile, Message, StorageChange
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

pytestmark = pytest.mark.usefixtures("storage_folders")


def make_ready(room, user, content=b"abc", name="notes.txt", renditions=("thumbnail",)):
    """Return an attachment that was uploaded and inspected."""
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


def pass_time(time):
    """Make the deletion of discarded files due earlier."""
    DiscardedFile.objects.update(due_at=F("due_at") - time)


class TestPosting:
    def test_attachments_keep_the_order_of_the_command(self, room, ana):
        files = [make_ready(room, ana, name=f"{n}.txt") for n in range(10)][::-1]
        message = try_to_post(room, ana, *files)
        assert [each["name"] for each in events.serialize_message(message)["attachments"]] == [
            f"{n}.txt" for n in range(10)
        ][::-1]
        stored_message = Message.objects.complete().get(pk=message.pk)
        assert (
            events.serialize_message(stored_message)["attachments"] == events.serialize_message(message)["attachments"]
        )
        assert [each.pk for each in stored_message.attachments.order_by("position")] == [each.pk for each in files]

    def test_retry_returns_the_first_message_and_other_files_conflict(self, room, ana):
        file, other, client_id = make_ready(room, ana), make_ready(room, ana), uuid.uuid4()
        first = try_to_post(room, ana, file, client_id=client_id)
        assert try_to_post(room, ana, file, client_id=client_id).pk == first.pk
        assert isinstance(try_to_post(room, ana, other, client_id=client_id), Conflict)
        assert isinstance(try_to_post(room, ana, client_id=client_id), Refusal)

    def test_file_belongs_to_one_message(self, room, ana):
        file = make_ready(room, ana)
        drafts = [Draft(ana.pk, room.pk, uuid.uuid4(), "", None, (file.pk,)) for _ in range(2)]
        first, second = post_drafts(drafts)
        assert isinstance(first, Message)
        assert isinstance(second, NotFound)
        assert isinstance(try_to_post(room, ana, file), NotFound)

    def test_missing_foreign_and_misplaced_files_are_refused_alike(self, room, ana, bo):
        other_room = make_room(owner=ana)
        absent = Attachment(pk=uuid.uuid4())
        refusals = [
            try_to_post(room, ana, each) for each in (absent, make_ready(room, bo), make_ready(other_room, ana))
        ]
        assert len({(type(each), each.detail) for each in refusals}) == 1
        assert isinstance(refusals[0], NotFound)
        assert not Message.objects.exists()

    def test_unfinished_upload_is_refused(self, room, ana):
        upload = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        assert isinstance(try_to_post(room, ana, upload), Invalid)

    def test_duplicate_files_and_more_than_ten_are_refused(self, room, ana):
        files = [make_ready(room, ana) for _ in range(11)]
        assert isinstance(try_to_post(room, ana, files[0], files[0]), Invalid)
        assert isinstance(try_to_post(room, ana, *files), Invalid)
        assert isinstance(try_to_post(room, ana, *files[:10]), Message)

    def test_invalid_draft_fails_alone_and_claims_no_file(self, room, ana, bo):
        file = make_ready(room, ana)
        bad = Draft(ana.pk, room.pk, uuid.uuid4(), "x" * 9000, None, (file.pk,))
        good = Draft(bo.pk, room.pk, uuid.uuid4(), "Hello", None)
        refused, posted = post_drafts([bad, good])
        assert isinstance(refused, Refusal)
        assert isinstance(posted, Message)
        assert isinstance(try_to_post(room, ana, file), Message)

    def test_message_without_files_needs_no_query_for_them(self, room, ana, django_assert_num_queries):
        post(room, ana)
        with django_assert_num_queries(1):
            events.serialize_message(Message.objects.complete().get())

    def test_quote_of_a_message_without_text_names_its_files(self, room, ana, bo):
        message = try_to_post(room, ana, make_ready(room, ana, name="plan.pdf"), make_ready(room, ana, name="b.txt"))
        reply = post(room, bo, "Nice", reply_to_id=message.pk)
        assert events.serialize_message(reply)["reply_to"]["excerpt"] == "📎 plan.pdf, 📎 b.txt"

    def test_caption_is_as_long_as_a_message_at_most(self, room, ana):
        assert isinstance(try_to_post(room, ana, make_ready(room, ana), body=" " * 9000), TooLong)
        assert isinstance(try_to_post(room, ana, make_ready(room, ana), body="   "), Message)

    def test_caption_can_be_removed_and_a_text_cannot(self, room, ana):
        message = try_to_post(room, ana, make_ready(room, ana), body="Look")
        assert actions.edit_message(actor=ana, message_id=message.pk, body="").html == ""
        with pytest.raises(Invalid):
            actions.edit_message(actor=ana, message_id=post(room, ana).pk, body="")

    def test_alt_text_changes_the_message(self, room, ana, bo):
        file = make_ready(room, ana)
        message = try_to_post(room, ana, file)
        set_alt_text(user=ana, attachment_id=file.pk, alt=" A  cat ")
        changed = Message.objects.complete().get(pk=message.pk)
        assert events.serialize_message(changed)["attachments"][0]["alt"] == "A cat"
        assert changed.version == message.version + 1
        set_alt_text(user=ana, attachment_id=file.pk, alt="A cat")
        assert Message.objects.get().version == changed.version  # the same text again changes nothing
        Room.objects.update(archived_at=timezone.now())
        with pytest.raises(Archived):
            set_alt_text(user=ana, attachment_id=file.pk, alt="A dog")
        for user, alt in ((bo, "A dog"), (ana, "x" * 501), (ana, "a\0b")):
            with pytest.raises(Refusal):
                set_alt_text(user=user, attachment_id=file.pk, alt=alt)


class TestDeletion:
    def test_deleted_message_deletes_its_files(self, room, ana, settings, django_capture_on_commit_callbacks):
        message = try_to_post(room, ana, make_ready(room, ana), make_ready(room, ana))
        assert len(stored(settings)) == 4
        with django_capture_on_commit_callbacks(execute=True):
            actions.delete_message(actor=ana, message_id=message.pk)
        assert stored(settings) == []
        assert not Attachment.objects.exists()
        assert not DiscardedFile.objects.exists()
        assert "attachments" not in events.serialize_message(Message.objects.complete().get())
        assert Message.objects.get().files == ""

    def test_files_are_deleted_after_a_crash(self, room, ana, settings):
        message = try_to_post(room, ana, make_ready(room, ana))
        actions.delete_message(actor=ana, message_id=message.pk)  # nothing runs after the commit
        assert len(stored(settings)) == 2
        assert delete_discarded() == 2
        assert stored(settings) == []
        assert delete_discarded() == 0

    def test_deletion_is_retried_after_a_storage_error(
        self, room, ana, settings, monkeypatch, django_capture_on_commit_callbacks
    ):
        message = try_to_post(room, ana, make_ready(room, ana))

        def fail(names):
            raise OSError("storage is down")

        with monkeypatch.context() as patched:
            patched.setattr(storage, "delete_files", fail)
            with django_capture_on_commit_callbacks(execute=True):
                actions.delete_message(actor=ana, message_id=message.pk)
        assert len(stored(settings)) == 2
        pass_time(RETRY_AFTER)
        delete_discarded()
        assert stored(settings) == []

    def test_undeletable_file_does_not_block_others(
        self, room, ana, settings, monkeypatch, django_capture_on_commit_callbacks
    ):
        stuck, other = make_ready(room, ana), make_ready(room, ana)
        message = try_to_post(room, ana, stuck, other)
        original = storage.delete_files

        def delete_files(names):
            if stuck.key in names:
                raise PermissionError("not yours")
            original(names)

        monkeypatch.setattr(storage, "delete_files", delete_files)
        with django_capture_on_commit_callbacks(execute=True):
            actions.delete_message(actor=ana, message_id=message.pk)
        assert stored(settings) == [Path(stuck.key).name]
        assert delete_discarded() == 0  # not due yet
        pass_time(RETRY_AFTER)
        with pytest.raises(PermissionError):
            delete_discarded()
        monkeypatch.undo()
        pass_time(RETRY_AFTER)
        assert delete_discarded() == 1
        assert stored(settings) == []

    @pytest.mark.parametrize("way", ["cancel", "room", "account"])
    def test_file_stored_after_its_upload_was_discarded_is_deleted_later(
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
        storage.save_file(upload.key, part)  # by a process that was killed before it could delete it again
        delete_discarded()
        assert len(stored(settings)) == 1
        pass_time(UNFINISHED_FOR)
        delete_discarded()
        assert stored(settings) == []
        assert not DiscardedFile.objects.exists()

    def test_cancelled_upload_discards_no_stored_file(self, room, ana):
        for _ in range(3):
            cancel_upload(upload=begin_upload(user=ana, room_id=room.pk, name="a", size=3))
        assert not DiscardedFile.objects.exists()

    @pytest.mark.parametrize("way", ["bulk", "room", "account"])
    def test_bulk_deletion_deletes_files(self, room, ana, settings, way):
        for _ in range(3):
            try_to_post(room, ana, make_ready(room, ana))
        if way == "bulk":
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

    def test_deleted_account_keeps_posted_files_only(self, room, ana, settings):
        kept = make_ready(room, ana)
        try_to_post(room, ana, kept)
        make_ready(room, ana)
        delete_account(user=ana, with_messages=False)
        delete_discarded()
        assert stored(settings) == [Path(kept.key).name, f"{Path(kept.key).name}.thumbnail"]

    def test_unposted_files_are_deleted_after_a_day(self, room, ana, settings):
        posted, waiting = make_ready(room, ana), make_ready(room, ana)
        started = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        try_to_post(room, ana, posted)
        Attachment.objects.update(touched_at=timezone.now() - ABANDONED_AFTER * 1.01)
        fresh = begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        delete_abandoned()
        delete_discarded()
        assert set(Attachment.objects.values_list("pk", flat=True)) == {posted.pk, fresh.pk}
        assert not any(Path(waiting.key).name in name for name in stored(settings))
        assert started.pk not in Attachment.objects.values_list("pk", flat=True)

    def test_upload_without_bytes_is_deleted_after_an_hour(self, room, ana):
        empty = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        started = begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        part_path(started.pk).write_bytes(b"ab")
        Attachment.objects.update(touched_at=timezone.now() - FIRST_BYTE_WITHIN * 1.01)
        fresh = begin_upload(user=ana, room_id=room.pk, name="c", size=5)
        delete_abandoned()
        assert set(Attachment.objects.values_list("pk", flat=True)) == {started.pk, fresh.pk}
        assert not Attachment.objects.filter(pk=empty.pk).exists()

    def test_uploads_on_another_server_are_left_to_it(self, room, ana, settings, tmp_path):
        part_path(begin_upload(user=ana, room_id=room.pk, name="a", size=5).pk).write_bytes(b"ab")
        Attachment.objects.update(touched_at=timezone.now() - FIRST_BYTE_WITHIN * 1.01)
        settings.UPLOAD_ROOT = tmp_path / "another server"
        delete_abandoned()
        assert Attachment.objects.exists()

    def test_received_bytes_without_an_upload_are_deleted(self, room, ana, settings):
        upload = begin_upload(user=ana, room_id=room.pk, name="a", size=5)
        stray = part_path(uuid.uuid4())
        workspace = Path(f"{part_path(uuid.uuid4())}.made")
        stray.touch()
        workspace.mkdir()
        fresh = part_path(uuid.uuid4())
        fresh.touch()
        for path in (stray, workspace, part_path(upload.pk)):
            os.utime(path, (1, 1))
        delete_abandoned()
        assert set(Path(settings.UPLOAD_ROOT).iterdir()) == {part_path(upload.pk), fresh}

    def test_posted_file_cannot_be_cancelled(self, room, ana):
        file = make_ready(room, ana)
        try_to_post(room, ana, file)
        with pytest.raises(Invalid):
            cancel_upload(upload=file)
        assert received_bytes(file) == 3


class TestLimits:
    def test_quota_counts_uploads_in_progress(self, room, ana, bo, settings):
        settings.CHAT_QUOTA = 10
        begin_upload(user=ana, room_id=room.pk, name="a", size=6)
        with pytest.raises(Refusal, match="left") as refused:
            begin_upload(user=ana, room_id=room.pk, name="b", size=5)
        assert refused.value.code == "too_large"
        begin_upload(user=ana, room_id=room.pk, name="b", size=4)
        begin_upload(user=bo, room_id=room.pk, name="b", size=10)

    def test_deleted_message_frees_storage(self, room, ana, settings):
        settings.CHAT_QUOTA = 3
        message = try_to_post(room, ana, make_ready(room, ana))
        with pytest.raises(Refusal):
            begin_upload(user=ana, room_id=room.pk, name="b", size=1)
        actions.delete_message(actor=ana, message_id=message.pk)
        begin_upload(user=ana, room_id=room.pk, name="b", size=3)

    def test_site_has_a_storage_limit(self, room, ana, bo, settings):
        settings.CHAT_ALL_FILES = 10
        begin_upload(user=ana, room_id=room.pk, name="a", size=6)
        with pytest.raises(Refusal, match="Contact an admin"):
            begin_upload(user=bo, room_id=room.pk, name="b", size=5)

    def test_the_total_is_maintained_without_reading_the_attachments(self, room, ana, django_assert_num_queries):
        """For every way to add and delete attachments, and also after its changes have been merged."""

        def actual() -> int:
            return sum(Attachment.objects.values_list("size", flat=True))

        def total() -> int:
            with django_assert_num_queries(1):
                return StorageChange.objects.total()

        uploads = [begin_upload(user=ana, room_id=room.pk, name="a", size=size) for size in (5, 7, 11, 13, 0)]
        message = try_to_post(room, ana, make_ready(room, ana))
        assert total() == actual() > 36
        cancel_upload(upload=uploads[0])
        Attachment.objects.get(pk=uploads[1].pk).delete()
        Attachment.objects.filter(pk=uploads[2].pk).delete()
        assert total() == actual()
        assert StorageChange.objects.count() > 3
        while StorageChange.objects.merge(3) == 3:
            assert total() == actual()
        assert StorageChange.objects.count() < 3
        actions.delete_message(actor=ana, message_id=message.pk)
        assert total() == actual() == 13
        delete_room(actor=None, room=room)
        assert total() == actual() == 0

    @pytest.mark.parametrize(
        ("allowed", "denied", "name", "type", "is_allowed"),
        [
            ([], [".exe"], "a.EXE", "", False),
            ([], ["video/*"], "a.mp4", "video/mp4", False),
            ([], ["video/*"], "a.mp4", "", True),  # its content is inspected later
            (["image/*", ".pdf"], [], "a.png", "image/png", True),
            (["image/*", ".pdf"], [], "a.PDF", "", True),
            (["image/*", ".pdf"], [], "a.zip", "application/zip", False),
            (["image/*", ".pdf"], [], "a", "", True),  # of unknown type: its content is inspected later
            ([".pdf"], [], "a", "", False),
        ],
    )
    def test_denied_types_are_refused_before_the_upload(
        self, room, ana, settings, allowed, denied, name, type, is_allowed
    ):
        settings.CHAT_FILE_TYPES, settings.CHAT_FILE_TYPES_DENIED = allowed, denied
        try:
            begin_upload(user=ana, room_id=room.pk, name=name, size=1, type=type)
        except Refusal as refusal:
            assert refusal.code == "type_denied"
            assert not is_allowed
        else:
            assert is_allowed

    def test_nearly_full_disk_refuses_uploads(self, room, ana, settings):
        settings.CHAT_FREE = 10**18
        with pytest.raises(Refusal) as refused:
            begin_upload(user=ana, room_id=room.pk, name="a", size=1)
        assert refused.value.code == "disk_full"
        assert not Attachment.objects.exists()

    def test_at_most_a_hundred_files_are_unposted(self, room, ana):
        Attachment.objects.bulk_create(
            Attachment(uploader=ana, room=room, key=str(n), name="a", name_key="a", size=0) for n in range(100)
        )
        with pytest.raises(Refusal, match="too many unsent files"):
            begin_upload(user=ana, room_id=room.pk, name="a", size=1)


class TestDownloads:
    @pytest.fixture
    def file(self, room, ana):
        return make_ready(room, ana)

    def get(self, client, user, file, rest=""):
        client.force_login(user)
        return client.get(f"/attachments/{file.pk}/{rest}", headers={"X-Requested-With": "fetch"})

    @pytest.mark.parametrize("rest", ["", "facts/", "thumbnail/"])
    def test_unposted_file_is_visible_to_its_uploader_only(self, client, room, ana, bo, file, rest):
        assert self.get(client, ana, file, rest).status_code == 200
        assert self.get(client, bo, file, rest).status_code == 404
        try_to_post(room, ana, file)
        assert self.get(client, bo, file, rest).status_code == 200

    def test_removed_blocking_and_clearing_members_cannot_download(self, client, room, ana, bo, file):
        private = make_room("Den", kind="private", owner=make_user("chief"))
        former = make_member(private)
        make_member(private, ana)
        secret = make_ready(private, ana)
        try_to_post(private, ana, secret)
        assert self.get(client, former, secret).status_code == 200
        remove_member(actor=None, room=private, user=former)
        refused = self.get(client, former, secret)
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

    def test_staff_can_download_reported_files(self, client, room, ana, bo):
        private = make_room("Den", kind="private", owner=make_user("chief"))
        for user in (ana, bo):
            make_member(private, user)
        file = make_ready(private, ana)
        message = try_to_post(private, ana, file)
        root = make_user("root", is_staff=True, is_superuser=True)
        assert self.get(client, root, file).status_code == 404
        report_message(reporter=bo, message_id=message.pk, reason="Not nice")
        assert self.get(client, root, file).status_code == 200
        report = message.reports.get()
        case = client.get(f"/admin/messaging/report/{report.pk}/change/").content.decode()
        assert f'<a href="/attachments/{file.pk}/?download"><bdi>notes.txt</bdi></a>' in case

    def test_visitor_must_log_in(self, client, room, ana, file):
        assert client.get(f"/attachments/{file.pk}/").status_code == 302
        assert client.get(f"/attachments/{file.pk}/", headers={"X-Requested-With": "fetch"}).status_code == 401

    def test_cached_copy_is_revalidated(self, client, room, ana, bo, file):
        try_to_post(room, ana, file)
        response = self.get(client, bo, file)
        assert response["Cache-Control"] == "private, no-cache"
        again = client.get(f"/attachments/{file.pk}/", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304
        remove_member(actor=None, room=room, user=bo)
        assert client.get(f"/attachments/{file.pk}/", headers={"If-None-Match": response["ETag"]}).status_code == 404

    def test_file_name_may_have_any_characters(self, client, ana, room):
        response = self.get(client, ana, make_ready(room, ana, name='Ü "x".txt'))
        assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9C")

    def test_missing_renditions_are_not_found(self, client, ana, file):
        assert self.get(client, ana, file, "display/").status_code == 404
        assert self.get(client, ana, file, "passwd/").status_code == 404
