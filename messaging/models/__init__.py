"""Models for messages, reactions, attachments, moderation and search, and lighter forms of a message."""

from messaging.models.attachment import Attachment, AttachmentQuerySet, DiscardedFile, StorageChange
from messaging.models.link_preview import LinkPreview, MessageLink
from messaging.models.mention import AddedMention, Mention
from messaging.models.message import Message, MessageQuerySet, Revision
from messaging.models.message_row import MessageRow, Quote
from messaging.models.moderation import BulkDeletion, Report
from messaging.models.new_message import NewMessage
from messaging.models.notification import (
    Cause,
    Channel,
    EmailDelay,
    HeldBack,
    Keyword,
    Notification,
    NotificationJob,
    NotificationPreferences,
    NotifiedRoom,
    Sound,
    Trigger,
)
from messaging.models.push import PushSubscription, RoomPush
from messaging.models.reaction import Reaction
from messaging.models.room_draft import RoomDraft
from messaging.models.saved import SavedMessage
from messaging.models.scheduled import ScheduledMessage
from messaging.models.search import AttachmentText, SearchBackfill, SearchRemoval
from messaging.models.thread_follow import ThreadFollow

__all__ = [
    "AddedMention",
    "Attachment",
    "AttachmentQuerySet",
    "AttachmentText",
    "BulkDeletion",
    "Cause",
    "Channel",
    "DiscardedFile",
    "EmailDelay",
    "HeldBack",
    "Keyword",
    "LinkPreview",
    "Mention",
    "Message",
    "MessageLink",
    "MessageQuerySet",
    "MessageRow",
    "NewMessage",
    "Notification",
    "NotificationJob",
    "NotificationPreferences",
    "NotifiedRoom",
    "PushSubscription",
    "Quote",
    "Reaction",
    "Report",
    "Revision",
    "RoomDraft",
    "RoomPush",
    "SavedMessage",
    "ScheduledMessage",
    "SearchBackfill",
    "SearchRemoval",
    "Sound",
    "StorageChange",
    "ThreadFollow",
    "Trigger",
]
