"""manage.py open_chatroom: unarchive a room."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from rooms import actions
from rooms.management.console import get_room, print_room, refusals


class Command(BaseCommand):
    help = "Unarchives a room, if it is archived, and prints its details and URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("--json", action="store_true", help="print the details as one JSON object")

    def handle(self, *, id: int, json: bool, **options: Any) -> None:
        with refusals():
            actions.unarchive_room(actor=None, room=get_room(id))
        print_room(self.stdout, get_room(id), json=json)
