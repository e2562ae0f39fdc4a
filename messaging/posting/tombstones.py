"""What deleting a message means, however many go: its text, its revisions and its files are gone, its number stays."""

from collections.abc import Sequence

from django.utils import timezone

from messaging.attachments.cleanup import discard_attachments
from messaging.models import Attachment, Message, Revision


def empty_messages(messages: Sequence[Message]) -> None:
    """Make tombstones of these, within the caller's transaction; the caller stores them, with their new versions."""
    now = timezone.now()
    ids = [message.pk for message in messages]
    Revision.objects.filter(message__in=ids).delete()
    discard_attachments(Attachment.objects.filter(message__in=ids))
    for message in messages:
        message.empty(now)
