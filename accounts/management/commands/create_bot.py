"""manage.py create_bot: create a bot of a person or of the site."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError

from accounts import usernames
from accounts.bots import actions
from accounts.models import User
from accounts.registration.csv_import import sentences


class Command(BaseCommand):
    help = "Creates a bot. Without an owner, it belongs to the site, and the admins manage it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--owner", metavar="USERNAME", help="username of the person whom the bot belongs to")

    def handle(self, *, username: str, display_name: str, owner: str | None, **options: Any) -> None:
        if not User.objects.filter(is_bot=False).exists():
            raise CommandError("There is no account yet. Create one first, in the browser or with register_user.")
        person = _get_person(owner) if owner else None
        try:
            bot = actions.create_bot(actor=None, username=username, display_name=display_name, owner=person)
        except ValidationError as error:
            raise CommandError("\n".join(sentences(error))) from error
        self.stdout.write(f"Bot {bot.username} created. Create a token for it with create_token.")


def _get_person(name: str) -> User:
    user = User.objects.filter(username_key=usernames.key(name), is_active=True, is_bot=False).first()
    if user is None:
        raise CommandError(f"--owner: no person named {name!r}. Run 'manage.py register_user' to create one.")
    return user
