"""Transactions on PostgreSQL that change the same rows at the same time. On SQLite, only one of them writes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.services import postgres_server

pytestmark = pytest.mark.slow

PREPARE = """
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.core.management import call_command
from django.db import connection, transaction
from accounts.actions import InvitationExpired, accept_invitation, create_invitation, register_user
from messaging.models import StorageChange
from messaging.uploads.actions import begin_upload, cancel_upload
from accounts.lifecycle.deletion import delete_account
from accounts.registration.validation import NewUser
from rooms.actions import delete_room, remove_member
from rooms.conversations import make_private_room, open_conversation
from rooms.errors import Refusal
from rooms.models import Room
from rooms.permissions import lock_room
from tests.factories import make_member, make_room, make_user
from tests.waiting import wait_until

def is_blocked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]

def overlapping(first, second, then=lambda: None):
    "When `second` waits for a row that `first` has locked, continue with `then` and commit."
    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            first()
            other = threads.submit(second)
            wait_until(lambda: is_blocked() or other.done(), "the second transaction waits")
            then()
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


def test_member_is_removed_while_their_account_is_being_deleted(run):
    """Each transaction would wait for the other's lock if rooms were not locked before people."""
    assert run("""
bo = make_user()
first, second = (make_room(owner=ana) for _ in range(2))
make_member(first, bo), make_member(second, bo)
overlapping(
    lambda: lock_room(second),
    lambda: delete_account(user=bo, with_messages=False),
    lambda: remove_member(actor=ana, room=second, user=bo),
)
print(bo.memberships.count())
""").split() == ["0"]


def test_people_register_while_their_rooms_are_locked(run):
    """Posts in several rooms lock them in order of their ids, and so does joining the first rooms."""
    assert run("""
invited, default = make_room(owner=ana), make_room(owner=ana, is_default=True)
invitation = create_invitation(by=ana, room_id=invited.pk)
overlapping(
    lambda: lock_room(invited),
    lambda: register_user(new_user=NewUser(username="bo", password="nine red kites"), invitation=invitation),
    lambda: lock_room(default),
)
print(invited.memberships.count(), default.memberships.count())
""").split() == ["2", "2"]


def test_person_and_group_do_not_take_the_same_name(run):
    """The second one waits for the first, and is then refused."""
    assert run("""
from django.core.exceptions import ValidationError
from accounts.groups import create_group, update_group
root = make_user("root", is_staff=True, is_superuser=True)

def register(name):
    register_user(new_user=NewUser(username=name, password="nine red kites"))

def create(name):
    create_group(actor=root, name=name, title="Operations")

for first, second, name in ((create, register, "ops"), (register, create, "design")):
    try:
        overlapping(lambda: first(name), lambda: second(name))
    except ValidationError as error:
        print(*error.message_dict)
other = create_group(actor=root, name="other", title="Other")
try:
    overlapping(lambda: register("sre"), lambda: update_group(actor=root, group=other, name="SRE", title="Other"))
except ValidationError as error:
    print(*error.message_dict)
overlapping(lambda: register("bo"), lambda: register("cy"))
""").split() == ["username", "name", "name"]


def test_two_people_who_start_a_group_at_once_get_the_same(run):
    """The second one waits for the first one's key, and then finds the room with all its members."""
    assert run("""
bo, cy = make_user(), make_user()
found = []
overlapping(
    lambda: found.append(open_conversation(user=ana, others=[bo, cy])),
    lambda: found.append(open_conversation(user=bo, others=[cy, ana])),
)
print(found[0] == found[1], Room.objects.filter(kind="group").count(), found[1].memberships.count())
""").split() == ["True", "1", "3"]


def test_a_group_becomes_a_private_room_once(run):
    assert run("""
bo, cy = make_user(), make_user()
group = open_conversation(user=ana, others=[bo, cy])
try:
    overlapping(*(lambda user=user: make_private_room(actor=user, room=group, name=user.username) for user in (bo, cy)))
except Refusal:
    print("refused")
group.refresh_from_db()
print(group.name == bo.username, group.memberships.filter(role="owner").count())
""").split() == ["refused", "True", "1"]
