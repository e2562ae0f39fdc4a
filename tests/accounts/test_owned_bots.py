"""Bots stop with a suspended or deleted owner, and go on with a reinstated one."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.auth.tokens import ended_tokens, users_of_tokens
from accounts.bots.actions import create_bot, disable_bot, enable_bot
from accounts.lifecycle import deletion
from accounts.lifecycle.deletion import delete_account
from accounts.lifecycle.suspension import end_suspensions, reinstate, suspend
from accounts.models import User
from tests.factories import log_in, make_bot, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db) -> User:
    return make_user("ana")


@pytest.fixture
def bot(ana) -> User:
    return make_bot("helper", owner=ana)


def works(bot: User) -> bool:
    return User.objects.get(pk=bot.pk).is_active


def is_valid(secret: str) -> bool:
    return users_of_tokens([secret]) != [None]


def suspend_in_the_admin(user: User) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    "stop",
    [
        lambda ana: suspend(user=ana),
        lambda ana: suspend(user=ana, until=timezone.now() + timedelta(days=1)),
        suspend_in_the_admin,
    ],
    ids=["for ever", "for a day", "saved"],
)
def test_bots_stop_with_their_owner_and_go_on_with_the_same_token(ana, bot, stop):
    _token, secret = make_token(bot)
    others, sites = make_bot(owner=make_user()), make_bot()
    held = users_of_tokens([secret])
    stop(ana)
    assert (works(bot), works(others), works(sites)) == (False, True, True)
    assert not is_valid(secret)
    assert ended_tokens(held) == {held[0].token_id}
    assert reinstate(user=ana)
    assert works(bot)
    assert is_valid(secret)


def test_bots_go_on_when_the_suspension_has_expired(ana, bot):
    suspend(user=ana, until=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=ana.pk).update(suspended_until=timezone.now())
    assert end_suspensions() == 1
    assert works(bot)


@pytest.mark.parametrize("is_before", [True, False], ids=["before", "meanwhile"])
def test_disabled_bots_stay_disabled(ana, bot, is_before):
    _token, secret = make_token(bot)
    steps = [lambda: disable_bot(actor=None, bot=bot), lambda: suspend(user=ana)]
    for step in steps if is_before else reversed(steps):
        step()
    reinstate(user=ana)
    assert not works(bot)
    enable_bot(actor=ana, bot=User.objects.get(pk=bot.pk))
    assert works(bot)
    assert not is_valid(secret)  # a disabled bot needs a new token


def test_bots_cannot_be_enabled_or_reinstated_before_their_owner(ana, bot):
    disable_bot(actor=None, bot=bot)
    suspend(user=ana)
    with pytest.raises(ValidationError, match="owner of this bot is suspended"):
        enable_bot(actor=None, bot=bot)
    assert not reinstate(user=bot)
    assert not works(bot)
    reinstate(user=ana)
    assert works(bot)


def test_a_bot_whose_own_suspension_expires_waits_for_its_owner(ana, bot):
    suspend(user=bot, until=timezone.now() + timedelta(days=1))
    suspend(user=ana)
    User.objects.filter(pk=bot.pk).update(suspended_until=timezone.now())
    end_suspensions()
    assert not works(bot)
    reinstate(user=ana)
    assert works(bot)


def test_a_bot_created_while_its_owner_is_suspended_is_refused(ana, bot, monkeypatch):
    suspend(user=ana)
    stale = User(pk=ana.pk, username="ana", is_active=True)  # read before the suspension
    with pytest.raises(ValidationError):
        create_bot(actor=None, username="late", owner=stale)
    assert not User.objects.filter(username="late").exists()


def test_a_bot_created_during_the_deletion_of_its_owner_stops(ana, bot, monkeypatch):
    erase = deletion._erase

    def erase_later(person: User) -> None:
        if not person.is_bot:
            User.objects.create(username="late", username_key="late", is_bot=True, owner=ana, password="!")
        erase(person)

    monkeypatch.setattr(deletion, "_erase", erase_later)
    delete_account(user=ana, with_messages=False)
    assert not works(User.objects.get(username="late"))
    reinstate(user=User.objects.get(pk=ana.pk))
    assert not works(User.objects.get(username="late"))


def test_a_bot_of_a_deleted_row_is_no_bot_of_the_site(ana, bot):
    _token, secret = make_token(bot)
    ana.delete()
    assert User.objects.get(pk=bot.pk).owner is None
    assert not is_valid(secret)


def test_admins_see_why_a_bot_is_stopped(ana, bot):
    client = log_in(make_user("root", is_staff=True, is_superuser=True))
    suspend(user=ana)
    page = client.get(f"/bots/{bot.pk}/").content.decode()
    assert "until its owner is reinstated" in page
    assert "Disable bot" in page
    client.post(f"/bots/{bot.pk}/state/")
    assert "This bot is disabled" in client.get(f"/bots/{bot.pk}/").content.decode()
    answer = client.post(f"/bots/{bot.pk}/state/", {"is_active": "1"}, follow=True)
    assert "owner of this bot is suspended" in answer.content.decode()
