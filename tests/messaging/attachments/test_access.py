"""Access to attachments, and checks of running downloads."""

from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from messaging.attachments.access import filter_visible, find_visible, state_of, states_of
from messaging.models import Attachment
from messaging.posting.actions import delete_message
from messaging.runtime.download_watch import DownloadWatch
from rooms.actions import delete_room, remove_member
from rooms.blocking import block_person
from rooms.moderation import ban_member
from tests.factories import log_in, make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db):
    return make_user("owner")


@pytest.fixture
def reader(db):
    return make_user("reader")


def posted(room, owner) -> Attachment:
    return make_attachment(room, owner, message=post(room, owner))


# -- what changes access also changes the state -----------------------------------------------------------


def test_states_stay_the_same_while_nothing_changes(owner, reader):
    room = make_room(owner=owner, kind="private")
    make_member(room, reader)
    access = reader.pk, posted(room, owner).pk
    before = states_of([access])
    post(room, owner, "Something else")
    assert states_of([access]) == before
    assert access in before


LOSSES = {
    "removed": lambda room, owner, reader, file: remove_member(actor=owner, room=room, user=reader),
    "banned": lambda room, owner, reader, file: ban_member(actor=owner, room=room, user=reader),
    "deleted message": lambda room, owner, reader, file: delete_message(actor=owner, message_id=file.message_id),
    "deleted room": lambda room, owner, reader, file: delete_room(actor=owner, room=room),
    "blocked sender": lambda room, owner, reader, file: block_person(user=reader, other=owner),
    "suspended": lambda room, owner, reader, file: type(reader).objects.filter(pk=reader.pk).update(is_active=False),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_of_access_changes_the_state(owner, reader, loss):
    room = make_room(owner=owner, kind="private")
    make_member(room, reader)
    file = posted(room, owner)
    access = reader.pk, file.pk
    before = states_of([access]).get(access)
    assert before is not None
    assert filter_visible([access]) == {access}
    LOSSES[loss](room, owner, reader, file)
    assert states_of([access]).get(access) != before
    assert filter_visible([access]) == set()


def test_a_ban_from_a_public_room_changes_the_state_of_people_outside_the_room(owner, reader):
    room = make_room(owner=owner)
    access = reader.pk, posted(room, owner).pk
    before = states_of([access])[access]
    assert filter_visible([access]) == {access}
    ban_member(actor=owner, room=room, user=reader, until=timezone.now() + timedelta(days=1))
    assert states_of([access]).get(access) != before
    assert filter_visible([access]) == set()


def test_access_by_other_permissions_has_no_state_and_is_checked_each_time(owner):
    root = make_user("root", is_superuser=True)
    room = make_room(owner=owner, kind="private")
    file = posted(room, owner)
    assert find_visible(root, file.pk) is None
    assert states_of([(root.pk, file.pk)]) == {}


@pytest.mark.parametrize("path", ["/attachments/{file}/", "/attachments/{file}/thumbnail/"])
def test_views_report_the_state_in_which_they_checked_the_permission(owner, reader, path, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    room = make_room(owner=owner, kind="private")
    make_member(room, reader)
    file = make_attachment(room, owner, message=post(room, owner), renditions="thumbnail")
    response = log_in(reader).get(path.format(file=file.pk))
    assert response["X-Reader"] == str(reader.pk)
    assert response["X-Attachment"] == f"{file.pk} {state_of((reader.pk, file.pk))}"


# -- the watch --------------------------------------------------------------------------------------------


def test_many_downloads_are_checked_with_one_query(owner, django_assert_num_queries, monkeypatch):
    async def in_this_thread(work, *args):
        return work(*args)

    monkeypatch.setattr("messaging.runtime.download_watch.in_thread", in_this_thread)
    room = make_room(owner=owner, kind="private")
    file = posted(room, owner)
    readers = [make_member(room) for _ in range(30)]
    watch, ended = DownloadWatch(), []
    with ExitStack() as downloads:
        for reader in readers:
            access = reader.pk, file.pk
            downloads.enter_context(watch.watching(access, partial(ended.append, reader), state=state_of(access)))
        with django_assert_num_queries(1):
            complete(watch.check())
        remove_member(actor=owner, room=room, user=readers[7])
        complete(watch.check())
        assert ended == [readers[7]]


def complete(work: Coroutine) -> None:
    """Run a coroutine that never waits, on this thread's connection."""
    with pytest.raises(StopIteration):
        work.send(None)
