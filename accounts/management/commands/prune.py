"""manage.py prune: remove what is older than it is to be kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.lifecycle.retention import prune


class Command(BaseCommand):
    help = (
        "Removes audit events older than AUDIT_DAYS, activity samples older than 90 days, and sessions that ran out. "
        "The server does it once a day by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        verb = "Would remove" if dry_run else "Removed"
        for name, count in prune(dry_run=dry_run).items():
            self.stdout.write(f"{verb} {count} {name}.")
