"""Session lookup in batches, with the same results as Django's middleware."""

from datetime import timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.auth.session_lookup import expired, users_of_sessions
from tests.factories import make_user
from tests.live_client import session_of


@pytest.fixture
def user(db):
    return make_user()


def test_sessions_are_looked_up_in_two_queries(user, django_assert_num_queries):
    people = [user, make_user(), make_user()]
    keys = [session_of(person) for person in people]
    with django_assert_num_queries(2):
        found = users_of_sessions([*keys, "nobody's", ""])
    assert [each and each.user for each in found] == [*people, None, None]


def log_out(user, key):
    Session.objects.filter(session_key=key).delete()


def run_out(user, key):
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))


def suspend(user, key):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def change_password(user, key):
    user.set_password("another long pass phrase")
    user.save()


def delete(user, key):
    user.delete()


ENDS = [log_out, run_out, suspend, change_password, delete]


@pytest.mark.parametrize("end", ENDS)
def test_ended_session_is_invalid_and_reported(user, end):
    other = make_user()
    keys = [session_of(user), session_of(other)]
    held = users_of_sessions(keys)
    assert expired(held) == []
    end(user, keys[0])
    assert users_of_sessions(keys) == [None, held[1]]
    assert expired(held) == [held[0]]


def test_session_survives_a_new_secret_key_with_fallbacks(user, settings):
    key = session_of(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert users_of_sessions([key])[0].user == user


def test_new_secret_key_without_fallbacks_logs_people_out(user, client, settings):
    client.force_login(user)
    settings.SECRET_KEY = "the next one"
    assert client.get("/profile/").status_code == 302
    assert users_of_sessions([client.session.session_key]) == [None]
    assert client.post("/accounts/login/", {"login": user.username, "password": "a long pass phrase"}).url == "/"
    assert client.get("/profile/").status_code == 200


def test_session_of_a_removed_backend_is_invalid(user):
    key = session_of(user)
    session = SessionStore(session_key=key)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    assert users_of_sessions([key]) == [None]
