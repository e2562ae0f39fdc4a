"""manage.py delete_chatroom: delete a room and its messages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.management.console import confirm
from rooms import actions
from rooms.management.console import get_room, title
from rooms.models import Room


class Command(BaseCommand):
    help = "Permanently deletes a room and its messages, after asking for its name as confirmation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *, id: int, yes: bool, **options: Any) -> None:
        room = get_room(id)
        name = title(room)
        if not yes:
            self._confirm(room, name)
        actions.delete_room(actor=None, room=room)
        self.stdout.write(f"Deleted room {id}, {name}, and its {room.last_seq} messages.")

    def _confirm(self, room: Room, name: str) -> None:
        self.stdout.write(f"This permanently deletes room {room.pk}, {name}, and its {room.last_seq} messages.")
        confirm("Type its name to confirm: ", name)
