"""Logging in by username or email, and resetting a password."""

import time

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import QueuedEmail, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"


@pytest.fixture
def unal() -> User:
    user = make_user("Ünal", email="unal@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def log_in(login: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.response = client.post("/accounts/login/", {"login": login, "password": password})
    return client


@pytest.mark.parametrize(
    "login", ["Ünal", "ünal", "ÜNAL", " ünal ", "U\u0308nal", "unal@example.org", "UNAL@Example.org"]
)
def test_every_spelling_of_username_and_email_logs_in(unal, login):
    assert log_in(login).get("/session/").json() == {"user": unal.pk}
    assert authenticate(None, username=login, password=PASSWORD) == unal


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("Ünal", "wrong"),
        ("Ünal", PASSWORD.upper()),
        ("unal", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("x" * 300, PASSWORD),
        ("Ünal", ""),
        ("", PASSWORD),
    ],
)
def test_wrong_credentials_do_not_log_in(unal, login, password):
    client = log_in(login, password)
    assert client.response.status_code == 200
    assert client.get("/session/").status_code == 401
    assert client.get("/session/").json() == {}


def test_unknown_username_takes_as_long_as_a_known_one(unal, monkeypatch):
    """Every attempt hashes equally often, whether or not the account exists."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    real = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or real(*args))
    for login in ("Ünal", "unal@example.org", "nobody", "nobody@example.org"):
        for password, expected in (("wrong", 1), ("wro\u0308ng", 2)):
            hashed.clear()
            authenticate(None, username=login, email=login, password=password)
            assert len(hashed) == expected, login


COMPOSED, DECOMPOSED = "b\u00e9b\u00e9 m\u00e8ne", "be\u0301be\u0301 me\u0300ne"


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), ("ﬁve９", "five9")])
@pytest.mark.parametrize("create", [User.objects.create_user, User.objects.create_superuser])
def test_password_is_accepted_in_any_normal_form(db, chosen, typed, create):
    user = create("ana", password=chosen)
    assert user.check_password(typed)
    user.set_password(chosen)
    user.save()
    assert log_in("ana", typed).response.status_code == 302
    assert not user.check_password("bebe mene")


def test_password_stored_as_it_was_typed_is_still_accepted(db):
    ana = User.objects.create_user("ana")
    User.objects.filter(pk=ana.pk).update(password=make_password(DECOMPOSED))
    assert log_in("ana", DECOMPOSED).response.status_code == 302
    assert log_in("ana", "bebe mene").response.status_code == 200


def test_very_long_password_is_refused_quickly(unal):
    began = time.process_time()
    assert log_in("Ünal", "a" + "\u0316\u0301" * 100_000).response.status_code == 200
    assert log_in("a" + "\u0316\u0301" * 100_000, "wrong").response.status_code == 200
    assert time.process_time() - began < 10


def test_attempts_are_limited_across_spellings(unal):
    for spelling in ("ünal", "ÜNAL", "Ünal", "U\u0308nal", "ÜnaL"):
        log_in(spelling, "wrong")
    client = log_in("ünaL")
    assert b"Too many attempts" in client.response.content
    assert client.get("/session/").status_code == 401


def test_other_entries_of_the_cache_do_not_reset_the_limit(unal):
    for _ in range(5):
        log_in("ünal", "wrong")
    for number in range(5000):
        cache.set(f"entry-{number}", 1)
    assert b"Too many attempts" in log_in("ünal").response.content


def test_forged_forwarded_address_gives_no_more_attempts(unal):
    for number in range(12):
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        response = client.post("/accounts/login/", {"login": f"guess{number}", "password": "wrong"})
    assert b"Too many attempts" in response.content


def test_suspension_is_shown_only_with_the_right_password(unal):
    unal.is_active = False
    unal.save()
    assert log_in("Ünal").response["Location"] == "/accounts/inactive/"
    assert log_in("Ünal", "wrong").response.status_code == 200
    assert authenticate(None, username="Ünal", password=PASSWORD) is None


def test_login_redirects_to_next_on_this_site_only(unal, client):
    page = client.get("/people/", follow=True)
    assert b'name="next" value="/people/"' in page.content
    for wanted, got in (("/people/", "/people/"), ("https://evil.example/", "/"), ("//evil.example/", "/")):
        response = Client().post("/accounts/login/", {"login": "ünal", "password": PASSWORD, "next": wanted})
        assert response["Location"] == got


def test_reset_link_works_once(unal, browser_of):
    elsewhere = browser_of(unal)
    client = Client()
    client.post("/accounts/password/reset/", {"email": "UNAL@example.org"})
    assert mail.outbox[0].to == ["unal@example.org"]
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word).partition("testserver")[2]
    form = client.get(link)["Location"]
    client.post(form, {"password1": "nine red kites"})
    assert authenticate(None, username="ünal", password="nine red kites") == unal
    assert elsewhere.get("/session/").status_code == 401
    assert b"This link has expired" in Client().get(link, follow=True).content
    assert "was reset" in mail.outbox[1].body


def test_reset_for_unknown_email_looks_the_same(unal, client):
    known = client.post("/accounts/password/reset/", {"email": "unal@example.org"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_admin_login_redirects_to_the_sites_login(unal, client):
    response = client.get("/admin/")
    assert client.get(response["Location"])["Location"].startswith("/accounts/login/?next=")


def test_failing_mail_server_neither_breaks_the_page_nor_reveals_accounts(unal, client, settings):
    settings.EMAIL_BACKEND = "accounts.mail.backend.QueueBackend"
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for email in ("unal@example.org", "nobody@example.org"):
        response = client.post("/accounts/password/reset/", {"email": email})
        assert response["Location"] == "/accounts/password/reset/done/"
    assert QueuedEmail.objects.count() == 2


def test_repeated_resets_neither_flood_a_mailbox_nor_lock_its_owner_out(unal):
    for number in range(30):
        stranger = Client(REMOTE_ADDR=f"203.0.113.{number}")
        asked = stranger.post("/accounts/password/reset/", {"email": "unal@example.org"})
        assert asked["Location"] == "/accounts/password/reset/done/"
    assert len(mail.outbox) == 5
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word).partition("testserver")[2]
    assert "-set-password/" in Client().get(link)["Location"]


def test_other_emails_are_sent_despite_repeated_resets(unal, client):
    for _ in range(10):
        client.post("/accounts/password/reset/", {"email": "unal@example.org"})
    mail.outbox.clear()
    owner = log_in("Ünal")
    form = {"oldpassword": PASSWORD, "password1": "nine red kites"}
    owner.post("/accounts/password/change/", form)
    assert [message.subject for message in mail.outbox] == ["[Chatsite] Your password was changed"]
