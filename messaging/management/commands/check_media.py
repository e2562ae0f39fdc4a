"""manage.py check_media: find files without a row, and rows without a file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.attachments import consistency, storage
from messaging.attachments.limits import format_size


class Command(BaseCommand):
    help = "Compare the database with the stored files and photos; exit code 1 if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="delete stored files that the database doesn’t know")

    def handle(self, *args: Any, delete: bool, **options: Any) -> None:
        try:
            missing, unknown = consistency.compare()
            if delete:
                storage.delete_files(each.name for each in unknown)
        except OSError as error:
            raise CommandError(f"Storage can’t be read: {error}") from error
        for lost in missing:
            self.stdout.write(f"missing  {lost.name}  of {lost.owner}")
        for found in unknown:
            self.stdout.write(f"{'deleted' if delete else 'unknown'}  {found.name}  {format_size(found.size)}")
        self._conclude(len(missing), len(unknown), delete)

    def _conclude(self, missing: int, unknown: int, delete: bool) -> None:
        if missing or (unknown and not delete):
            remedy = "--delete removes unknown files; missing ones can only come from a backup."
            raise CommandError(f"{missing} missing, {unknown} unknown. {remedy}")
        self.stdout.write("Database and storage agree." if not unknown else f"{unknown} deleted; they agree now.")
