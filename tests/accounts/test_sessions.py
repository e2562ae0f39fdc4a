"""Ending sessions closes their sockets."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import User
from accounts.signals import sessions_ended
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db
NEW = {"oldpassword": "a long pass phrase", "password1": "nine red kites"}


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def ended(sent) -> list[dict]:
    return sent(sessions_ended)


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def is_in(client: Client) -> bool:
    return client.get("/session/").status_code == 200


def test_logout_ends_the_session_before_it_closes_sockets(ana, browser_of, ended):
    client, other = browser_of(ana), browser_of(ana)
    key = key_of(client)
    alive = []
    sessions_ended.connect(check := lambda **kwargs: alive.append(client.session.exists(key)), weak=False)
    client.post("/accounts/logout/")
    sessions_ended.disconnect(check)
    assert ended == [{"user": ana, "session_keys": [key]}]
    assert alive == [False]
    assert not UserSession.objects.filter(session_key=key).exists()
    assert (is_in(client), is_in(other)) == (False, True)


def test_get_request_does_not_log_out(ana, browser_of):
    client = browser_of(ana)
    assert b"Log out?" in client.get("/accounts/logout/").content
    assert is_in(client)


def test_new_password_ends_all_other_sessions(ana, browser_of, ended):
    client, other = browser_of(ana), browser_of(ana)
    key = key_of(client)
    assert client.post("/accounts/password/change/", NEW).status_code == 302
    assert ended == [{"user": ana, "keep": key}]
    assert (is_in(client), is_in(other)) == (True, False)


def test_logout_closes_sockets_opened_before_a_new_password(ana, browser_of, ended):
    client = browser_of(ana)
    before = key_of(client)
    client.post("/accounts/password/change/", NEW)
    after = key_of(client)
    assert before != after
    client.post("/accounts/logout/")
    assert set(ended[-1]["session_keys"]) == {before, after}


@pytest.mark.parametrize("change", [{"oldpassword": "wrong"}, {"password1": "short"}])
def test_refused_password_ends_no_session(ana, browser_of, ended, change):
    client, other = browser_of(ana), browser_of(ana)
    assert client.post("/accounts/password/change/", NEW | change).status_code == 200
    assert ended == []
    assert is_in(other)


def test_password_set_by_a_command_ends_every_session(ana, browser_of, ended):
    client = browser_of(ana)
    ana.set_password("nine red kites")
    ana.save()
    assert ended == [{"user": ana, "keep": None}]
    assert not is_in(client)


def test_admin_keeps_their_session_after_changing_anothers_password(ana, browser_of, ended):
    root = make_user("root", is_staff=True, is_superuser=True)
    client = browser_of(root)
    client.post(
        f"/admin/accounts/user/{ana.pk}/password/", {"password1": "nine red kites", "password2": "nine red kites"}
    )
    assert ana.pk in [event["user"].pk for event in ended]
    assert root.pk not in [event["user"].pk for event in ended]
    assert is_in(client)


def test_suspension_ends_every_session(ana, browser_of, ended):
    client = browser_of(ana)
    ana.is_active = False
    ana.save()
    assert ended == [{"user": ana, "keep": None}]
    assert not is_in(client)


def test_deletion_ends_every_session(ana, ended):
    ana.delete()
    assert len(ended) == 1


def test_other_changes_end_no_session(ana, ended):
    ana.display_name = "Ana"
    ana.save()
    assert ended == []


def test_sessions_are_listed_and_ended_one_by_one(ana, browser_of, ended):
    mine = browser_of(ana)
    other = browser_of(ana, **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    page = mine.get("/accounts/sessions/").content.decode()
    assert "Firefox 140 on Linux" in page
    assert page.count("This device") == 1
    key = key_of(other)
    mine.post(f"/profile/sessions/{UserSession.objects.get(session_key=key).pk}/")
    assert ended == [{"user": ana, "session_keys": [key]}]
    assert (is_in(mine), is_in(other)) == (True, False)


def test_all_other_sessions_are_ended_at_once(ana, browser_of, ended):
    mine, others = browser_of(ana), [browser_of(ana), browser_of(ana)]
    keys = {key_of(other) for other in others}
    mine.post("/accounts/sessions/")
    assert set(ended[0]["session_keys"]) == keys
    assert is_in(mine)
    assert not any(is_in(other) for other in others)


def test_other_peoples_sessions_cannot_be_ended(ana, browser_of, ended):
    browser_of(ana)
    stranger = browser_of(make_user("bo"))
    theirs = UserSession.objects.get(user=ana)
    assert stranger.post(f"/profile/sessions/{theirs.pk}/").status_code == 404
    assert ended == []


def test_last_use_is_not_written_at_every_request(ana, browser_of, django_assert_num_queries):
    client = browser_of(ana)
    client.get("/session/")
    with django_assert_num_queries(2):  # the session and the user
        client.get("/session/")


def test_last_use_is_not_written_at_every_request_on_a_busy_site(ana, django_assert_num_queries):
    clients = [log_in(ana) for _ in range(400)]
    for client in clients:
        client.get("/session/")
    with django_assert_num_queries(2 * len(clients)):
        for client in clients:
            client.get("/session/")
