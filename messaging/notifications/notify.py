"""Notifies those whom messages concern: decides how, stores what was decided, and publishes it to their pages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.sql import fetch, table, time_value, value_rows
from live.db_threads import in_thread, in_writing_thread
from messaging.history.events import Event, announce_notifications
from messaging.history.held_back import HOLDING
from messaging.history.journal import read_messages
from messaging.models import AddedMention, Cause, Channel, Notification, NotificationJob, Trigger
from messaging.notifications.audience import Audience, ConcernKey, next_people
from messaging.notifications.backlog import NewMessage, is_any_left, read_message, take_messages
from messaging.notifications.content import Content
from messaging.notifications.decision import MENTIONS, OLD, Decision, Incoming, Recipient, decide
from messaging.notifications.held_back import hold_back
from messaging.notifications.recipients import read_recipients
from messaging.push.queue import Push, enqueue_pushes
from rooms.room_state import MemberKey

ROWS_PER_INSERT = 90  # with eleven columns each
COLUMNS = (
    *("user_id", "message_id", "room_id", "seq", "channel", "trigger", "cause", "shown"),
    *("created_at", "emailed_at", "email_due_at"),
)
# Nothing to explain to someone who doesn't see the message, or wrote it.
UNEXPLAINED = frozenset({Cause.OWN, Cause.BLOCKED, Cause.CLEARED, Cause.INACTIVE_ACCOUNT, Cause.NOT_MEMBER, Cause.OLD})

Told = tuple[NewMessage, Recipient, Decision]


async def work() -> bool:
    """Look through some of the messages that are left. Return whether there may be more."""
    if not await in_thread(is_any_left):
        return False
    return await in_writing_thread(notify_piece) | await in_writing_thread(notify_next_people)


@transaction.atomic
def notify_piece() -> bool:
    """Notify of some of the messages that are left. Return whether there were any."""
    now = timezone.now()
    messages = take_messages()
    recent = [message for message in messages if not message.is_deleted and message.at >= now - OLD]
    if recent:
        audience = Audience(recent)
        broad = audience.broad
        NotificationJob.objects.bulk_create(
            [NotificationJob(message_id=message.pk) for message in broad], ignore_conflicts=True
        )
        _notify(recent, audience.concerns(without=broad), now)
    return bool(messages)


@transaction.atomic
def notify_next_people() -> bool:
    """Notify the next people of a message that concerns many, or that was edited. Return whether there was one."""
    job = NotificationJob.objects.select_for_update(skip_locked=True).order_by("created_at").first()
    if job is None:
        return False
    message = read_message(job.message_id)
    people, has_more = next_people(message, job.after_user_id)
    if not message.is_deleted:
        _notify([message], Audience([message], people).concerns(), timezone.now())
    if has_more and not message.is_deleted:
        job.after_user_id = people.last
        job.save(update_fields=["after_user_id"])
    else:
        job.delete()
    return True


def _notify(messages: Collection[NewMessage], concerns: Mapping[ConcernKey, Collection], now: datetime) -> None:
    """Nobody is notified twice of a message, except of a mention that an edit adds: the table has one row for each."""
    by_id = {message.pk: message for message in messages}
    recipients = read_recipients({(user_id, by_id[pk].room_id) for pk, user_id in concerns}) if concerns else {}
    added = _find_added([message.pk for message in messages if message.edited_at is not None])
    told = _only_latest_of_rooms(_decide(by_id, concerns, recipients, added, now))
    inserted = _insert(told, now)
    new = [each for each in told if (each[0].pk, each[1].user_id) in inserted]
    hold_back((recipient for _message, recipient, decision in new if decision.cause in HOLDING), now)
    announce_notifications(_events(new))
    enqueue_pushes(
        Push(recipient.user_id, message.room_id, message.pk, message.seq, str(decision.trigger))
        for message, recipient, decision in new
        if decision.channel == Channel.PUSH
    )


def _decide(
    messages: Mapping[int, NewMessage],
    concerns: Mapping[ConcernKey, Collection],
    recipients: Mapping[MemberKey, Recipient],
    added: Collection[ConcernKey],
    now: datetime,
) -> list[Told]:
    """`added`: those who had read a message before an edit mentioned them, for whom only that counts."""
    told: list[Told] = []
    for (message_id, user_id), triggers in concerns.items():
        message = messages[message_id]
        recipient = recipients.get((user_id, message.room_id))
        if recipient is None:  # isn't in the room
            continue
        if (message_id, user_id) in added:
            triggers, recipient = MENTIONS.intersection(triggers), replace(recipient, last_read_seq=0)
        decision = decide(_incoming(message, triggers), frozenset(triggers), recipient, now)
        if decision.trigger is not None and decision.cause not in UNEXPLAINED:
            told.append((message, recipient, decision))
    return told


def _find_added(message_ids: Sequence[int]) -> set[ConcernKey]:
    rows = AddedMention.objects.filter(message__in=message_ids) if message_ids else AddedMention.objects.none()
    return set(rows.values_list("message", "user"))


def _incoming(message: NewMessage, triggers: Collection[Trigger]) -> Incoming:
    """An edited message is as old as its edit for those whom it mentions."""
    at = message.edited_at if message.edited_at is not None and MENTIONS.intersection(triggers) else message.at
    return Incoming(message.sender_id, message.seq, at)


def _only_latest_of_rooms(told: Sequence[Told]) -> list[Told]:
    """Leave out all but the latest message for those who want to be notified of every message in a room."""
    found: dict[tuple[int, int, int], Told] = {}
    for message, recipient, decision in sorted(told, key=lambda each: each[0].pk):
        message_id = 0 if decision.trigger == Trigger.ROOM else message.pk
        found[message.room_id, message_id, recipient.user_id] = message, recipient, decision
    return list(found.values())


def _insert(told: Sequence[Told], now: datetime) -> set[ConcernKey]:
    """Store what was decided. Return the messages and users of which nothing was stored before, or no mention."""
    inserted: set[ConcernKey] = set()
    renewed = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[4:])
    mentions = ", ".join(f"'{trigger.value}'" for trigger in sorted(MENTIONS))
    ordered = sorted(told, key=lambda each: (each[0].pk, each[1].user_id))
    for start in range(0, len(ordered), ROWS_PER_INSERT):
        some = ordered[start : start + ROWS_PER_INSERT]
        values = [
            value
            for message, recipient, decision in some
            for value in (
                *(recipient.user_id, message.pk, message.room_id, message.seq),
                *(decision.channel.value, decision.trigger, decision.cause.value, ""),
                *(time_value(now), None, time_value(decision.email_due_at)),
            )
        ]
        sql = (
            f"INSERT INTO {table(Notification)} ({', '.join(COLUMNS)}) "  # noqa: S608
            f"VALUES {value_rows(len(COLUMNS), len(some))} "
            f"ON CONFLICT (user_id, message_id) DO UPDATE SET {renewed} "
            f"WHERE {table(Notification)}.trigger NOT IN ({mentions}) AND excluded.trigger IN ({mentions}) "
            "RETURNING message_id, user_id"
        )
        inserted |= set(fetch(sql, values))
    return inserted


def _events(told: Sequence[Told]) -> list[tuple[int, int, Event]]:
    """Return the events for those who are notified on their pages, with their ids and those of the senders.

    Only of the latest message in each room, because pages show one notification for each.
    """
    latest = {
        (message.room_id, recipient.user_id): (message, recipient, decision) for message, recipient, decision in told
    }
    on_page = [each for each in latest.values() if each[2].on_page != Channel.NOTHING]
    rows = {row.pk: row for row in read_messages(list({message.pk for message, _, _ in on_page}))}
    content = Content(rows.values())
    return [
        (
            recipient.user_id,
            message.sender_id,
            content.event(rows[message.pk], recipient, decision.on_page, decision.trigger),
        )
        for message, recipient, decision in on_page
    ]
