"""The previews stored with a message as JSON and sent with it."""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from live.envelope import encoded
from messaging.models import MessageLink

JSON = dict[str, Any]

_decode = msgspec.json.Decoder(list[JSON]).decode


class HasPreviews(Protocol):
    """A message in any form. `previews`: see `encode_previews`."""

    @property
    def previews(self) -> str: ...


def previews_of(message: HasPreviews) -> list[JSON]:
    """Return the previews as described in docs/protocol.md."""
    return _decode(message.previews) if message.previews else []


def encode_previews(links: Iterable[MessageLink]) -> str:
    """Return the JSON for the links of a message, in order, or "" if none of them has anything to show."""
    found = [_serialize(link) for link in links if _is_shown(link)]
    return encoded(found) if found else ""


def _is_shown(link: MessageLink) -> bool:
    preview = link.preview
    return preview is not None and not link.is_pending and bool(preview.title or preview.image)


def _serialize(link: MessageLink) -> JSON:
    preview = link.preview
    assert preview is not None
    image = {"url": f"/link-previews/{link.pk}/image/", "width": preview.width, "height": preview.height}
    return {
        "id": link.pk,
        "url": link.url,
        "title": preview.title,
        "site": preview.site or preview.host,
        "description": preview.description,
        "image": image if preview.image else None,
    }
