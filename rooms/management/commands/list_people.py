"""manage.py list_people: list the accounts of people and bots."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.db.models import Q

from accounts import usernames
from accounts.management.console import as_json, printable
from accounts.models import User
from rooms.account_serializers import serialize_account


class Command(BaseCommand):
    help = "Lists the accounts: ID, state, role, username, display name. --json for programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--search", metavar="TEXT", default="", help="a part of the names or the email address")
        parser.add_argument("--state", choices=["active", "suspended"], help="list only these")
        parser.add_argument("--json", action="store_true", help="print a JSON array, as the API’s people")

    def handle(self, *, search: str, state: str | None, json: bool, **options: Any) -> None:
        people = User.objects.filter(deleted_at=None).order_by("username_key")
        if search:
            by_name = Q(username_key__contains=usernames.key(search)) | Q(display_name__icontains=search)
            people = people.filter(by_name | Q(email__icontains=search))
        if state:
            people = people.filter(is_active=state == "active")
        if json:
            self.stdout.write(as_json(list(map(serialize_account, people))))
            return
        self.stdout.write(f"{'ID':>6}  {'state':<9}  {'role':<9}  {'username':<20}  name")
        for person in people.iterator():
            self.stdout.write(_row(person))


def _row(person: User) -> str:
    state = "active" if person.is_active else "suspended"
    names = f"{printable(person.username, 20)}  {printable(person.name, 60)}"
    return f"{person.pk:>6}  {state:<9}  {_role(person):<9}  {names}".rstrip()


def _role(person: User) -> str:
    if person.is_bot:
        return "bot"
    return "superuser" if person.is_superuser else "admin" if person.is_staff else "member"
