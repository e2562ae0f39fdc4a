"""Messages between the server and the sandbox process."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_PREVIEW = 4096

Rendition = Literal["thumbnail", "display", "text"]
Side = Annotated[int, Meta(ge=1, le=1_000_000)]


class InspectionJob(Struct):
    """A file to inspect. The message includes its descriptor and one per rendition.

    type: the media type detected from the first bytes, or "" if the file may be text.
    """

    name: str
    type: str
    renditions: list[Rendition]


class InspectionResult(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The result. `renditions`: the written renditions. `error`: the name of an exception's class, for the log."""

    kind: Literal["image", "text", "other"] = "other"
    width: Side | None = None
    height: Side | None = None
    lines: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    preview: Annotated[str, Meta(max_length=MAX_PREVIEW)] = ""
    renditions: list[Rendition] = []
    error: Annotated[str, Meta(pattern=r"^\w{0,100}$")] = ""
