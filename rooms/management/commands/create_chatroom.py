"""manage.py create_chatroom: create a room from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts import usernames
from accounts.models import User
from rooms import actions
from rooms.management.console import print_room, refusals
from rooms.models import Room


class Command(BaseCommand):
    help = "Creates a room. A public room without an owner is managed by the admins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--private", action="store_true", help="hide the room from everyone but its members")
        parser.add_argument("--owner", metavar="USERNAME", help="username of the owner")
        parser.add_argument("--topic", metavar="TEXT", default="", help="topic of the room")
        parser.add_argument("--json", action="store_true", help="print the details as one JSON object")

    def handle(self, *, name: str, private: bool, owner: str | None, topic: str, json: bool, **options: Any) -> None:
        kind = Room.Kind.PRIVATE if private else Room.Kind.PUBLIC
        with refusals(topic="--topic"):
            room = actions.create_room(owner=_get_user(owner) if owner else None, name=name, kind=kind, topic=topic)
        print_room(self.stdout, room, json=json)
        if private and not owner:
            remedy = f"manage.py add_member {room.pk} USERNAME --role owner"
            self.stderr.write(f"This private room has no members yet. Add its first owner with: {remedy}")


def _get_user(name: str) -> User:
    user = User.objects.filter(username_key=usernames.key(name), is_active=True).first()
    if user is None:
        raise CommandError(f"--owner: no user named {name!r}. Run 'manage.py register_user' to create one.")
    return user
