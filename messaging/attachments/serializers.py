"""Attachments as messages and pages show them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from live.envelope import encoded
from messaging.attachments.storage import RENDITIONS
from messaging.models import Attachment, Message

JSON = dict[str, Any]

_decode = msgspec.json.Decoder(list[JSON]).decode


def shown(attachment: Attachment) -> JSON:
    made = attachment.renditions.split()
    address = f"/attachments/{attachment.pk}/"
    return {
        "id": str(attachment.pk),
        "name": attachment.name,
        "size": attachment.size,
        "type": attachment.type,
        "kind": attachment.kind,
        "url": address,
        **{name: f"{address}{name}/" if name in made else None for name in RENDITIONS},
        "width": attachment.width,
        "height": attachment.height,
        "lines": attachment.lines,
        "preview": attachment.preview,
        "alt": attachment.alt,
    }


def files_text(attachments: Iterable[Attachment]) -> str:
    """What a message keeps of them, in their order; empty for none."""
    found = [shown(attachment) for attachment in attachments]
    return encoded(found) if found else ""


def files_of(message: Message) -> Sequence[JSON]:
    return _decode(message.files) if message.files else []


def names_in(message: Message) -> str:
    """The names of its files, for where a message without words is quoted."""
    return ", ".join(f"📎 {each['name']}" for each in files_of(message))
