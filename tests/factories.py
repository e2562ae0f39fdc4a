"""Factories for users, rooms, messages and attachments, which use the site's own actions."""

import itertools
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts import usernames
from accounts.auth.token_actions import NewToken, create_token
from accounts.bots.actions import create_bot
from accounts.models import Scope, User
from messaging.attachments import storage
from messaging.attachments.serializers import encode_attachments
from messaging.link_previews.summary import encode_previews
from messaging.models import Attachment, LinkPreview, Message, MessageLink
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft, StoredPost
from rooms import actions
from rooms.errors import Refusal
from rooms.models import Membership, Room

_numbers = itertools.count(1)


def make_user(username: str = "", *, password: str = "a long pass phrase", **fields: Any) -> User:
    return User.objects.create_user(username or f"person{next(_numbers)}", password=password, **fields)


def make_bot(username: str = "", *, owner: User | None = None, **fields: Any) -> User:
    return create_bot(actor=None, username=username or f"bot{next(_numbers)}", owner=owner, **fields)


def make_token(user: User, *scopes: str, name: str = "A program", expires_at: datetime | None = None) -> NewToken:
    """Create a token with these scopes or, without any, all that the user may have."""
    chosen = scopes or set(Scope.values) - (set() if user.is_staff else {Scope.ADMIN.value})
    return create_token(actor=None, user=user, name=name, scopes=chosen, expires_at=expires_at)


def log_in(user: User, **headers: str) -> Client:
    """Return a client in which this user is logged in."""
    client = Client(headers=headers or None)
    client.force_login(user)
    return client


def make_room(name: str = "", *, owner: User | None = None, kind: str = "public", **fields: Any) -> Room:
    room = actions.create_room(owner=owner, name=name or f"Room {next(_numbers)}", kind=kind)
    if fields:
        Room.objects.filter(pk=room.pk).update(**fields)
        room.refresh_from_db()
    return room


def make_member(room: Room, user: User | None = None, *, role: str = "member") -> User:
    user = user or make_user()
    Membership.objects.update_or_create(room=room, user=user, defaults={"role": role})
    return user


def make_draft(room: Room, sender: User, body: str = "Hello", **fields: Any) -> Draft:
    return Draft(sender.pk, room.pk, fields.pop("client_id", None) or uuid.uuid4(), body, **fields)


def make_link(message: Message, title: str = "Lighthouses") -> MessageLink:
    """Store a link of a message whose preview, with an image, is shown."""
    number = next(_numbers)
    preview = LinkPreview.objects.create(
        url=f"https://{number}.example/", host=f"{number}.example", title=title, image=f"link-previews/{number}"
    )
    link = MessageLink.objects.create(message=message, position=0, url=preview.url, preview=preview, is_pending=False)
    Message.objects.filter(pk=message.pk).update(previews=encode_previews([link]))
    return link


def make_attachment(
    room: Room,
    user: User,
    content: bytes = b"abc",
    *,
    name: str = "notes.txt",
    message: Message | None = None,
    **fields: Any,
) -> Attachment:
    """Store a file with its renditions, as if it had been uploaded and inspected."""
    fields = {"ready_at": timezone.now(), "message": message, "name_key": usernames.key(name)} | fields
    attachment = Attachment.objects.create(
        room=room, uploader=user, key=storage.new_key(), name=name, size=len(content), **fields
    )
    for stored in storage.stored_names(attachment):
        default_storage.save(stored, ContentFile(content))
    if message is not None:
        files = message.attachments.order_by("position")
        Message.objects.filter(pk=message.pk).update(files=encode_attachments(files))
    return attachment


def post_drafts(drafts: Sequence[Draft]) -> list[Message | Refusal]:
    results = [each.message.pk if isinstance(each, StoredPost) else each for each in post_messages(drafts)]
    messages = Message.objects.complete().in_bulk([each for each in results if isinstance(each, int)])
    return [messages[each] if isinstance(each, int) else each for each in results]


def post(room: Room, sender: User, body: str = "Hello", **fields: Any) -> Message:
    [result] = post_drafts([make_draft(room, sender, body, **fields)])
    assert isinstance(result, Message), result
    return result
