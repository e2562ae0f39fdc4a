"""Views for downloading attachments. Each request checks whether the user may see the message.

The event loop or nginx sends the bytes, but a remote store serves its own downloads
(docs/adr/0008-files.md).
"""

from threading import Lock
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified, HttpResponseRedirect, JsonResponse
from django.utils.http import content_disposition_header, quote_etag

from accounts.http import AuthenticatedHttpRequest
from accounts.models import Scope, User
from live.rate_limit import TokenBuckets
from messaging.attachments import storage
from messaging.attachments.access import find_visible, state_of
from messaging.attachments.media_types import PLAYABLE
from messaging.attachments.serializers import serialize_attachment
from messaging.errors import RateLimited
from messaging.models import Attachment
from messaging.uploads.actions import NO_FILE, set_alt_text
from rooms.responses import action_view

RENDITIONS = {"thumbnail": "image/webp", "display": "image/webp", "text": "text/plain; charset=utf-8"}
SIGNED_SECONDS = 60
ALT_RATE, ALT_BURST = 0.5, 30  # per user and process, because each request changes a message and notifies the room

# Whatever the file contains, it can't run scripts or load anything.
SANDBOX_POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

_alt_limits = TokenBuckets(ALT_RATE, ALT_BURST)
_lock = Lock()  # views run in several threads


def get_attachment_or_404(user: User, attachment_id: UUID) -> Attachment:
    attachment = find_visible(user, attachment_id)
    if attachment is None:
        raise Http404(NO_FILE)
    return attachment


@action_view("GET", scope=Scope.FILES)
def download(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Send the original file. Audio and video play inline unless ?download is given."""
    state = state_of((request.user.pk, pk))  # read before checking the permission, so that no change is missed
    attachment = get_attachment_or_404(request.user, pk)
    is_inline = attachment.type in PLAYABLE and "download" not in request.GET
    return _file_response(request, attachment, state, attachment.key, attachment.type, as_attachment=not is_inline)


@action_view("GET", scope=Scope.FILES)
def rendition(request: AuthenticatedHttpRequest, pk: UUID, name: str) -> HttpResponse:
    """Send a derived file: a thumbnail, a display image or the lines of a text."""
    state = state_of((request.user.pk, pk))
    attachment = get_attachment_or_404(request.user, pk)
    if name not in attachment.renditions.split():
        raise Http404(NO_FILE)
    stored_name = storage.rendition_key(attachment.key, name)
    return _file_response(request, attachment, state, stored_name, RENDITIONS[name])


@action_view("GET", scope=Scope.FILES)
def attachment_detail(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Return an attachment as JSON."""
    return JsonResponse(serialize_attachment(get_attachment_or_404(request.user, pk)))


@action_view("POST")
def alt_text(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Set the alt text."""
    with _lock:
        wait = _alt_limits.take(request.user.pk)
    if wait:
        raise RateLimited(retry_after=wait)
    attachment = set_alt_text(user=request.user, attachment_id=pk, alt=request.POST.get("alt", ""))
    return JsonResponse({"alt": attachment.alt})


def _file_response(
    request: AuthenticatedHttpRequest,
    attachment: Attachment,
    state: str,
    stored_name: str,
    content_type: str,
    *,
    as_attachment: bool = False,
) -> HttpResponse:
    disposition = content_disposition_header(as_attachment, attachment.name) or "inline"
    if as_attachment and storage.local_path(stored_name) is None:
        return _redirect_to_store(stored_name, content_type, disposition)
    etag = quote_etag(stored_name.rpartition("/")[2])
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL}{stored_name}"
        # For the limit on downloads and for DownloadWatch; removed before the response is sent.
        response["X-Reader"], response["X-Attachment"] = str(request.user.pk), f"{attachment.pk} {state}"
        response["Content-Disposition"] = disposition
        response["Content-Security-Policy"] = SANDBOX_POLICY
    response["ETag"] = etag
    # Revalidated each time, so that users who were removed from the room can no longer open it.
    response["Cache-Control"] = "private, no-cache"
    return response


def _redirect_to_store(stored_name: str, content_type: str, disposition: str) -> HttpResponse:
    headers = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
    response = HttpResponseRedirect(storage.signed_url(stored_name, SIGNED_SECONDS, headers))
    response["Cache-Control"] = "no-store"
    return response
