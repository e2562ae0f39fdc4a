"""manage.py describe_chatroom: print or set the topic of a room."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from rooms import actions
from rooms.management.console import get_room, refusals


class Command(BaseCommand):
    help = "Prints a room’s topic, or sets it. An empty TOPIC removes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("topic", metavar="TOPIC", nargs="?")

    def handle(self, *, id: int, topic: str | None, **options: Any) -> None:
        room = get_room(id)
        if topic is not None:
            if room.is_conversation:
                raise CommandError(f"Room {id} is a conversation and cannot have a topic.")
            with refusals():
                room = actions.update_room(actor=None, room=room, topic=topic)
        self.stdout.write(room.topic or "This room has no topic.")
