"""Middleware: invalid requests, and caching of private pages."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import Connection
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged_in(everyone) -> Client:
    client = Client()
    client.force_login(make_user("ana"), backend="accounts.auth.backends.NameOrEmailBackend")
    return client


@pytest.mark.parametrize(
    "address",
    ["/join/%00/", "/people/%00/", "/people/?q=%00", "/rooms/?q=a%00b", "/people/?%00=1", "/accounts/login/?next=%00"],
)
def test_a_url_with_a_null_character_is_a_bad_request(logged_in, address):
    for client in (logged_in, Client()):
        assert client.get(address).status_code == 400


def test_an_escaped_percent_sign_is_not_a_null_character(logged_in):
    assert logged_in.get("/people/?q=%2500").status_code == 200


@pytest.mark.parametrize("path", ["/nowhere/", "/profile/"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: " + b"x" * 20_000),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=x" % number for number in range(2_000))),
    ],
)
def test_a_form_that_cannot_be_parsed_is_a_bad_request(logged_in, path, content_type, body):
    """Django's error pages read the form for its CSRF token, which would raise a server error."""
    logged_in.handler.enforce_csrf_checks = True
    logged_in.cookies["csrftoken"] = "a" * 32
    assert logged_in.post(path, body, content_type=content_type).status_code == 400


def test_a_value_that_no_column_can_hold_is_a_bad_request(everyone):
    client = log_in(make_user(is_staff=True, is_superuser=True))
    sessions = ContentType.objects.get_for_model(Connection)  # its primary key is a UUID
    for path in [f"/admin/r/{sessions.pk}/1/", f"/admin/r/{'9' * 30}/1/"]:
        assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    "path",
    ["/invitations/", "/profile/", "/accounts/sessions/", "/people/", "/people/ana/", "/people/nobody/", "/session/"],
)
def test_pages_of_logged_in_users_are_not_cached(logged_in, path):
    header = logged_in.get(path)["Cache-Control"]
    assert {"private", "no-store"} <= {word.strip() for word in header.split(",")}


def test_a_cache_control_header_of_the_view_is_kept(logged_in):
    assert "max-age=0" in logged_in.get("/rooms/")["Cache-Control"]


def test_pages_of_anonymous_users_are_unchanged(everyone):
    make_user("ana")
    assert "Cache-Control" not in Client().get("/nowhere/")
