"""manage.py add_member: add a person or a bot to a room, or change their role."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.management.console import find_account
from rooms import actions
from rooms.management.console import get_room, refusals, title
from rooms.models import Membership


class Command(BaseCommand):
    help = "Adds a person or a bot to a room. With --role, also changes the role of someone who is in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--role", choices=Membership.Role.values, help="what they are in the room")

    def handle(self, *, id: int, username: str, role: str | None, **options: Any) -> None:
        room, user = get_room(id), find_account(username)
        with refusals(user="USERNAME", role="--role"):
            membership = actions.add_member(actor=None, room=room, user=user)
            if role is not None and role != membership.role:
                membership = actions.change_role(actor=None, room=room, user=user, role=role)
        self.stdout.write(f"{user.username} is in room {room.pk}, {title(room)}, as {membership.role}.")
