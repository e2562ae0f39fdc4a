"""Alt texts change messages, so nobody changes them without end."""

from itertools import count

import pytest
from django.test import Client

from live.rate_limit import TokenBuckets
from messaging.web import attachments
from rooms.models import Room
from tests.factories import make_attachment, make_member, post

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture
def describe(room):
    words = count(1)

    def describe_one(user):
        file = make_attachment(room, user, message=post(room, user))
        client = Client(headers={"X-Requested-With": "fetch"})
        client.force_login(user)
        return lambda: client.post(f"/attachments/{file.pk}/alt/", {"alt": f"Words {next(words)}"})

    return describe_one


def test_after_so_many_at_once_one_waits_and_others_do_not(room, ana, bo, describe, monkeypatch):
    now = 0.0
    monkeypatch.setattr(attachments, "_alt_limits", TokenBuckets(0.5, 3, clock=lambda: now))
    anas, bos = describe(ana), describe(bo)
    assert [anas().status_code for _ in range(3)] == [200] * 3
    version = Room.objects.get(pk=room.pk).version
    refused = anas()
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "2"
    assert Room.objects.get(pk=room.pk).version == version
    assert bos().status_code == 200
    now += 4
    assert anas().status_code == 200


def test_what_is_taken_at_once_is_enough_for_every_picture_of_three_messages(room, describe, monkeypatch):
    monkeypatch.setattr(
        attachments, "_alt_limits", TokenBuckets(attachments.ALT_RATE, attachments.ALT_BURST, clock=lambda: 0.0)
    )
    anas = describe(make_member(room))
    assert {anas().status_code for _ in range(attachments.ALT_BURST)} == {200}
    assert anas().status_code == 429
