"""manage.py create_token: create an API token of a person or a bot, and print its secret."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts import usernames
from accounts.actions import NotAllowed
from accounts.auth.token_actions import create_token
from accounts.models import Scope, User
from accounts.registration.csv_import import sentences


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

    def handle(self, *, username: str, name: str, scopes: list[str], days: int | None, **options: Any) -> None:
        user = User.objects.filter(username_key=usernames.key(username), deleted_at=None).first()
        if user is None:
            raise CommandError(f"USERNAME: no user named {username!r}.")
        try:
            expires_at = None if days is None else timezone.now() + timedelta(days=days)
            new = create_token(actor=None, user=user, name=name, scopes=scopes, expires_at=expires_at)
        except OverflowError as error:
            raise CommandError("--days: that is too long. Leave it out for a token that doesn’t expire.") from error
        except NotAllowed as error:
            raise CommandError(f"USERNAME: {user.username} is suspended.") from error
        except ValidationError as error:
            raise CommandError("\n".join(sentences(error))) from error
        self.stdout.write(new.secret)
