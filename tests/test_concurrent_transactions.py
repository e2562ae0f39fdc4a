"""Transactions on PostgreSQL that change the same rows at the same time. On SQLite, only one of them writes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.services import postgres_server

PREPARE = """
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.core.management import call_command
from django.db import connection, transaction
from accounts.actions import InvitationExpired, accept_invitation, create_invitation
from messaging.models import StorageChange
from messaging.uploads.actions import begin_upload, cancel_upload
from rooms.actions import delete_room
from tests.factories import make_room, make_user
from tests.waiting import wait_until

def is_blocked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]

def overlapping(first, second):
    "Commit `first` when `second` waits for a row that it has locked."
    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            first()
            other = threads.submit(second)
            wait_until(lambda: is_blocked() or other.done(), "the second transaction waits")
        other.result()

call_command("migrate", verbosity=0)
call_command("flush", interactive=False, verbosity=0)
ana = make_user()
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def run(url, tmp_path):
    """Return a function that runs a program on PostgreSQL, and returns its output."""

    def run(program: str) -> str:
        values = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
        command = [sys.executable, "-c", PREPARE + program]
        return subprocess.run(command, env={**os.environ, **values}, capture_output=True, text=True, check=True).stdout

    return run


def test_file_deleted_twice_is_subtracted_once_from_the_storage_used(run):
    """The sender cancels the upload while the room is being deleted."""
    assert run("""
room = make_room(owner=ana)
upload = begin_upload(user=ana, room_id=room.pk, name="notes.txt", size=1000)
print(StorageChange.objects.total())
overlapping(lambda: cancel_upload(upload=upload), lambda: delete_room(actor=None, room=room))
print(StorageChange.objects.total())
""").split() == ["1000", "0"]


def test_invite_link_for_one_person_is_used_once(run):
    assert run("""
invitation = create_invitation(by=ana, max_uses=1, room_id=make_room(owner=ana).pk)
bo, cy = make_user(), make_user()
try:
    overlapping(*(lambda user=user: accept_invitation(user=user, invitation=invitation) for user in (bo, cy)))
except InvitationExpired:
    print("expired")
invitation.refresh_from_db()
print(invitation.uses)
""").split() == ["expired", "1"]
