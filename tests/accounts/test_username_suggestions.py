"""Usernames are proposed from display names and checked while someone signs up."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.registration.username_suggestions import suggest_username
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/username/"
PASSWORD = "seven green boats"


@pytest.mark.parametrize(
    ("display_name", "username"),
    [
        ("Ana", "ana"),
        ("Zoë Müller-Lüdenscheidt", "zoe.muller.ludenscheidt"),
        ("  O’Brien,  Pat ", "o.brien.pat"),
        ("Юки", "юки"),
        ("山田 太郎", "山田.太郎"),
        ("x" * 200, "x" * 32),
        ("Colin Colleague-Featherstonehaugh the Younger", "colin.colleague"),
        ("Anna " + "x" * 27, "anna." + "x" * 27),
        ("Everyone", ""),
        ("🎉", ""),
        ("", ""),
    ],
)
def test_username_is_derived_from_the_display_name(display_name, username):
    assert suggest_username(display_name) == username


def test_taken_usernames_get_a_number():
    make_user("ana")
    assert suggest_username("Ana") == "ana2"
    for number in range(2, 10):
        make_user(f"ana{number}")
    assert suggest_username("Ana") == ""


def test_server_proposes_and_checks(client):
    make_user("ana")
    assert client.get(URL, {"display_name": "Ana"}).json() == {"suggestion": "ana2"}
    assert client.get(URL, {"username": "bo"}).json() == {"error": ""}
    assert client.get(URL, {"username": "ANA"}).json() == {"error": "That username is taken."}
    assert "letters, numbers" in client.get(URL, {"username": "a b"}).json()["error"]
    assert client.post(URL).status_code == 405


def test_checks_are_limited_by_address(client):
    make_user("ana")
    codes = [client.get(URL, {"username": "bo"}).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


def test_strangers_cannot_check_usernames_on_a_closed_site(client, settings):
    assert client.get(URL, {"username": "bo"}).status_code == 200  # while the site is set up
    make_user("ana")
    settings.REGISTRATION = "closed"
    assert client.get(URL, {"username": "bo"}).status_code == 404


def test_display_name_is_enough_to_sign_up_without_a_script():
    make_user("zoe")
    client = Client()
    client.post("/accounts/signup/", {"display_name": "Zoë", "password1": PASSWORD})
    zoe = User.objects.get(username="zoe2")
    assert (zoe.name, client.get("/session/").json()) == ("Zoë", {"user": zoe.pk})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"display_name": "x" * 61}, "display_name"),
        ({"display_name": "", "username": ""}, "username"),
        ({"username": "a b", "password1": ""}, "username"),
        ({"email": "nothing"}, "email"),
        ({"password1": "short"}, "password1"),
    ],
)
def test_focus_goes_to_the_first_invalid_field_and_values_are_kept(client, change, field):
    make_user("ana")
    form = {"display_name": "Bo Berg", "username": "bo", "email": "bo@example.org", "password1": PASSWORD} | change
    response = client.post("/accounts/signup/", form)
    fields = response.context["form"].fields
    assert [name for name in fields if fields[name].widget.attrs.get("autofocus")] == [field]
    page = response.content.decode()
    for name in ("display_name", "username", "email"):
        assert not form[name] or f'value="{form[name]}"' in page


def test_focus_goes_to_a_wrong_password(client):
    make_user("ana")
    response = client.post("/accounts/login/", {"login": "ana", "password": "wrong"})
    fields = response.context["form"].fields
    assert [name for name in fields if fields[name].widget.attrs.get("autofocus")] == ["password"]
    assert 'value="ana"' in response.content.decode()
