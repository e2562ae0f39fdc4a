"""manage.py list_chatrooms: list rooms with their IDs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.db.models import Count

from accounts.management.console import as_json
from rooms.management.console import room_data
from rooms.models import Room


class Command(BaseCommand):
    help = "Lists rooms: ID, kind, number of members and messages, name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="include direct messages and group conversations")
        parser.add_argument("--json", action="store_true", help="print a JSON array, as the API’s rooms")

    def handle(self, *, all: bool, json: bool, **options: Any) -> None:
        rooms = Room.objects.annotate(member_count=Count("memberships")).order_by("pk")
        if not all:
            rooms = rooms.named()
        if json:
            data = [room_data(room) | {"members": room.member_count} for room in rooms]  # type: ignore[attr-defined]
            self.stdout.write(as_json(data))
            return
        self.stdout.write(f"{'ID':>6}  {'kind':<8} {'members':>7} {'messages':>8}  name")
        for room in rooms:
            archived = "  (archived)" if room.is_archived else ""
            members: int = room.member_count  # type: ignore[attr-defined]
            self.stdout.write(f"{room.pk:>6}  {room.kind:<8} {members:>7} {room.last_seq:>8}  {room}{archived}")
