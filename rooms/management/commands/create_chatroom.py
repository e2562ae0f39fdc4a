"""manage.py create_chatroom: make a room without a browser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts import usernames
from accounts.models import User
from rooms import actions
from rooms.errors import Refusal
from rooms.management.console import told
from rooms.models import Room


class Command(BaseCommand):
    help = "Creates a room. A public room without an owner is managed by the admins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--private", action="store_true", help="only members know that it is there")
        parser.add_argument("--owner", metavar="NAME", help="the name of the person who runs it")
        parser.add_argument("--topic", metavar="TEXT", default="", help="what it is about")

    def handle(self, *, name: str, private: bool, owner: str | None, topic: str, **options: Any) -> None:
        kind = Room.Kind.PRIVATE if private else Room.Kind.PUBLIC
        try:
            room = actions.create_room(owner=_person(owner) if owner else None, name=name, kind=kind, topic=topic)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(told(room))
        if private and not owner:
            self.stderr.write("This private room has no members yet. Add its first owner under Memberships in /admin/.")


def _person(name: str) -> User:
    person = User.objects.filter(username_key=usernames.key(name), is_active=True).first()
    if person is None:
        raise CommandError(
            f"--owner: no user named {name!r}. Register the person first with 'manage.py register_user', "
            "or look for the name under People."
        )
    return person
