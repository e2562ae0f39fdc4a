"""manage.py create_bot: create a bot of a person or of the site."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts import usernames
from accounts.bots import actions
from accounts.management.console import as_json, errors_by_option
from accounts.models import User


class Command(BaseCommand):
    help = "Creates a bot. Without an owner, it belongs to the site, and the admins manage it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--json", action="store_true", help="print the bot as one JSON object")
        parser.add_argument("--owner", metavar="USERNAME", help="username of the person whom the bot belongs to")

    def handle(self, *, username: str, display_name: str, owner: str | None, json: bool, **options: Any) -> None:
        if not User.objects.filter(is_bot=False).exists():
            raise CommandError("There is no account yet. Create one first, in the browser or with register_user.")
        person = _get_person(owner) if owner else None
        with errors_by_option(username="USERNAME", display_name="--display-name"):
            bot = actions.create_bot(actor=None, username=username, display_name=display_name, owner=person)
        if json:
            self.stdout.write(as_json({"id": bot.pk, "username": bot.username, "name": bot.name}))
            return
        self.stdout.write(f"Bot {bot.username} created. Create a token for it with create_token.")


def _get_person(name: str) -> User:
    user = User.objects.filter(username_key=usernames.key(name), is_active=True, is_bot=False).first()
    if user is None:
        raise CommandError(f"--owner: no person named {name!r}. Run 'manage.py register_user' to create one.")
    return user
