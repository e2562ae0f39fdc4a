"""manage.py active_users: list the open connections, like the admin's report."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.utils.translation import gettext as _

from accounts.management.console import as_json, printable
from accounts.models import Connection
from accounts.reporting.connections import ConnectionFilter, load_report

WIDTHS = {
    "user": 20, "address": 39, "browser": 28, "kind": 8, "room": 20, "since": 20, "last_active": 20, "messages": 8
}  # fmt: skip


class Command(BaseCommand):
    help = "Lists the open connections: person, address, browser, room in view and start. --json for programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
        parser.add_argument("--search", metavar="TEXT", default="", help="a name, email, IP address, browser or server")
        parser.add_argument("--kind", choices=Connection.Kind.values, default="", help="list only this kind")

    def handle(self, *, json: bool, search: str, kind: str, **options: Any) -> None:
        data = load_report(ConnectionFilter(q=search, kind=kind)).as_data()
        if json:
            self.stdout.write(as_json(data))
        else:
            self._print_table(data)

    def _print_table(self, data: dict[str, Any]) -> None:
        self.stdout.write(_("People online: %(people)d, connections: %(connections)d, shown: %(found)d") % data)
        if not data["rows"]:
            return
        self.stdout.write("  ".join(f"{name.replace('_', ' '):<{width}}" for name, width in WIDTHS.items()).rstrip())
        for row in data["rows"]:
            self.stdout.write("  ".join(printable(row[name], width) for name, width in WIDTHS.items()).rstrip())
