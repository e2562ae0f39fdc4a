"""What every answer is checked for: null characters in addresses, and pages that nobody may keep."""

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(everyone) -> Client:
    client = Client()
    client.force_login(make_user("ana"), backend="accounts.auth.backends.NameOrEmailBackend")
    return client


@pytest.mark.parametrize(
    "address",
    ["/join/%00/", "/people/%00/", "/people/?q=%00", "/rooms/?q=a%00b", "/people/?%00=1", "/accounts/login/?next=%00"],
)
def test_an_address_with_a_null_is_refused_before_the_database_sees_it(signed_in, address):
    for client in (signed_in, Client()):
        assert client.get(address).status_code == 400


def test_a_percent_sign_that_was_meant_is_no_null(signed_in):
    assert signed_in.get("/people/?q=%2500").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/invitations/", "/profile/", "/accounts/sessions/", "/people/", "/people/ana/", "/people/nobody/", "/session/"],
)
def test_what_is_shown_to_somebody_signed_in_is_kept_nowhere(signed_in, path):
    kept = signed_in.get(path)["Cache-Control"]
    assert {"private", "no-store"} <= {word.strip() for word in kept.split(",")}


def test_a_page_that_says_for_itself_how_long_it_keeps_is_left_alone(signed_in):
    assert "max-age=0" in signed_in.get("/rooms/")["Cache-Control"]


def test_what_visitors_get_is_left_alone(everyone):
    make_user("ana")
    assert "Cache-Control" not in Client().get("/nowhere/")
