"""The addresses of rooms."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from rooms.views import blocking, browse, manage, people


def drawn_elsewhere(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the room's page its name. Messaging draws it; the path of the same address there stands before."""
    raise Http404


app_name = "rooms"
urlpatterns = [
    path("rooms/", browse.room_list, name="list"),
    path("rooms/new/", browse.create, name="create"),
    path("rooms/<int:pk>/", drawn_elsewhere, name="room"),
    path("rooms/<int:pk>/facts/", manage.facts, name="facts"),
    path("rooms/<int:pk>/settings/", manage.settings, name="settings"),
    path("rooms/<int:pk>/posting/", manage.posting, name="posting"),
    path("rooms/<int:pk>/archive/", manage.archive, name="archive"),
    path("rooms/<int:pk>/delete/", manage.delete, name="delete"),
    path("rooms/<int:pk>/membership/", browse.membership, name="membership"),
    path("rooms/<int:pk>/members/", people.members, name="members"),
    path("rooms/<int:pk>/members/<int:user_pk>/", people.member, name="member"),
    path("rooms/<int:pk>/mute/", blocking.mute_room, name="mute_room"),
    path("direct/<int:user_pk>/", browse.direct, name="direct"),
    path("people/<str:username>/block/", blocking.block, name="block"),
    path("people/<str:username>/mute/", blocking.mute, name="mute"),
    path("profile/quiet/", blocking.quiet, name="quiet"),
]
