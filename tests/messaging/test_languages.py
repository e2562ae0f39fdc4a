"""Texts generated outside a user's requests (refusals on a socket, notices and emails) are in the user's language."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import polib
import pytest
from django.core import mail
from django.test import override_settings
from django.utils import translation

from accounts.models import User
from accounts.presence.connections import OpenConnection
from messaging.moderation.reports import report_message, settle_report
from messaging.posting.actions import post_messages
from messaging.runtime.commands import execute
from messaging.runtime.protocol import EditMessage, InvalidCommand, decode
from messaging.runtime.session import ClientSession
from rooms.errors import Forbidden, Invalid, Refusal
from rooms.moderation import limit_posting
from tests.factories import make_draft, post

pytestmark = pytest.mark.django_db

GERMAN = {
    "Write a message.": "Schreib eine Nachricht.",
    "This field is missing.": "Dieses Feld fehlt.",
    "You can only edit your own messages.": "Du kannst nur eigene Nachrichten bearbeiten.",
    "The message is too long: at most {limit} characters, and this has {count}.": "Höchstens {limit} statt {count}.",
    "An admin has warned you about a message you sent in %(room)s.": "Verwarnung wegen einer Nachricht in %(room)s.",
    "The author of a message you reported was warned.": "Der Autor wurde verwarnt.",
    "[%(site_name)s] You’ve received a warning": "[%(site_name)s] Eine Verwarnung",
}
SLOW = "This room is in slow mode: one message every minute."


@pytest.fixture(autouse=True)
def german(tmp_path) -> Iterator[None]:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = polib.POFile()
    catalog.metadata = {"Plural-Forms": "nplurals=2; plural=(n != 1);", "Content-Type": "text/plain; charset=UTF-8"}
    catalog.extend(polib.POEntry(msgid=text, msgstr=translated) for text, translated in GERMAN.items())
    many = "This room is in slow mode: one message every %(count)s minutes."
    forms = {0: "Eine Nachricht pro Minute.", 1: "Eine Nachricht in %(count)s Minuten."}
    catalog.append(polib.POEntry(msgid=SLOW, msgid_plural=many, msgstr_plural=forms))
    catalog.save_as_mofile(str(folder / "django.mo"))
    with override_settings(LOCALE_PATHS=[tmp_path], LANGUAGES=[("en", "English"), ("de", "Deutsch")]):
        yield


@pytest.fixture
def member(people) -> User:
    people["member"].language = "de"
    people["member"].save()
    return people["member"]


def sent_to(user: User, refusal: Refusal) -> dict[str, Any]:
    """Return the error event for a refusal on this user's socket."""
    sent: list[str] = []
    socket = SimpleNamespace(push=sent.append)
    session = ClientSession(SimpleNamespace(), user, socket, OpenConnection(user.pk))  # type: ignore[arg-type]
    session.refuse("r1", refusal)
    return json.loads(sent[0])


def test_posts_of_one_batch_are_refused_in_their_senders_languages(people, member):
    limit_posting(actor=people["owner"], room=people["room"], slow_seconds=60)
    posted = post_messages([make_draft(people["room"], user) for user in (member, people["other"])])
    assert not any(isinstance(each, Refusal) for each in posted)
    bodies = ("x" * 9000, " ", "Again")
    refused = post_messages([make_draft(people["room"], member, body) for body in bodies])
    assert [sent_to(member, each)["detail"] for each in refused] == [
        "body: Höchstens 8000 statt 9000.",
        "body: Schreib eine Nachricht.",
        "Eine Nachricht pro Minute.",
    ]
    assert sent_to(people["other"], refused[2])["detail"] == SLOW


def test_commands_in_a_thread_are_refused_in_the_users_language(people, member):
    message = post(people["room"], people["other"])
    with pytest.raises(Forbidden) as refused:
        execute(member, EditMessage(ref="r1", message=message.pk, body="Mine"))
    assert sent_to(member, refused.value)["detail"] == "Du kannst nur eigene Nachrichten bearbeiten."
    assert translation.get_language() == "en"


def test_invalid_commands_are_refused_in_the_users_language(member):
    with pytest.raises(InvalidCommand) as invalid:
        decode('{"type": "message.delete", "ref": "r1"}')
    refusal = Invalid(invalid.value.message, field=invalid.value.field)
    assert sent_to(member, refusal)["detail"] == "message: Dieses Feld fehlt."


def test_an_unknown_language_falls_back_to_the_sites(member):
    member.language = "xx"
    assert member.preferred_language == "en"


def test_notices_and_emails_are_in_the_recipients_languages(people, member, django_capture_on_commit_callbacks):
    message = post(people["room"], member, "Vile")
    for reporter, language in (("other", ""), ("moderator", "de")):
        User.objects.filter(pk=people[reporter].pk).update(language=language)
    reports = [
        report_message(reporter=people[who], message_id=message.pk, reason="Vile") for who in ("other", "moderator")
    ]
    with django_capture_on_commit_callbacks(execute=True):
        settle_report(actor=people["root"], report=reports[0], outcome="warned")
    notices = {user.username: user.notices for user in User.objects.exclude(notices="")}
    assert "Verwarnung wegen einer Nachricht in Workshop." in notices[member.username]
    assert "The author of a message you reported was warned." in notices[people["other"].username]
    assert "Der Autor wurde verwarnt." in notices[people["moderator"].username]
    assert mail.outbox[0].subject.endswith("] Eine Verwarnung")
