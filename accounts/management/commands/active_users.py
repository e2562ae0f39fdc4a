"""manage.py active_users: who is here now, as the administration's report shows it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.models import Connection
from accounts.reporting.connections import Wanted, look

SHOWN = {
    "user": 20, "address": 39, "browser": 28, "kind": 8, "room": 20, "since": 20, "last_active": 20, "messages": 8
}  # fmt: skip


class Command(BaseCommand):
    help = "Lists the open connections: person, address, browser, room in view, since when. --json for programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="everything as one JSON object")
        parser.add_argument("--search", metavar="TEXT", default="", help="a name, email, IP address, browser or server")
        parser.add_argument("--kind", choices=Connection.Kind.values, default="", help="only these")

    def handle(self, *, json: bool, search: str, kind: str, **options: Any) -> None:
        data = look(Wanted(q=search, kind=kind)).as_data()
        if json:
            self._print_json(data)
        else:
            self._print_table(data)

    def _print_json(self, data: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2))

    def _print_table(self, data: dict[str, Any]) -> None:
        self.stdout.write(f"{data['people']} people online, {data['connections']} connections, {data['found']} shown")
        if not data["rows"]:
            return
        self.stdout.write("  ".join(f"{name.replace('_', ' '):<{width}}" for name, width in SHOWN.items()).rstrip())
        for row in data["rows"]:
            self.stdout.write("  ".join(_cell(row[name], width) for name, width in SHOWN.items()).rstrip())


def _cell(value: Any, width: int) -> str:
    """Whatever a browser calls itself, it sends the terminal no commands."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return f"{text[:width]:<{width}}"
