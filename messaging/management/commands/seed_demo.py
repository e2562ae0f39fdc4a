"""manage.py seed_demo: fill the site with people, rooms and messages, to try it, draw it or load it."""

import random
import secrets
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts import usernames
from accounts.actions import register_people, set_up_site
from accounts.models import User
from accounts.registration.validation import NewUser
from messaging.demo.people import people
from messaging.demo.rooms import BETWEEN_TWO, EVERYONE, MemberKey, places
from messaging.demo.talk import Talk, Utterance
from rooms import actions
from rooms.models import Membership, Room
from rooms.read_markers import ReadMarker, mark_read


class Command(BaseCommand):
    help = (
        "Fills the site with believable people, rooms and messages, all through the actions that everything else uses. "
        "The same --seed gives the same people, rooms and texts; their times are those of the last days."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=_number, default=12, metavar="N")
        parser.add_argument("--rooms", type=_number, default=8, metavar="N", help="'Everyone' is one of them")
        parser.add_argument("--messages", type=_number, default=400, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="N")
        parser.add_argument("--password", metavar="TEXT", help="everyone’s password; without it one is generated")
        parser.add_argument("--yes", action="store_true", help="also on a site that has people already")

    def handle(self, **options: Any) -> None:
        if User.objects.exists() and not options["yes"]:
            raise CommandError(
                "This site already has people. With --yes everyone will see the demo rooms, and they can’t be "
                "removed again. It’s better to use another DATA_DIR."
            )
        self.rng = random.Random(options["seed"])  # noqa: S311  not for secrets
        password = options["password"] or secrets.token_urlsafe(9)
        cast = self._register(options["people"], password)
        spaces = self._make_rooms(cast, options["rooms"])
        talk = self._talk(cast, spaces, options["messages"])
        self._read(cast)
        self.stdout.write(
            f"{len(cast)} people, {len(spaces)} rooms, {talk.posted} messages "
            f"({talk.edited} edited, {talk.deleted} deleted).\n"
            f"Log in as {cast[0].username}, or as {', '.join(user.username for user in cast[1:4])} …; "
            f"everyone’s password is {password}"
        )

    def _register(self, number: int, password: str) -> list[User]:
        """The first is the administrator, where nobody is it yet."""
        candidates = [
            NewUser(username=name, display_name=display_name, password=password)
            for name, display_name in people(number)
        ]
        known = User.objects.in_bulk([usernames.key(c.username) for c in candidates], field_name="username_key")
        if known:
            raise CommandError(
                f"{next(iter(known.values())).username} already exists: the demo data can be added only once."
            )
        try:
            if not User.objects.exists():
                first = candidates.pop(0)
                founder = set_up_site(username=first.username, password=password, display_name=first.display_name)
                return [founder, *register_people(candidates=candidates)]
            return register_people(candidates=candidates)
        except ValidationError as error:
            raise CommandError(f"--password: {' '.join(error.messages)}") from error

    def _make_rooms(self, cast: list[User], number: int) -> list[tuple[Room, MemberKey]]:
        everyone = Room.objects.filter(is_default=True).order_by("pk").first()
        spaces = [(everyone, MemberKey(everyone.name, everyone.topic, EVERYONE))] if everyone else []
        for place in places(number - len(spaces)):
            owner = self.rng.choice(cast[:6])
            room = actions.create_room(owner=owner, name=place.name, topic=place.topic, kind=place.kind)
            share = 0.35 if place.kind == Room.Kind.PRIVATE else 0.75
            chosen = self.rng.sample(cast, max(2, round(len(cast) * share)))
            for user in dict.fromkeys([cast[0], *chosen]):
                actions.add_member(actor=owner, room=room, user=user)
            spaces.append((room, place))
        return spaces

    def _talk(self, cast: list[User], spaces: list[tuple[Room, MemberKey]], number: int) -> Talk:
        talk = Talk(self.rng, timezone.now())
        pairs = [(cast[a], cast[b]) for a, b in ((0, 1), (2, 0), (0, 3), (1, 4)) if max(a, b) < len(cast)]
        shares = _shares(number, len(spaces), len(pairs))
        said: list[Utterance] = []
        for (room, place), share in zip(spaces, shares, strict=False):
            members = list(
                User.objects.filter(memberships__room=room, pk__in=[user.pk for user in cast]).order_by("pk")
            )
            said += talk.converse(room, members, place.lines, share)
        for (one, other), share in zip(pairs, shares[len(spaces) :], strict=True):
            direct = actions.open_direct_room(user=one, other=other)
            said += talk.converse(direct, (one, other), BETWEEN_TWO, share)
        talk.store(said)
        return talk

    def _read(self, cast: list[User]) -> None:
        """Most have read most: a few unread messages here and there."""
        marks = []
        for membership in Membership.objects.filter(user__in=cast).select_related("room").order_by("pk"):
            seq = membership.room.last_seq - self.rng.choice((0, 0, 0, 1, 2, 5, 12))
            marks.append(ReadMarker(membership.user_id, membership.room_id, max(0, seq)))
        mark_read(marks)


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 2 on.")
    return int(text)


def _shares(number: int, rooms: int, pairs: int) -> list[int]:
    """How many messages go to each room and then to each pair: more to the first, `number` altogether."""
    weights = [1 + 3 / (place + 1) for place in range(rooms)] + [0.4] * pairs
    shares = [round(number * weight / sum(weights)) for weight in weights]
    shares[0] += number - sum(shares)
    return [max(0, share) for share in shares]
