"""Changes of notification settings on the user's open pages."""

import httpx
import pytest

from accounts.models import User
from tests.factories import make_member, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(everyone) -> User:
    return make_member(everyone, make_user("ana"))


def send(site: Site, user: User, path: str, data: dict[str, str]) -> None:
    """Send a form to the server, which is the process that notifies its sockets."""
    with httpx.Client(base_url=site.url, cookies={"sessionid": session_of(user)}, timeout=30) as client:
        client.get("/notifications/")
        response = client.post(path, data=data, headers={"X-CSRFToken": client.cookies["csrftoken"]})
        assert response.status_code in (200, 302), response.text


def test_open_pages_learn_how_to_notify(uvicorn, everyone, ana):
    mira = make_member(everyone, make_user("mira"))
    with LiveClient(uvicorn, ana) as laptop, LiveClient(uvicorn, mira) as other:
        assert laptop.welcome["notifications"] == {"sound": "knock", "desktop": True}
        send(uvicorn, ana, "/notifications/", {"sound": "drop", "email_delay": "15"})
        expected = {"sound": "drop", "desktop": False}
        assert laptop.wait_for("notifications.changed")["notifications"] == expected
        with LiveClient(uvicorn, ana) as phone:
            assert phone.welcome["notifications"] == expected
        assert "notifications.changed" not in {event["type"] for event in other.settle()}


def test_level_of_a_room_reaches_the_users_other_pages(uvicorn, everyone, ana):
    mira = make_member(everyone, make_user("mira"))
    with LiveClient(uvicorn, ana) as laptop, LiveClient(uvicorn, mira) as other:
        (room,) = laptop.welcome["rooms"]
        assert room["notification_level"] == ""
        send(uvicorn, ana, f"/rooms/{everyone.pk}/notifications/", {"level": "all"})
        assert laptop.wait_for("room.updated")["room"] == {"id": everyone.pk, "notification_level": "all"}
        assert "room.updated" not in {event["type"] for event in other.settle()}
