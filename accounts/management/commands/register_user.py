"""manage.py register_user: create an account, interactively or from the command line, or many from a file."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.management.console import errors_by_option
from accounts.registration.csv_import import InvalidFile, read_people
from accounts.registration.validation import NewUser, clean_password, clean_username

OPTIONS = {"email": "--email", "display_name": "--display-name"}


class Command(BaseCommand):
    help = (
        "Creates accounts. Without arguments it asks for a username and a password. "
        "With --from-csv it creates an account for everyone in the file, or for no one if any row is invalid."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", help="the username; without it the command asks")
        parser.add_argument("--email", default="")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--staff", action="store_true", help="can use the admin pages")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument(
            "--from-csv",
            metavar="FILE",
            help="columns username, email, password, display_name, staff (first row names them); "
            "people with an email but no password can set one with “Forgot your password?”",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["from_csv"]:
                self._register_file(options)
            else:
                self._register_one(options)
        except KeyboardInterrupt:
            self.stderr.write("\n" + _("No accounts were created."))
            sys.exit(130)

    def _register_one(self, options: dict[str, Any]) -> None:
        username = options["username"] or self._ask_username()
        password = _password_from_stdin() if options["password_stdin"] else self._ask_password(username, options)
        with errors_by_option(**OPTIONS):
            user = actions.register_user(
                new_user=NewUser(
                    username=username,
                    password=password,
                    email=options["email"],
                    display_name=options["display_name"],
                    is_staff=options["staff"],
                    email_verified=True,
                )
            )
        self.stdout.write(self.style.SUCCESS(_("Account %(name)s created.") % {"name": user.username}))

    def _register_file(self, options: dict[str, Any]) -> None:
        given = [name for name in ("username", "email", "display_name", "staff", "password_stdin") if options[name]]
        if given:
            raise CommandError(_("--from-csv can’t be combined with %(options)s.") % {"options": ", ".join(given)})
        try:
            new_users = read_people(Path(options["from_csv"]).read_bytes())
            users = actions.register_users(new_users=new_users)
        except OSError as error:
            message = _("%(file)s can’t be read: %(error)s.")
            raise CommandError(message % {"file": options["from_csv"], "error": error.strerror}) from error
        except InvalidFile as error:
            raise CommandError("\n".join((*error.problems, _("No accounts were created.")))) from error
        except (ValidationError, IntegrityError) as error:
            raise CommandError(
                _("One of these usernames was taken in the meantime. No accounts were created; try again.")
            ) from error
        created = ngettext("%(count)d account created.", "%(count)d accounts created.", len(users))
        self.stdout.write(self.style.SUCCESS(created % {"count": len(users)}))
        self._list_accounts_without_password(new_users)

    def _list_accounts_without_password(self, new_users: list[NewUser]) -> None:
        waiting = [new_user.username for new_user in new_users if new_user.password is None]
        if waiting:
            self.stdout.write(
                _("Without a password, they can set one with “Forgot your password?”: %(names)s.")
                % {"names": ", ".join(waiting)}
            )

    def _ask_username(self) -> str:
        while True:
            username = _ask("Username: ")
            try:
                return clean_username(username)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))

    def _ask_password(self, username: str, options: dict[str, Any]) -> str:
        """Ask for a password, after reporting any other invalid options."""
        new_user = NewUser(username=username, email=options["email"], display_name=options["display_name"])
        with errors_by_option(**OPTIONS):
            person = new_user.validate(password_follows=True)
        while True:
            password = _ask_hidden("Password: ")
            try:
                clean_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if _ask_hidden("Confirm password: ") == password:
                return password
            self.stderr.write(_("Passwords don’t match. Try again."))


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError as error:
        raise CommandError(_("The input ended. No accounts were created.")) from error


def _ask_hidden(question: str) -> str:
    try:
        return getpass(question)
    except EOFError as error:
        raise CommandError(_("The input ended. No accounts were created.")) from error


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError(_("password: standard input was empty."))
    return password
