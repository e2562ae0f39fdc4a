"""manage.py create_token: create an API token of a person or a bot, and print its secret."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import NotAllowed
from accounts.auth.token_actions import create_token
from accounts.management.console import as_json, errors_by_option, find_account
from accounts.models import Scope


class Command(BaseCommand):
    help = "Creates an API token and prints it, the only time that it can be seen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="the person or bot as which the token acts")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument(
            "--scope", action="append", required=True, metavar="SCOPE", dest="scopes",
            help=f"what the token may do; can be repeated: {', '.join(Scope.values)}",
        )  # fmt: skip
        parser.add_argument("--days", type=int, help="the token expires after this many days")

        parser.add_argument("--json", action="store_true", help="print the token’s ID and secret as one JSON object")

    def handle(
        self, *, username: str, name: str, scopes: list[str], days: int | None, json: bool, **options: Any
    ) -> None:
        user = find_account(username)
        try:
            expires_at = None if days is None else timezone.now() + timedelta(days=days)
            with errors_by_option(name="--name", scopes="--scope", expires_at="--days"):
                new = create_token(actor=None, user=user, name=name, scopes=scopes, expires_at=expires_at)
        except OverflowError as error:
            raise CommandError("--days: that is too long. Leave it out for a token that doesn’t expire.") from error
        except NotAllowed as error:
            raise CommandError(f"USERNAME: {user.username} is suspended.") from error
        self.stdout.write(as_json({"id": new.token.pk, "secret": new.secret}) if json else new.secret)
