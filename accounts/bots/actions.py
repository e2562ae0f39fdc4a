"""Actions on bots. If `actor` is None, the action comes from the command line, which may do everything.

Bots have no password and no email address, so that no one can log in as them. They only see rooms to which they were
added.
"""

import math
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actions import NotAllowed, update_profile
from accounts.audit import Kind
from accounts.bots.permissions import can_create_bots, can_manage_all_bots, can_manage_bot
from accounts.lifecycle.deletion import delete_account
from accounts.lifecycle.durations import describe
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import User
from accounts.registration.validation import clean_display_name, clean_username


def create_bot(*, actor: User | None, username: str, display_name: str = "", owner: User | None = None) -> User:
    """Create a bot of a person or, without an owner, of the site, which only admins may do.

    Raises NotAllowed, or ValidationError with messages by field.
    """
    _require_creator(actor, owner)
    _require_patience(actor)
    bot = User(is_bot=True, owner=owner, **_clean_names(username, display_name))
    bot.set_unusable_password()
    try:
        with transaction.atomic():
            _require_free_place(_lock_owner(owner))
            User.objects.release_username(bot.username)
            bot.save(force_insert=True)
            audit.record(Kind.BOT_CREATED, actor=actor, target=bot, owner=owner.username if owner else None)
    except IntegrityError:
        _clean_names(username, display_name)  # the username was taken in the meantime: say so
        raise
    return bot


@transaction.atomic
def update_bot(
    *,
    actor: User | None,
    bot: User,
    username: str,
    display_name: str,
    photo: File | None = None,
    remove_photo: bool = False,
) -> User:
    """Change a bot's names and photo. Raises NotAllowed, or ValidationError with messages by field."""
    _require_manager(actor, bot)
    before = {"username": bot.username, "display_name": bot.display_name}
    names = _clean_names(username, display_name, bot=bot)
    if names["username"] != bot.username:
        _rename(bot, names["username"])
    try:
        update_profile(user=bot, display_name=names["display_name"], theme="", photo=photo, remove_photo=remove_photo)
    except ValidationError as error:
        raise ValidationError({"photo": error.messages}) from error
    changed = [field for field, value in before.items() if getattr(bot, field) != value]
    if photo or remove_photo:
        changed.append("photo")
    if changed:
        audit.record(Kind.ACCOUNT_CHANGED, actor=actor, target=bot, fields=changed)
    return bot


@transaction.atomic
def disable_bot(*, actor: User | None, bot: User) -> None:
    """Disconnect a bot and revoke its tokens. It keeps its name, rooms and messages. Raises NotAllowed."""
    _require_manager(actor, bot)
    suspend(user=bot)


@transaction.atomic
def enable_bot(*, actor: User | None, bot: User) -> None:
    """Let a bot work again. It needs a new token. Raises NotAllowed, or ValidationError at the limit
    or if its owner is suspended.
    """
    _require_manager(actor, bot)
    _require_free_place(_lock_owner(bot.owner))
    reinstate(user=bot)


@transaction.atomic
def delete_bot(*, actor: User | None, bot: User) -> None:
    """Delete a bot. Its messages stay, without its name. Raises NotAllowed."""
    _require_manager(actor, bot)
    delete_account(user=bot, with_messages=False)


def bots_of(owner: User | None) -> QuerySet[User]:
    """Return the bots of a person or, for None, of the site, with those that are disabled, ordered by name."""
    return User.objects.filter(is_bot=True, owner=owner, deleted_at=None).order_by("username_key")


def _require_creator(actor: User | None, owner: User | None) -> None:
    if actor is None:
        is_allowed = True
    elif owner is not None and owner.pk == actor.pk:
        is_allowed = can_create_bots(actor)
    else:
        is_allowed = can_manage_all_bots(actor)
    if not is_allowed or (owner is not None and (owner.is_bot or not owner.is_active)):
        raise NotAllowed


def _require_patience(actor: User | None) -> None:
    """Raise ValidationError if the person created too many bots within an hour. Deleted ones leave a row."""
    most = settings.CHAT_BOTS_PER_PERSON
    if actor is not None and (wait := audit.seconds_to_wait(actor, Kind.BOT_CREATED, most=most)):
        text = _("You’ve created many bots within an hour. Try again in %(time)s.")
        raise ValidationError({"username": [text % {"time": describe(math.ceil(wait / 60), "minute")}]}, code="limit")


def _require_manager(actor: User | None, bot: User) -> None:
    if not bot.is_bot or (actor is not None and not can_manage_bot(actor, bot)):
        raise NotAllowed


def _clean_names(username: str, display_name: str, *, bot: User | None = None) -> dict[str, str]:
    """Return the cleaned names. Raises ValidationError with messages by field.

    `bot`: the one that has these names already, perhaps since before a rule.
    """
    cleaned: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field, clean, name in (
        ("username", partial(clean_username, user=bot), username),
        ("display_name", clean_display_name, display_name),
    ):
        try:
            cleaned[field] = name if bot is not None and name == getattr(bot, field) else clean(name)
        except ValidationError as error:
            errors[field] = error.messages
    if errors:
        raise ValidationError(errors)
    return cleaned


def _lock_owner(owner: User | None) -> User | None:
    """Lock the owner's row, so that they aren't suspended meanwhile and the limit holds. Raises ValidationError."""
    if owner is None:
        return None
    locked = User.objects.select_for_update(no_key=True).filter(pk=owner.pk, is_active=True).first()
    if locked is None:
        text = _("The owner of this bot is suspended. It can work again once they are reinstated.")
        raise ValidationError({"username": [text]}, code="owner")
    return locked


def _require_free_place(owner: User | None) -> None:
    """Raise ValidationError if the person has as many bots as they may have."""
    most = settings.CHAT_BOTS_PER_PERSON
    if owner is None or not most:
        return
    if bots_of(owner).filter(is_active=True).count() >= most:
        text = ngettext(
            "You can have %(most)d bot. Delete one first.", "You can have %(most)d bots. Delete one first.", most
        )
        raise ValidationError({"username": [text % {"most": most}]}, code="limit")


def _rename(bot: User, username: str) -> None:
    User.objects.release_username(username)
    bot.username = username
    try:
        with transaction.atomic():
            bot.save(update_fields=["username"])
    except IntegrityError as error:
        raise ValidationError({"username": [_("That username is taken.")]}) from error
