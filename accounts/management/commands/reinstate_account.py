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
        if not reinstate(user=user):
            owner = user.owner.username if user.owner else ""
            self.stdout.write(f"{user.username} will work again when its owner, {owner}, is reinstated.")
        elif user.is_bot:
            self.stdout.write(f"{user.username} is enabled.")
        else:
            self.stdout.write(f"{user.username} can log in.")
