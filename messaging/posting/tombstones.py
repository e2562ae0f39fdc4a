"""Tombstones of deleted messages, which keep their number but lose their text, revisions and files."""

from collections.abc import Sequence

from django.utils import timezone

from accounts.sql import database
from messaging.attachments.cleanup import discard_attachments
from messaging.link_previews.cleanup import delete_links
from messaging.models import (
    AddedMention,
    Attachment,
    Mention,
    Message,
    MessageLink,
    Reaction,
    Revision,
    SavedMessage,
)
from messaging.push.queue import enqueue_closings_of
from messaging.search.index import remove_messages


def make_tombstones(messages: Sequence[Message]) -> None:
    """Delete all that belongs to the messages, such as revisions and attachments, and empty them.

    Notifications that show them are closed. The caller must store them with their new versions.
    """
    now = timezone.now()
    ids = [message.pk for message in messages]
    Revision.objects.filter(message__in=ids).delete()
    Reaction.objects.filter(message__in=ids).delete()
    Mention.objects.filter(message__in=ids).delete()
    AddedMention.objects.filter(message__in=ids).delete()
    _delete_saved(ids)
    remove_messages(ids)
    if with_links := [message.pk for message in messages if "<a " in message.html]:
        delete_links(MessageLink.objects.filter(message__in=with_links))
    discard_attachments(Attachment.objects.filter(message__in=ids))
    enqueue_closings_of(messages)
    for message in messages:
        message.make_tombstone(now)


def _delete_saved(message_ids: Sequence[int]) -> None:
    """Lock the messages first, so that no one saves one of them until they are empty. SQLite has a single writer."""
    if database().features.has_select_for_update:
        list(Message.objects.select_for_update(no_key=True).filter(pk__in=message_ids).order_by("pk").values_list("pk"))
    SavedMessage.objects.filter(message__in=message_ids).delete()
