"""Stores the links of messages for which previews are shown, and adds the previews to the messages, or removes them.

Rooms are locked first, as for posts.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.bulk_sql import insert_rows
from accounts.models import User
from accounts.sql import execute_many, table
from messaging.history import events
from messaging.link_previews import wakeup
from messaging.link_previews.cleanup import delete_links, delete_unused
from messaging.link_previews.summary import encode_previews
from messaging.link_previews.urls import choose_links
from messaging.models import Message, MessageLink, NewMessage
from messaging.posting.changes import lock_message, save_change
from messaging.rendering import Rendered
from rooms.errors import NotFound
from rooms.permissions import find_membership, require_moderator
from rooms.room_state import lock_rooms, store_versions

PIECE = 50  # links

# The columns of a new link, with PostgreSQL's types. The others are null.
_COLUMNS = {
    "message_id": "bigint",
    "position": "smallint",
    "url": "text",
    **dict.fromkeys(("is_pending", "is_removed"), "boolean"),
}


class HasSwitch(Protocol):
    """A room in any form."""

    @property
    def shows_link_previews(self) -> bool: ...


def previewed_links(rendered: Rendered, room: HasSwitch) -> tuple[str, ...]:
    """Return the links for which a message in the room shows previews, once there are some."""
    if not (rendered.links and settings.LINK_PREVIEWS and room.shows_link_previews):
        return ()
    return choose_links(rendered.links)


def insert_links(messages: Sequence[NewMessage]) -> None:
    """Store the links of new messages, if there are any."""
    rows = [
        (message.pk, position, url, True, False) for message in messages for position, url in enumerate(message.links)
    ]
    if rows:
        insert_rows(table(MessageLink), _COLUMNS, rows)
        transaction.on_commit(wakeup.wake)


def replace_links(message: Message, rendered: Rendered, room: HasSwitch) -> None:
    """Keep the links that an edited message still has, and set its previews, without saving it.

    Must be called in a transaction that has locked the room.
    """
    wanted = previewed_links(rendered, room)
    stored = {link.url: link for link in MessageLink.objects.filter(message=message)}
    if gone := [link.pk for url, link in stored.items() if url not in wanted]:
        delete_links(MessageLink.objects.filter(pk__in=gone))
    kept = [stored[url] for url in wanted if url in stored]
    for link in kept:
        link.position = wanted.index(link.url)
    MessageLink.objects.bulk_update(kept, ["position"])
    MessageLink.objects.bulk_create([link for link in _links_of(message.pk, wanted) if link.url not in stored])
    transaction.on_commit(wakeup.wake)
    if message.previews:
        message.previews = encode_previews(_shown_links([message.pk]))


def is_any_ready() -> bool:
    """Return whether there is anything to show, without locking the database."""
    return _ready().exists()


@transaction.atomic
def show_some() -> bool:
    """Add previews that have been found to messages. Return whether there were any, or pages without one."""
    message_ids = set(_ready().order_by("pk").values_list("message_id", flat=True)[:PIECE])
    if not message_ids:
        return False
    found = dict(Message.objects.filter(pk__in=message_ids).values_list("pk", "room_id"))
    rooms = lock_rooms(found.values()) if found else {}
    _ready().filter(message__in=message_ids).update(is_pending=False)
    links: dict[int, list[MessageLink]] = defaultdict(list)
    for link in _shown_links(message_ids):
        links[link.message_id].append(link)
    changed = []
    for message in Message.objects.complete().filter(pk__in=message_ids, deleted_at=None).order_by("pk"):
        previews = encode_previews(links[message.pk])
        if previews != message.previews and message.room_id in rooms:
            room = rooms[message.room_id]
            room.version += 1
            message.previews, message.version = previews, room.version
            changed.append(message)
    _store(changed)
    store_versions(rooms[room_id] for room_id in {message.room_id for message in changed})
    events.announce_changed(*changed)
    return True


@transaction.atomic
def remove_preview(*, actor: User, message_id: int, preview_id: int) -> Message:
    """Remove a preview from one's own message. Moderators may do so with any message in their room.

    It stays removed, even if the message is edited, unless the edit removes the link.
    """
    message, room = lock_message(actor, message_id)
    if message.sender_id == actor.pk:
        find_membership(actor, room.pk)
    else:
        require_moderator(actor, room)
    link = MessageLink.objects.select_for_update().filter(message=message, pk=preview_id, is_removed=False).first()
    if link is None:
        raise NotFound(_("Preview not found."), field="preview")
    released, link.preview, link.is_pending, link.is_removed = link.preview_id, None, False, True
    link.save()
    delete_unused([released] if released is not None else [])
    message.previews = encode_previews(_shown_links([message.pk]))
    save_change(message, room)
    return message


def _links_of(message_id: int, urls: Sequence[str]) -> list[MessageLink]:
    return [MessageLink(message_id=message_id, position=position, url=url) for position, url in enumerate(urls)]


def _ready() -> "QuerySet[MessageLink]":
    return MessageLink.objects.filter(is_pending=True, preview__isnull=False, preview__due_at=None)


def _shown_links(message_ids: "Sequence[int] | set[int]") -> "QuerySet[MessageLink]":
    found = MessageLink.objects.filter(message__in=message_ids, preview__isnull=False)
    return found.select_related("preview").order_by("message", "position")


def _store(messages: Sequence[Message]) -> None:
    sql = f"UPDATE {table(Message)} SET version = %s, previews = %s WHERE id = %s"  # noqa: S608
    execute_many(sql, [(message.version, message.previews, message.pk) for message in messages])
