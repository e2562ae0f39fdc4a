"""Lists a room's files that the viewer may see, newest first, filtered by kind, user or name."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.http import AuthenticatedHttpRequest, parse_number
from accounts.models import User
from messaging.attachments.serializers import JSON, serialize_attachment
from messaging.history.journal import floor_of
from messaging.models import Attachment, AttachmentQuerySet
from rooms.errors import Invalid
from rooms.models import Room
from rooms.permissions import get_room_or_404
from rooms.responses import action_view
from rooms.serializers import serialize_person, serialize_time

PAGE = 40
QUERY_LENGTH = 100

_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Filters for a room's files. `before`: the message and position of the last file on the previous page."""

    kind: str = ""
    person: int | None = None
    query: str = ""
    before: tuple[int, int] | None = None

    @classmethod
    def from_query(cls, query: QueryDict) -> "FileFilter":
        """Parse a query string. Raises Invalid."""
        person = query.get("person", "")
        if person and parse_number(person) is None:
            raise Invalid(_("Give the id of a person."), field="person")
        kind, name, cursor = (query.get(field, "") for field in ("kind", "q", "before"))
        return cls.of(kind=kind, person=parse_number(person), query=name[:QUERY_LENGTH], cursor=cursor)

    @classmethod
    def of(cls, *, kind: str, person: int | None, query: str, cursor: str) -> "FileFilter":
        """Raises Invalid for an unknown kind or cursor."""
        if kind and kind not in Attachment.Kind.values:
            kinds = ", ".join(Attachment.Kind.values)
            raise Invalid(_("Choose one of %(kinds)s.") % {"kinds": kinds}, field="kind")
        found = _CURSOR.fullmatch(cursor)
        if cursor and not found:
            raise Invalid(_("Give the value of next from the previous page."), field="before")
        before = (int(found[1]), int(found[2])) if found else None
        return cls(kind=kind, person=person, query=usernames.key(query), before=before)


@action_view("GET")
def files(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Return a page of files as JSON: ?kind=, ?person=ID, ?q=PART OF A NAME, ?before=CURSOR."""
    room = get_room_or_404(request.user, pk)
    return JsonResponse(list_files(request.user, room, FileFilter.from_query(request.GET)))


def list_files(user: User, room: Room, file_filter: FileFilter) -> JSON:
    """Return a page of the files that the user sees in a room."""
    posted = Attachment.objects.posted_in(room.pk, viewer=user, floor=floor_of(user, room.pk))
    found = list(_filtered(posted, file_filter).select_related("message", "uploader")[: PAGE + 1])
    page, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    cursor = f"{last.message_id}.{last.position}" if last else None
    return {"files": [_serialize(attachment) for attachment in page], "next": cursor}


def _filtered(posted: AttachmentQuerySet, file_filter: FileFilter) -> AttachmentQuerySet:
    if file_filter.kind:
        posted = posted.filter(kind=file_filter.kind)
    if file_filter.person is not None:
        posted = posted.filter(uploader=file_filter.person)
    if file_filter.query:
        posted = posted.filter(name_key__contains=file_filter.query)
    if file_filter.before:
        message, position = file_filter.before
        # The second condition allows the index to be used.
        rest = Q(message__lt=message) | Q(position__gt=position)
        posted = posted.filter(rest, message__lte=message)
    return posted.order_by("-message", "position")


def _serialize(attachment: Attachment) -> JSON:
    message: Any = attachment.message
    sender, at = serialize_person(attachment.uploader), serialize_time(message.created_at)
    return serialize_attachment(attachment) | {"sender": sender, "at": at, "seq": message.seq}
