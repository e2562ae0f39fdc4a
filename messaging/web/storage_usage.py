"""Shows a user's storage usage and largest files."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import AuthenticatedHttpRequest
from messaging.attachments.limits import storage_used
from messaging.models import Attachment
from rooms.models import Room
from rooms.responses import action_view

LARGEST = 20


@action_view("GET")
def storage_usage(request: AuthenticatedHttpRequest) -> HttpResponse:
    me = request.user
    mine = Attachment.objects.filter(uploader=me)
    largest = list(mine.select_related("message").order_by("-size", "pk")[:LARGEST])
    rooms = Room.objects.visible_to(me).in_bulk({each.room_id for each in largest})
    used = storage_used(me)
    context = {
        "used": used,
        "allowed": settings.CHAT_QUOTA,
        "percent": min(100, 100 * used // settings.CHAT_QUOTA) if settings.CHAT_QUOTA else 0,
        "count": mine.count(),
        "largest": [(each, rooms.get(each.room_id)) for each in largest],
        "largest_count": LARGEST,
    }
    return render(request, "messaging/storage_usage.html", context)
