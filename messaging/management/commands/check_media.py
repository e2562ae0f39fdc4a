"""manage.py check_media: find stored files without a row, and rows without a stored file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.attachments import consistency, storage
from messaging.attachments.sizes import format_size


class Command(BaseCommand):
    help = "Compares the database with the stored files and photos. Exits with code 1 if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="Deletes files that the database doesn’t refer to.")

    def handle(self, *args: Any, delete: bool, **options: Any) -> None:
        try:
            missing, unknown = consistency.compare()
            if delete:
                storage.delete_files(each.name for each in unknown)
        except OSError as error:
            raise CommandError(f"Storage can’t be read: {error}") from error
        for lost in missing:
            self.stdout.write(f"missing  {lost.name}  of {lost.owner}")
        for file in unknown:
            self.stdout.write(f"{'deleted' if delete else 'unknown'}  {file.name}  {format_size(file.size)}")
        self._conclude(len(missing), len(unknown), delete)

    def _conclude(self, missing: int, unknown: int, delete: bool) -> None:
        if missing or (unknown and not delete):
            advice = "Use --delete to delete unknown files. Restore missing files from a backup."
            raise CommandError(f"{missing} missing, {unknown} unknown. {advice}")
        self.stdout.write(
            f"{unknown} deleted. Database and storage now agree." if unknown else "Database and storage agree."
        )
