"""The view for images of link previews. Each request checks whether the user may read the message."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils.http import quote_etag
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.models import Scope, User
from messaging.models import LinkPreview, Message, MessageLink
from messaging.web.attachments import SANDBOX_POLICY
from rooms.responses import action_view


@action_view("GET", scope=Scope.FILES)
def preview_image(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Send the image of a preview that is shown with a message."""
    name = _find(request.user, pk).image
    etag = quote_etag(name.rpartition("/")[2])
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content_type="image/webp")
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL}{name}"  # sent by the event loop or by nginx
        response["Content-Security-Policy"] = SANDBOX_POLICY
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"  # so that users who were removed from the room no longer see it
    return response


def _find(user: User, link_id: int) -> LinkPreview:
    link = MessageLink.objects.select_related("preview").filter(pk=link_id, is_pending=False).first()
    if link is None or link.preview is None or not link.preview.image:
        raise Http404(_("Preview not found."))
    if not Message.objects.readable_by(user).filter(pk=link.message_id).exists():
        raise Http404(_("Preview not found."))
    return link.preview
