"""manage.py open_chatroom: unarchive a room."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from rooms import actions
from rooms.management.console import describe, get_room


class Command(BaseCommand):
    help = "Unarchives a room, if it is archived, and prints its details and URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)

    def handle(self, *, id: int, **options: Any) -> None:
        room = get_room(id)
        actions.unarchive_room(actor=None, room=room)
        self.stdout.write(describe(get_room(id)))
