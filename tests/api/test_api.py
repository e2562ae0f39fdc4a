"""The HTTP API: requests, errors, and the same results as in the live protocol."""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from accounts.auth.token_actions import revoke_token
from accounts.models import APIToken, Scope
from api import schemas
from api.endpoints import router
from api.openapi import document
from messaging.models import Attachment, Message
from rooms.blocking import block_person
from rooms.models import Membership, Room
from tests.api.conftest import QUERIES, furnish, secret_of
from tests.factories import make_member, make_room, make_user, post
from tests.live_client import LiveClient, session_of
from tests.server import run_site


@pytest.fixture
def owner(cast):
    return cast["owner"]


@pytest.fixture
def room(cast) -> Room:
    return cast["room"]


@pytest.fixture
def api(connect, owner) -> httpx.Client:
    return connect(owner)


# -- credentials --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer chatsite_" + "x" * 43},
        {"authorization": "Basic b3duZXI6c2VjcmV0"},
        {"authorization": "Bearer a b"},
        {"cookie": "sessionid=unknown"},
    ],
    ids=["none", "unknown", "basic", "two-words", "session"],
)
def test_requests_without_a_valid_secret_are_refused(connect, headers):
    response = connect(None, **headers).get("/rooms")
    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_revoked_token_ends_at_once(api, owner):
    assert api.get("/me").json()["username"] == "owner"
    revoke_token(actor=owner, token=APIToken.objects.get(user=owner))
    assert api.get("/me").status_code == 401


def test_a_session_can_read_and_its_own_page_can_write(uvicorn, connect, cast, room):
    client = connect(None, cookie=f"sessionid={session_of(cast['member'])}")
    assert client.get(f"/rooms/{room.pk}").json()["name"] == "Kitchen"
    own = client.post(f"/rooms/{room.pk}/messages", json={"body": "Hi"}, headers={"origin": uvicorn.url})
    assert own.status_code == 201


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}], ids=["no-origin", "other-site"])
def test_other_sites_cannot_write_with_the_users_cookie(connect, cast, room, headers):
    client = connect(None, cookie=f"sessionid={session_of(cast['member'])}", **headers)
    response = client.post(f"/rooms/{room.pk}/messages", json={"body": "Hi"})
    assert response.status_code == 403
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "needed"),
    [
        ("GET", "/rooms", None, "read"),
        ("POST", "/rooms/{room}/messages", {"body": "Hi"}, "write"),
        ("PUT", "/rooms/{room}/archive", {}, "moderate"),
    ],
    ids=["read", "write", "moderate"],
)
def test_tokens_need_the_scope(connect, owner, room, method, path, body, needed):
    others = {"read", "write", "files", "moderate"} - {needed}
    path = path.format(room=room.pk)
    refused = connect(owner, *others).request(method, path, json=body)
    assert refused.status_code == 403
    assert f"scope “{needed}”" in refused.json()["detail"]
    assert connect(owner, needed).request(method, path, json=body).is_success


# -- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "field"),
    [
        ("POST", "/rooms/{room}/messages", b'{"body": 1}', 400, "body"),
        ("POST", "/rooms/{room}/messages", b'{"body": ""}', 400, "body"),
        ("POST", "/rooms/{room}/messages", b'{"text": "Hi"}', 400, "text"),
        ("POST", "/rooms/{room}/messages", b'{"body": "Hi", "room": 3}', 400, "room"),
        ("POST", "/rooms/{room}/messages", b'{"body": "Hi", "ref": "1"}', 400, "ref"),
        ("POST", "/rooms/{room}/messages", b'{"body": "a\\u0000"}', 400, "body"),
        ("POST", "/rooms/{room}/messages", b'{"body": "Hi", "client_id": "x"}', 400, "client_id"),
        ("POST", "/rooms/{room}/messages", b"[]", 400, "body"),
        ("POST", "/rooms/{room}/messages", b"{", 400, "body"),
        ("POST", "/rooms/{room}/messages", b'{"a":' * 5_000, 400, "body"),
        ("POST", "/rooms/{room}/messages", b"\xff", 400, "body"),
        ("POST", "/rooms/{room}/messages", b'{"body": "%s"}' % (b"a" * 8_001), 413, "body"),
        ("POST", "/rooms/{room}/messages", b'{"body": "%s"}' % (b"a" * 70_000), 413, None),
        ("GET", "/rooms/{room}/messages?before=x", None, 400, "before"),
        ("GET", "/rooms/{room}/messages?before=-1", None, 400, "before"),
        ("GET", "/rooms/{room}/messages?before=99999999999999999999", None, 400, "before"),
        ("GET", "/rooms/{room}/messages?before=1&before=2", None, 400, "before"),
        ("GET", "/rooms/{room}/messages?before=1&after=2", None, 400, "before"),
        ("GET", "/rooms/{room}/messages?limit=51", None, 400, "limit"),
        ("GET", "/rooms/{room}/messages?from=1", None, 400, "from"),
        ("GET", "/rooms/{room}/messages?before=%ff", None, 400, "query"),
        ("GET", "/rooms/{room}/messages", b'{"limit": 1}', 400, "limit"),
        ("DELETE", "/rooms/{room}/members/1/messages", b'{"span": "hour"}', 400, "span"),
        ("GET", "/rooms/%00/messages", None, 400, "room"),
        ("GET", "/rooms/0", None, 400, "room"),
        ("GET", "/rooms/999999", None, 404, None),
        ("GET", "/nothing", None, 404, None),
        ("PUT", "/rooms", None, 405, None),
        ("GET", "/search", None, 400, "q"),
        ("GET", "/search?q=a%00b", None, 400, "q"),
        ("GET", "/events?after=nonsense", None, 400, "after"),
        ("GET", "/events?after=eJwDAAAAAAE", None, 400, "after"),
        ("POST", "/conversations", b'{"users": []}', 400, "users"),
        ("POST", "/conversations", b'{"users": [999999]}', 404, "users"),
        ("PATCH", "/me", b'{"status": "gone"}', 400, "status"),
        ("POST", "/rooms", b"{}", 400, "name"),
    ],
)  # fmt: skip
def test_errors_name_the_field(api, room, method, path, content, status, field):
    headers = {"content-type": "application/json"}
    response = api.request(method, path.format(room=room.pk), content=content, headers=headers)
    assert response.status_code == status, response.text
    error = msgspec.json.decode(response.content, type=schemas.Error)
    assert error.detail
    assert (error.field or None) == field


def test_a_body_must_be_json(api, room):
    response = api.post(f"/rooms/{room.pk}/messages", data={"body": "Hi"})
    assert response.status_code == 415


def test_wrong_methods_name_the_allowed_ones(api, room):
    assert api.put("/rooms").headers["allow"] == "HEAD, GET, POST"


def test_strangers_learn_nothing_of_a_room(connect, cast, room):
    message = post(room, cast["member"], "Secret")
    stranger = connect(cast["stranger"])
    for path in (f"/rooms/{room.pk}", f"/rooms/{room.pk}/messages", f"/messages/{message.pk}"):
        unknown = stranger.get(path.replace(str(room.pk), "999999") if "rooms" in path else "/messages/999999")
        assert stranger.get(path).status_code == unknown.status_code == 404
        assert stranger.get(path).content == unknown.content


# -- messages -----------------------------------------------------------------------------------------


def test_a_repeated_post_is_stored_once(api, room):
    body = {"body": "Hello", "client_id": str(uuid.uuid4())}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: api.post(f"/rooms/{room.pk}/messages", json=body), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["message"]["id"] for answer in answers}) == 1
    assert Message.objects.count() == 1
    other = api.post(f"/rooms/{room.pk}/messages", json=body | {"body": "Other"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


def test_a_post_reaches_pages_and_they_read_the_same(uvicorn, api, cast, room):
    with LiveClient(uvicorn, cast["member"]) as page:
        posted = api.post(f"/rooms/{room.pk}/messages", json={"body": "**Hello** @member"}).json()["message"]
        event = page.wait_for("message.posted")
        assert event["message"] == {name: value for name, value in posted.items() if name != "client_id"}
    assert api.get(f"/messages/{posted['id']}").json() == posted
    assert api.get(f"/rooms/{room.pk}/messages").json()["messages"] == [posted]


def test_a_message_is_edited_reacted_to_pinned_and_deleted(api, room):
    path = f"/messages/{api.post(f'/rooms/{room.pk}/messages', json={'body': 'Helo'}).json()['message']['id']}"
    edited = api.patch(path, json={"body": "Hello", "edited_at": None})
    assert edited.json()["body"] == "Hello"
    assert api.patch(path, json={"body": "Bye", "edited_at": None}).status_code == 409
    assert api.put(f"{path}/reactions/👍🏽").status_code == 204
    assert api.put(f"{path}/reactions/x").status_code == 400
    assert [each["emoji"] for each in api.get(path).json()["reactions"]] == ["👍🏽"]
    assert api.get(f"{path}/reactions").json()["reactions"][0]["people"][0]["username"] == "owner"
    assert api.delete(f"{path}/reactions/👍🏽").status_code == 204
    assert api.put(f"{path}/pin").status_code == 204
    assert len(api.get(f"/rooms/{room.pk}/pins").json()["messages"]) == 1
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert "body" not in api.get(f"/rooms/{room.pk}/messages").json()["messages"][0]


def test_blocked_people_are_left_out(api, cast, room):
    post(room, cast["member"], "Hello")
    block_person(user=cast["owner"], other=cast["member"])
    assert api.get(f"/rooms/{room.pk}/messages").json()["messages"] == []
    assert api.get(f"/rooms/{room.pk}/changes?since=0").json()["messages"] == []
    assert api.get("/search?q=Hello").json()["messages"] == []


def test_an_unchanged_result_is_not_sent_again(api, room, cast):
    first = api.get(f"/rooms/{room.pk}/messages")
    again = api.get(f"/rooms/{room.pk}/messages", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    post(room, cast["member"], "Hello")
    changed = api.get(f"/rooms/{room.pk}/messages", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


def test_head_returns_the_headers_only(api):
    response = api.head("/rooms")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 2


# -- rooms and people ---------------------------------------------------------------------------------


def test_a_room_is_created_changed_and_deleted(api, cast):
    created = api.post("/rooms", json={"name": "Garden", "topic": "Plants"})
    assert (created.status_code, created.json()["role"]) == (201, "owner")
    path = f"/rooms/{created.json()['id']}"
    assert api.post("/rooms", json={"name": "garden"}).status_code == 400
    changed = api.patch(path, json={"topic": "Flowers", "slow_seconds": 5, "is_read_only": True}).json()
    assert (changed["topic"], changed["slow_seconds"], changed["is_read_only"]) == ("Flowers", 5, True)
    added = api.post(f"{path}/members", json={"users": [cast["member"].pk]}).json()
    assert added == {"users": [cast["member"].pk], "refused": []}
    assert [each["role"] for each in api.get(f"{path}/members").json()["members"]] == ["owner", "member"]
    assert api.patch(f"{path}/members/{cast['member'].pk}", json={"role": "moderator"}).json()["role"] == "moderator"
    assert api.delete(f"{path}/members/{cast['member'].pk}").status_code == 204
    assert api.put(f"{path}/bans/{cast['member'].pk}", json={"reason": "Spam"}).json()["until"] is None
    assert [each["reason"] for each in api.get(f"{path}/bans").json()["bans"]] == ["Spam"]
    assert api.delete(f"{path}/bans/{cast['member'].pk}").status_code == 204
    assert api.put(f"{path}/archive").json()["archived_at"]
    assert api.delete(f"{path}/archive").json()["archived_at"] is None
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_change_is_made_completely_or_not_at_all(uvicorn, connect, owner, room):
    client = connect(owner)
    for path, valid, invalid in [
        (f"/rooms/{room.pk}", {"name": "Cellar"}, {"slow_seconds": -1}),
        ("/me", {"name": "Somebody else"}, {"status_text": "a" * 1_000}),
        ("/me/settings", {"theme": "dark"}, {"language": "tlh"}),
        ("/me/notifications", {"sound": "none", "push": False}, {"keywords": ["a"] * 50}),
    ]:
        before = client.get(path).json()
        refused = client.patch(path, json=valid | invalid)
        assert (refused.status_code, refused.json().get("field")) == (400, *invalid), (path, refused.text)
        assert client.get(path).json() == before, path
    with LiveClient(uvicorn, owner) as page:
        client.patch(f"/rooms/{room.pk}", json={"name": "Cellar", "slow_seconds": 5})
        assert page.wait_for("room.updated")["room"]["name"] == "Cellar"


def test_someone_joins_browses_and_leaves(connect, cast):
    room = make_room("Library", owner=cast["owner"])
    stranger = connect(cast["stranger"])
    found = stranger.get("/directory/rooms?q=lib").json()
    assert [(each["name"], each["role"]) for each in found["rooms"]] == [("Library", None)]
    assert stranger.put(f"/rooms/{room.pk}/membership").json()["role"] == "member"
    assert room.pk in [each["id"] for each in stranger.get("/rooms").json()["rooms"]]
    assert stranger.delete(f"/rooms/{room.pk}/membership").status_code == 204
    assert not Membership.objects.filter(room=room, user=cast["stranger"]).exists()


def test_a_conversation_is_opened_once(api, cast):
    users = {"users": [cast["member"].pk, cast["stranger"].pk]}
    first, again = (api.post("/conversations", json=users).json() for _ in range(2))
    assert first["id"] == again["id"]
    assert first["kind"] == "group"


def test_a_profile_changes_only_where_asked(api):
    assert api.patch("/me", json={"status_text": "At lunch"}).json()["status_text"] == "At lunch"
    renamed = api.patch("/me", json={"name": "Olivia"}).json()
    assert (renamed["name"], renamed["status_text"]) == ("Olivia", "At lunch")
    assert api.patch("/me", json={"status_text": "x" * 81}).json()["field"] == "status_text"


def test_people_are_found_blocked_and_muted(api, cast):
    assert [each["username"] for each in api.get("/people?q=mem").json()["people"]] == ["member"]
    path = f"/people/{cast['member'].pk}"
    for relation in ("block", "mute"):
        assert api.put(f"{path}/{relation}").status_code == 204
        assert api.delete(f"{path}/{relation}").status_code == 204


# -- files, saved and scheduled messages, moderation --------------------------------------------------


def test_a_file_is_uploaded_posted_and_downloaded(uvicorn, api, connect, cast, room):
    uploaded = api.post(f"/rooms/{room.pk}/files", params={"name": "notes.txt"}, content=b"Hello\nthere")
    assert uploaded.status_code == 201, uploaded.text
    file = uploaded.json()
    assert (file["name"], file["kind"], file["size"]) == ("notes.txt", "text", 11)
    assert connect(cast["member"]).get(f"/files/{file['id']}").status_code == 404  # not posted yet
    posted = api.post(f"/rooms/{room.pk}/messages", json={"attachments": [file["id"]]}).json()["message"]
    assert posted["attachments"] == [file]
    listed = connect(cast["member"]).get(f"/rooms/{room.pk}/files?kind=text&q=note").json()
    assert [each["id"] for each in listed["files"]] == [file["id"]]
    assert api.put(f"/files/{file['id']}/alt", json={"alt": "My notes"}).json() == {"alt": "My notes"}


@pytest.mark.parametrize(
    ("query", "headers", "content", "status", "field"),
    [
        ("", {}, b"x", 400, "name"),
        ("?name=a.txt", {"transfer-encoding": "chunked"}, b"1\r\nx\r\n0\r\n\r\n", 411, None),
        ("?name=a.txt&size=3", {}, b"x", 400, "size"),
    ],
    ids=["no-name", "no-length", "unknown"],
)
def test_uploads_name_what_is_missing(uvicorn, owner, room, query, headers, content, status, field):
    connection = http.client.HTTPConnection("127.0.0.1", uvicorn.port, timeout=30)
    headers = {"authorization": f"Bearer {secret_of(owner)}", **headers}
    connection.request("POST", f"/api/v1/rooms/{room.pk}/files{query}", body=content, headers=headers)
    response = connection.getresponse()
    assert response.status == status
    assert json.loads(response.read()).get("field") == field


def test_a_stranger_cannot_upload(connect, cast, room):
    response = connect(cast["stranger"]).post(f"/rooms/{room.pk}/files?name=a.txt", content=b"x")
    assert response.status_code == 404
    assert not Attachment.objects.exists()


def test_messages_are_saved_with_reminders(api, cast, room):
    path = f"/messages/{post(room, cast['member']).pk}"
    assert api.put(f"{path}/saved").status_code == 204
    at = "2100-01-01T09:00:00.000Z"
    assert api.put(f"{path}/reminder", json={"at": at}).json()["field"] == "at"  # more than a year away
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    assert api.put(f"{path}/reminder", json={"at": soon}).status_code == 204
    [saved] = api.get("/saved?reminders=true").json()["saved"]
    assert saved["remind_at"] and saved["message"]["body"] == "Hello"
    assert api.delete(f"{path}/reminder").status_code == 204
    assert api.delete(f"{path}/saved").status_code == 204
    assert api.get("/saved").json() == {"saved": [], "next": None}


def test_messages_are_scheduled_once_and_sent(api, room):
    at = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"body": "Tomorrow", "at": at, "client_id": str(uuid.uuid4())}
    answers = [api.post(f"/rooms/{room.pk}/scheduled", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    [scheduled] = api.get("/scheduled").json()["scheduled"]
    assert (scheduled["body"], scheduled["problem"]) == ("Tomorrow", None)
    path = f"/scheduled/{body['client_id']}"
    assert api.put(path, json={"body": "Today", "at": at}).json()["body"] == "Today"
    assert api.post(f"{path}/delivery").status_code == 204
    assert api.get(f"/rooms/{room.pk}/messages").json()["messages"][0]["body"] == "Today"
    assert api.delete(path).status_code == 409  # it was sent


def test_a_message_is_reported_and_deleted_by_a_moderator(api, connect, cast, room):
    message = post(room, cast["member"], "Spam")
    assert api.post(f"/messages/{message.pk}/reports", json={"reason": "Spam"}).status_code == 201
    deletion = api.post(f"/messages/{message.pk}/deletion")
    assert deletion.status_code == 202
    assert connect(cast["member"]).delete(f"/deletions/{deletion.json()['deletion']}").status_code == 404
    assert api.delete(f"/deletions/{deletion.json()['deletion']}").status_code == 204
    again = api.post(f"/messages/{message.pk}/deletion").json()["deletion"]
    assert api.post(f"/deletions/{again}").status_code == 204
    assert api.get(f"/rooms/{room.pk}/messages").json()["messages"][0]["deleted_at"]


# -- both doors ---------------------------------------------------------------------------------------


def test_the_socket_sends_what_the_api_describes(uvicorn, api, owner, room, cast):
    """The live protocol's rooms, profiles and messages have exactly the fields of the API's structures."""
    message = post(room, cast["member"], "Hello @owner")
    post(room, owner, "Reply", reply_to_id=message.pk)
    make_member(make_room(owner=make_user()), owner)
    with LiveClient(uvicorn, owner) as page:
        welcome = page.welcome
        changes = page.call("sync", rooms={str(room.pk): 0})
        assert changes["type"] == "ok"
        event = page.wait_for("room.changes")
    msgspec.convert(welcome["user"], schemas.OwnProfile)
    rooms = msgspec.convert(welcome["rooms"], list[schemas.Room])
    assert [each.id for each in rooms] == [each["id"] for each in api.get("/rooms").json()["rooms"]]
    messages = msgspec.convert(event["messages"], list[schemas.Message])
    assert len(messages) == 2
    assert event["messages"] == api.get(f"/rooms/{room.pk}/changes?since=0").json()["messages"]


def test_results_match_their_description(api, connect, owner, room, cast):
    """Every GET endpoint returns exactly the structure that it declares."""
    admin, values = furnish(cast)
    administrator = connect(admin, *Scope)
    api.put(f"/rooms/{room.pk}/draft", json={"body": "Later"})
    checked = 0
    for endpoint in router.endpoints:
        if endpoint.method == "GET":
            client = administrator if endpoint.scope == Scope.ADMIN else api
            values["webhook"] = values["outgoing" if "outgoing" in endpoint.path else "incoming"]
            response = client.get(endpoint.path.format(**values) + QUERIES.get(endpoint.path, ""))
            assert response.status_code == 200, (endpoint.path, response.text)
            msgspec.json.decode(response.content, type=endpoint.returns)
            checked += 1
    assert checked > 50


def test_limits_are_in_the_headers(connect, cast, tmp_path_factory, everyone):
    with run_site(
        "uvicorn", connection.settings_dict["NAME"], tmp_path_factory.mktemp("limited"), CHAT_RATE="1", CHAT_BURST="3"
    ) as site:
        client = connect(cast["owner"], site=site)
        answers = [client.get("/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"user";q=3;w=3'
    assert answers[0].headers["ratelimit"].startswith('"user";r=2')
    assert answers[3].headers["retry-after"] == "1"


def test_anyone_can_read_the_description(connect):
    response = connect(None).get("/openapi.json")
    assert response.json() == document()


def test_a_request_that_arrives_several_times_at_once_creates_one(connect, cast):
    api, body = connect(cast["owner"]), {"name": "Alerts", "client_id": str(uuid.uuid4())}
    path = f"/rooms/{cast['room'].pk}/webhooks"
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _number: api.post(path, json=body), range(16)))
    assert {each.status_code for each in responses} == {201}
    assert len([each for each in responses if each.json()["url"]]) == 1
    assert {each.json()["id"] for each in responses} == {each["id"] for each in api.get(path).json()["webhooks"]}
    assert api.post(path, json=body | {"name": "Others"}).status_code == 409
    assert api.post(path, json={"name": "Alerts"}).json()["id"] != responses[0].json()["id"]
