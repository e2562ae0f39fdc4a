"""manage.py backup: copy the database, the secret key and the uploaded files to a new folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from chatsite.backup import BackupFailed, back_up
from chatsite.server.data_dir import database_location


class Command(BaseCommand):
    help = (
        "Backs up the database, the secret key and the files in DATA_DIR/media to a new folder, while the server runs. "
        "Files in an S3-compatible store are not included."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder to create, for example /var/backups/chatsite/monday")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            back_up(folder.absolute())
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Backed up the database {database_location()} and its files to {folder}.")
