"""Reads the earlier texts of a message, with what each edit changed."""

from datetime import datetime
from itertools import islice
from typing import NamedTuple

from accounts.models import User
from messaging.errors import NO_MESSAGE
from messaging.history.word_diff import Part, compare
from messaging.models import Message, Revision
from messaging.rendering.spoilers import may_have_spoiler
from rooms.errors import NotFound

PAGE = 10  # versions, of up to 8,000 characters each


class Version(NamedTuple):
    """A text that a message had since `at`, with the parts that were changed. The first version has no changes.

    number: the position among all versions, from 1 on. is_covered: whether the text may contain a spoiler.
    """

    number: int
    at: datetime
    body: str
    parts: list[Part]
    is_covered: bool


class EditHistory(NamedTuple):
    """A page of versions, newest first. `next`: the `before` of the next page, or None."""

    message: Message
    versions: list[Version]
    next: int | None


def read_versions(viewer: User, message_id: int, *, before: int | None = None) -> EditHistory:
    """Return the newest versions, or those before the revision with the id `before`.

    Raises NotFound if the viewer doesn't see the message.
    """
    seen = Message.objects.readable_by(viewer).seen_by(viewer)
    message = seen.select_related("sender", "room").filter(pk=message_id).first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    revisions = message.revisions.filter(pk__lt=before) if before is not None else message.revisions.all()
    count = revisions.count()
    found = list(revisions.order_by("-pk")[: PAGE + 1])  # with the one before the last version, to compare
    if before is None:
        found.insert(0, Revision(body=message.body, written_at=message.edited_at or message.created_at))
        count += 1
    pairs = islice(zip(found, [*found[1:], None], strict=False), PAGE)
    versions = [_version(count - index, *pair) for index, pair in enumerate(pairs)]
    return EditHistory(message, versions, found[PAGE - 1].pk if len(found) > PAGE else None)


def _version(number: int, revision: Revision, previous: Revision | None) -> Version:
    old, new = (previous or revision).body, revision.body
    return Version(number, revision.written_at, new, compare(old, new), may_have_spoiler(old) or may_have_spoiler(new))
