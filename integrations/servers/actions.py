"""Actions on every integration that sends requests to a server, and the parts of those that each kind has for itself.

The audit log has the host to which requests go, but not the rest of the URL, which may contain a secret.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.bots.actions import bots_of, create_bot
from accounts.models import User
from integrations.encryption import encrypt
from integrations.models import ServerIntegration
from integrations.servers.queries import AnyIntegration, one_of
from integrations.servers.signatures import new_secret
from outbound.guard import Destination, Guard
from outbound.guard import NotAllowed as UrlNotAllowed
from rooms.actions import add_member
from rooms.errors import Forbidden, Invalid, LimitReached
from rooms.models import Room
from rooms.permissions import require_owner


@transaction.atomic
def switch_integration(
    *, actor: User, integration: AnyIntegration, is_enabled: bool, by_admin: bool = False
) -> AnyIntegration:
    """Switch an integration on or off. With `by_admin`, the actor needn't own the room."""
    integration = lock_integration(None if by_admin else actor, integration)
    if integration.is_enabled != is_enabled:
        integration.switch(is_enabled=is_enabled)
        integration.save()
        record(integration.AUDIT_KINDS.changed, actor, integration, is_enabled=is_enabled)
    return integration


@transaction.atomic
def renew_secret(*, actor: User, integration: ServerIntegration) -> str:
    """Replace the secret, and return the new one, which isn't shown again."""
    integration, secret = lock_integration(actor, integration), new_secret()
    integration.secret = encrypt(secret)
    integration.save(update_fields=["secret"])
    record(integration.AUDIT_KINDS.changed, actor, integration, fields=["secret"])
    return secret


@transaction.atomic
def delete_integration(*, actor: User, integration: ServerIntegration, by_admin: bool = False) -> None:
    """Delete an integration. Its bot and their messages stay. With `by_admin`, the actor needn't own the room."""
    integration = lock_integration(None if by_admin else actor, integration)
    record(integration.AUDIT_KINDS.deleted, actor, integration)
    integration.delete()


def lock_integration(actor: User | None, integration: AnyIntegration) -> AnyIntegration:
    """Lock an integration, which the actor must be able to manage, if there is one. Raises NotFound or Forbidden."""
    locked = one_of(type(integration)._default_manager.select_for_update(of=("self",)), integration.pk)
    if actor is not None:
        require_manager(type(integration), actor, locked.room)
    return locked


def require_manager(model: type[ServerIntegration], actor: User, room: Room | None) -> None:
    """Raise Forbidden unless the actor can manage a room's integrations or, without a room, those of the site."""
    if room is not None:
        require_owner(actor, room)
    elif not (actor.is_active and actor.is_staff and actor.has_perm(f"integrations.change_{model._meta.model_name}")):
        raise Forbidden(_("Only admins can do this."))


def require_fewer(found: "QuerySet[Any]", most: int, text: str) -> None:
    """Raise LimitReached, with the text, unless there are fewer of them than `most`."""
    if found.count() >= most:
        raise LimitReached(text % {"most": most})


def check_url(url: str) -> Destination:
    """Check where requests would go. The addresses of the host are checked with each request."""
    try:
        return Guard.allowing(settings.CHAT_OUTGOING_ALLOWED_HOSTS).check_url(url)
    except UrlNotAllowed as error:
        text = _("Nothing can be sent to this URL: %(reason)s. An admin can allow it in CHAT_OUTGOING_ALLOWED_HOSTS.")
        raise Invalid(text % {"reason": error}, field="url") from None


def member_bot(actor: User, room: Room, username: str) -> User:
    """Return one of the actor's bots, or a new one, as a member of the room."""
    bot = bots_of(actor).filter(username__iexact=username).first()
    if bot is None:
        refusal = _("Only admins can create bots. Enter the username of one of yours.")
        bot = new_bot(actor, username, owner=actor, refusal=refusal)
    add_member(actor=actor, room=room, user=bot)
    return bot


def new_bot(actor: User, username: str, *, owner: User | None, refusal: str) -> User:
    """Create a bot. Raises Invalid or, with the text of `refusal`, Forbidden."""
    try:
        return create_bot(actor=actor, username=username, owner=owner)
    except NotAllowed:
        raise Forbidden(refusal, field="bot") from None
    except ValidationError as error:
        raise Invalid(error.messages[0], field="bot") from None


def record(kind: Kind, actor: User, integration: ServerIntegration, **detail: Any) -> None:
    target = integration.room or integration.bot
    detail |= integration.audit_detail | {"bot": integration.bot.username}
    audit.record(kind, actor=actor, target=target, **detail)
