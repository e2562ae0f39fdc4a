"""Copies of files in messages: whose they are, what refuses them, and that neither file depends on the other."""

import os
from uuid import uuid4

import pytest

from messaging.attachments import limits, storage
from messaging.attachments.limits import storage_used
from messaging.errors import TooLarge, TypeDenied
from messaging.models import Attachment, AttachmentText, DiscardedFile, Message, StorageChange
from messaging.posting.actions import delete_message, post_messages
from messaging.uploads.actions import part_path
from messaging.uploads.copies import begin_copy, finish_copy
from messaging.uploads.sweeper import delete_abandoned
from rooms.actions import leave_room
from rooms.blocking import block_person
from rooms.errors import Archived, Forbidden, NotFound
from tests.factories import make_attachment, make_draft, make_member, make_room, make_user, post
from tests.live_client import LiveClient
from tests.tus_client import TusClient

CONTENT = os.urandom(300_000)


@pytest.fixture
def other(bo):
    """A room in which only Bo is, and not Ana."""
    return make_room("Attic", owner=bo, kind="private")


@pytest.fixture
def file(room, ana, storage_folders):
    message = post(room, ana, "With a file")
    return make_attachment(
        room, ana, CONTENT, name="Plan.png", message=message, renditions="thumbnail display", kind="image",
        type="image/png", width=40, height=30, alt="A plan",
    )  # fmt: skip


def copy(user, file, room) -> Attachment:
    upload = begin_copy(user=user, room_id=room.pk, source_id=file.pk)
    finish_copy(user=user, upload=upload, source_id=file.pk)
    return Attachment.objects.get(pk=upload.pk)


def forward(user, file, room) -> Message:
    [result] = post_messages([make_draft(room, user, "", attachments=(copy(user, file, room).pk,))])
    return Message.objects.get(pk=result.message.pk)


@pytest.mark.django_db
class TestCopies:
    def test_all_facts_are_those_of_the_original(self, file, bo, other):
        AttachmentText.objects.create(attachment=file, tokens="a plan")
        found = copy(bo, file, other)
        for name in ("name", "name_key", "size", "type", "kind", "width", "height", "alt", "renditions"):
            assert getattr(found, name) == getattr(file, name)
        assert (found.uploader, found.room, found.message) == (bo, other, None)
        assert AttachmentText.objects.get(attachment=found).tokens == "a plan"
        assert not part_path(found.pk).exists()

    def test_no_bytes_are_stored_again(self, file, bo, other):
        found = copy(bo, file, other)
        for mine, theirs in zip(storage.stored_names(found), storage.stored_names(file), strict=True):
            assert mine != theirs
            assert storage.local_path(mine).samefile(storage.local_path(theirs))

    def test_it_counts_towards_the_storage_of_the_one_who_copies(self, file, ana, bo, other):
        before = storage_used(ana), StorageChange.objects.total()
        copy(bo, file, other)
        assert (storage_used(ana), storage_used(bo)) == (before[0], len(CONTENT))
        assert StorageChange.objects.total() == before[1] + len(CONTENT)

    @pytest.mark.django_db(transaction=True)
    def test_deleting_either_message_leaves_the_file_of_the_other(self, file, ana, bo, other):
        forwarded = forward(bo, file, other)
        delete_message(actor=ana, message_id=file.message_id)
        assert not storage.local_path(file.key).exists()
        [left] = forwarded.attachments.all()
        assert storage.local_path(left.key).read_bytes() == CONTENT
        again = forward(bo, left, other)
        delete_message(actor=bo, message_id=forwarded.pk)
        [left] = again.attachments.all()
        assert storage.local_path(left.key).read_bytes() == CONTENT
        assert storage_used(ana) == 0

    def test_one_that_is_never_posted_is_deleted(self, file, bo, other):
        found = copy(bo, file, other)
        Attachment.objects.filter(pk=found.pk).update(touched_at="2026-01-01T00:00Z")
        delete_abandoned()
        assert not Attachment.objects.filter(pk=found.pk).exists()
        assert {each.name for each in DiscardedFile.objects.all()} == set(storage.stored_names(found))


@pytest.mark.django_db
class TestRefusals:
    def test_files_that_the_user_does_not_see(self, file, room, ana, bo, other):
        unposted = make_attachment(room, ana)
        stranger = make_user("stranger")
        attic = make_room("Cellar", owner=stranger)
        for user, source, target in [
            (stranger, file.pk, attic),
            (bo, unposted.pk, other),
            (ana, unposted.pk, room),  # it can be posted itself
            (bo, uuid4(), other),
        ]:
            with pytest.raises(NotFound):
                begin_copy(user=user, room_id=target.pk, source_id=source)
        leave_room(user=bo, room=room)
        with pytest.raises(NotFound):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)
        assert Attachment.objects.count() == 2

    def test_files_of_people_whom_the_user_blocks(self, file, ana, bo, other):
        block_person(user=bo, other=ana)
        with pytest.raises(NotFound):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)

    def test_rooms_in_which_the_user_may_not_post(self, file, room, ana, bo, other):
        with pytest.raises(NotFound):
            begin_copy(user=ana, room_id=other.pk, source_id=file.pk)
        closed = make_room("Closed", owner=ana, is_read_only=True)
        make_member(closed, bo)
        with pytest.raises((Forbidden, Archived)):
            begin_copy(user=bo, room_id=closed.pk, source_id=file.pk)

    def test_limits(self, file, bo, other, settings, monkeypatch):
        settings.CHAT_QUOTA = len(CONTENT) - 1
        with pytest.raises(TooLarge, match="free up space"):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)
        settings.CHAT_QUOTA = 0
        settings.CHAT_MAX_FILE = len(CONTENT) - 1
        with pytest.raises(TooLarge, match="The limit is"):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)
        settings.CHAT_MAX_FILE = len(CONTENT)
        settings.CHAT_FILE_TYPES_DENIED = ["image/*"]
        with pytest.raises(TypeDenied):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)
        settings.CHAT_FILE_TYPES_DENIED = []
        monkeypatch.setattr(limits, "MAX_UNPOSTED", 1)
        copy(bo, file, other)
        with pytest.raises(TooLarge, match="too many unsent files"):
            begin_copy(user=bo, room_id=other.pk, source_id=file.pk)

    def test_a_file_that_is_deleted_meanwhile(self, file, ana, bo, other):
        upload = begin_copy(user=bo, room_id=other.pk, source_id=file.pk)
        storage.delete_files(storage.stored_names(file))
        with pytest.raises(NotFound):
            finish_copy(user=bo, upload=upload, source_id=file.pk)
        delete_message(actor=ana, message_id=file.message_id)
        with pytest.raises(NotFound):
            finish_copy(user=bo, upload=upload, source_id=file.pk)


class TestRequests:
    def test_copies_are_made_and_posted(self, site, room, ana, bo, other):
        with LiveClient(site, ana) as poster:
            poster.post(room.pk, "", attachments=[TusClient(site, ana).upload(room, CONTENT, "Plan.bin")])
        source = Attachment.objects.get()
        client = TusClient(site, bo)
        response = client.copy(other, str(source.pk))
        assert response.status_code == 201, response.text
        copied = response.headers["location"].split("/")[2]
        with LiveClient(site, bo) as forwarder:
            message = forwarder.post(other.pk, "Look", attachments=[copied])
        [found] = message["attachments"]
        assert (found["name"], found["size"]) == ("Plan.bin", len(CONTENT))
        delete_message(actor=ana, message_id=source.message_id)
        assert client.get(found["url"]).content == CONTENT

    @pytest.mark.parametrize("source", ["x", "7", str(uuid4())], ids=["letter", "number", "unknown"])
    def test_refusals(self, uvicorn, bo, other, source):
        response = TusClient(uvicorn, bo).copy(other, source)
        assert (response.status_code, response.json()["code"]) in [(400, "invalid"), (404, "not_found")]
        assert not Attachment.objects.exists()

    def test_a_failed_copy_leaves_nothing(self, uvicorn, room, ana, bo, other):
        with LiveClient(uvicorn, ana) as poster:
            poster.post(room.pk, "", attachments=[TusClient(uvicorn, ana).upload(room, CONTENT)])
        source = Attachment.objects.get()
        (uvicorn.data_dir / "media" / source.key).unlink()
        assert TusClient(uvicorn, bo).copy(other, str(source.pk)).status_code == 404
        assert Attachment.objects.count() == 1
        assert not list((uvicorn.data_dir / "uploads").iterdir())
