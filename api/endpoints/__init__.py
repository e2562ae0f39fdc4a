"""The endpoints of the API, by the kind of thing that they are about."""

from api.endpoints import (
    events,
    files,
    membership,
    messages,
    moderation,
    notifications,
    people,
    profile,
    reading,
    rooms,
    saved,
    search,
    sidebar,
)
from api.routing import Router

router = Router(
    module.group
    for module in (
        *(messages, reading, files, rooms, membership, people, search, saved),
        *(profile, sidebar, notifications, moderation, events),
    )
)
