"""Actions on API tokens. If `actor` is None, the action comes from the command line, which may do everything."""

import math
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, usernames
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.auth.tokens import PREFIX, token_key
from accounts.bots.permissions import can_act_as_bot, can_manage_bot
from accounts.lifecycle.durations import describe
from accounts.models import APIToken, Scope, User
from accounts.models.api_token import HINT_LENGTH, TOKEN_NAME_LENGTH, bits_of, digest_of
from accounts.signals import sessions_ended
from accounts.unicode import visibility

SECRET_BYTES = 32  # 43 characters


class NewToken(NamedTuple):
    """A token with its secret, which can't be read again."""

    token: APIToken
    secret: str


@transaction.atomic
def create_token(
    *, actor: User | None, user: User, name: str, scopes: Collection[str], expires_at: datetime | None = None
) -> NewToken:
    """Create a token of the actor or of a bot. Raises NotAllowed, or ValidationError with messages by field."""
    if not user.is_active or (actor is not None and not can_create_token(actor, user)):
        raise NotAllowed
    token = APIToken(user=user, created_by=actor, expires_at=expires_at, **_cleaned(user, name, scopes, expires_at))
    _require_free_place(user)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token.digest, token.hint = digest_of(secret), secret[-HINT_LENGTH:]
    token.save(force_insert=True)
    audit.record(Kind.TOKEN_CREATED, actor=actor, target=user, token=token.pk, name=token.name, scopes=sorted(scopes))
    return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, actor: User | None, token: APIToken) -> bool:
    """Revoke a token and close its connections. Return whether it wasn't revoked yet. Raises NotAllowed."""
    if actor is not None and not can_revoke_token(actor, token):
        raise NotAllowed
    return bool(_revoke(actor, token.user, [token]))


@transaction.atomic
def revoke_tokens(*, user: User) -> int:
    """Revoke all tokens of a user, and return their number."""
    return _revoke(None, user, list(user.api_tokens.filter(revoked_at=None)))


def can_create_token(actor: User, user: User) -> bool:
    return (actor.pk == user.pk and not actor.is_bot) or can_act_as_bot(actor, user)


def can_revoke_token(actor: User, token: APIToken) -> bool:
    """Return whether the actor may revoke the token: its holder, the owner of the bot that holds it, or an admin."""
    holder = token.user
    is_admin = actor.is_active and actor.is_staff and actor.has_perm("accounts.delete_apitoken")
    return actor.pk == holder.pk or can_manage_bot(actor, holder) or is_admin


def _cleaned(user: User, name: str, scopes: Collection[str], expires_at: datetime | None) -> dict[str, object]:
    """Return the cleaned fields. Raises ValidationError with messages by field."""
    errors: dict[str, list[str]] = {}
    name = " ".join(name.split())
    if problem := _problem_with_name(name):
        errors["name"] = [problem]
    if problem := _problem_with_scopes(user, scopes):
        errors["scopes"] = [problem]
    if expires_at is not None and expires_at <= timezone.now():
        errors["expires_at"] = [_("Choose a time in the future.")]
    if errors:
        raise ValidationError(errors)
    return {"name": name, "scope_bits": bits_of(scopes)}


def _problem_with_name(name: str) -> str:
    if visibility.is_blank(name):
        return _("Enter a name, such as the program that uses the token.")
    if len(name) > TOKEN_NAME_LENGTH:
        text = ngettext("Use at most %(count)d character.", "Use at most %(count)d characters.", TOKEN_NAME_LENGTH)
        return text % {"count": TOKEN_NAME_LENGTH}
    try:
        usernames.validate_visible(name)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def _problem_with_scopes(user: User, scopes: Collection[str]) -> str:
    if not scopes:
        return _("Choose at least one scope.")
    if unknown := set(scopes) - set(Scope.values):
        text = _("There’s no scope “%(scope)s”. Choose from %(scopes)s.")
        return text % {"scope": sorted(unknown)[0][:TOKEN_NAME_LENGTH], "scopes": ", ".join(Scope.values)}
    if Scope.ADMIN in scopes and not user.is_staff:
        return _("Only admins can have tokens with the scope “admin”.")
    return ""


def _require_free_place(user: User) -> None:
    """Raise ValidationError if the user has as many tokens as they may have, or created as many within an hour."""
    most = settings.CHAT_TOKENS_PER_PERSON
    if not most:
        return
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()  # so that the limit holds
    if user.api_tokens.usable().count() >= most:
        text = ngettext(
            "You can have %(most)d token. Revoke one first.", "You can have %(most)d tokens. Revoke one first.", most
        )
        raise ValidationError({"name": [text % {"most": most}]}, code="limit")
    if wait := audit.seconds_until_free(user.api_tokens.all(), "created_at", most=most):
        text = _("You’ve created many tokens within an hour. Try again in %(time)s.")
        raise ValidationError({"name": [text % {"time": describe(math.ceil(wait / 60), "minute")}]}, code="limit")


def _revoke(actor: User | None, user: User, tokens: Collection[APIToken]) -> int:
    revoked = [
        token
        for token in tokens
        if APIToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    ]
    for token in revoked:
        audit.record(Kind.TOKEN_REVOKED, actor=actor, target=user, token=token.pk, name=token.name)
    if revoked:
        sessions_ended.send(User, user=user, session_keys=[token_key(token.pk) for token in revoked])
    return len(revoked)
