"""Actions on saved messages: save, remove, and undo the removal."""

from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.errors import NO_MESSAGE
from messaging.history import events
from messaging.models import Message, SavedMessage
from rooms.errors import Invalid, NotFound

MAX_SAVED = 1_000  # per user
RESTORED = ("saved_at", "listed_at", "remind_at", "due_at")  # by undoing a removal
TIME_TO_UNDO = 60  # seconds; the button is shown for ten

_SALT = "removed saved message"


def save_message(*, user: User, message_id: int) -> SavedMessage:
    """Save a message for later. Saving it twice changes nothing."""
    with transaction.atomic():
        return save_locked(user, message_id)


@transaction.atomic
def remove_saved(*, user: User, message_id: int) -> str:
    """Remove a message from the saved ones, even if the user doesn't see it anymore.

    Return a token for `restore_saved`, or "" if the message wasn't saved.
    """
    saved = SavedMessage.objects.select_for_update().filter(user=user, message=message_id).first()
    if saved is None:
        return ""
    saved.delete()
    events.announce_unsaved(user, message_id)
    times = {name: at.isoformat() for name in RESTORED if (at := getattr(saved, name)) is not None}
    return signing.dumps([user.pk, message_id, times], salt=_SALT)


def restore_saved(*, user: User, message_id: int, token: str) -> SavedMessage:
    """Save a message as it was before it was removed."""
    try:
        owner_id, restored_id, times = signing.loads(token, salt=_SALT, max_age=TIME_TO_UNDO)
    except signing.BadSignature:
        raise Invalid(_("This can no longer be undone. Save the message again."), field="restore") from None
    if (owner_id, restored_id) != (user.pk, message_id):
        raise NotFound(NO_MESSAGE)
    with transaction.atomic():
        return save_locked(user, message_id, **{name: datetime.fromisoformat(at) for name, at in times.items()})


def save_locked(user: User, message_id: int, **fields: datetime) -> SavedMessage:
    """Return the saved message, new or not, and lock its user's saved messages until the transaction ends.

    `fields`: those of a new one.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # against more than MAX_SAVED at once
    if not _is_readable(user, message_id):
        raise NotFound(NO_MESSAGE)
    saved = SavedMessage.objects.select_for_update().filter(user=user, message=message_id).first()
    if saved is None:
        _check_limit(user)
        saved = SavedMessage.objects.create(user=user, message_id=message_id, **fields)
        events.announce_saved(saved)
    return saved


def _is_readable(user: User, message_id: int) -> bool:
    """Return whether the user sees the message, and lock it, so that it isn't deleted before it is saved."""
    seen = Message.objects.readable_by(user).seen_by(user).filter(pk=message_id)
    return seen.select_for_update(of=("self",), no_key=True).values_list("pk").first() is not None


def _check_limit(user: User) -> None:
    if SavedMessage.objects.filter(user=user).count() >= MAX_SAVED:
        text = _("You can save at most %(most)s messages. Remove some from your saved messages first.")
        raise Invalid(text % {"most": number_format(MAX_SAVED, force_grouping=True)}, field="message")
