"""The endpoints of the API, by the kind of thing that they are about."""

from api.endpoints import (
    administration,
    bots,
    command_settings,
    events,
    files,
    groups,
    inbox,
    invitations,
    membership,
    messages,
    moderation,
    notifications,
    outgoing_webhooks,
    people,
    profile,
    reading,
    reports,
    rooms,
    saved,
    search,
    sidebar,
    site,
    slash_commands,
    webhooks,
)
from api.routing import Router

router = Router(
    module.group
    for module in (
        *(messages, slash_commands, reading, inbox, saved, search, files),
        *(rooms, membership, sidebar, notifications),
        *(people, groups, profile, bots, invitations, webhooks, outgoing_webhooks, command_settings),
        *(moderation, reports, administration, site, events),
    )
)
