"""The inbox: all that is unread, and the saved messages, on one page."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import AuthenticatedHttpRequest
from messaging.history.inbox import MAX_CONVERSATIONS, Conversation, read_inbox
from messaging.history.saved import read_saved
from messaging.mentions.unread import MOST
from messaging.posting.inbox import Position, mark_read, mark_unread
from messaging.web.change_limit import check_change_limit
from messaging.web.results import Result, make_results, mention_spellings
from rooms.errors import Invalid
from rooms.responses import action_view, respond

MAX_SAVED = 10

# The id of a room, the number of a message, and the numbers of mentions before it, such as "7-120:98,99".
_POSITION = rf"\d{{1,18}}-\d{{1,18}}(?::\d{{1,18}}(?:,\d{{1,18}}){{0,{MOST - 1}}})?"
_POSITIONS = re.compile(rf"{_POSITION}(?: {_POSITION})*", re.ASCII)


class Entry(NamedTuple):
    """A conversation with its messages as results, and the reason for which each of them is shown."""

    conversation: Conversation
    results: list[tuple[Result, str]]


@action_view("GET", "POST")
def inbox(request: AuthenticatedHttpRequest) -> HttpResponse:
    """GET lists what is unread, and saved messages. POST moves read markers, in up to MAX_CONVERSATIONS rooms.

    Fields of POST: `read`, or `unread` to undo it, with the ids of rooms and numbers of messages, such as "7-120 9-3".
    To undo it, the numbers of mentions that were read can follow, such as "7-120:98,99".
    """
    if request.method == "POST":
        return _move_markers(request)
    found = read_inbox(request.user)
    entries = _entries(request, found.conversations)
    saved = read_saved(request.user)
    messages = [message for _saved, message in saved.entries[:MAX_SAVED]]
    results = make_results(request.user, messages, [()] * len(messages))
    context = {
        "groups": [
            (_("For you"), "for-you", [each for each in entries if each.conversation.is_for_me]),
            (_("Rooms"), "rooms", [each for each in entries if not each.conversation.is_for_me]),
        ],
        "all": " ".join(_format(_newest(each)) for each in found.conversations),
        "remaining": found.remaining,
        "saved": [(row, result) for (row, _message), result in zip(saved.entries, results, strict=False)],
        "has_more_saved": len(saved.entries) > MAX_SAVED,
    }
    return render(request, "messaging/inbox.html", context)


def _entries(request: AuthenticatedHttpRequest, conversations: Sequence[Conversation]) -> list[Entry]:
    pairs = [(each, message) for each in conversations for message in each.messages]
    spellings = [mention_spellings(message, request.user.pk) for _conversation, message in pairs]
    results = iter(make_results(request.user, [message for _conversation, message in pairs], spellings))
    return [
        Entry(each, [(next(results), _reason(each, message.seq)) for message in each.messages])
        for each in conversations
    ]


def _reason(conversation: Conversation, seq: int) -> str:
    if seq in conversation.mentions:
        return _("Mentions you")
    return _("Reply to you") if seq in conversation.replies else ""


def _newest(conversation: Conversation) -> Position:
    return Position(conversation.room["id"], conversation.room["last_seq"])


def _move_markers(request: AuthenticatedHttpRequest) -> HttpResponse:
    check_change_limit(request)
    user = request.user
    if unread := request.POST.get("unread"):
        mark_unread(user=user, positions=_parse(unread, "unread"))
        return respond(request, "messaging:inbox", message=_("Marked as unread."))
    positions = _parse(request.POST.get("read", ""), "read")
    undo = " ".join(map(_format, mark_read(user=user, up_to=positions)))
    count = len(positions)
    text = ngettext("Marked as read.", "%(count)s conversations marked as read.", count) % {"count": count}
    return respond(
        request,
        "messaging:inbox",
        message=text,
        undo_url=reverse("messaging:inbox") if undo else "",
        undo_fields={"unread": undo},
        unread=undo,
    )


def _format(position: Position) -> str:
    text = f"{position.room_id}-{position.seq}"
    return f"{text}:{','.join(map(str, position.mentions))}" if position.mentions else text


def _parse(text: str, field: str) -> list[Position]:
    positions = list(map(_parse_one, text.split(" "))) if _POSITIONS.fullmatch(text) else []
    if not 0 < len(positions) <= MAX_CONVERSATIONS:
        message = _("Give the ids of up to %(most)d rooms, each with the number of a message, such as “7-120”.")
        raise Invalid(message % {"most": MAX_CONVERSATIONS}, field=field)
    return positions


def _parse_one(text: str) -> Position:
    room_id, seq, *mentions = map(int, re.split("[-:,]", text))
    return Position(room_id, seq, tuple(mentions))
