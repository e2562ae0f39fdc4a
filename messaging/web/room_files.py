"""A room's files, newest first: all that the viewer sees of them, or those of one kind, person or name."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, JsonResponse, QueryDict

from accounts import usernames
from accounts.http import AuthenticatedHttpRequest
from messaging.attachments.serializers import JSON, shown
from messaging.history.journal import floor_of
from messaging.models import Attachment, AttachmentQuerySet
from rooms.errors import Invalid
from rooms.events import person, time_text
from rooms.permissions import get_room_or_404
from rooms.responses import action_view

PAGE = 40
QUERY_LENGTH = 100

_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of a room's files. `before`: what comes after the one with this message and position."""

    kind: str = ""
    person: int | None = None
    query: str = ""
    before: tuple[int, int] | None = None

    @classmethod
    def of(cls, told: QueryDict) -> "Wanted":
        """Raises Invalid, which names the field."""
        kind, who, cursor = (told.get(name, "") for name in ("kind", "person", "before"))
        if kind and kind not in Attachment.Kind.values:
            raise Invalid(f"One of {', '.join(Attachment.Kind.values)}.", field="kind")
        if who and not (who.isascii() and who.isdigit() and len(who) < 19):
            raise Invalid("Give the id of a person.", field="person")
        found = _CURSOR.fullmatch(cursor)
        if cursor and not found:
            raise Invalid("Give what the answer before this one said under next.", field="before")
        return cls(
            kind=kind,
            person=int(who) if who else None,
            query=usernames.key(told.get("q", "")[:QUERY_LENGTH]),
            before=(int(found[1]), int(found[2])) if found else None,
        )


@action_view("GET")
def files(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A page of them as JSON: ?kind=, ?person=ID, ?q=PART OF A NAME, ?before=CURSOR."""
    room = get_room_or_404(request.user, pk)
    posted = Attachment.objects.posted_in(room.pk, viewer=request.user, floor=floor_of(request.user, room.pk))
    found = list(_chosen(posted, Wanted.of(request.GET)).select_related("message", "uploader")[: PAGE + 1])
    page, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    cursor = f"{last.message_id}.{last.position}" if last else None
    return JsonResponse({"files": [_listed(attachment) for attachment in page], "next": cursor})


def _chosen(posted: AttachmentQuerySet, wanted: Wanted) -> AttachmentQuerySet:
    if wanted.kind:
        posted = posted.filter(kind=wanted.kind)
    if wanted.person is not None:
        posted = posted.filter(uploader=wanted.person)
    if wanted.query:
        posted = posted.filter(name_key__contains=wanted.query)
    if wanted.before:
        message, position = wanted.before
        # The first condition is what the index is entered by.
        rest = Q(message__lt=message) | Q(position__gt=position)
        posted = posted.filter(rest, message__lte=message)
    return posted.order_by("-message", "position")


def _listed(attachment: Attachment) -> JSON:
    message: Any = attachment.message
    where = {"sender": person(attachment.uploader), "at": time_text(message.created_at), "seq": message.seq}
    return shown(attachment) | where
