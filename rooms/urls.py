"""URLs of rooms, conversations, blocks and mutes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from rooms.views import (
    blocking,
    browse,
    conversations,
    group_search,
    groups,
    manage,
    ownership,
    people,
    room_list,
    search,
    sections,
)


def room_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the room's page a URL name. Messaging serves the page, because its pattern for the same path comes first."""
    raise Http404


app_name = "rooms"
urlpatterns = [
    path("rooms/", browse.room_list, name="list"),
    path("rooms/new/", browse.create, name="new"),
    path("rooms/<int:pk>/", room_page, name="room"),
    path("rooms/<int:pk>/info/", manage.info, name="info"),
    path("rooms/<int:pk>/settings/", manage.settings, name="settings"),
    path("rooms/<int:pk>/posting/", manage.posting, name="posting"),
    path("rooms/<int:pk>/archive/", manage.archive, name="archive"),
    path("rooms/<int:pk>/delete/", manage.delete, name="deletion"),
    path("rooms/<int:pk>/ownership/", ownership.ownership, name="ownership"),
    path("rooms/<int:pk>/conversion/", conversations.conversion, name="conversion"),
    path("rooms/<int:pk>/membership/", browse.membership, name="membership"),
    path("rooms/<int:pk>/members/", people.members, name="members"),
    path("rooms/<int:pk>/members/<int:user_pk>/", people.member, name="member"),
    path("rooms/<int:pk>/favorite/", room_list.favorite, name="favorite"),
    path("rooms/<int:pk>/closure/", room_list.closure, name="closure"),
    path("rooms/<int:pk>/seen/", room_list.seen, name="seen"),
    path("rooms/<int:pk>/section/", sections.room_section, name="section"),
    path("sections/", sections.sections, name="sections"),
    path("sections/<int:pk>/", sections.own_section, name="own_section"),
    path("sections/<int:pk>/position/", sections.position, name="section_position"),
    path("groups/", groups.groups, name="groups"),
    path("groups/search/", group_search.search, name="group_search"),
    path("groups/reach/", group_search.reach, name="group_reach"),
    path("groups/new/", groups.create, name="new_group"),
    path("groups/<int:pk>/", groups.group, name="group"),
    path("groups/<int:pk>/settings/", groups.edit, name="group_settings"),
    path("groups/<int:pk>/delete/", groups.delete, name="group_deletion"),
    path("groups/<int:pk>/members/<int:user_pk>/", groups.member, name="group_member"),
    path("rooms/<int:pk>/mute/", blocking.mute_room, name="room_mute"),
    path("direct/new/", browse.new_message, name="new_message"),
    path("direct/<int:user_pk>/", browse.direct, name="direct_room"),
    path("people/search/", search.search, name="people_search"),
    path("people/<str:username>/block/", blocking.block, name="block"),
    path("people/<str:username>/mute/", blocking.mute, name="mute"),
    path("profile/privacy/", blocking.privacy, name="privacy"),
]
