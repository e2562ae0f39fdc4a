"""Scopes of tokens, for every endpoint; and visibility, which is the same as in the page."""

import httpx
import pytest

from accounts.models import Scope
from api.endpoints import router
from rooms.actions import leave_room
from rooms.blocking import block_person
from rooms.moderation import ban_member
from tests.api.conftest import photo, secret_of
from tests.factories import make_member, make_room, make_user, post
from tests.live_client import session_of

VALUES = {
    "client_id": "1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11",
    "file": "1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11",
    "emoji": "x",
    "connection": "1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11",
    "delivery": "1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11",
}


def test_every_endpoint_requires_exactly_its_scope(uvicorn, cast):
    with httpx.Client(base_url=f"{uvicorn.url}/api/v1", timeout=30) as client:
        admin = make_user("admin", is_staff=True, is_superuser=True)
        secrets = {scope: secret_of(admin, scope) for scope in Scope}
        wrong = []
        for endpoint in router.endpoints:
            path = endpoint.path.format(**{name: VALUES.get(name, "999999") for name in endpoint.path_names})
            for scope, secret in secrets.items():
                headers = {"authorization": f"Bearer {secret}"}
                response = client.request(endpoint.method, path, headers=headers, params={"unknown": "1"})
                is_refused = response.status_code == 403 and f"scope “{endpoint.scope}”" in response.json()["detail"]
                if is_refused == (scope == endpoint.scope):
                    wrong.append((endpoint.name, scope, response.text))
    assert not wrong
    assert {endpoint.scope for endpoint in router.endpoints} == set(Scope)


def test_reading_never_needs_more_than_the_scope_read():
    reading = [endpoint for endpoint in router.endpoints if endpoint.method == "GET"]
    for_people = [endpoint for endpoint in reading if not endpoint.path.startswith("/admin/")]
    assert {endpoint.scope for endpoint in for_people} <= {Scope.READ, Scope.MODERATE}


def test_only_the_scope_admin_reaches_what_admins_do():
    for endpoint in router.endpoints:
        if endpoint.path.startswith("/admin/"):
            assert endpoint.scope == Scope.ADMIN, endpoint.name


def test_admin_endpoints_refuse_people_without_the_permission(uvicorn, cast):
    """The scope alone isn't enough: an admin without permissions may do nothing of this."""
    clerk = make_user("clerk", is_staff=True)
    headers = {"authorization": f"Bearer {secret_of(clerk, Scope.ADMIN)}"}
    values = VALUES | {"user": str(cast["member"].pk)}
    with httpx.Client(base_url=f"{uvicorn.url}/api/v1", headers=headers, timeout=30) as client:
        for endpoint in router.endpoints:
            if endpoint.path.startswith("/admin/") and "invites" not in endpoint.path:
                path = endpoint.path.format(**{name: values.get(name, "999999") for name in endpoint.path_names})
                json = {"outcome": "dismissed"} if endpoint.name == "settle" else None
                content = photo() if endpoint.is_raw else None
                response = client.request(endpoint.method, path, json=json, content=content)
                assert response.status_code == 403, (endpoint.name, response.text)


def test_deleting_for_others_needs_the_scope_moderate(uvicorn, cast):
    message = post(cast["room"], cast["member"], "Spam")
    url = f"{uvicorn.url}/api/v1/messages/{message.pk}"
    for scopes, status in (((Scope.WRITE,), 403), ((Scope.WRITE, Scope.MODERATE), 204)):
        headers = {"authorization": f"Bearer {secret_of(cast['owner'], *scopes)}"}
        assert httpx.delete(url, headers=headers).status_code == status


@pytest.fixture(params=["public", "private"])
def people(request, transactional_db, everyone):
    """A room in which Bo has posted, and people who see it differently."""
    owner, bo = make_user("owner"), make_user("bo")
    room = make_room("Kitchen", owner=owner, kind=request.param)
    people = {name: make_member(room, make_user(name)) for name in ("member", "blocker", "banned", "former")}
    make_member(room, bo)
    people |= {"owner": owner, "stranger": make_user("stranger"), "staff": make_user("staff", is_superuser=True)}
    message = post(room, bo, "Hello everyone")
    block_person(user=people["blocker"], other=bo)
    ban_member(actor=owner, room=room, user=people["banned"])
    leave_room(user=people["former"], room=room)
    return room, message, people


def test_everyone_sees_what_they_see_in_the_page(uvicorn, people):
    room, message, users = people
    for name, user in users.items():
        page = httpx.Client(cookies={"sessionid": session_of(user)}, headers={"accept": "application/json"}, timeout=30)
        api = httpx.Client(headers={"authorization": f"Bearer {secret_of(user)}"}, timeout=30)
        with page, api:
            shown = page.get(f"{uvicorn.url}/rooms/{room.pk}/messages/")
            listed = api.get(f"{uvicorn.url}/api/v1/rooms/{room.pk}/messages")
            assert listed.status_code == shown.status_code, name
            assert listed.json().get("messages") == shown.json().get("messages"), name
            found = page.get(f"{uvicorn.url}/search/messages/?q=Hello").json()["messages"]
            assert api.get(f"{uvicorn.url}/api/v1/search?q=Hello").json()["messages"] == found, name
            is_seen = listed.status_code == 200 and bool(listed.json()["messages"])
            assert (api.get(f"{uvicorn.url}/api/v1/messages/{message.pk}").status_code == 200) == is_seen, name
            changes = api.get(f"{uvicorn.url}/api/v1/rooms/{room.pk}/changes?since=0")
            assert bool(changes.json().get("messages")) == is_seen, name
