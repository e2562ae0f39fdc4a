"""All pages of accounts are complete and comply with the Content-Security-Policy."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.template.loader import get_template
from django.test import Client, RequestFactory

from accounts import actions
from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

OUTSIDE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-used/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/used/",
    "/accounts/inactive/",
    "/join/nonsense/",
    "/nowhere/",
]
INSIDE = [
    "/profile/",
    "/online/",
    "/people/",
    "/people/ana/",
    "/people/bo/",
    "/invitations/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/nowhere/",
]
BARE = ["400.html", "403_csrf.html", "500.html"]


@pytest.fixture
def ana() -> User:
    user = make_user("ana", email="ana@example.org")
    make_user("bo")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    EmailAddress.objects.create(user=user, email="second@example.org")
    return user


def assert_clean(page: str) -> None:
    assert page.lstrip().startswith("<!doctype html>")
    assert "<h1" in page
    assert re.search(r"<title>\s*\S", page)
    assert not re.search(r"""<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']""", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or "nonce=" in script, script
    assert not re.search(r"""(?:src|href)=["']https?://""", page)
    assert "{{" not in page
    assert "{%" not in page


@pytest.mark.parametrize("path", OUTSIDE)
def test_visitors_pages_are_clean(ana, client, path):
    assert_clean(client.get(path).content.decode())


@pytest.mark.parametrize("path", INSIDE)
def test_members_pages_are_clean(ana, browser_of, path):
    actions.create_invitation(by=ana)
    assert_clean(browser_of(ana).get(path).content.decode())


@pytest.mark.parametrize("name", BARE)
def test_error_page_needs_no_database_or_session(name):
    assert_clean(get_template(name).render())


def test_forbidden_page_is_clean(ana):
    request = RequestFactory().get("/")
    request.user = ana
    request.session = {}
    for name in ("403.html", "429.html"):
        assert_clean(get_template(name).render({}, request))


def test_setup_page_is_clean(client):
    assert_clean(client.get("/setup/").content.decode())


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_closed_sign_up_page_is_clean(settings, ana, client, mode):
    settings.REGISTRATION = mode
    assert_clean(client.get("/accounts/signup/").content.decode())
    assert_clean(client.get("/accounts/login/").content.decode())


def test_missing_csrf_token_gets_a_helpful_page(ana):
    browser = Client(enforce_csrf_checks=True)
    for remedy in (b"This site needs cookies", b"Your page expired"):
        response = browser.post("/accounts/login/", {"login": "ana", "password": "x"})
        assert response.status_code == 403
        assert remedy in response.content
        browser.get("/accounts/login/")  # sets the cookie


def test_rate_limit_has_its_own_page(ana, client):
    for _ in range(21):
        response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert response.status_code == 429
    assert b"Too many attempts" in response.content


def test_person_without_password_sets_one(ana, client):
    ana.set_unusable_password()
    ana.save()
    client.force_login(ana)
    assert client.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
    assert_clean(client.get("/accounts/password/set/").content.decode())
    client.post("/accounts/password/set/", {"password1": "nine red kites"})
    ana.refresh_from_db()
    assert ana.check_password("nine red kites")


def test_errors_are_announced_with_their_fields(ana, client):
    page = client.post("/accounts/signup/", {"username": "ana"}).content.decode()
    field = re.search(r'<input[^>]*name="username"[^>]*>', page).group()
    assert 'aria-invalid="true"' in field
    described = re.search(r'aria-describedby="([^"]+)"', field).group(1).split()
    assert all(f'id="{part}"' in page for part in described)
    assert any("error" in part for part in described)


def test_email_change_needs_the_password(ana, client):
    client.force_login(ana)
    response = client.post("/accounts/email/", {"action_add": "", "email": "evil@example.org"})
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="evil@example.org").exists()


def test_used_email_cannot_be_added(ana, browser_of):
    bo = User.objects.get(username="bo")
    page = browser_of(bo).post("/accounts/email/", {"action_add": "", "email": "ANA@example.org"})
    assert b"already in use" in page.content


def test_emails_are_added_made_primary_and_removed(ana, browser_of, mailoutbox):
    client = browser_of(ana)
    asked = client.post("/accounts/email/", {"action_add": "", "email": "Third@example.org"})
    client.post(asked["Location"], {"password": "a long pass phrase", "next": "/accounts/email/"})
    assert "Verify" in mailoutbox[0].subject
    assert mailoutbox[0].subject.startswith("[")
    EmailAddress.objects.filter(email="third@example.org").update(verified=True)
    client.post("/accounts/email/", {"action_primary": "", "email": "third@example.org"})
    ana.refresh_from_db()
    assert ana.email == "third@example.org"
    client.post("/accounts/email/", {"action_remove": "", "email": "ana@example.org"})
    assert set(EmailAddress.objects.values_list("email", flat=True)) == {"second@example.org", "third@example.org"}
