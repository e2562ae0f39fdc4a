"""Links in emails and invites, and redirects: a forged Host header can't send anyone to another host."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import actions
from accounts.models import User
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db
SITE = "https://chat.example.org"
PASSWORD = "a long pass phrase"
FORGED = ["127.0.0.1:666", "localhost", "[::1]:666", "chat.example.org:666"]
LINK = re.compile(r"https?://[^\s\"<]+")


@pytest.fixture
def ana() -> User:
    user = make_user("ana", email="ana@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture(params=[SITE, "http://192.0.2.5:8000"])
def public_site(request, settings) -> str:
    settings.SITE_URL = request.param
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "chat.example.org", "192.0.2.5"]
    return request.param


def request_password_reset(host: str, email: str = "ana@example.org") -> None:
    assert Client(headers={"Host": host}).post("/accounts/password/reset/", {"email": email}).status_code == 302


def sign_up(host: str, **change: str) -> None:
    form = {"username": "bo", "password1": PASSWORD} | change
    assert Client(headers={"Host": host}).post("/accounts/signup/", form).status_code == 302


def change_password(host: str, user: User) -> None:
    form = {"oldpassword": PASSWORD, "password1": "nine red kites"}
    assert log_in(user, Host=host).post("/accounts/password/change/", form).status_code == 302


@pytest.mark.parametrize("host", FORGED)
def test_no_email_contains_the_requested_host(public_site, ana, settings, host):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
    request_password_reset(host)
    request_password_reset(host, "nobody@example.org")
    sign_up(host, email="bo@example.org")
    sign_up(host, username="cy", email="ana@example.org")
    change_password(host, ana)
    assert len(mail.outbox) == 5
    texts = [f"{message.subject}\n{message.body}" for message in mail.outbox]
    links = [link for text in texts for link in LINK.findall(text)]
    assert len(links) == 3
    assert all(link.startswith(f"{public_site}/") for link in links)
    assert not [text for text in texts if host in text.replace(public_site, "")]


@pytest.mark.parametrize("host", FORGED)
def test_invite_link_contains_the_site_url(public_site, ana, host):
    invitation = actions.create_invitation(by=ana)
    page = log_in(ana, Host=host).get("/invitations/").content.decode()
    assert f"{public_site}{invitation.get_absolute_url()}" in page
    assert f"{host}/join/" not in page.replace(public_site, "")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("localhost:666", "http://localhost:8000"),
    ],
)
def test_without_site_url_links_have_a_listed_host_and_the_servers_port(ana, settings, host, expected):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    form = {"email": "ana@example.org"}
    Client(headers={"Host": host}).post("/accounts/password/reset/", form, SERVER_PORT="8000")
    (link,) = LINK.findall(mail.outbox[0].body)
    assert link.startswith(f"{expected}/accounts/password/reset/key/")


def test_no_email_is_sent_for_an_unlisted_host(ana, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    response = Client(headers={"Host": "evil.example"}).post("/accounts/password/reset/", {"email": "ana@example.org"})
    assert response.status_code == 400
    assert mail.outbox == []


ELSEWHERE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://[::1]/",
    "//localhost/",
    "https://chat.example.org:666/",
    "https://chat.example.org@evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_login_and_logout_redirect_only_to_the_site(public_site, ana, url):
    client = Client(headers={"Host": "chat.example.org"})
    form = {"login": "ana", "password": PASSWORD, "next": url}
    assert client.post("/accounts/login/", form)["Location"] == "/"
    assert client.get("/accounts/login/", {"next": url})["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": url})["Location"] == "/"
    assert log_in(ana, Host="chat.example.org").post(f"/accounts/logout/?next={url}")["Location"] == "/"
    sign_up_form = {"username": "bo", "password1": PASSWORD, "next": url}
    signed_up = Client(headers={"Host": "chat.example.org"}).post("/accounts/signup/", sign_up_form)
    assert signed_up["Location"] == "/"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_the_admins_login_and_logout_redirect_only_to_the_site(settings, url):
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["chat.example.org", "localhost"]
    root = make_user("root", is_staff=True, is_superuser=True)
    client = log_in(root, Host="chat.example.org")
    assert client.get("/admin/login/", {"next": url})["Location"] == "/admin/"
    response = client.post("/admin/logout/", {"next": url})
    assert url not in response.get("Location", "")


def test_login_redirects_to_a_page_of_the_site(settings, ana):
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["chat.example.org"]
    for url in ("/people/?q=a", f"{SITE}/people/"):
        client = Client(headers={"Host": "chat.example.org"})
        form = {"login": "ana", "password": PASSWORD, "next": url}
        assert client.post("/accounts/login/", form)["Location"] == url


def test_plain_http_is_redirected_to_the_site_url(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "chat.example.org"
    settings.ALLOWED_HOSTS = ["localhost", "chat.example.org"]
    response = Client(headers={"Host": "localhost:666"}).get("/rooms/")
    assert response["Location"] == f"{SITE}/rooms/"
