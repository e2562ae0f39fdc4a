"""manage.py delete_chatroom: delete a room with all that was said in it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from rooms import actions
from rooms.management.console import room_or_fail, title
from rooms.models import Room


class Command(BaseCommand):
    help = "Permanently deletes a room and its messages. Asks for its name first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, id: int, yes: bool, **options: Any) -> None:
        room = room_or_fail(id)
        name = title(room)
        if not yes:
            self._ask(room, name)
        actions.delete_room(actor=None, room=room)
        self.stdout.write(f"Deleted room {id}, {name}, with {room.last_seq} messages.")

    def _ask(self, room: Room, name: str) -> None:
        self.stdout.write(f"This deletes room {room.pk}, {name}, with {room.last_seq} messages, permanently.")
        try:
            answer = input("Type its name to confirm: ")
        except EOFError as error:
            raise CommandError("No answer; nothing was deleted. --yes deletes without asking.") from error
        if " ".join(answer.split()) != name:
            raise CommandError("That is not its name: nothing was deleted.")
