"""The identity of a request, and the contents of its messages."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.incoming.actions import create_webhook
from integrations.incoming.payload import Post
from integrations.incoming.queries import Hook, find_hook
from integrations.incoming.requests import convert, find_target, look_up, make_drafts
from integrations.incoming.secret_urls import digest_of, new_secret, secret_in
from messaging.posting.actions import delete_message
from tests.factories import make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db
JSON = {"content-type": "application/json"}
BODY = b'{"text": "hi"}'


@pytest.fixture
def hook(new) -> Hook:
    found = find_hook(digest_of(new.secret))
    assert found is not None
    return found


def send(hook: Hook, body: bytes = BODY, **headers: str) -> int:
    """Post a request's message and return its id."""
    sent = JSON | headers
    context = look_up(hook, sent, body)
    converted = convert(hook, sent, body, context.names)
    target = find_target(hook, converted.post)
    [message] = post_drafts(make_drafts(hook, converted.parts, context.key, target))
    return message.pk


def test_secrets_are_found_in_urls():
    secret = new_secret()
    for path in (f"/hooks/{secret}", f"/hooks/{secret}/", f"/hooks/services/T0/B0/{secret}", f"/hooks/a/b/{secret}"):
        assert secret_in(path) == secret
    for path in (f"/hooks/{secret}a", f"/hooks/{secret[1:]}", f"/hooks/a/b/c/{secret}", "/hooks/", f"/{secret}"):
        assert secret_in(path) is None


def test_the_same_content_is_one_message_within_a_minute(hook, time_machine):
    time_machine.move_to(datetime(2026, 11, 30, 12, 0, 50, tzinfo=UTC), tick=False)
    first = send(hook)
    time_machine.shift(timedelta(seconds=15))  # in the next minute of the clock
    assert send(hook) == first
    assert send(hook, b'{"text": "ho"}') != first
    time_machine.shift(timedelta(seconds=60))
    assert send(hook) != first


def test_the_same_key_is_one_message_for_ever(hook, time_machine):
    time_machine.move_to(datetime(2026, 11, 30, 12, 0, tzinfo=UTC), tick=False)
    first = send(hook, **{"idempotency-key": "7"})
    time_machine.shift(timedelta(days=400))
    assert send(hook, **{"idempotency-key": "7"}) == first


def test_keys_of_other_webhooks_are_others(owner, room, hook, new):
    other = find_hook(digest_of(create_webhook(actor=owner, room=room, name="Other").secret))
    assert other is not None
    assert send(hook, **{"idempotency-key": "7"}) != send(other, **{"idempotency-key": "7"})


def test_names_of_people_are_looked_up_by_their_ids(hook):
    ana, gone = make_user("ana"), make_user("gone", is_active=False)
    context = look_up(hook, JSON, f'{{"text": "<@{ana.pk}> <@{gone.pk}|x> <@999999999999999999>"}}'.encode())
    assert context.names == {str(ana.pk): "ana"}


def test_replies_only_lead_to_messages_of_the_room(hook, room, owner):
    message, elsewhere = post(room, owner), post(make_room(owner=owner), owner)
    assert find_target(hook, Post("hi", "Slack", thread=message.pk)).reply_to == message.pk
    assert find_target(hook, Post("hi", "Slack", thread=elsewhere.pk)).reply_to is None
    delete_message(actor=owner, message_id=message.pk)
    assert find_target(hook, Post("hi", "Slack", thread=message.pk)).reply_to is None


def test_a_repeated_request_is_the_same_message_even_if_its_name_is_taken_meanwhile(hook):
    body = b'{"text": "hi", "username": "Mira"}'
    first = send(hook, body)
    make_user("mira")
    assert send(hook, body) == first
