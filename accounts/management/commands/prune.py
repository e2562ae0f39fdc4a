"""manage.py prune: delete old audit events, activity samples, sessions and room events."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.lifecycle.retention import prune
from accounts.management.console import as_json


class Command(BaseCommand):
    help = (
        "Deletes audit events older than AUDIT_DAYS, activity samples and room events older than 90 days, and expired "
        "sessions. The server does so once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print what would be deleted")
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")

    def handle(self, *, dry_run: bool, json: bool, **options: Any) -> None:
        verb = "Would remove" if dry_run else "Removed"
        counts = prune(dry_run=dry_run)
        if json:
            self.stdout.write(as_json(counts))
            return
        for name, count in counts.items():
            self.stdout.write(f"{verb} {count} {name}.")
