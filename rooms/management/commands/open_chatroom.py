"""manage.py open_chatroom: open an archived room again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from rooms import actions
from rooms.management.console import room_or_fail, told


class Command(BaseCommand):
    help = "Opens a room: undoes its archiving, if it is archived, and prints its facts and its address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)

    def handle(self, *, id: int, **options: Any) -> None:
        room = room_or_fail(id)
        actions.unarchive_room(actor=None, room=room)
        self.stdout.write(told(room_or_fail(id)))
