"""Views of saved messages: the page with all of them, and saving and removing one."""

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.history.saved import Position, read_saved, saved_among
from messaging.saved.actions import remove_saved, restore_saved, save_message
from messaging.web.change_limit import check_change_limit
from messaging.web.results import make_results
from rooms.errors import Invalid
from rooms.responses import action_view, respond

MAX_MARKS = 1_000  # ids in one request

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@action_view("GET")
def saved_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the saved messages, newest first, or with ?reminders those with a reminder. ?before=POSITION continues."""
    before, only_reminders = request.GET.get("before", ""), "reminders" in request.GET
    page = read_saved(request.user, before=parse_position(before) if before else None, only_reminders=only_reminders)
    results = make_results(request.user, [message for _saved, message in page.entries], [()] * len(page.entries))
    context = {
        "entries": [(saved, result) for (saved, _message), result in zip(page.entries, results, strict=True)],
        "only_reminders": only_reminders,
        "more": page.next and position_text(page.next),
        "is_continued": bool(before),
    }
    return render(request, "messaging/saved.html", context)


@action_view("GET")
def saved_marks(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return which of ?messages=ID,ID,… are saved, for pages that were offline."""
    ids = [parse_number(text) for text in request.GET.get("messages", "").split(",")]
    known = [each for each in ids if each is not None]
    if len(known) < len(ids) or len(known) > MAX_MARKS:
        text = _("Give up to %(most)d ids of messages, separated by commas.") % {"most": MAX_MARKS}
        raise Invalid(text, field="messages")
    return JsonResponse({"saved": saved_among(request.user, known)})


@action_view("POST", "DELETE")
def saved_message(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST saves a message, or restores it with `restore`. DELETE removes it, and returns the value of `restore`."""
    check_change_limit(request)
    if request.method == "POST":
        token = request.POST.get("restore", "")
        if token:
            restore_saved(user=request.user, message_id=pk, token=token)
        else:
            save_message(user=request.user, message_id=pk)
        message = _("Message saved.")
        return respond(request, "messaging:saved", message=message, detail=message)
    token = remove_saved(user=request.user, message_id=pk)
    message, url = _("Removed from saved messages."), reverse("messaging:saved_message", args=[pk])
    fields = {"restore": token}
    undo_url = url if token else ""
    return respond(request, "messaging:saved", message=message, undo_url=undo_url, undo_fields=fields, restore=token)


def parse_position(text: str) -> Position:
    """Parse the position from the link to the next page."""
    at, _dash, pk = text.partition("-")
    if (microseconds := parse_number(at)) is None or (number := parse_number(pk)) is None:
        raise Invalid(_("Follow the link “Load more” of the previous page."), field="before")
    try:
        return Position(_EPOCH + timedelta(microseconds=microseconds), number)
    except OverflowError:
        raise Invalid(_("Follow the link “Load more” of the previous page."), field="before") from None


def position_text(position: Position) -> str:
    """Return the position as `parse_position` reads it."""
    return f"{_microseconds(position.at)}-{position.pk}"


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
