"""Management commands of accounts, tokens and memberships: the same data and effects as in the API, and clear errors."""

import io
import json
import subprocess
import sys

import msgspec
import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from accounts.auth.token_actions import create_token
from accounts.bots.actions import create_bot
from accounts.models import APIToken, User
from api import schemas
from rooms.conversations import open_conversation
from rooms.models import Room
from tests.checkout import ROOT
from tests.factories import make_member, make_room, make_user

pytestmark = pytest.mark.django_db

OWN_APPS = ("accounts", "rooms", "messaging", "chatsite")


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def ana() -> User:
    return make_user("ana", is_superuser=True)


@pytest.fixture
def mira(ana) -> User:
    return make_user("mira", email="mira@example.org")


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


# -- people -------------------------------------------------------------------------------------------


def test_people_are_listed_as_in_the_api(mira):
    make_user("bo", is_staff=True)
    create_bot(actor=None, username="builds", owner=mira)
    assert [line.split()[3] for line in run("list_people").splitlines()[1:]] == ["ana", "bo", "builds", "mira"]
    assert "bot" in run("list_people", "--search", "builds")
    [found] = msgspec.json.decode(run("list_people", "--search", "example.org", "--json"), type=list[schemas.Account])
    assert (found.username, found.email, found.is_active) == ("mira", "mira@example.org", True)
    assert json.loads(run("list_people", "--state", "suspended", "--json")) == []


def test_names_send_no_control_sequences_to_the_terminal(mira):
    User.objects.filter(pk=mira.pk).update(display_name="\x1b[2JMira")
    assert "\x1b" not in run("list_people")


def test_an_account_is_suspended_and_reinstated(mira):
    create_token(actor=None, user=mira, name="Test", scopes=["read"])
    assert run("suspend_account", "MIRA", "--days", "3").startswith("mira is suspended until ")
    assert not is_active(mira)
    assert not APIToken.objects.usable().exists()
    assert run("suspend_account", "mira") == "mira is suspended.\n"
    assert User.objects.get(pk=mira.pk).suspended_until is None
    assert run("reinstate_account", "mira") == "mira can log in.\n"
    assert is_active(mira)


def test_a_bot_waits_for_its_owner(mira):
    bot = create_bot(actor=None, username="builds", owner=mira)
    run("suspend_account", "builds")
    run("suspend_account", "mira")
    assert "when its owner, mira, is reinstated" in run("reinstate_account", "builds")
    run("reinstate_account", "mira")
    assert is_active(bot)
    assert run("reinstate_account", "builds") == "builds is enabled.\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["nobody"], r"USERNAME: no user named 'nobody'\. Run 'manage.py list_people'"),
        (["ana"], "USERNAME: ana is the only superuser"),
        (["mira", "--days", "0"], "--days: enter at least 1"),
        (["mira", "--days", "9999999"], "--days: that is too long"),
    ],
    ids=["unknown", "last-superuser", "zero", "too-long"],
)
def test_errors_of_suspensions_name_the_option(ana, mira, arguments, error):
    with pytest.raises(CommandError, match=error):
        run("suspend_account", *arguments)
    assert is_active(ana)
    assert is_active(mira)


# -- tokens -------------------------------------------------------------------------------------------


def test_tokens_are_created_listed_and_revoked(ana, mira):
    made = json.loads(run("create_token", "mira", "--name", "Build server", "--scope", "read", "--json"))
    create_token(actor=None, user=mira, name="Other", scopes=["write"])
    create_token(actor=None, user=ana, name="Kept", scopes=["read"])
    [first, _second] = msgspec.json.decode(run("list_tokens", "mira", "--json"), type=list[schemas.Token])
    assert (first.id, first.hint, first.name) == (made["id"], made["secret"][-4:], "Build server")
    assert made["secret"] not in run("list_tokens")
    assert run("revoke_tokens", "mira", "--id", made["id"]) == "1 token of mira revoked.\n"
    assert run("revoke_tokens", "mira") == "1 token of mira revoked.\n"
    assert run("revoke_tokens", "mira") == "0 tokens of mira revoked.\n"
    assert [token.name for token in APIToken.objects.usable()] == ["Kept"]
    with pytest.raises(CommandError, match="--id: mira has no token 987654"):
        run("revoke_tokens", "mira", "--id", 987654)


def test_a_bot_is_printed_for_programs(mira):
    made = json.loads(run("create_bot", "builds", "--owner", "mira", "--json"))
    assert made == {"id": User.objects.get(username="builds").pk, "username": "builds", "name": "builds"}


# -- rooms --------------------------------------------------------------------------------------------


def test_members_are_added_promoted_and_removed(ana, mira):
    room = make_room("Garden", owner=ana, kind="private")
    assert run("add_member", room.pk, "mira") == f"mira is in room {room.pk}, Garden, as member.\n"
    for _ in range(2):
        assert "as moderator" in run("add_member", room.pk, "mira", "--role", "moderator")
    assert room.memberships.get(user=mira).role == "moderator"
    assert run("remove_member", room.pk, "mira") == f"mira is no longer in room {room.pk}, Garden.\n"
    with pytest.raises(CommandError, match="mira"):
        run("remove_member", room.pk, "mira")


def test_members_of_conversations_stay(ana, mira):
    room = open_conversation(user=ana, others=[mira])
    for command in ("add_member", "remove_member"):
        with pytest.raises(CommandError, match="conversation"):
            run(command, room.pk, "mira")


def test_a_room_keeps_an_owner(ana):
    room = make_room("Garden", owner=ana)
    with pytest.raises(CommandError, match="at least one owner"):
        run("add_member", room.pk, "ana", "--role", "member")


def test_a_room_is_archived_and_opened_again(ana):
    room = make_room("Garden", owner=ana)
    make_member(room)
    archived = json.loads(run("archive_chatroom", room.pk, "--json"))
    assert (archived["id"], archived["name"], bool(archived["archived_at"])) == (room.pk, "Garden", True)
    assert "Archived: " in run("archive_chatroom", room.pk)
    assert json.loads(run("open_chatroom", room.pk, "--json"))["archived_at"] is None
    [listed] = [each for each in json.loads(run("list_chatrooms", "--json")) if each["id"] == room.pk]
    assert listed["members"] == 2
    assert json.loads(run("create_chatroom", "Pond", "--json"))["id"] == Room.objects.get(name="Pond").pk


# -- all commands -------------------------------------------------------------------------------------


def test_commands_use_the_same_names_for_the_same_things():
    """An account is USERNAME and a room ID, and what asks for a confirmation has --yes."""
    options: dict[str, set[str]] = {}
    for name, app in get_commands().items():
        if app in OWN_APPS:
            for action in load_command_class(app, name).create_parser("manage.py", name)._actions:
                options.setdefault(name, set()).update(action.option_strings or [str(action.metavar or action.dest)])
    for name, found in options.items():
        if name.endswith("_account"):
            assert "USERNAME" in found, name
        if name.startswith("delete_"):
            assert "--yes" in found, name
        if name.startswith("list_"):
            assert "--json" in found, name
        if name.endswith("_chatroom") and name != "create_chatroom":
            assert "ID" in found, name


def test_arguments_that_are_not_text_are_an_error_without_a_traceback():
    command = [sys.executable, "manage.py", "suspend_account", b"\xff"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == b"manage.py: b'\\xff' is not valid UTF-8.\n"
