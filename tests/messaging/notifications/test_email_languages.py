"""All texts of the emails are translated: in a language that marks each text, nothing else is left but what people wrote."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from types import SimpleNamespace

import pytest
from django.utils import timezone
from django.utils.translation import trans_real

from accounts.models import QueuedEmail, User
from messaging.models import Message, NotificationPreferences
from messaging.notifications.emails import delivery, digest
from rooms.conversations import open_conversation
from rooms.models import Room
from tests.factories import make_member, make_room, make_user, post
from tests.pseudo_locale import pseudo
from tests.zones import zone_where_it_is

pytestmark = pytest.mark.django_db

WRITTEN = ("Chatsite", "Ana", "Bo", "Zoe", "garden", "library", "Hello", "topic")


@pytest.fixture(autouse=True)
def _pseudo_language(mail, settings, monkeypatch) -> None:
    """German is a language in which each text is in ⟦brackets⟧."""
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    marked = SimpleNamespace(
        gettext=pseudo,
        ngettext=lambda one, many, count: pseudo(one if count == 1 else many),
        to_language=lambda: "de",
        language=lambda: "de",
    )
    monkeypatch.setitem(trans_real._translations, "de", marked)


@pytest.fixture
def ben(reachable) -> User:
    long_ago = timezone.now() - timedelta(days=30)
    return reachable("ben", language="de", date_joined=long_ago, time_zone=zone_where_it_is(10))  # for the summary


@pytest.fixture
def garden(ben) -> Room:
    room = make_room("garden", owner=make_user("ana", display_name="Ana"), topic="topic")
    for each in (ben, make_user("bo", display_name="Bo"), make_user("zoe", display_name="Zoe")):
        make_member(room, each)
    Room.objects.update(created_at=timezone.now() - timedelta(days=30))
    make_room("library", owner=room.created_by, topic="topic")
    return room


@pytest.mark.parametrize("shows_content", [True, False])
@pytest.mark.parametrize("kind", ["room", "conversation", "digest"])
def test_every_text_is_translated(ben, garden, notify, kind, shows_content):
    others = list(User.objects.exclude(pk=ben.pk).order_by("pk"))
    NotificationPreferences.objects.create(user=ben, shows_content=shows_content, gets_digest=kind == "digest")
    room = open_conversation(user=others[0], others=[ben, *others[1:]]) if kind == "conversation" else garden
    messages = [post(room, sender, "Hello") for sender in others * 4]
    if kind == "digest":
        assert digest.deliver_piece()
    else:
        Message.objects.filter(pk=messages[-1].pk).update(created_at=timezone.now() - timedelta(hours=23))
        for message in messages:
            notify(ben, message)
        assert delivery.deliver_piece()
    email = message_from_bytes(bytes(QueuedEmail.objects.get().content))
    text, html = (part.get_payload(decode=True).decode() for part in email.get_payload())
    body = re.sub(r"<(style|title).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    for part in (str(make_header(decode_header(email["Subject"]))), text, body):
        assert untranslated(part) == []


def untranslated(text: str) -> list[str]:
    """Return the words that are neither in brackets, nor part of a URL, nor written by people."""
    while (rest := re.sub(r"⟦[^⟦⟧]*⟧|https?://\S+|&\w+;", " ", text)) != text:
        text = rest
    return [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in WRITTEN]
