"""Turns frames into events. Those that this version doesn't know, or whose fields it can't read, are skipped."""

import msgspec
from msgspec import Struct

from chatsite_client.events import own, site
from chatsite_client.events.base import Event


class _Tag(Struct):
    type: str = ""


_decode_frame = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_tag = msgspec.json.Decoder(_Tag).decode
_decoders = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind)
    for kind in Event.__subclasses__()
    if kind.__module__ in (own.__name__, site.__name__)
}


def decode(frame: str | bytes) -> list[Event]:
    """Return the events in a frame. Raises msgspec.DecodeError if it isn't an array of objects."""
    events = []
    for raw in _decode_frame(frame):
        decoder = _decoders.get(_decode_tag(raw).type)
        if decoder is None:
            continue
        try:
            events.append(decoder.decode(raw))
        except msgspec.ValidationError:
            continue
    return events
