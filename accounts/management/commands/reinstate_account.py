"""manage.py reinstate_account: let a suspended person log in again, or enable a bot."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.lifecycle.suspension import reinstate
from accounts.management.console import find_account


class Command(BaseCommand):
    help = "Ends the suspension of an account. Tokens that were revoked stay so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *, username: str, **options: Any) -> None:
        user = find_account(username)
        reinstate(user=user)
        self.stdout.write(f"{user.username} can log in." if not user.is_bot else f"{user.username} is enabled.")
