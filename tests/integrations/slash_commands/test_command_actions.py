"""Owners of a room create, change and delete its slash commands, and admins those of the site. Nobody else does."""

import json
import re

import pytest
from django.urls import reverse

from accounts.audit import Kind
from accounts.bots.actions import create_bot, delete_bot
from accounts.models import AuditEvent
from integrations.encryption import decrypt
from integrations.models import SlashCommand
from integrations.servers.actions import delete_integration, renew_secret, switch_integration
from integrations.slash_commands import actions
from integrations.slash_commands.actions import change_command
from integrations.slash_commands.names import BUILT_IN
from integrations.slash_commands.queries import commands_in
from rooms.actions import archive_room
from rooms.errors import Archived, Forbidden, Invalid, LimitReached
from rooms.models import Membership
from tests.checkout import ROOT
from tests.factories import log_in, make_member, make_room, make_user

pytestmark = pytest.mark.django_db

FORM = {
    "name": "deploy",
    "description": "Deploy a branch",
    "argument_hint": "[branch]",
    "url": "https://bot.example.org/hook?key=private",
    "dialect": "chatsite",
}


def create(actor, room, **fields) -> SlashCommand:
    values = FORM | {"bot": "gardener", "origin": "https://chat.example.org"} | fields
    return actions.create_command(actor=actor, room=room, **values)[0]


def addresses(room, command) -> list[tuple[str, str, dict]]:
    """Return every request about a command: method, path and fields."""
    args = [room.pk, command.pk]
    return [
        ("GET", reverse("slash_commands:commands", args=args[:1]), {}),
        ("GET", reverse("slash_commands:new_command", args=args[:1]), {}),
        ("POST", reverse("slash_commands:new_command", args=args[:1]), FORM | {"name": "new", "bot": "other"}),
        ("GET", reverse("slash_commands:command", args=args), {}),
        ("POST", reverse("slash_commands:command", args=args), FORM | {"name": "changed"}),
        ("POST", reverse("slash_commands:switch", args=args), {"_method": "DELETE"}),
        ("POST", reverse("slash_commands:secret", args=args), {}),
        ("POST", reverse("slash_commands:command", args=args), {"_method": "DELETE"}),
    ]


@pytest.mark.parametrize("kind", ["moderator", "member", "stranger", "staff in a private room"])
def test_others_can_do_nothing(kind, ana):
    room = make_room("Cellar", owner=ana, kind="private")
    command = create(ana, room)
    user = make_user("other", is_superuser=kind.startswith("staff"), is_staff=kind.startswith("staff"))
    if kind in ("moderator", "member"):
        make_member(room, user, role=kind)
    client = log_in(user)
    for method, path, fields in addresses(room, command):
        response = client.generic(method, path) if method == "GET" else client.post(path, fields)
        assert response.status_code in (403, 404) or "/new/" not in response.get("Location", "/new/"), path
    command.refresh_from_db()
    assert (command.name, command.is_enabled, SlashCommand.objects.count()) == ("deploy", True, 1)


def test_an_owner_can_do_everything(ana, room):
    command = create(ana, room)
    client = log_in(ana)
    for method, path, fields in addresses(room, command):
        response = client.get(path) if method == "GET" else client.post(path, fields)
        assert response.status_code in (200, 302), path
    assert list(SlashCommand.objects.values_list("name", flat=True)) == ["new"]


def test_the_secret_is_shown_once_and_stored_encrypted(ana, room):
    client = log_in(ana)
    path = reverse("slash_commands:new_command", args=[room.pk])
    shown = client.post(path, FORM | {"bot": "gardener", "dialect": "slack"})
    command = SlashCommand.objects.get()
    secret = decrypt(command.secret)
    assert secret in shown.text
    assert secret not in command.secret
    page = client.get(reverse("slash_commands:command", args=[room.pk, command.pk])).text
    assert secret not in page
    assert renew_secret(actor=ana, integration=command) != secret


@pytest.mark.parametrize("name", ["", "Deploy", "2nd", "-x", "a b", "a.b", "é", "x" * 33, *sorted(BUILT_IN)])
def test_invalid_names_are_refused(name, ana, room):
    with pytest.raises(Invalid) as raised:
        create(ana, room, name=name)
    assert raised.value.field == "name"


def test_the_names_of_the_pages_own_commands_are_known():
    sources = [(ROOT / "static/js" / name).read_text() for name in ("chat_page.js", "controllers/blocking.js")]
    found = re.search(r"new SlashCommands\(\{(.*?)\.\.\.blocking", sources[0], re.DOTALL)[1]
    names = set(re.findall(r"^\s+(\w+): \(", found, re.MULTILINE))
    commands = re.search(r"get commands\(\) \{(.*?)\n  \}", sources[1], re.DOTALL)[1]
    names |= set(re.findall(r"^\s+(\w+): ", commands, re.MULTILINE))
    assert names == BUILT_IN


def test_a_name_is_unique_in_a_room_and_against_the_site(ana, room, admin):
    other = make_room("Cellar", owner=ana)
    create(ana, room)
    with pytest.raises(Invalid, match="already"):
        create(ana, room)
    create(ana, other)
    with pytest.raises(Invalid, match="already"):
        create(admin, None, bot="site-bot")
    create(admin, None, name="status", bot="site-bot")
    with pytest.raises(Invalid, match="already"):
        create(ana, room, name="status")
    with pytest.raises(Invalid, match="already"):
        create(admin, None, name="status", bot="site-bot")
    command = create(ana, room, name="other")
    with pytest.raises(Invalid, match="already"):
        change_command(actor=ana, command=command, **FORM)
    assert [each["name"] for each in commands_in(room.pk)] == ["deploy", "other", "status"]


def test_only_admins_create_commands_of_the_site(ana, room, admin):
    with pytest.raises(Forbidden):
        create(ana, None)
    with pytest.raises(Forbidden):
        create(make_user("member"), room)
    command = create(admin, None)
    assert command.bot.owner is None
    with pytest.raises(Forbidden):
        switch_integration(actor=ana, integration=command, is_enabled=False)


@pytest.mark.parametrize(
    "url", ["http://bot.example.org/", "https://10.0.0.1:80/", "ftp://bot.example.org/", "https://a@bot.example.org/"]
)
def test_urls_that_nothing_is_sent_to_are_refused(url, ana, room):
    with pytest.raises(Invalid) as raised:
        create(ana, room, url=url)
    assert raised.value.field == "url"


def test_numbers_are_limited(ana, room, admin, monkeypatch):
    monkeypatch.setattr(actions, "MAX_PER_ROOM", 2)
    monkeypatch.setattr(actions, "MAX_PER_PERSON", 3)
    monkeypatch.setattr(actions, "MAX_OF_SITE", 1)
    other = make_room("Cellar", owner=ana)
    for place, name in ((room, "a"), (room, "b"), (other, "c")):
        create(ana, place, name=name)
    for place in (room, other):
        with pytest.raises(LimitReached):
            create(ana, place, name="d")
    create(admin, None, name="e", bot="site-bot")
    with pytest.raises(LimitReached):
        create(admin, None, name="f", bot="site-bot")


def test_the_bot_joins_the_room_and_must_be_ones_own(ana, room):
    command = create(ana, room)
    assert Membership.objects.filter(room=room, user=command.bot).exists()
    create_bot(actor=None, username="foreign", owner=make_user("ben"))
    with pytest.raises(Invalid):
        create(ana, room, name="other", bot="foreign")
    delete_bot(actor=ana, bot=command.bot)
    assert not SlashCommand.objects.exists()


def test_an_archived_room_gets_no_commands(ana, room):
    archive_room(actor=ana, room=room)
    with pytest.raises(Archived):
        create(ana, room)


def test_changes_are_in_the_audit_log_without_the_url(ana, room, admin):
    command = create(ana, room)
    change_command(actor=ana, command=command, **FORM | {"name": "ship"})
    switch_integration(actor=ana, integration=command, is_enabled=False)
    switch_integration(actor=ana, integration=command, is_enabled=False)
    delete_integration(actor=admin, integration=command, by_admin=True)
    create(admin, None, bot="site-bot")
    kinds = [Kind.COMMAND_CREATED, Kind.COMMAND_CHANGED, Kind.COMMAND_DELETED]
    found = AuditEvent.objects.filter(kind__in=kinds).order_by("pk")
    assert [each.kind for each in found] == [kinds[0], kinds[1], kinds[1], kinds[2], kinds[0]]
    assert [each.actor_name for each in found] == ["ana", "ana", "ana", "admin", "admin"]
    assert "private" not in json.dumps([each.detail for each in found])
    assert found[0].detail["host"] == "bot.example.org"


def test_admins_tell_commands_of_the_same_name_apart(admin, ana, room):
    commands = [create(ana, each) for each in (room, make_room("Cellar", owner=ana))]
    for command, title in zip(commands, ("/deploy in Garden", "/deploy in Cellar"), strict=True):
        page = log_in(admin).get(reverse("admin:integrations_slashcommand_delete", args=[command.pk])).text
        assert title in page


def test_admins_manage_commands_of_the_site(admin, ana, room):
    client = log_in(admin)
    add = reverse("admin:integrations_slashcommand_add")
    refused = client.post(add, FORM | {"bot_name": "site-bot", "name": "who"})
    assert "own commands" in refused.text
    shown = client.post(add, FORM | {"bot_name": "site-bot"})
    command = SlashCommand.objects.get()
    assert (command.room, command.bot.username, command.created_by) == (None, "site-bot", admin)
    assert decrypt(command.secret) in shown.text
    change = reverse("admin:integrations_slashcommand_change", args=[command.pk])
    assert client.post(change, FORM | {"description": "New"}).status_code == 302
    listed = reverse("admin:integrations_slashcommand_changelist")
    client.post(listed, {"action": "turn_off", "_selected_action": [command.pk]})
    command.refresh_from_db()
    assert (command.description, command.is_enabled) == ("New", False)
    replaced = client.post(listed, {"action": "replace_secret", "_selected_action": [command.pk]})
    command.refresh_from_db()
    assert decrypt(command.secret) in replaced.text
    own = create(ana, room, name="own")
    page = client.get(reverse("admin:integrations_slashcommand_change", args=[own.pk])).text
    assert "key=private" not in page
    client.post(reverse("admin:integrations_slashcommand_delete", args=[own.pk]), {"post": "yes"})
    assert not SlashCommand.objects.filter(pk=own.pk).exists()
    assert log_in(ana).get(listed).status_code == 302
