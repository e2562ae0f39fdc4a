"""Messages of bots that are shown under a name and emoji of their own, wherever messages are shown."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from messaging.data_export import messages as exported_messages
from messaging.history.aliases import sender_name
from messaging.history.events import serialize_for, serialize_message, serialize_reminder
from messaging.history.journal import read_messages
from messaging.models import Message, SavedMessage
from messaging.models.alias import Alias
from messaging.notifications.content import Content
from messaging.notifications.decision import Recipient
from messaging.posting.actions import delete_message, edit_message
from rooms.blocking import block_person
from tests.factories import log_in, make_bot, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

ALIAS = Alias("Release train", "🚋")
SHOWN = {"name": "Release train", "emoji": "🚋"}


@pytest.fixture
def ana(db):
    return make_user("ana")


@pytest.fixture
def room(ana):
    return make_room("Deployments", owner=ana)


@pytest.fixture
def bot(room):
    return make_member(room, make_bot("deploys"))


@pytest.fixture
def message(room, bot) -> Message:
    return post(room, bot, "Version 7 is out", alias=ALIAS)


def test_messages_and_quotes_have_the_alias_and_the_bot(room, ana, message):
    reply = post(room, ana, "Nice", reply_to_id=message.pk)
    for shown in (serialize_message(Message.objects.complete().get(pk=message.pk)), *serialize_for(ana, message)):
        assert shown["alias"] == SHOWN
        assert (shown["sender"]["username"], shown["sender"]["is_bot"]) == ("deploys", True)
    answer, stored = read_messages([message.pk, reply.pk])  # the newest first
    assert serialize_message(stored)["alias"] == SHOWN
    assert serialize_message(answer)["reply_to"]["alias"] == SHOWN
    assert "alias" not in serialize_message(answer)


@pytest.mark.parametrize(
    ("alias", "name", "emoji", "avatar"),
    [
        (Alias("Train", ""), "Train", "", "avatars/bot.webp"),
        (Alias("", "🚋"), "deploys", "🚋", ""),
        (Alias(), "deploys", "", "avatars/bot.webp"),
        (None, "deploys", "", "avatars/bot.webp"),
    ],
    ids=["name", "emoji", "empty", "none"],
)
def test_what_an_alias_lacks_is_the_bots_own(room, bot, alias, name, emoji, avatar):
    type(bot).objects.filter(pk=bot.pk).update(avatar="avatars/bot.webp")
    (stored,) = read_messages([post(room, bot, "hi", alias=alias).pk])
    sender = stored.shown_sender
    assert (sender.name, sender.emoji, sender.avatar_name, sender.pk) == (name, emoji, avatar, bot.pk)


def test_pages_show_the_alias_with_the_mark_of_a_bot(room, ana, message, client):
    client = log_in(ana)
    post(room, ana, "Which one?", reply_to_id=message.pk)
    for path in (
        "/search/?q=version",
        f"/messages/{message.pk}/reminder/",
        f"/rooms/{room.pk}/threads/{message.pk}/",
    ):
        page = client.get(path).content.decode()
        assert 'Release train</b><span class="bot-badge">Bot</span>' in page, path
        assert "🚋" in page, path


def test_notifications_name_the_alias_as_a_bot(room, ana, bot, message):
    [stored] = read_messages([message.pk])
    assert Content([stored]).title(stored, Recipient(ana.pk)) == "Release train (bot) · #Deployments"
    assert sender_name(post(room, bot, "hi")) == "deploys"


def test_reminders_have_the_alias(ana, message):
    saved = SavedMessage.objects.create(user=ana, message=message, due_at=message.created_at)
    assert serialize_reminder(saved)["alias"] == SHOWN


def test_block_hides_messages_and_quotes(room, ana, bot, message):
    reply = post(room, make_member(room), "Nice", reply_to_id=message.pk)
    block_person(user=ana, other=bot)
    found = log_in(ana).get(f"/rooms/{room.pk}/messages/").json()["messages"]
    assert [(each["id"], each["reply_to"]) for each in found] == [(reply.pk, None)]


def test_edits_keep_the_alias_and_deleted_messages_have_none(bot, message):
    edit_message(actor=bot, message_id=message.pk, body="Version 8 is out")
    assert Message.objects.get(pk=message.pk).alias == "🚋\nRelease train"
    delete_message(actor=bot, message_id=message.pk)
    message.refresh_from_db()
    assert message.alias is None
    assert "alias" not in serialize_message(Message.objects.complete().get(pk=message.pk))


def test_exports_have_the_name(bot, message):
    [(_, chunks)] = list(exported_messages(bot))
    [entry] = json.loads(b"".join(chunks))
    assert entry["shown_as"] == "Release train"


@pytest.mark.django_db(transaction=True)
def test_the_column_is_added_without_rewriting_a_large_table():
    output = StringIO()
    call_command("sqlmigrate", "messaging", "0027", stdout=output)
    statements = [line for line in output.getvalue().splitlines() if not line.startswith(("--", "BEGIN", "COMMIT"))]
    assert statements == ['ALTER TABLE "messaging_message" ADD COLUMN "alias" varchar(93) NULL;']
