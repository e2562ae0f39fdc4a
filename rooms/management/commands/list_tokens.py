"""manage.py list_tokens: list the usable API tokens, without their secrets."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from accounts.management.console import as_json, find_account, printable
from accounts.models import APIToken
from rooms.account_serializers import serialize_token


class Command(BaseCommand):
    help = "Lists API tokens: ID, holder, scopes, expiry, last use, name. --json for programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", nargs="?", help="only those of this person or bot")
        parser.add_argument("--json", action="store_true", help="print a JSON array, as the API’s tokens")

    def handle(self, *, username: str | None, json: bool, **options: Any) -> None:
        tokens = APIToken.objects.usable().select_related("user").order_by("pk")
        if username is not None:
            tokens = tokens.filter(user=find_account(username))
        if json:
            self.stdout.write(as_json(list(map(serialize_token, tokens))))
            return
        self.stdout.write(f"{'ID':>6}  {'holder':<20}  {'scopes':<34}  {'expires':<10}  {'last used':<10}  name")
        for token in tokens:
            self.stdout.write(_row(token))


def _row(token: APIToken) -> str:
    expires = f"{token.expires_at:%Y-%m-%d}" if token.expires_at else "never"
    used = f"{token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never"
    scopes = " ".join(token.scope_values)
    holder, name = printable(token.user.username, 20), printable(token.name, 60)
    return f"{token.pk:>6}  {holder}  {scopes:<34}  {expires:<10}  {used:<10}  {name}".rstrip()
