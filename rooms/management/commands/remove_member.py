"""manage.py remove_member: remove a person or a bot from a room."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.management.console import find_account
from rooms import actions
from rooms.management.console import get_room, refusals, title


class Command(BaseCommand):
    help = "Removes a person or a bot from a room. Their messages stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *, id: int, username: str, **options: Any) -> None:
        room, user = get_room(id), find_account(username)
        with refusals(user="USERNAME"):
            actions.remove_member(actor=None, room=room, user=user)
        self.stdout.write(f"{user.username} is no longer in room {room.pk}, {title(room)}.")
