"""Fills a Chatsite database with bots in one room, and prints their tokens and the room. Needs django.setup()."""

import json
import sys

from django.core.management import call_command

from accounts.auth.tokens import PREFIX
from accounts.models import APIToken, User
from accounts.models.api_token import ALL_SCOPES, digest_of
from bench.people import make_person, make_room
from chatsite.server.bootstrap import collect_static
from rooms.models import Membership, Room


def main() -> None:
    users, *_others = map(int, sys.argv[1:])
    call_command("migrate", verbosity=0)
    collect_static()
    bots = User.objects.bulk_create(make_bot(number) for number in range(users))
    [room] = Room.objects.bulk_create([make_room(0)])
    Membership.objects.bulk_create(Membership(user=bot, room=room) for bot in bots)
    secrets = [f"{PREFIX}{number:043d}" for number in range(users)]
    APIToken.objects.bulk_create(make_token(bot, secret) for bot, secret in zip(bots, secrets, strict=True))
    json.dump({"rooms": [room.pk], "tokens": secrets}, sys.stdout)


def make_bot(number: int) -> User:
    bot = make_person(number)
    bot.is_bot, bot.email = True, ""
    return bot


def make_token(bot: User, secret: str) -> APIToken:
    return APIToken(user=bot, name="bench", digest=digest_of(secret), hint=secret[-4:], scope_bits=ALL_SCOPES)
