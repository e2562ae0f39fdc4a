"""Webhooks are created, changed and deleted by those who may change the room's settings."""

import pytest

from accounts.models import AuditEvent, User
from integrations.incoming.actions import (
    MAX_WEBHOOKS,
    create_webhook,
    delete_webhook,
    regenerate_url,
    set_enabled,
    update_webhook,
)
from integrations.incoming.queries import find_hook
from integrations.incoming.secret_urls import digest_of
from integrations.models import IncomingWebhook
from rooms.actions import archive_room, delete_room, open_direct_room, remove_member
from rooms.errors import Archived, Forbidden, Invalid
from rooms.models import Membership
from tests.factories import make_member, make_room, make_user

pytestmark = pytest.mark.django_db

VALUES = {
    "name": "Builds",
    "description": "of main",
    "mentions_everyone": True,
    "is_markdown": True,
    "allows_alias": False,
}


@pytest.mark.parametrize("role", ["moderator", "member", "stranger"])
def test_others_than_owners_are_refused(room, owner, new, role):
    actor = make_user() if role == "stranger" else make_member(room, role=role)
    for act in (
        lambda: create_webhook(actor=actor, room=room, name="Builds"),
        lambda: update_webhook(actor=actor, webhook=new.webhook, **VALUES),
        lambda: regenerate_url(actor=actor, webhook=new.webhook),
        lambda: set_enabled(actor=actor, webhook=new.webhook, enabled=False),
        lambda: delete_webhook(actor=actor, webhook=new.webhook),
    ):
        with pytest.raises(Forbidden):
            act()
    assert find_hook(digest_of(new.secret)) is not None


def test_conversations_have_no_webhooks(owner):
    with pytest.raises(Forbidden):
        create_webhook(actor=owner, room=open_direct_room(user=owner, other=make_user()), name="Builds")


def test_archived_rooms_get_no_webhooks(owner, room):
    archive_room(actor=owner, room=room)
    with pytest.raises(Archived):
        create_webhook(actor=owner, room=room, name="Builds")


def test_a_room_has_a_limited_number_of_webhooks(owner, room):
    for number in range(MAX_WEBHOOKS):
        create_webhook(actor=owner, room=room, name=f"Builds {number}")
    with pytest.raises(Invalid, match="at most 20 webhooks"):
        create_webhook(actor=owner, room=room, name="One more")


def test_a_webhook_posts_as_a_bot_of_its_own_in_the_room(room, new):
    bot = new.webhook.bot
    assert (bot.is_bot, bot.owner, bot.name, bot.username) == (True, None, "Deploy bot", "deploy.bot")
    assert Membership.objects.get(user=bot).room == room


@pytest.mark.parametrize("name", ["здесь", "🚀", "here", "x" * 60], ids=["Cyrillic", "emoji", "reserved", "long"])
def test_bots_get_a_username_for_any_name(owner, room, name):
    assert create_webhook(actor=owner, room=room, name=name).webhook.bot.name == name


def test_an_invalid_name_is_refused_at_its_field(owner, room):
    with pytest.raises(Invalid) as refused:
        create_webhook(actor=owner, room=room, name="a\u202eb")
    assert refused.value.field == "name"
    assert not User.objects.filter(is_bot=True).exists()


def test_only_the_digest_of_the_secret_is_stored(new):
    assert len(new.secret) == 32
    assert new.webhook.digest == digest_of(new.secret)
    stored = IncomingWebhook.objects.values().get()
    assert new.secret not in str(stored)
    assert new.secret not in str(list(AuditEvent.objects.values()))


def test_changes(owner, new):
    webhook = update_webhook(actor=owner, webhook=new.webhook, **VALUES)
    assert (webhook.name, webhook.bot.name) == ("Builds", "Builds")
    hook = find_hook(digest_of(new.secret))
    assert hook is not None
    assert (hook.mentions_everyone, hook.is_markdown, hook.allows_alias) == (True, True, False)


def test_a_removed_bot_returns_when_the_webhook_is_enabled(owner, room, new):
    remove_member(actor=owner, room=room, user=new.webhook.bot)
    set_enabled(actor=owner, webhook=new.webhook, enabled=True)
    assert Membership.objects.filter(room=room, user=new.webhook.bot).exists()


def test_the_bot_of_a_deleted_webhook_leaves_and_is_disabled(owner, room, new):
    delete_webhook(actor=owner, webhook=new.webhook)
    assert not Membership.objects.filter(user=new.webhook.bot).exists()
    bot = User.objects.get(pk=new.webhook.bot.pk)
    assert (bot.is_active, bot.name) == (False, "Deploy bot")


def test_the_bot_is_disabled_when_the_room_is_deleted(owner, room, new):
    delete_room(actor=owner, room=room)
    assert not IncomingWebhook.objects.exists()
    assert not User.objects.get(pk=new.webhook.bot.pk).is_active


def test_webhooks_are_in_the_audit_log(owner, room, new):
    update_webhook(actor=owner, webhook=new.webhook, **VALUES)
    regenerate_url(actor=owner, webhook=new.webhook)
    delete_webhook(actor=owner, webhook=new.webhook)
    events = AuditEvent.objects.filter(target_kind="incomingwebhook").order_by("pk")
    assert [event.kind for event in events] == [
        "webhook made",
        "webhook changed",
        "webhook url changed",
        "webhook deleted",
    ]
    assert {event.actor for event in events} == {owner}
    assert {event.detail["room"] for event in events} == {room.pk}


def test_admins_create_webhooks_in_public_rooms_only(owner):
    admin = make_user(is_superuser=True, is_staff=True)
    create_webhook(actor=admin, room=make_room(owner=owner), name="Builds")
    with pytest.raises(Forbidden):
        create_webhook(actor=admin, room=make_room(owner=owner, kind="private"), name="Builds")
