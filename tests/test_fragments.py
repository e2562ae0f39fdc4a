"""Pages without their frame, for the panel of the chat page."""

import re

import pytest

from rooms.conversations import open_conversation
from rooms.models import Membership
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db
FRAGMENT = {"X-Fragment": "1", "Accept": "text/html"}
PAGES = [
    "/rooms/",
    "/rooms/new/",
    "/direct/new/",
    "/rooms/{room}/settings/",
    "/rooms/{room}/members/",
    "/rooms/{room}/notifications/",
    "/rooms/{room}/bans/",
    "/rooms/{room}/delete/",
    "/rooms/{room}/webhooks/",
    "/rooms/{conversation}/conversion/",
    "/rooms/{room}/members/{bo}/ban/",
    "/rooms/{room}/members/{bo}/messages/",
    "/people/",
    "/people/bo/",
    "/profile/",
    "/profile/deletion/",
    "/profile/privacy/",
    "/profile/files/",
    "/notifications/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/tokens/",
    "/bots/",
    "/invitations/",
    "/reports/",
    "/online/",
]


@pytest.fixture
def paths(client) -> list[str]:
    ana, bo = make_user("ana"), make_user("bo")
    room = make_room("Design", owner=ana)
    Membership.objects.create(room=room, user=bo)
    client.force_login(ana)
    group = open_conversation(user=ana, others=[bo, make_user()])
    return [page.format(room=room.pk, bo=bo.pk, conversation=group.pk) for page in PAGES]


def test_each_page_of_the_panel_has_a_fragment_with_its_style_sheets(client, paths):
    for path in paths:
        whole, fragment = client.get(path), client.get(path, headers=FRAGMENT)
        if whole.status_code == 302:  # asks for the password first
            assert fragment.json()["location"] == whole["Location"]
            continue
        assert whole.status_code == fragment.status_code == 200, path
        text, page = fragment.content.decode(), whole.content.decode()
        assert "<html" not in text and "importmap" not in text and text.count("<main") == 1, path
        assert set(re.findall(r"css/(?!tokens|base|select|avatars)[\w.-]+", page)) <= set(
            re.findall(r"css/[\w.-]+", text)
        ), path
        assert main_of(text) == main_of(page), path


def test_fragment_is_kept_out_of_caches(client, paths):
    assert client.get("/people/", headers=FRAGMENT)["Cache-Control"] == "private, no-store"


def test_redirect_tells_the_location_and_the_notices_once(client, paths):
    answer = client.post("/profile/", {"display_name": "Ana F."}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert answer.json() == {"location": "/profile/", "notices": [{"text": "Profile saved.", "level": "success"}]}
    assert "Profile saved." not in client.get("/profile/", headers=FRAGMENT).content.decode()


def test_redirect_keeps_the_cookies(client, paths):
    client.post("/accounts/logout/")
    answer = client.get("/profile/", headers=FRAGMENT)
    assert answer.json()["location"] == "/accounts/login/?next=/profile/"


def test_missing_page_has_a_fragment(client, paths):
    answer = client.get("/people/nobody/", headers=FRAGMENT)
    assert answer.status_code == 404
    assert "<html" not in answer.content.decode()


def test_chat_page_has_none(client, paths):
    """Its HTML is shared by requests, and must not become a fragment for others."""
    room = paths[PAGES.index("/rooms/{room}/settings/")].removesuffix("settings/")
    for _ in range(2):
        assert "<html" in client.get(room, headers=FRAGMENT).content.decode()
        assert "<html" in client.get(room).content.decode()


def main_of(page: str) -> str:
    text = re.search(r"<main[^>]*>(.*)</main>", page, re.DOTALL).group(1)  # type: ignore[union-attr]
    return re.sub(r'value="[\w-]{40,}"|</?br>', "", text)  # CSRF tokens differ
