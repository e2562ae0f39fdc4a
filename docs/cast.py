"""Populates a demo site so that no page is empty: creates a report, a ban, an invitation and more."""

import json
import uuid

from accounts.actions import create_invitation
from accounts.auth.token_actions import create_token
from accounts.bots.actions import create_bot
from accounts.groups import add_to_group, create_group
from accounts.models import User
from integrations.incoming.actions import create_webhook
from messaging.models import Message
from messaging.moderation.reports import report_message
from rooms.actions import create_room
from rooms.conversations import open_conversation
from rooms.models import Membership, Room
from rooms.moderation import ban_member

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"[:60]
HEBREW = "קבוצת התכנון של הקהילה"
ROOMS = 500


def prepare(*, crowded: bool) -> None:
    """Print the values for the placeholders of the pages' addresses as JSON."""
    ana = User.objects.get(username="ana")
    if crowded:
        lengthen_names(ana)
    room, empty = Room.objects.get(pk=2), create_room(owner=ana, name="Quiet corner", kind="private")
    Membership.objects.update_or_create(room=room, user=ana, defaults={"role": "owner"})
    message = Message.objects.filter(room=room).exclude(sender=ana).order_by("-seq")[1]
    report = report_message(reporter=ana, message_id=message.pk, reason="Advertising, for the third time this week")
    others = room.memberships.exclude(role="owner").exclude(user=message.sender_id)
    ban_member(actor=ana, room=room, user=others[0].user, reason="Keeps posting the same link")
    group = create_group(actor=ana, name="design", title="Design", description="Colors, type and pictures")
    add_to_group(actor=ana, group=group, people=[ana, message.sender])
    values = {
        "room": room.pk,
        "empty": empty.pk,
        "conversation": open_conversation(user=ana, others=[each.user for each in others[:3]]).pk,
        "person": message.sender.username,
        "mira": message.sender_id,
        "report": report.pk,
        "code": create_invitation(by=ana).code,
        "group": group.pk,
        "webhook": create_webhook(actor=ana, room=room, name="Deployments", description="Of the shop").webhook.pk,
        "bot": create_bot(actor=ana, username="deploys", display_name="Deploys", owner=ana).pk,
        "token": create_token(actor=ana, user=ana, name="Build server", scopes=["read", "write"]).token.pk,
    }
    print(json.dumps(values))


def lengthen_names(ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(display_name=LONG)
    Room.objects.filter(pk=2).update(name=f"{LONG} {LONG[:19]}", topic="t" * 250)
    names = [f"{HEBREW} {n}" if n % 3 else f"{LONG[:50]}-{n}" for n in range(ROOMS)]
    rooms = [Room(name=name, kind="private", slug=f"{n}-{uuid.uuid4().hex[:8]}") for n, name in enumerate(names)]
    rooms = Room.objects.bulk_create(rooms)
    Membership.objects.bulk_create([Membership(room=room, user=ana, role="owner") for room in rooms])
