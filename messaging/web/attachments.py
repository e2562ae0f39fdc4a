"""Who gets a file: each byte leaves only after this asked whether its reader may see the message that it is in.

The bytes themselves are sent by the event loop or by nginx; what is only saved, by the store, if there is one
(docs/adr/0008).
"""

from threading import Lock
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified, HttpResponseRedirect, JsonResponse
from django.utils.http import content_disposition_header, quote_etag

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from live.rate_limit import TokenBuckets
from messaging.attachments import storage
from messaging.attachments.media_types import PLAYABLE
from messaging.attachments.serializers import shown
from messaging.errors import RateLimited
from messaging.models import Attachment, Message, Report
from messaging.uploads.actions import NO_FILE, describe_image
from rooms.responses import action_view

RENDITIONS = {"thumbnail": "image/webp", "display": "image/webp", "text": "text/plain; charset=utf-8"}
SIGNED_SECONDS = 60
ALT_RATE, ALT_BURST = 0.5, 30  # of one person at one process: each changes a message, and the whole room is told

# Whatever a sender put into it, it runs nothing, loads nothing, and is taken for nothing but its type.
HARMLESS = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

_alts = TokenBuckets(ALT_RATE, ALT_BURST)
_counting = Lock()  # pages have several threads


def get_attachment_or_404(user: User, attachment_id: UUID) -> Attachment:
    """A file that this person may see: their own until it is posted, and then whoever sees the message."""
    ready = Attachment.objects.select_related("message").filter(pk=attachment_id, ready_at__isnull=False)
    attachment = ready.first()
    if attachment is None or not _may_see(user, attachment):
        raise Http404(NO_FILE)
    return attachment


@action_view("GET")
def download(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """The file as it was sent; what browsers play, they may play in its place, unless ?download asks otherwise."""
    attachment = get_attachment_or_404(request.user, pk)
    is_played = attachment.type in PLAYABLE and "download" not in request.GET
    return _served(request, attachment.key, attachment.type, attachment.name, as_attachment=not is_played)


@action_view("GET")
def rendition(request: AuthenticatedHttpRequest, pk: UUID, name: str) -> HttpResponse:
    attachment = get_attachment_or_404(request.user, pk)
    if name not in attachment.renditions.split():
        raise Http404(NO_FILE)
    return _served(request, storage.rendition_key(attachment.key, name), RENDITIONS[name], attachment.name)


@action_view("GET")
def facts(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    return JsonResponse(shown(get_attachment_or_404(request.user, pk)))


@action_view("POST")
def alt(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """The words for what is to be seen."""
    with _counting:
        wait = _alts.take(request.user.pk)
    if wait:
        raise RateLimited(retry_after=wait)
    attachment = describe_image(user=request.user, attachment_id=pk, alt=request.POST.get("alt", ""))
    return JsonResponse({"alt": attachment.alt})


def _may_see(user: User, attachment: Attachment) -> bool:
    message = attachment.message
    if message is None:
        return attachment.uploader_id == user.pk
    if user.has_perm("messaging.view_report") and Report.objects.filter(message=message).exists():
        return True
    return Message.objects.readable_by(user).filter(pk=message.pk).exists()


def _served(
    request: AuthenticatedHttpRequest, stored: str, content_type: str, name: str, *, as_attachment: bool = False
) -> HttpResponse:
    disposition = content_disposition_header(as_attachment, name) or "inline"
    if as_attachment and storage.path_of(stored) is None:
        return _from_store(stored, content_type, disposition)
    etag = quote_etag(stored.rpartition("/")[2])
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL}{stored}"
        response["X-Reader"] = str(request.user.pk)  # for the limit on downloads; whoever sends the file takes it off
        response["Content-Disposition"] = disposition
        response["Content-Security-Policy"] = HARMLESS
    response["ETag"] = etag
    # Asked for again each time: who was taken out of the room gets it no more.
    response["Cache-Control"] = "private, no-cache"
    return response


def _from_store(stored: str, content_type: str, disposition: str) -> HttpResponse:
    said = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
    response = HttpResponseRedirect(storage.signed_address(stored, SIGNED_SECONDS, said))
    response["Cache-Control"] = "no-store"
    return response
