"""manage.py prune: delete old audit events, activity samples, sessions and room events."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.lifecycle.retention import prune


class Command(BaseCommand):
    help = (
        "Deletes audit events older than AUDIT_DAYS, activity samples and room events older than 90 days, and expired "
        "sessions. The server does so once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print what would be deleted")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        verb = "Would remove" if dry_run else "Removed"
        for name, count in prune(dry_run=dry_run).items():
            self.stdout.write(f"{verb} {count} {name}.")
