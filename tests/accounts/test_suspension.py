"""Temporary suspensions."""

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


def test_suspended_person_cannot_log_in_before_the_end():
    user = suspended(timezone.now() + DAY)
    assert end_suspensions() == 0
    assert not logs_in(user)


def test_login_after_the_end_reinstates():
    user = suspended(timezone.now())
    assert logs_in(user)
    user.refresh_from_db()
    assert (user.is_active, user.suspended_until) == (True, None)


def test_wrong_password_does_not_reinstate():
    assert not logs_in(suspended(timezone.now()), "not the pass phrase")


def test_periodic_check_ends_expired_suspensions():
    over, not_yet, for_good = suspended(timezone.now()), suspended(timezone.now() + DAY), suspended(None)
    assert end_suspensions() == 1
    assert list(User.objects.filter(is_active=False).order_by("pk")) == [not_yet, for_good]
    over.refresh_from_db()
    assert (over.is_active, over.suspended_until) == (True, None)


def test_permanent_suspension_ends_only_by_reinstating():
    user = suspended(None)
    assert not logs_in(user)
    reinstate(user=user)
    assert logs_in(user)


def test_suspending_again_changes_the_end():
    user = suspended(timezone.now() + DAY)
    suspend(user=user)
    user.refresh_from_db()
    assert (user.is_active, user.suspended_until) == (False, None)
