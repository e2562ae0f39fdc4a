"""Middleware: null characters in URLs, and caching of private pages."""

import pytest
from django.test import Client

from tests.factories import make_user

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
