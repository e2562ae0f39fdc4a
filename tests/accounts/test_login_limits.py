"""Limits on failed logins, which can't be used to lock someone out."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from accounts.auth.login_limits import COOKIE
from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"
HOME, ELSEWHERE = "192.0.2.7", "203.0.113.9"


@pytest.fixture
def ana() -> User:
    user = make_user("ana", email="ana@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def browser(address: str = HOME) -> Client:
    return Client(REMOTE_ADDR=address)


def try_login(client: Client, password: str = PASSWORD, login: str = "ana") -> HttpResponse:
    return client.post("/accounts/login/", {"login": login, "password": password})


def is_refused(response: HttpResponse) -> bool:
    return b"Too many attempts" in response.content


def known_browser(address: str = HOME, login: str = "ana") -> Client:
    client = browser(address)
    assert try_login(client, login=login).status_code == 302
    client.post("/accounts/logout/")
    return client


def attack(login: str = "ana", times: int = 5) -> None:
    for number in range(times):
        try_login(browser(f"203.0.113.{number}"), "wrong", login)


def test_wrong_passwords_from_elsewhere_lock_out_strangers_only(ana):
    known = known_browser()
    attack()
    assert is_refused(try_login(browser(ELSEWHERE)))
    assert try_login(known).status_code == 302
    known.post("/accounts/logout/")
    assert try_login(browser(HOME)).status_code == 302  # another browser at a known address


def test_a_known_browser_is_known_at_any_address(ana):
    known = known_browser()
    attack()
    known.defaults["REMOTE_ADDR"] = ELSEWHERE
    assert try_login(known).status_code == 302


def test_neighbors_with_the_same_address_cannot_lock_out_a_known_browser(ana):
    known = known_browser()
    neighbor = browser()
    for number in range(40):
        response = try_login(neighbor, "wrong", f"person{number}")
    assert is_refused(response)
    for _ in range(6):
        try_login(neighbor, "wrong", "ana")
    assert try_login(known).status_code == 302


@pytest.mark.parametrize("login", ["ana", "ana@example.org"])
def test_known_browsers_and_addresses_have_their_own_limit(ana, login):
    known = known_browser()
    for client in (known, browser()):
        for _ in range(5):
            assert not is_refused(try_login(client, "wrong", login))
        assert is_refused(try_login(client, PASSWORD, login))
    assert try_login(browser(ELSEWHERE)).status_code == 302


def test_username_and_email_are_counted_together(ana):
    attack("ana", 3)
    attack("ANA@example.org", 2)
    assert is_refused(try_login(browser(ELSEWHERE)))


def test_known_browser_of_another_user_and_forged_cookie_are_not_exempt(ana):
    make_user("eve")
    eves = known_browser("198.51.100.1", "eve")
    forged = browser("198.51.100.2")
    forged.cookies[COOKIE] = known_browser().cookies[COOKIE].value + "x"
    attack()
    assert is_refused(try_login(eves))
    assert is_refused(try_login(forged))


def test_shared_browser_is_known_for_each_of_its_users(ana):
    make_user("bo")
    shared = known_browser()
    try_login(shared, login="bo")
    shared.post("/accounts/logout/")
    shared.defaults["REMOTE_ADDR"] = ELSEWHERE
    attack("ana")
    attack("bo")
    for login in ("ana", "bo"):
        assert try_login(shared, login=login).status_code == 302
        shared.post("/accounts/logout/")


def test_a_new_password_set_with_an_emailed_link_ends_the_lockout(ana):
    attack()
    client = browser(ELSEWHERE)
    client.post("/accounts/password/reset/", {"email": "ana@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word).partition("testserver")[2]
    form = {"password1": "nine red kites"}
    client.post(client.get(link)["Location"], form)
    attack()
    assert try_login(client, "nine red kites").status_code == 302


def test_cookie_is_as_protected_as_the_session_cookie(ana, settings):
    settings.SESSION_COOKIE_SECURE = True
    cookie = known_browser().cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")


def test_many_people_log_in_from_one_address(ana):
    for number in range(40):
        make_user(f"person{number}")
        assert try_login(browser(), login=f"person{number}").status_code == 302
