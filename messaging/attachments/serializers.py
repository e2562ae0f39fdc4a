"""Serializes attachments to JSON for messages and pages."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from live.envelope import encoded
from messaging.attachments.storage import RENDITIONS
from messaging.models import Attachment

JSON = dict[str, Any]

_decode = msgspec.json.Decoder(list[JSON]).decode


def serialize_attachment(attachment: Attachment) -> JSON:
    """Return an attachment as described in docs/protocol.md."""
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
    """Return the JSON stored with a message, in order, or "" if there are no attachments."""
    found = [serialize_attachment(attachment) for attachment in attachments]
    return encoded(found) if found else ""


class HasFiles(Protocol):
    """A message in any form. `files`: see `encode_attachments`."""

    @property
    def files(self) -> str: ...


def attachments_of(message: HasFiles) -> Sequence[JSON]:
    return _decode(message.files) if message.files else []


def filenames_in(message: HasFiles) -> str:
    """Return the names of a message's files, for quoting a message without text."""
    return ", ".join(f"📎 {each['name']}" for each in attachments_of(message))
