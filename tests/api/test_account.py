"""A person's own settings over the API: the sidebar, notifications, profile, photo and privacy."""

from io import BytesIO
from typing import get_args

import httpx
import pytest
from PIL import Image

from accounts.models import NotificationLevel, User
from api.schemas.settings import EmailDelay, Level, Sound
from messaging.models import EmailDelay as EmailDelays
from messaging.models import Sound as Sounds
from rooms.conversations import open_conversation
from rooms.models import Membership
from tests.api.conftest import photo
from tests.factories import make_user, post
from tests.live_client import LiveClient, session_of


@pytest.fixture
def member(cast) -> User:
    return cast["member"]


@pytest.fixture
def api(connect, member):
    return connect(member)


@pytest.fixture
def membership(cast):
    """Return a function that reads the member's membership of the room."""
    return lambda: Membership.objects.get(user=cast["member"], room=cast["room"])


# -- sidebar ------------------------------------------------------------------------------------------


def test_sections_are_created_filled_renamed_moved_and_deleted(uvicorn, api, cast, member, membership):
    path = f"/rooms/{cast['room'].pk}/section"
    with LiveClient(uvicorn, member) as page:
        work = api.post("/sections", json={"name": "Work"})
        assert (work.status_code, work.json()["name"]) == (201, "Work")
        assert page.wait_for("sections.changed")["sections"] == [work.json()]
    assert api.post("/sections", json={"name": "work"}).json()["field"] == "name"
    home = api.put(path, json={"name": "Home"}).json()
    assert membership().section_id == home["id"]
    assert api.put(path, json={"section": work.json()["id"]}).json() == work.json()
    assert api.put(path, json={}).json()["field"] == "section"
    moved = api.patch(f"/sections/{home['id']}", json={"name": "Family", "position": 1}).json()
    assert [each["name"] for each in moved["sections"]] == ["Family", "Work"]
    assert api.get("/sections").json() == moved
    assert api.delete(path).status_code == 204
    assert membership().section_id is None
    assert api.delete(f"/sections/{home['id']}").status_code == 204
    assert api.delete(f"/sections/{home['id']}").status_code == 404


def test_others_sections_do_not_exist(api, connect, cast):
    section = connect(cast["owner"]).post("/sections", json={"name": "Mine"}).json()["id"]
    for response in (
        api.patch(f"/sections/{section}", json={"name": "Yours"}),
        api.delete(f"/sections/{section}"),
        api.put(f"/rooms/{cast['room'].pk}/section", json={"section": section}),
    ):
        assert response.status_code == 404
    assert api.get("/sections").json() == {"sections": []}


@pytest.mark.parametrize(("name", "column"), [("favorite", "is_favorite"), ("mute", "is_muted")], ids=str)
def test_rooms_are_favorites_and_muted(api, connect, cast, membership, name, column):
    path = f"/rooms/{cast['room'].pk}/{name}"
    for method, expected in (("PUT", True), ("PUT", True), ("DELETE", False), ("DELETE", False)):
        assert api.request(method, path).status_code == 204
        assert getattr(membership(), column) is expected
    assert connect(cast["stranger"]).put(path).status_code == 404


def test_conversations_are_closed_and_rooms_are_not(api, cast, member):
    room = open_conversation(user=member, others=[cast["owner"]])
    post(room, cast["owner"], "Hello")
    row = Membership.objects.filter(user=member, room=room)
    assert api.put(f"/rooms/{room.pk}/closure").status_code == 204
    assert row.get().closed_seq == 1
    assert api.delete(f"/rooms/{room.pk}/closure").status_code == 204
    assert row.get().closed_seq is None
    assert api.put(f"/rooms/{cast['room'].pk}/closure").status_code == 403


def test_history_is_cleared_for_oneself(api, connect, cast):
    post(cast["room"], cast["owner"], "Hello")
    assert api.delete(f"/rooms/{cast['room'].pk}/history").json() == {"cleared_seq": 1}
    assert api.get(f"/rooms/{cast['room'].pk}/messages").json()["messages"] == []
    assert len(connect(cast["owner"]).get(f"/rooms/{cast['room'].pk}/messages").json()["messages"]) == 1


def test_the_badge_of_a_new_room_is_removed(api, cast, membership):
    Membership.objects.filter(user=cast["member"]).update(is_new=True)
    assert api.put(f"/rooms/{cast['room'].pk}/seen").status_code == 204
    assert not membership().is_new


# -- notifications ------------------------------------------------------------------------------------


def test_notification_settings_change_only_where_asked(api):
    before = api.get("/me/notifications").json()
    night = {"begin": "22:00", "end": "07:30"}
    changes = {"level": "mentions", "keywords": ["release", "Release "], "quiet_hours": [night, *[None] * 5, night]}
    changed = api.patch("/me/notifications", json=changes | {"email_delay": 60}).json()
    assert changed == before | changes | {"keywords": ["release"], "email_delay": 60}
    assert api.patch("/me/notifications", json={"sound": "none"}).json() == changed | {"sound": "none"}
    assert api.get("/me/notifications").json() == changed | {"sound": "none"}
    assert api.patch("/me/notifications", json={"quiet_hours": []}).json()["quiet_hours"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "loud"}, "level"),
        ({"keywords": ["…"]}, "keywords"),
        ({"keywords": [f"word {n}" for n in range(21)]}, "keywords"),
        ({"keywords": ["a\0b"]}, "keywords"),
        ({"quiet_hours": [None]}, "quiet_hours"),
        ({"quiet_hours": [{"begin": "24:00", "end": "08:00"}]}, "quiet_hours[0].begin"),
        ({"email_delay": 1}, "email_delay"),
        ({"volume": 11}, "volume"),
    ],
    ids=["level", "keyword", "many-keywords", "null", "one-day", "hour", "delay", "unknown"],
)
def test_invalid_notification_settings_name_the_field(api, changes, field):
    response = api.patch("/me/notifications", json=changes)
    assert (response.status_code, response.json()["field"]) == (400, field)


def test_the_level_of_a_room_is_chosen(api, connect, cast, membership):
    path = f"/rooms/{cast['room'].pk}/notifications"
    default = api.get(path).json()
    assert default["level"] == ""
    assert api.put(path, json={"level": "nothing"}).json() == default | {"level": "nothing"}
    assert membership().notification_level == "nothing"
    assert api.put(path, json={"level": ""}).json() == default
    assert connect(cast["stranger"]).put(path, json={"level": ""}).status_code == 404


def test_someone_learns_why_they_were_not_notified(api, connect, cast, member):
    own = post(cast["room"], member, "Hello")
    assert api.get(f"/messages/{own.pk}/notification").json()["headline"].startswith("You aren’t notified of your own")
    assert connect(cast["stranger"]).get(f"/messages/{own.pk}/notification").status_code == 404


def test_the_choices_are_those_of_the_page():
    assert list(get_args(Level)) == ["", *NotificationLevel.values]
    assert list(get_args(Sound)) == Sounds.values
    assert list(get_args(EmailDelay)) == EmailDelays.values


# -- profile ------------------------------------------------------------------------------------------


def test_a_photo_is_set_and_removed(uvicorn, api, cast, member):
    with LiveClient(uvicorn, cast["owner"]) as page:
        changed = api.put("/me/avatar", content=photo())
        assert changed.status_code == 200, changed.text
        assert page.wait_for("person.changed")["person"]["avatar"] == changed.json()["avatar"]
    stored = User.objects.get(pk=member.pk)
    cookies = {"sessionid": session_of(member)}
    shown = httpx.get(f"{uvicorn.url}{changed.json()['avatar']}", cookies=cookies)
    with Image.open(BytesIO(shown.content)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
    assert (stored.display_name, stored.theme) == (member.display_name, member.theme)
    assert [api.delete("/me/avatar").status_code for _ in range(2)] == [204, 204]
    assert api.get("/me").json()["avatar"] is None


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"not a photo", 400), (b"x" * 5_100_000, 400), (b"x" * 6_000_000, 413)],
    ids=["empty", "text", "too-large", "far-too-large"],
)
def test_what_is_not_a_photo_is_refused(api, member, content, status):
    response = api.put("/me/avatar", content=content)
    assert (response.status_code, response.json()["detail"] != "") == (status, True)
    assert not User.objects.get(pk=member.pk).avatar


def test_settings_change_only_where_asked(api, member):
    api.patch("/me", json={"status_text": "At lunch"})
    before = api.get("/me/settings").json()
    changes = {"theme": "dark", "hides_last_seen": True, "allows_direct_messages": False}
    assert api.patch("/me/settings", json=changes).json() == before | changes
    assert api.get("/me/settings").json() == before | changes
    assert api.get("/me").json()["status_text"] == "At lunch"
    assert api.patch("/me/settings", json={"language": "tlh"}).json()["field"] == "language"


def test_blocked_and_muted_people_are_listed_for_oneself(api, connect, cast):
    people = [make_user(f"noisy{number:02}") for number in range(51)]
    for person in people:
        api.put(f"/people/{person.pk}/block")
    api.put(f"/people/{cast['owner'].pk}/mute")
    first = api.get("/me/blocks").json()
    second = api.get("/me/blocks", params={"after": first["next"]}).json()
    assert [each["id"] for each in (*first["people"], *second["people"])] == [each.pk for each in people]
    assert (len(first["people"]), second["next"]) == (50, None)
    assert [each["username"] for each in api.get("/me/mutes").json()["people"]] == ["owner"]
    assert connect(cast["owner"]).get("/me/blocks").json()["people"] == []
