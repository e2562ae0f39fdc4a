"""manage.py delete_account: delete a user's account, as they could do themselves."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.lifecycle import deletion
from accounts.management.console import confirm, find_account
from accounts.models import User
from messaging.moderation.bulk_delete import delete_next_piece


class Command(BaseCommand):
    help = "Permanently deletes an account. Their messages stay as “Deleted user” unless --messages is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--messages", action="store_true", help="Deletes all their messages too.")
        parser.add_argument("--yes", action="store_true", help="Doesn’t ask for confirmation.")

    def handle(self, *, username: str, messages: bool, yes: bool, **options: Any) -> None:
        user = find_account(username)
        if not yes:
            self._confirm(user, messages)
        try:
            deletion.delete_account(user=user, with_messages=messages)
        except deletion.LastSuperuser as refusal:
            text = f"USERNAME: {user.username} is the only superuser. Make another superuser first."
            raise CommandError(text) from refusal
        while messages and delete_next_piece():
            pass
        self.stdout.write(f"Deleted the account of {username}{' with all its messages' if messages else ''}.")

    def _confirm(self, user: User, messages: bool) -> None:
        written = f", with {user.messages.count()} messages" if messages else ""
        self.stdout.write(f"This permanently deletes the account {user.username} ({user.name}){written}.")
        confirm("Type their username to confirm: ", user.username)
