"""`manage.py register_user`: asks for one person, takes one from the command line, or many from a file."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from accounts import actions
from accounts.registration.csv_import import BadFile, read_people
from accounts.registration.validation import NewUser, clean_password, clean_username


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
            self.stderr.write("\nNo accounts were created.")
            sys.exit(130)

    def _register_one(self, options: dict[str, Any]) -> None:
        username = options["username"] or self._ask_username()
        password = _password_from_stdin() if options["password_stdin"] else self._ask_password(username, options)
        try:
            user = actions.register_user(
                username=username,
                password=password,
                email=options["email"],
                display_name=options["display_name"],
                is_staff=options["staff"],
                email_verified=True,
            )
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error))) from error
        self.stdout.write(self.style.SUCCESS(f"Account {user.username} created."))

    def _register_file(self, options: dict[str, Any]) -> None:
        given = [name for name in ("username", "email", "display_name", "staff", "password_stdin") if options[name]]
        if given:
            raise CommandError(f"--from-csv can’t be combined with {', '.join(given)}.")
        try:
            candidates = read_people(Path(options["from_csv"]).read_bytes())
            users = actions.register_people(candidates=candidates)
        except OSError as error:
            raise CommandError(f"{options['from_csv']} can’t be read: {error.strerror}.") from error
        except BadFile as error:
            raise CommandError("\n".join((*error.problems, "No accounts were created."))) from error
        except (ValidationError, IntegrityError) as error:
            raise CommandError(
                "One of these usernames was taken in the meantime. No accounts were created; try again."
            ) from error
        created = "1 account" if len(users) == 1 else f"{len(users)} accounts"
        self.stdout.write(self.style.SUCCESS(f"{created} created."))
        self._tell_who_needs_a_password(candidates)

    def _tell_who_needs_a_password(self, candidates: list[NewUser]) -> None:
        waiting = [candidate.username for candidate in candidates if candidate.password is None]
        if waiting:
            self.stdout.write(
                f"Without a password, they can set one with “Forgot your password?”: {', '.join(waiting)}."
            )

    def _ask_username(self) -> str:
        while True:
            username = _answer("Username: ")
            try:
                return clean_username(username)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))

    def _ask_password(self, username: str, options: dict[str, Any]) -> str:
        """Other mistakes are told before the password is asked for."""
        candidate = NewUser(username=username, email=options["email"], display_name=options["display_name"])
        try:
            person = candidate.check(password_follows=True)
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error))) from error
        while True:
            password = _hidden_answer("Password: ")
            try:
                clean_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if _hidden_answer("Confirm password: ") == password:
                return password
            self.stderr.write("Passwords don’t match. Try again.")


def _answer(question: str) -> str:
    try:
        return input(question)
    except EOFError as error:
        raise CommandError("The input ended. No accounts were created.") from error


def _hidden_answer(question: str) -> str:
    try:
        return getpass(question)
    except EOFError as error:
        raise CommandError("The input ended. No accounts were created.") from error


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("password: standard input was empty.")
    return password


def _sentences(error: ValidationError) -> list[str]:
    return [f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages]
