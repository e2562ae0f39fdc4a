"""Messages between the server and the sandbox process."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_PREVIEW = 4096
MAX_MESSAGE = 65_536  # bytes
MAX_FILES = 3  # descriptors sent with a job

Rendition = Literal["thumbnail", "display", "text"]
Side = Annotated[int, Meta(ge=1, le=1_000_000)]


class InspectionJob(Struct):
    """A file to inspect; its descriptor and one per rendition come with the message.

    type: the media type by the first bytes; "" if it may be text.
    """

    name: str
    type: str
    renditions: list[Rendition]


class InspectionResult(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The result. `renditions`: those that were written. `error`: the class of an error, for the log."""

    kind: Literal["image", "text", "other"] = "other"
    width: Side | None = None
    height: Side | None = None
    lines: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    preview: Annotated[str, Meta(max_length=MAX_PREVIEW)] = ""
    renditions: list[Rendition] = []
    error: Annotated[str, Meta(pattern=r"^\w{0,100}$")] = ""
