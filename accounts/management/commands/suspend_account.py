"""manage.py suspend_account: suspend a person or disable a bot."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.lifecycle.deletion import is_last_superuser
from accounts.lifecycle.suspension import suspend
from accounts.management.console import find_account


class Command(BaseCommand):
    help = "Suspends an account: logs it out everywhere, revokes its tokens, and stops its bots until it is reinstated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--days", type=int, help="the suspension ends after this many days; permanent if omitted")

    def handle(self, *, username: str, days: int | None, **options: Any) -> None:
        user = find_account(username)
        if is_last_superuser(user) and user.is_active:
            raise CommandError(f"USERNAME: {user.username} is the only superuser. Make another superuser first.")
        if days is not None and days < 1:
            raise CommandError("--days: enter at least 1.")
        try:
            until = None if days is None else timezone.now() + timedelta(days=days)
        except OverflowError as error:
            raise CommandError("--days: that is too long. Leave it out for a permanent suspension.") from error
        suspend(user=user, until=until)
        end = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        self.stdout.write(f"{user.username} is suspended{end}.")
