"""Actions on outgoing webhooks: create, change, switch, renew the secret, delete, and send a message again.

The audit log has the host to which messages go, but not the rest of the URL, which may contain a secret.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.bots.actions import bots_of, create_bot
from accounts.models import User
from integrations.encryption import encrypt
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing.backlog import LIFETIME
from integrations.outgoing.signatures import new_secret
from outbound.guard import Destination, Guard
from outbound.guard import NotAllowed as UrlNotAllowed
from rooms.actions import add_member
from rooms.errors import Forbidden, Invalid, LimitReached, NotFound
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
    _record(Kind.WEBHOOK_CREATED, actor, webhook, host=destination.header)
    return webhook, secret


@transaction.atomic
def change_webhook(
    *, actor: User, webhook: OutgoingWebhook, url: str, trigger: str, words: str, dialect: str, allows_alias: bool
) -> OutgoingWebhook:
    webhook = _lock(actor, webhook)
    destination = check_url(url)
    webhook.url, webhook.trigger, webhook.dialect = url, trigger, dialect
    webhook.allows_alias = allows_alias
    webhook.words = _clean_words(trigger, words)
    webhook.save(update_fields=["url", "trigger", "words", "dialect", "allows_alias"])
    _record(Kind.WEBHOOK_CHANGED, actor, webhook, host=destination.header)
    return webhook


@transaction.atomic
def switch_webhook(*, actor: User, webhook: OutgoingWebhook, is_enabled: bool) -> OutgoingWebhook:
    """Switch a webhook on or off. Messages that are posted while it is off are never sent."""
    webhook = _lock(actor, webhook)
    if webhook.is_enabled == is_enabled:
        return webhook
    webhook.is_enabled = is_enabled
    if is_enabled:
        webhook.seq = Room.objects.values_list("last_seq", flat=True).get(pk=webhook.room_id)
        webhook.failing_since, webhook.failures, webhook.rests_until, webhook.reason = None, 0, None, ""
    else:
        waiting = OutgoingDelivery.objects.filter(webhook=webhook, due_at__isnull=False)
        waiting.update(due_at=None, claim=None, state=State.DROPPED, reason="the webhook was switched off")
    webhook.save()
    _record(Kind.WEBHOOK_CHANGED, actor, webhook, is_enabled=is_enabled)
    return webhook


@transaction.atomic
def renew_secret(*, actor: User, webhook: OutgoingWebhook) -> str:
    """Replace the secret, and return the new one, which isn't shown again."""
    webhook, secret = _lock(actor, webhook), new_secret()
    webhook.secret = encrypt(secret)
    webhook.save(update_fields=["secret"])
    _record(Kind.WEBHOOK_CHANGED, actor, webhook, fields=["secret"])
    return secret


@transaction.atomic
def delete_webhook(*, actor: User, webhook: OutgoingWebhook, by_admin: bool = False) -> None:
    """Delete a webhook with its deliveries. Its bot stays. With `by_admin`, the actor needn't own the room."""
    webhook = _lock(None if by_admin else actor, webhook)
    _record(Kind.WEBHOOK_DELETED, actor, webhook)
    webhook.delete()


@transaction.atomic
def send_again(*, actor: User, delivery: OutgoingDelivery) -> None:
    """Send a message once more, with the same id, so that the server can recognize it."""
    webhook = _lock(actor, delivery.webhook)
    if not webhook.is_enabled:
        raise Invalid(_("The webhook is off. Turn it on first."))
    now = timezone.now()
    changed = OutgoingDelivery.objects.filter(pk=delivery.pk, due_at=None).update(
        state=State.WAITING, due_at=now, expires_at=now + LIFETIME, attempts=0, status=None, reason=""
    )
    if changed:
        OutgoingWebhook.objects.filter(pk=webhook.pk).update(rests_until=None)


def find_webhook(room: Room, webhook_id: int) -> OutgoingWebhook:
    """Return a webhook of a room. Raises NotFound."""
    found = OutgoingWebhook.objects.select_related("bot", "room").filter(room=room, pk=webhook_id).first()
    if found is None:
        raise NotFound(_("Webhook not found."))
    return found


def _lock(actor: User | None, webhook: OutgoingWebhook) -> OutgoingWebhook:
    """Lock a webhook, whose room the actor must own, if there is one. Raises NotFound or Forbidden."""
    found = OutgoingWebhook.objects.select_for_update(of=("self",)).select_related("bot", "room")
    locked = found.filter(pk=webhook.pk).first()
    if locked is None:
        raise NotFound(_("Webhook not found."))
    if actor is not None:
        require_owner(actor, locked.room)
    return locked


def check_url(url: str) -> Destination:
    """Check where requests would go. The addresses of the host are checked with each request."""
    try:
        return Guard.allowing(settings.CHAT_OUTGOING_ALLOWED_HOSTS).check_url(url)
    except UrlNotAllowed as error:
        text = _("Nothing can be sent to this URL: %(reason)s. An admin can allow it in CHAT_OUTGOING_ALLOWED_HOSTS.")
        raise Invalid(text % {"reason": error}, field="url") from None


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
    if OutgoingWebhook.objects.filter(room=room).count() >= MAX_PER_ROOM:
        text = ngettext(
            "A room can have %(most)d outgoing webhook. Delete one first.",
            "A room can have %(most)d outgoing webhooks. Delete one first.",
            MAX_PER_ROOM,
        )
        raise LimitReached(text % {"most": MAX_PER_ROOM})
    User.objects.select_for_update(no_key=True).filter(pk=actor.pk).first()  # so that the limit holds
    if OutgoingWebhook.objects.filter(created_by=actor).count() >= MAX_PER_PERSON:
        text = ngettext(
            "You can have %(most)d outgoing webhook. Delete one first.",
            "You can have %(most)d outgoing webhooks. Delete one first.",
            MAX_PER_PERSON,
        )
        raise LimitReached(text % {"most": MAX_PER_PERSON})


def member_bot(actor: User, room: Room, username: str) -> User:
    """Return one of the actor's bots, or a new one, as a member of the room."""
    bot = bots_of(actor).filter(username__iexact=username).first()
    if bot is None:
        try:
            bot = create_bot(actor=actor, username=username, owner=actor)
        except NotAllowed:
            raise Forbidden(
                _("Only admins can create bots. Enter the username of one of yours."), field="bot"
            ) from None
        except ValidationError as error:
            raise Invalid(error.messages[0], field="bot") from None
    add_member(actor=actor, room=room, user=bot)
    return bot


def _record(kind: Kind, actor: User, webhook: OutgoingWebhook, **detail: Any) -> None:
    audit.record(kind, actor=actor, target=webhook.room, webhook=webhook.pk, bot=webhook.bot.username, **detail)
