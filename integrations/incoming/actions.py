"""Actions on incoming webhooks, for those who may change the room's settings: create, change, regenerate and delete."""

import secrets
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Kind
from accounts.bots.actions import create_bot, update_bot
from accounts.models import User
from accounts.registration.username_suggestions import suggest_username
from integrations.incoming.secret_urls import digest_of, new_secret
from integrations.models import IncomingWebhook
from rooms import events
from rooms.actions import admit
from rooms.errors import Archived, Invalid, NotFound, Refusal
from rooms.models import Membership, Room
from rooms.permissions import lock_room, require_owner

MAX_WEBHOOKS = 20  # per room
_FALLBACK = "webhook"


class NewURL(NamedTuple):
    """A webhook with the secret of its URL, which can't be shown again."""

    webhook: IncomingWebhook
    secret: str


@transaction.atomic
def create_webhook(
    *,
    actor: User,
    room: Room,
    name: str,
    description: str = "",
    mentions_everyone: bool = False,
    is_markdown: bool = False,
    allows_alias: bool = True,
) -> NewURL:
    """Create a webhook and its bot, which joins the room. Raises Forbidden, Archived or Invalid."""
    room = lock_room(room)
    require_owner(actor, room)
    if room.is_archived:
        raise Archived
    _check_limit(room)
    bot = _create_bot(name)
    admit(actor=None, room=room, user=bot)
    secret = new_secret()
    webhook = IncomingWebhook.objects.create(
        room=room,
        bot=bot,
        name=name,
        description=description,
        digest=digest_of(secret),
        mentions_everyone=mentions_everyone,
        is_markdown=is_markdown,
        allows_alias=allows_alias,
        created_by=actor,
    )
    _record(Kind.WEBHOOK_CREATED, actor, webhook)
    return NewURL(webhook, secret)


@transaction.atomic
def update_webhook(
    *,
    actor: User,
    webhook: IncomingWebhook,
    name: str,
    description: str,
    mentions_everyone: bool,
    is_markdown: bool,
    allows_alias: bool,
) -> IncomingWebhook:
    """Change a webhook. Its bot gets the new name, also on earlier messages."""
    webhook = _lock(actor, webhook)
    if name != webhook.name:
        _rename_bot(webhook.bot, name)
    webhook.name, webhook.description = name, description
    webhook.mentions_everyone, webhook.is_markdown = mentions_everyone, is_markdown
    webhook.allows_alias = allows_alias
    webhook.save(update_fields=["name", "description", "mentions_everyone", "is_markdown", "allows_alias"])
    _record(Kind.WEBHOOK_CHANGED, actor, webhook, mentions_everyone=mentions_everyone)
    return webhook


@transaction.atomic
def regenerate_url(*, actor: User, webhook: IncomingWebhook) -> NewURL:
    """Give the webhook a new URL. The old one stops working at once."""
    webhook = _lock(actor, webhook)
    secret = new_secret()
    webhook.digest = digest_of(secret)
    webhook.save(update_fields=["digest"])
    _record(Kind.WEBHOOK_URL_CHANGED, actor, webhook)
    return NewURL(webhook, secret)


@transaction.atomic
def set_enabled(*, actor: User | None, webhook: IncomingWebhook, enabled: bool) -> IncomingWebhook:
    """Enable or disable a webhook. `actor` is None for the admin. A bot that was removed from the room returns."""
    webhook = _lock(actor, webhook)
    webhook.is_enabled = enabled
    webhook.save(update_fields=["is_enabled"])
    if enabled:
        admit(actor=None, room=lock_room(webhook.room), user=webhook.bot)
    _record(Kind.WEBHOOK_CHANGED, actor, webhook, enabled=enabled)
    return webhook


@transaction.atomic
def delete_webhook(*, actor: User | None, webhook: IncomingWebhook) -> None:
    """Delete a webhook. Its bot leaves, and its messages keep the bot's name. `actor` is None for the admin."""
    webhook = _lock(actor, webhook)
    _record(Kind.WEBHOOK_DELETED, actor, webhook)
    if Membership.objects.filter(room=webhook.room, user=webhook.bot).delete()[0]:
        events.announce_left(webhook.bot, webhook.room, "removed")
    webhook.delete()


def find_webhook(user: User, room: Room, pk: int) -> IncomingWebhook:
    """Return a room's webhook. Raises Forbidden or NotFound."""
    require_owner(user, room)
    webhook = IncomingWebhook.objects.select_related("room", "bot", "created_by").filter(pk=pk, room=room).first()
    if webhook is None:
        raise NotFound(_("Webhook not found."))
    return webhook


def _lock(actor: User | None, webhook: IncomingWebhook) -> IncomingWebhook:
    """Reload the webhook and lock its row until the transaction ends."""
    locked = (
        IncomingWebhook.objects.select_for_update(of=("self",))
        .select_related("room", "bot")
        .filter(pk=webhook.pk)
        .first()
    )
    if locked is None:
        raise NotFound(_("Webhook not found."))
    if actor is not None:
        require_owner(actor, locked.room)
    return locked


def _check_limit(room: Room) -> None:
    if IncomingWebhook.objects.filter(room=room).count() >= MAX_WEBHOOKS:
        text = _("A room can have at most {most} webhooks. Delete one first.")
        raise Invalid(format_lazy(text, most=number_format(MAX_WEBHOOKS)))


def _create_bot(name: str) -> User:
    """Create the bot of a webhook. It belongs to the site, because the webhook outlives its creator's account."""
    username = suggest_username(name) or f"{_FALLBACK}.{secrets.token_hex(4)}"
    try:
        return create_bot(actor=None, username=username, display_name=name)
    except ValidationError as error:
        raise _refusal(error) from error


def _rename_bot(bot: User, name: str) -> None:
    try:
        update_bot(actor=None, bot=bot, username=bot.username, display_name=name)
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> Refusal:
    return Invalid(str(error.messages[0]), field="name")


def _record(kind: Kind, actor: User | None, webhook: IncomingWebhook, **detail: object) -> None:
    audit.record(kind, actor=actor, target=webhook, room=webhook.room_id, room_name=webhook.room.name, **detail)
