"""What the server asks of the workshop, and what form its answer must have."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_PREVIEW = 4096
MAX_MESSAGE = 65_536  # bytes
MAX_FILES = 3  # that come with a job

Rendition = Literal["thumbnail", "display", "text"]
Side = Annotated[int, Meta(ge=1, le=1_000_000)]


class Job(Struct):
    """The file comes with it, open, and after it one for each of the `renditions` that may be made.

    `type`: as the first bytes say; "" where none says and it may be text.
    """

    name: str
    type: str
    renditions: list[Rendition]


class Answer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`renditions`: those that were made. `trouble`: the kind of error, for the log."""

    kind: Literal["image", "text", "other"] = "other"
    width: Side | None = None
    height: Side | None = None
    lines: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    preview: Annotated[str, Meta(max_length=MAX_PREVIEW)] = ""
    renditions: list[Rendition] = []
    trouble: Annotated[str, Meta(pattern=r"^\w{0,100}$")] = ""
