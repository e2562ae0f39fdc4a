"""manage.py seed_demo: fill the site with users, rooms and messages for evaluation, screenshots or load tests."""

import random
import secrets
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts import usernames
from accounts.actions import register_users, set_up_site
from accounts.models import User
from accounts.registration.validation import NewUser
from messaging.demo.people import people
from messaging.demo.rooms import BETWEEN_TWO, EVERYONE, DemoRoom, demo_rooms
from messaging.demo.talk import Conversations, ScriptedMessage
from rooms import actions
from rooms.models import Membership, Room
from rooms.read_markers import ReadMarker, move_markers


class Command(BaseCommand):
    help = (
        "Fills the site with sample people, rooms and messages of the last days. The same --seed gives the same data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=_number, default=12, metavar="N", help="Number of people.")
        parser.add_argument("--rooms", type=_number, default=8, metavar="N", help="Number of rooms, with ‘Everyone’.")
        parser.add_argument("--messages", type=_number, default=400, metavar="N", help="Number of messages.")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="Seed of the random choices.")
        parser.add_argument("--password", metavar="TEXT", help="Everyone’s password. Generated if omitted.")
        parser.add_argument("--yes", action="store_true", help="Adds the demo even if the site has people.")

    def handle(self, **options: Any) -> None:
        if User.objects.exists() and not options["yes"]:
            raise CommandError(
                "This site already has people. With --yes everyone will see the demo rooms, and they can’t be "
                "removed again. It’s better to use another DATA_DIR."
            )
        self.rng = random.Random(options["seed"])  # noqa: S311  not for secrets
        password = options["password"] or secrets.token_urlsafe(9)
        cast = self._register(options["people"], password)
        rooms = self._make_rooms(cast, options["rooms"])
        talk = self._talk(cast, rooms, options["messages"])
        self._read(cast)
        self.stdout.write(
            f"{len(cast)} people, {len(rooms)} rooms, {talk.posted} messages "
            f"({talk.edited} edited, {talk.deleted} deleted).\n"
            f"Log in as {cast[0].username}, or as {', '.join(user.username for user in cast[1:4])} …; "
            f"everyone’s password is {password}"
        )

    def _register(self, number: int, password: str) -> list[User]:
        """Create the accounts. On an empty site, the first one becomes the admin's."""
        accounts = [
            NewUser(username=name, display_name=display_name, password=password)
            for name, display_name in people(number)
        ]
        known = User.objects.in_bulk(
            [usernames.key(account.username) for account in accounts], field_name="username_key"
        )
        if known:
            raise CommandError(
                f"{next(iter(known.values())).username} already exists: the demo data can be added only once."
            )
        try:
            if not User.objects.exists():
                first = accounts.pop(0)
                founder = set_up_site(new_user=first)
                return [founder, *register_users(new_users=accounts)]
            return register_users(new_users=accounts)
        except ValidationError as error:
            raise CommandError(f"--password: {' '.join(error.messages)}") from error

    def _make_rooms(self, cast: list[User], number: int) -> list[tuple[Room, DemoRoom]]:
        everyone = Room.objects.filter(is_default=True).order_by("pk").first()
        rooms = [(everyone, DemoRoom(everyone.name, everyone.topic, EVERYONE))] if everyone else []
        for demo_room in demo_rooms(number - len(rooms)):
            owner = self.rng.choice(cast[:6])
            room = actions.create_room(owner=owner, name=demo_room.name, topic=demo_room.topic, kind=demo_room.kind)
            share = 0.35 if demo_room.kind == Room.Kind.PRIVATE else 0.75
            chosen = self.rng.sample(cast, max(2, round(len(cast) * share)))
            for user in dict.fromkeys([cast[0], *chosen]):
                actions.add_member(actor=owner, room=room, user=user)
            # The messages are older than the additions.
            room.room_events.all().delete()
            room.memberships.update(is_new=False)
            rooms.append((room, demo_room))
        return rooms

    def _talk(self, cast: list[User], rooms: list[tuple[Room, DemoRoom]], number: int) -> Conversations:
        talk = Conversations(self.rng, timezone.now())
        pairs = [(cast[a], cast[b]) for a, b in ((0, 1), (2, 0), (0, 3), (1, 4)) if max(a, b) < len(cast)]
        shares = _shares(number, len(rooms), len(pairs))
        lines: list[ScriptedMessage] = []
        for (room, demo_room), share in zip(rooms, shares, strict=False):
            lines += talk.converse(room, self._members(room, cast), demo_room.lines, share)
        for (one, other), share in zip(pairs, shares[len(rooms) :], strict=True):
            direct = actions.open_direct_room(user=one, other=other)
            lines += talk.converse(direct, (one, other), BETWEEN_TWO, share)
        talk.store(lines)
        for room, _demo_room in rooms:
            talk.react(room, self._members(room, cast))
        return talk

    def _members(self, room: Room, cast: list[User]) -> list[User]:
        members = User.objects.filter(memberships__room=room, pk__in=[user.pk for user in cast])
        return list(members.order_by("pk"))

    def _read(self, cast: list[User]) -> None:
        """Mark messages as read, leaving a few unread in every fifth room."""
        marks = []
        for membership in Membership.objects.filter(user__in=cast).select_related("room").order_by("pk"):
            seq = membership.room.last_seq - self.rng.choice((0,) * 12 + (1, 2, 5))
            marks.append(ReadMarker(membership.user_id, membership.room_id, max(0, seq)))
        move_markers(marks)


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 2.")
    return int(text)


def _shares(number: int, rooms: int, pairs: int) -> list[int]:
    """Distribute `number` messages among rooms, with more for the first ones, and then pairs."""
    weights = [1 + 3 / (index + 1) for index in range(rooms)] + [0.4] * pairs
    shares = [round(number * weight / sum(weights)) for weight in weights]
    shares[0] += number - sum(shares)
    return [max(0, share) for share in shares]
