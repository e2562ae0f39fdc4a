"""Tombstones of deleted messages, which keep their number but lose their text, revisions and files."""

from collections.abc import Sequence

from django.utils import timezone

from messaging.attachments.cleanup import discard_attachments
from messaging.models import Attachment, Mention, Message, Reaction, Revision
from messaging.search.index import remove_messages


def make_tombstones(messages: Sequence[Message]) -> None:
    """Delete revisions, reactions, mentions, attachments and entries of the search, and empty the messages.

    The caller must store them with their new versions.
    """
    now = timezone.now()
    ids = [message.pk for message in messages]
    Revision.objects.filter(message__in=ids).delete()
    Reaction.objects.filter(message__in=ids).delete()
    Mention.objects.filter(message__in=ids).delete()
    remove_messages(ids)
    discard_attachments(Attachment.objects.filter(message__in=ids))
    for message in messages:
        message.make_tombstone(now)
