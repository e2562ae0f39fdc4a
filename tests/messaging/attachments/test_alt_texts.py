"""The rate limit of alt texts, each of which changes a message."""

from itertools import count

import pytest
from django.test import Client

from live.rate_limit import TokenBuckets
from messaging.web import attachments
from rooms.models import Room
from tests.factories import make_attachment, make_member, post

pytestmark = pytest.mark.usefixtures("storage_folders")


@pytest.fixture
def alt_text_setter(room):
    numbers = count(1)

    def make_setter(user):
        file = make_attachment(room, user, message=post(room, user))
        client = Client(headers={"X-Requested-With": "fetch"})
        client.force_login(user)
        return lambda: client.post(f"/attachments/{file.pk}/alt/", {"alt": f"Text {next(numbers)}"})

    return make_setter


def test_rate_limit_applies_to_each_person(room, ana, bo, alt_text_setter, monkeypatch):
    now = 0.0
    monkeypatch.setattr(attachments, "_alt_limits", TokenBuckets(0.5, 3, clock=lambda: now))
    set_anas, set_bos = alt_text_setter(ana), alt_text_setter(bo)
    assert [set_anas().status_code for _ in range(3)] == [200] * 3
    version = Room.objects.get(pk=room.pk).version
    refused = set_anas()
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "2"
    assert Room.objects.get(pk=room.pk).version == version
    assert set_bos().status_code == 200
    now += 4
    assert set_anas().status_code == 200


def test_burst_allows_every_image_of_three_messages(room, alt_text_setter, monkeypatch):
    monkeypatch.setattr(
        attachments, "_alt_limits", TokenBuckets(attachments.ALT_RATE, attachments.ALT_BURST, clock=lambda: 0.0)
    )
    set_anas = alt_text_setter(make_member(room))
    assert {set_anas().status_code for _ in range(attachments.ALT_BURST)} == {200}
    assert set_anas().status_code == 429
