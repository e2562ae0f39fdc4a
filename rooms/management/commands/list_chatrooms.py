"""manage.py list_chatrooms: every room with its number."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.db.models import Count

from rooms.models import Room


class Command(BaseCommand):
    help = "Lists the public and private rooms: number, kind, members, messages, name. --all adds the direct ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also conversations between two people")

    def handle(self, *, all: bool, **options: Any) -> None:
        rooms = Room.objects.annotate(people=Count("memberships")).order_by("pk")
        shown = rooms if all else rooms.exclude(kind=Room.Kind.DIRECT)
        self.stdout.write(f"{'ID':>6}  {'kind':<8} {'members':>7} {'messages':>8}  name")
        for room in shown:
            archived = "  (archived)" if room.is_archived else ""
            people: int = room.people  # type: ignore[attr-defined]
            self.stdout.write(f"{room.pk:>6}  {room.kind:<8} {people:>7} {room.last_seq:>8}  {room}{archived}")
