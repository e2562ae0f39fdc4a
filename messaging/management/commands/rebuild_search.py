"""manage.py rebuild_search: index all messages again for the search."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from messaging.search import backfill


class Command(BaseCommand):
    help = (
        "Indexes all messages again for the search. People can post and search meanwhile, but find only what is "
        "indexed so far, newest messages first. If interrupted, the server continues."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", action="store_true", help="Only shows how far the indexing is.")

    def handle(self, *, status: bool, **options: Any) -> None:
        if status:
            self._show()
            return
        backfill.rebuild()
        shown = -1
        while backfill.index_piece():
            if (percentage := self._percentage()) > shown:
                shown = percentage
                self.stdout.write(f"\r{percentage} %", ending="")
                self.stdout.flush()
        self.stdout.write("\rAll messages are indexed.")

    def _show(self) -> None:
        if backfill.progress() is None:
            self.stdout.write("All messages are indexed.")
        else:
            self.stdout.write(f"{self._percentage()} % of the messages are indexed.")

    def _percentage(self) -> int:
        progress = backfill.progress()
        return 100 if progress is None else 100 * progress.done // progress.total
