"""manage.py revoke_tokens: revoke the API tokens of a person or a bot."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.auth.token_actions import revoke_token, revoke_tokens
from accounts.management.console import find_account
from accounts.models import User


class Command(BaseCommand):
    help = "Revokes all API tokens of a person or a bot, or one of them, and closes their connections."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--id", type=int, metavar="ID", help="only this token; list_tokens prints the IDs")

    def handle(self, *, username: str, id: int | None, **options: Any) -> None:
        user = find_account(username)
        count = revoke_tokens(user=user) if id is None else _revoke(user, id)
        self.stdout.write(f"{count} {'token' if count == 1 else 'tokens'} of {user.username} revoked.")


def _revoke(user: User, token_id: int) -> int:
    token = user.api_tokens.filter(pk=token_id).select_related("user").first()
    if token is None:
        raise CommandError(f"--id: {user.username} has no token {token_id}. Run 'manage.py list_tokens' to list them.")
    return int(revoke_token(actor=None, token=token))
