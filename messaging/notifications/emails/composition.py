"""Composes the emails about messages that people haven't read, in their language and time zone."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.links import site_url
from accounts.models import Blocklist, Person, User, site_name
from accounts.time_zones import find_zone
from messaging.history.aliases import sender_name
from messaging.history.journal import read_messages
from messaging.models import MessageRow
from messaging.notifications.content import line_of, read_people
from messaging.notifications.emails.due import Conversation, Facts
from messaging.notifications.emails.headers import headers_of, subject_of
from messaging.notifications.emails.links import Kind, mute_url, settings_path, unsubscribe_url
from rooms.models import Room
from rooms.serializers import others_in, title_of

MAX_MESSAGES = 10
LINE_LENGTH = 300  # characters


@dataclass(frozen=True, slots=True)
class Content:
    """The content of the emails of a piece: messages by their ids, and the people in group conversations."""

    messages: Mapping[int, MessageRow]
    people: Mapping[int, Sequence[Person]]

    def of(self, conversation: Conversation) -> list[MessageRow]:
        """Return the last messages of a conversation, without those deleted meanwhile."""
        ids = [each.message_id for each in conversation.unread[-MAX_MESSAGES:]]
        return [self.messages[each] for each in ids if each in self.messages]


@dataclass(slots=True)
class Line:
    """A message. `sender`: its sender's name, or "" if it is the one of the line before."""

    sender: str
    at: datetime
    is_today: bool
    text: str
    url: str


def read_content(conversations: Sequence[Conversation], facts: Facts) -> Content:
    """Read all that these emails show."""
    ids = {each.message_id for conversation in conversations for each in conversation.unread[-MAX_MESSAGES:]}
    messages = {message.pk: message for message in read_messages(list(ids)) if message.deleted_at is None}
    rooms = [facts.memberships[each.key].room for each in conversations]
    return Content(messages, read_people([room.pk for room in rooms if room.is_group]))


def compose(conversation: Conversation, facts: Facts, content: Content) -> EmailMultiAlternatives:
    """Return the email about a conversation. If the person wants no content, it only says that there is something."""
    user, room = facts.memberships[conversation.key].user, facts.memberships[conversation.key].room
    unsubscribe = unsubscribe_url(user.pk, Kind.MESSAGES)
    number = conversation.unread[-1].seq
    with speaking_to(user):
        if facts.preferences_of(user.pk).shows_content:
            name = f"conversation:{room.pk}"
            shown = content.of(conversation)
            people = content.people.get(room.pk) or [message.sender for message in shown[-1:]]
            title = room_title(room, people, user.pk, facts.blocklists[user.pk])
            senders = list(dict.fromkeys(sender_name(each) for each in reversed(shown)))
            subject = subject_of(title, () if room.is_direct else senders)
            context = _context(room, title, shown, len(conversation.unread)) | {"mute_url": mute_url(user.pk, room.pk)}
        else:
            name, number = "messages", conversation.pending[-1].pk
            subject = subject_of(_("You have unread messages on %(site_name)s") % {"site_name": site_name()})
            context = {"title": subject, "room_url": site_url(reverse("messaging:inbox"))}
        headers = headers_of(user.pk, name, number, unsubscribe)
        context |= {"unsubscribe_url": unsubscribe}
        return make_email("unread", subject, facts.addresses[user.pk], context, headers)


def speaking_to(user: User) -> ExitStack:
    """Use the person's language and time zone."""
    stack = ExitStack()
    stack.enter_context(translation.override(user.preferred_language))
    stack.enter_context(timezone.override(find_zone(user.time_zone)))
    return stack


def make_email(
    template: str, subject: str, address: str, context: Mapping[str, Any], headers: dict[str, str]
) -> EmailMultiAlternatives:
    """Render an email as plain text and HTML."""
    everything = {
        "site_name": site_name(),
        "site_url": site_url("/"),
        "settings_url": site_url(settings_path()),
        "subject": subject,
        "is_rtl": translation.get_language_bidi(),
        **context,
    }
    text = render_to_string(f"messaging/email/{template}.txt", everything)
    email = EmailMultiAlternatives(subject, text, None, [address], headers=headers)
    email.attach_alternative(render_to_string(f"messaging/email/{template}.html", everything), "text/html")
    return email


def room_title(room: Room, people: Iterable[Person], user_id: int, blocklist: Blocklist) -> str:
    """Return “#garden”, or the names of the others in a conversation."""
    return title_of(others_in(people, user_id, blocklist.blocked)) if room.is_conversation else f"#{room.name}"


def _context(room: Room, title: str, shown: Sequence[MessageRow], count: int) -> dict[str, Any]:
    return {
        "title": title,
        "room_url": site_url(room.get_absolute_url()),
        "lines": list(_lines(shown)),
        "count": count,
        "remaining": count - len(shown),
        "is_conversation": room.is_conversation,
    }


def _lines(shown: Iterable[MessageRow]) -> Iterable[Line]:
    today, last = timezone.localdate(), None
    for message in shown:
        at, sender = timezone.localtime(message.created_at), (message.sender.pk, message.alias)
        yield Line(
            sender="" if sender == last else sender_name(message),
            at=at,
            is_today=at.date() == today,
            text=line_of(message, LINE_LENGTH),
            url=site_url(reverse("messaging:permalink", args=[message.room_id, message.seq])),
        )
        last = sender
