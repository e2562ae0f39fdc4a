"""Actions on outgoing webhooks: create, change, and send a message again."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import Kind
from accounts.models import User
from integrations.encryption import encrypt
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing.backlog import LIFETIME
from integrations.servers.actions import check_url, lock_integration, member_bot, record, require_fewer
from integrations.servers.signatures import new_secret
from rooms.errors import Invalid
from rooms.models import Room
from rooms.permissions import lock_room, require_open, require_owner

MAX_PER_ROOM = 10
MAX_PER_PERSON = 20
MAX_WORD = 50  # characters

Trigger = OutgoingWebhook.Trigger
State = OutgoingDelivery.State


@transaction.atomic
def create_webhook(
    *,
    actor: User,
    room: Room,
    bot: str,
    url: str,
    trigger: str,
    words: str,
    dialect: str,
    origin: str,
    allows_alias: bool = True,
) -> tuple[OutgoingWebhook, str]:
    """Send messages of a room to a URL. Return the webhook and its secret, which isn't shown again.

    `bot`: the username of one of the actor's bots, or of a new one.
    """
    room = lock_room(room)
    require_owner(actor, room)
    require_open(room)
    destination = check_url(url)
    words = _clean_words(trigger, words)
    _check_limits(actor, room)
    secret = new_secret()
    webhook = OutgoingWebhook.objects.create(
        room=room,
        bot=member_bot(actor, room, bot),
        created_by=actor,
        url=url,
        trigger=trigger,
        words=words,
        dialect=dialect,
        allows_alias=allows_alias,
        secret=encrypt(secret),
        origin=origin,
        seq=room.last_seq,
    )
    record(Kind.WEBHOOK_CREATED, actor, webhook, host=destination.header)
    return webhook, secret


@transaction.atomic
def change_webhook(
    *, actor: User, webhook: OutgoingWebhook, url: str, trigger: str, words: str, dialect: str, allows_alias: bool
) -> OutgoingWebhook:
    webhook = lock_integration(actor, webhook)
    destination = check_url(url)
    webhook.url, webhook.trigger, webhook.dialect = url, trigger, dialect
    webhook.allows_alias = allows_alias
    webhook.words = _clean_words(trigger, words)
    webhook.save(update_fields=["url", "trigger", "words", "dialect", "allows_alias"])
    record(Kind.WEBHOOK_CHANGED, actor, webhook, host=destination.header)
    return webhook


@transaction.atomic
def send_again(*, actor: User, delivery: OutgoingDelivery) -> None:
    """Send a message once more, with the same id, so that the server can recognize it."""
    webhook = lock_integration(actor, delivery.webhook)
    if not webhook.is_enabled:
        raise Invalid(_("The webhook is off. Turn it on first."))
    now = timezone.now()
    changed = OutgoingDelivery.objects.filter(pk=delivery.pk, due_at=None).update(
        state=State.WAITING, due_at=now, expires_at=now + LIFETIME, attempts=0, status=None, reason=""
    )
    if changed:
        OutgoingWebhook.objects.filter(pk=webhook.pk).update(rests_until=None)


def _clean_words(trigger: str, words: str) -> str:
    if trigger != Trigger.WORDS:
        return ""
    found = list(dict.fromkeys(" ".join(word.split()) for word in words.split(",") if word.strip()))
    if not found:
        raise Invalid(_("Enter at least one word."), field="words")
    if any(len(word) > MAX_WORD for word in found):
        raise Invalid(_("Use at most %(most)d characters for each word.") % {"most": MAX_WORD}, field="words")
    return ", ".join(found)


def _check_limits(actor: User, room: Room) -> None:
    text = ngettext(
        "A room can have %(most)d outgoing webhook. Delete one first.",
        "A room can have %(most)d outgoing webhooks. Delete one first.",
        MAX_PER_ROOM,
    )
    require_fewer(OutgoingWebhook.objects.filter(room=room), MAX_PER_ROOM, text)
    User.objects.select_for_update(no_key=True).filter(pk=actor.pk).first()  # so that the limit holds
    text = ngettext(
        "You can have %(most)d outgoing webhook. Delete one first.",
        "You can have %(most)d outgoing webhooks. Delete one first.",
        MAX_PER_PERSON,
    )
    require_fewer(OutgoingWebhook.objects.filter(created_by=actor), MAX_PER_PERSON, text)
