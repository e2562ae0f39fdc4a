"""Attachments as JSON, for messages and pages."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from live.envelope import encoded
from messaging.attachments.storage import RENDITIONS
from messaging.models import Attachment, Message

JSON = dict[str, Any]

_decode = msgspec.json.Decoder(list[JSON]).decode


def serialize_attachment(attachment: Attachment) -> JSON:
    """Return an attachment as docs/protocol.md describes it."""
    renditions = attachment.renditions.split()
    url = f"/attachments/{attachment.pk}/"
    return {
        "id": str(attachment.pk),
        "name": attachment.name,
        "size": attachment.size,
        "type": attachment.type,
        "kind": attachment.kind,
        "url": url,
        **{name: f"{url}{name}/" if name in renditions else None for name in RENDITIONS},
        "width": attachment.width,
        "height": attachment.height,
        "lines": attachment.lines,
        "preview": attachment.preview,
        "alt": attachment.alt,
    }


def encode_attachments(attachments: Iterable[Attachment]) -> str:
    """Return the JSON that is stored with a message, in order; "" for none."""
    found = [serialize_attachment(attachment) for attachment in attachments]
    return encoded(found) if found else ""


def attachments_of(message: Message) -> Sequence[JSON]:
    return _decode(message.files) if message.files else []


def filenames_in(message: Message) -> str:
    """Return the names of a message's files, to quote a message without text."""
    return ", ".join(f"📎 {each['name']}" for each in attachments_of(message))
