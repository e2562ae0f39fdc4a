"""Stores the runs of slash commands: each `client_id` once, in rooms in which the person can post."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from integrations.encryption import Unreadable, decrypt
from integrations.models import SlashCommand, SlashCommandKey, SlashCommandRun
from integrations.models.slash_command import MAX_RESPONSES
from integrations.servers.requests import Request, clean
from integrations.slash_commands.errors import UNREADABLE, AlreadyRun, CommandFailed, StillRunning
from integrations.slash_commands.payloads import Invocation, make_request
from integrations.slash_commands.queries import find_enabled
from integrations.slash_commands.response_urls import digest_of, new_secret
from messaging.errors import Conflict
from messaging.history.journal import find_message, floor_of
from messaging.models import Message
from messaging.posting.inserts import last_posted_at
from messaging.posting.slow_mode import SlowModeClock
from messaging.runtime.protocol import RunCommand
from messaging.runtime.slash_commands import NO_COMMAND
from rooms.errors import Forbidden, NotFound
from rooms.models import Membership
from rooms.permissions import closed_direct_rooms, find_membership, posting_refusal
from rooms.room_state import RoomState

ANSWERED_WITHIN = timedelta(seconds=15)  # of a run that is still going on, after everything that can delay it
RESPONSES_FOR = timedelta(minutes=30)

State = SlashCommandRun.State


class Begun(NamedTuple):
    """A run with its command, bot and user. `request`: the one to send, or None if it was answered before."""

    run: SlashCommandRun
    request: Request | None


def begin_run(user_id: int, wanted: RunCommand) -> Begun:
    """Store a run, so that it isn't repeated, and return the request that has to be sent. Raises Refusal."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise Forbidden(_("Your account is suspended."))
    with translation.override(user.preferred_language):
        earlier = _earlier(user, wanted)
        return Begun(earlier, None) if earlier is not None else _begin(user, wanted)


def finish_run(run: SlashCommandRun, reason: str = "") -> None:
    """Store that a run has been answered or, with a reason, that it has failed."""
    reason = clean(reason)
    SlashCommandRun.objects.filter(pk=run.pk).update(state=State.FAILED if reason else State.DONE, reason=reason)
    commands = SlashCommand.objects.filter(pk=run.command_id)
    if reason:
        commands.update(reason=reason, failed_at=timezone.now())
    elif run.command.reason:
        commands.update(reason="", failed_at=None)


def find_answerable(digest: str) -> SlashCommandRun | None:
    """Return the run to whose URL an answer was sent, unless it is too late or the person has left the room."""
    runs = SlashCommandRun.objects.select_related("command__bot", "user", "room")
    run = runs.filter(digest=digest, created_at__gt=timezone.now() - RESPONSES_FOR, user__is_active=True).first()
    if run is None or not run.command.is_enabled or not run.command.bot.is_active:
        return None
    return run if Membership.objects.visible().filter(user=run.user, room=run.room_id).exists() else None


def count_response(run: SlashCommandRun) -> int | None:
    """Count an answer to the run's URL. Return its number, or None if there were too many."""
    with transaction.atomic():
        counted = SlashCommandRun.objects.filter(pk=run.pk, responses__lt=MAX_RESPONSES)
        if not counted.update(responses=F("responses") + 1):
            return None
        return SlashCommandRun.objects.values_list("responses", flat=True).get(pk=run.pk)


def reply_target(run: SlashCommandRun) -> int | None:
    """Return the message to which an answer in a thread replies: the first one, or else the newest that is left."""
    if run.thread_id is None:
        return None
    left = Message.objects.filter(room=run.room_id, deleted_at=None)
    if left.filter(pk=run.thread_id).exists():
        return run.thread_id
    newest = left.filter(thread=run.thread_id).order_by("-seq").values_list("pk", flat=True).first()
    return newest or run.thread_id  # which refuses the reply, as for people


def _earlier(user: User, wanted: RunCommand) -> SlashCommandRun | None:
    """Return the run with this `client_id`, or None if there was none. Raises Refusal unless it was answered."""
    if not SlashCommandKey.objects.filter(user=user, client_id=wanted.client_id).exists():
        return None
    runs = SlashCommandRun.objects.select_related("command__bot", "user", "room")
    run = runs.filter(user=user, client_id=wanted.client_id).first()
    if run is None:
        raise AlreadyRun(field="client_id")
    if run.fingerprint != _fingerprint(wanted):
        raise Conflict
    if run.state == State.RUNNING and timezone.now() - run.created_at < ANSWERED_WITHIN:
        raise StillRunning(retry_after=1)
    if run.state != State.DONE:
        raise CommandFailed
    return run


def _begin(user: User, wanted: RunCommand) -> Begun:
    membership = find_membership(user, wanted.room)
    _require_poster(user, membership)
    command = find_enabled(wanted.room, wanted.command)
    if command is None:
        raise NotFound(NO_COMMAND, field="command")
    _require_thread(user, wanted)
    secret = new_secret()
    run = SlashCommandRun(
        user=user,
        client_id=wanted.client_id,
        command=command,
        room=membership.room,
        thread_id=wanted.thread,
        fingerprint=_fingerprint(wanted),
        digest=digest_of(secret),
    )
    _store(run)
    return Begun(run, _request(run, wanted.text, secret))


@transaction.atomic
def _store(run: SlashCommandRun) -> None:
    """Store a run and its key. Raises StillRunning if another process has stored the key in the meantime."""
    _key, is_new = SlashCommandKey.objects.get_or_create(user=run.user, client_id=run.client_id)
    if not is_new:
        raise StillRunning(retry_after=1)
    run.save(force_insert=True)


def _request(run: SlashCommandRun, text: str, response_secret: str) -> Request:
    try:
        secret = decrypt(run.command.secret)
    except Unreadable as error:
        finish_run(run, str(error))
        raise CommandFailed(UNREADABLE) from None
    return make_request(Invocation(run, run.command, run.user, run.room, text, secret, response_secret))


def _require_poster(user: User, membership: Membership) -> None:
    """Require that the user can post now. In slow mode, a command counts as a message for the next command."""
    room = membership.room
    is_closed = room.is_direct and bool(closed_direct_rooms([room.pk]))
    if refusal := posting_refusal(room, membership, is_closed=is_closed):
        raise refusal
    if not room.slow_seconds or membership.can_moderate:
        return
    key = (user.pk, room.pk)
    times = [*last_posted_at({key}).values()]
    runs = SlashCommandRun.objects.filter(user=user, room=room).order_by("-created_at")
    times += runs.values_list("created_at", flat=True)[:1]
    state = RoomState(room.pk, room.kind, False, room.is_read_only, room.slow_seconds, room.last_seq, room.version)
    SlowModeClock({key: max(times)} if times else {}).check(key, state, timezone.now())


def _require_thread(user: User, wanted: RunCommand) -> None:
    if wanted.thread is None:
        return
    floor = floor_of(user, wanted.room)
    first = find_message(wanted.room, wanted.thread, viewer=user, floor=floor)
    if first is None or first.thread_id is not None:
        raise NotFound(_("This thread isn’t in this room."), field="thread")


def _fingerprint(wanted: RunCommand) -> str:
    text = f"{wanted.room}\0{wanted.thread or 0}\0{wanted.command.lower()}\0{wanted.text}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
