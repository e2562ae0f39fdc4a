"""Suspensions that end by themselves."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.lifecycle.suspension import end_suspensions, reinstate, suspend
from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def logs_in(user: User, password: str = "a long pass phrase") -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": password})
    return "_auth_user_id" in client.session


def suspended(until) -> User:
    user = make_user()
    suspend(user=user, until=timezone.now() + DAY)
    User.objects.filter(pk=user.pk).update(suspended_until=until)
    return user


def test_before_its_end_nobody_comes_in():
    user = suspended(timezone.now() + DAY)
    assert end_suspensions() == 0
    assert not logs_in(user)


def test_after_its_end_they_log_in():
    user = suspended(timezone.now())
    assert logs_in(user)
    user.refresh_from_db()
    assert (user.is_active, user.suspended_until) == (True, None)


def test_a_wrong_password_does_not_get_in_after_it_either():
    assert not logs_in(suspended(timezone.now()), "not the pass phrase")


def test_the_look_every_few_seconds_lets_those_in_whose_time_is_over():
    over, not_yet, for_good = suspended(timezone.now()), suspended(timezone.now() + DAY), suspended(None)
    assert end_suspensions() == 1
    assert list(User.objects.filter(is_active=False).order_by("pk")) == [not_yet, for_good]
    over.refresh_from_db()
    assert (over.is_active, over.suspended_until) == (True, None)


def test_one_for_good_ends_only_when_somebody_ends_it():
    user = suspended(None)
    assert not logs_in(user)
    reinstate(user=user)
    assert logs_in(user)


def test_suspending_again_gives_a_new_end():
    user = suspended(timezone.now() + DAY)
    suspend(user=user)
    user.refresh_from_db()
    assert (user.is_active, user.suspended_until) == (False, None)
