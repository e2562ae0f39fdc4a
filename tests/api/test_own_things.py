"""The API for one's own things: the inbox, threads, bots, tokens, invites, and the webhooks of one's rooms."""

import pytest

from accounts.models import APIToken, Invitation
from integrations.outgoing.actions import create_webhook
from integrations.slash_commands.actions import create_command
from messaging.models import Message
from messaging.posting.actions import edit_message
from rooms.models import Membership
from tests.api.conftest import photo
from tests.factories import make_room, make_user, post


@pytest.fixture
def member(cast):
    return cast["member"]


@pytest.fixture
def api(connect, member):
    return connect(member)


# -- reading ------------------------------------------------------------------------------------------


def test_the_inbox_is_read_and_unread_again(api, cast, member):
    post(cast["room"], cast["owner"], "One")
    post(cast["room"], cast["owner"], "Two @member")
    [conversation] = api.get("/inbox").json()["conversations"]
    assert (conversation["room"]["id"], conversation["count"], conversation["mentions"]) == (cast["room"].pk, 2, [2])
    assert [each["body"] for each in conversation["messages"]] == ["Two @member"]
    undo = api.put("/inbox/read", json={"positions": [{"room": cast["room"].pk, "seq": 2}]}).json()
    assert undo == {"positions": [{"room": cast["room"].pk, "seq": 0, "mentions": []}]}
    assert api.get("/inbox").json() == {"conversations": [], "remaining": 0}
    assert api.put("/inbox/unread", json=undo).status_code == 204
    assert Membership.objects.get(user=member, room=cast["room"]).last_read_seq == 0


def test_undo_also_restores_mentions_that_edits_had_added(api, cast, member):
    message = post(cast["room"], cast["owner"], "Lunch?")
    position = {"room": cast["room"].pk, "seq": message.seq}
    api.put("/inbox/read", json={"positions": [position]})
    edit_message(actor=cast["owner"], message_id=message.pk, body="Lunch, @member?")
    undo = api.put("/inbox/read", json={"positions": [position]}).json()
    assert undo == {"positions": [{**position, "mentions": [message.seq]}]}
    assert api.get("/inbox").json()["conversations"] == []
    assert api.put("/inbox/unread", json=undo).status_code == 204
    [conversation] = api.get("/inbox").json()["conversations"]
    assert conversation["mentions"] == [message.seq]


def test_followed_threads_are_listed(api, connect, cast, member):
    root = post(cast["room"], member, "Lunch?")
    reply = post(cast["room"], cast["owner"], "Yes", reply_to_id=root.pk)
    [thread] = api.get("/threads").json()["threads"]
    assert (thread["root"]["id"], thread["newest"]["id"], thread["unread"]) == (root.pk, reply.pk, 1)
    assert connect(cast["stranger"]).get("/threads").json()["threads"] == []


def test_earlier_texts_are_listed(api, connect, cast, member):
    message = post(cast["room"], member, "Helo")
    edit_message(actor=member, message_id=message.pk, body="Hello")
    path = f"/messages/{message.pk}/history"
    assert [(each["number"], each["body"]) for each in api.get(path).json()["versions"]] == [(2, "Hello"), (1, "Helo")]
    assert api.get(path, params={"before": 1}).json() == {"versions": [], "next": None}
    assert connect(cast["stranger"]).get(path).status_code == 404


def test_the_first_message_of_a_time_is_found(api, cast, member):
    post(cast["room"], member, "Hello")
    path = f"/rooms/{cast['room'].pk}/first-message"
    assert api.get(path, params={"since": "2020-01-01T00:00:00Z"}).json() == {"seq": 1}
    assert api.get(path, params={"since": "2100-01-01T00:00:00+01:00"}).json() == {"seq": None}
    assert api.get(path, params={"since": "2100-01-01T00:00:00"}).json()["field"] == "since"


def test_drafts_are_listed(api, cast):
    api.put(f"/rooms/{cast['room'].pk}/draft", json={"body": "Later"})
    assert [each["body"] for each in api.get("/drafts").json()["drafts"]] == ["Later"]


def test_own_reports_are_listed(api, connect, cast):
    message = post(cast["room"], cast["owner"], "Spam")
    api.post(f"/messages/{message.pk}/reports", json={"reason": "Spam"})
    [report] = api.get("/me/reports").json()["reports"]
    assert (report["message"], report["outcome"]) == (message.pk, None)
    assert connect(cast["owner"]).get("/me/reports").json()["reports"] == []


def test_the_directory_shows_availability(api, cast):
    found = api.get("/directory/people?q=own").json()["people"]
    assert [(each["username"], each["availability"]) for each in found] == [("owner", "off")]
    assert api.get("/directory/people?active=now").json() == {"people": [], "next": None}


# -- rooms --------------------------------------------------------------------------------------------


def test_a_room_is_transferred(api, connect, cast, member):
    path = f"/rooms/{cast['room'].pk}/ownership"
    assert api.put(path, json={"user": cast["owner"].pk}).status_code == 403
    transferred = connect(cast["owner"]).put(path, json={"user": member.pk, "role": "member"}).json()
    assert (transferred["person"]["id"], transferred["role"]) == (member.pk, "owner")
    assert Membership.objects.get(user=cast["owner"], room=cast["room"]).role == "member"


def test_a_persons_messages_are_deleted(api, connect, cast, member):
    for text in ("One", "Two"):
        post(cast["room"], member, text)
    path = f"/rooms/{cast['room'].pk}/members/{member.pk}/messages"
    assert api.delete(path, params={"span": "all"}).status_code == 403
    assert connect(cast["owner"]).delete(path).json()["field"] == "span"
    assert connect(cast["owner"]).delete(path, params={"span": "day"}).json() == {"deleted": 2, "remaining": 0}
    assert not Message.objects.filter(deleted_at=None).exists()


# -- bots, tokens and invites -------------------------------------------------------------------------


def test_bots_are_created_changed_disabled_and_deleted(api, connect, cast):
    created = api.post("/bots", json={"username": "builds"})
    assert (created.status_code, created.json()["is_active"]) == (201, True)
    assert api.post("/bots", json={"username": "builds"}).json()["field"] == "username"
    path = f"/bots/{created.json()['id']}"
    assert api.patch(path, json={"name": "Build server"}).json()["username"] == "builds"
    assert api.put(f"{path}/avatar", content=photo()).json()["avatar"]
    assert api.delete(f"{path}/avatar").status_code == 204
    assert [api.put(f"{path}/suspension").status_code for _ in range(2)] == [204, 204]
    assert not api.get(path).json()["is_active"]
    assert api.delete(f"{path}/suspension").status_code == 204
    for client in (connect(cast["owner"]), connect(make_user("admin", is_staff=True, is_superuser=True))):
        assert client.get(path).status_code == client.delete(path).status_code == 404
    assert api.delete(path).status_code == 204
    assert api.get("/bots").json() == {"bots": []}


def test_tokens_are_listed_without_secrets_and_revoked(api, connect, cast, member):
    other = connect(member)
    [newest, oldest] = api.get("/tokens").json()["tokens"]
    assert (newest["holder"]["id"], newest["name"]) == (member.pk, "Test")
    assert len(newest["hint"]) == 4
    assert connect(cast["owner"]).delete(f"/tokens/{newest['id']}").status_code == 404
    assert api.delete(f"/tokens/{newest['id']}").status_code == 204
    assert other.get("/me").status_code == 401
    assert APIToken.objects.get(pk=oldest["id"]).revoked_at is None


def test_invites_are_created_accepted_and_revoked(api, connect, cast):
    room = make_room("Library", owner=cast["member"], kind="private")
    created = api.post("/invites", json={"room": room.pk, "max_uses": None}).json()
    assert "url" not in api.get("/invites").json()["invites"][0]  # with which a token could let people in
    stranger, code = connect(cast["stranger"]), created["url"].split("/")[-2]
    assert stranger.post("/join", json={"code": code}).status_code == 204
    assert stranger.get(f"/rooms/{room.pk}").json()["role"] == "member"
    assert stranger.post("/join", json={"code": code}).status_code == 409
    assert api.delete(f"/invites/{created['id']}").status_code == 204
    assert stranger.post("/join", json={"code": code}).status_code == 404
    assert Invitation.objects.get().uses == 1
    assert api.post("/invites", json={"expires_at": "2020-01-01T00:00:00Z"}).json()["field"] == "expires_at"


# -- webhooks -----------------------------------------------------------------------------------------


def test_incoming_webhooks_are_created_changed_and_deleted(uvicorn, connect, cast, api):
    owner, path = connect(cast["owner"]), f"/rooms/{cast['room'].pk}/webhooks"
    created = owner.post(path, json={"name": "Builds"}).json()
    hook = f"{path}/{created['id']}"
    assert owner.post(f"{uvicorn.url}{created['url']}", json={"text": "Done"}).text == "ok"
    renewed = owner.post(f"{hook}/url").json()["url"]
    assert owner.post(f"{uvicorn.url}{created['url']}", json={"text": "Done"}).status_code == 404
    assert owner.patch(hook, json={"name": "Server"}).json()["bot"]["name"] == "Server"
    assert not owner.patch(hook, json={"allows_alias": False}).json()["allows_alias"]
    assert owner.patch(hook, json={"name": " "}).json()["field"] == "name"
    assert not owner.delete(f"{hook}/enabled").json()["is_enabled"]
    assert owner.post(f"{uvicorn.url}{renewed}", json={"text": "Done"}).status_code == 404
    assert owner.put(f"{hook}/enabled").json()["is_enabled"]
    assert api.get(path).status_code == api.delete(hook).status_code == 403
    assert owner.delete(hook).status_code == 204
    assert owner.get(path).json() == {"webhooks": []}


def test_slash_commands_are_changed_switched_and_deleted(connect, cast, api):
    owner, path = connect(cast["owner"]), f"/rooms/{cast['room'].pk}/slash-commands"
    refused = owner.post(path, json={"name": "deploy", "bot": "answers", "url": "https://example.org/"})
    assert "SITE_URL" in refused.json()["detail"]  # the tests' site has none
    command, old = create_command(
        actor=cast["owner"],
        room=cast["room"],
        name="deploy",
        description="Deploy",
        argument_hint="",
        bot="answers",
        url="https://example.org/",
        dialect="chatsite",
        origin="https://x",
    )
    one = f"{path}/{command.pk}"
    assert connect(cast["member"]).get(path).status_code == 403
    assert connect(cast["stranger"]).get(path).status_code == 404
    changed = owner.patch(one, json={"name": "ship", "argument_hint": "[branch]"}).json()
    assert (changed["name"], changed["description"], changed["argument_hint"]) == ("ship", "Deploy", "[branch]")
    assert owner.patch(one, json={"name": "Who?"}).json()["field"] == "name"
    assert owner.patch(one, json={"url": "http://example.org/"}).json()["field"] == "url"
    assert owner.post(f"{one}/secret").json()["secret"] != old
    run, listed = f"/rooms/{cast['room'].pk}/commands", {"name": "ship", "description": "Deploy"}
    assert owner.get(run).json() == {"commands": [listed | {"argument_hint": "[branch]"}]}
    assert owner.delete(f"{one}/enabled").json()["is_enabled"] is False
    assert owner.get(run).json() == {"commands": []}
    assert owner.put(f"{one}/enabled").json()["is_enabled"] is True
    assert owner.delete(one).status_code == 204
    assert owner.get(path).json() == {"commands": []}


def test_outgoing_webhooks_are_switched_and_deleted(connect, cast, api):
    owner, path = connect(cast["owner"]), f"/rooms/{cast['room'].pk}/outgoing-webhooks"
    fields = {"bot": "answers", "url": "https://example.org/"}
    refused = owner.post(path, json=fields)
    assert "SITE_URL" in refused.json()["detail"]  # the tests' site has none
    webhook, old = create_webhook(
        actor=cast["owner"],
        room=cast["room"],
        trigger="mention",
        words="",
        dialect="slack",
        origin="https://x",
        **fields,
    )
    hook = f"{path}/{webhook.pk}"
    assert owner.patch(hook, json={"trigger": "words"}).json()["field"] == "words"
    assert owner.patch(hook, json={"trigger": "words", "words": "deploy"}).json()["dialect"] == "slack"
    assert owner.patch(hook, json={"url": "http://127.0.0.1/"}).json()["field"] == "url"
    assert owner.post(f"{hook}/secret").json()["secret"] != old
    assert not owner.delete(f"{hook}/enabled").json()["is_enabled"]
    assert owner.put(f"{hook}/enabled").json()["is_enabled"]
    assert owner.get(hook).json()["deliveries"] == []
    assert api.get(path).status_code == api.delete(hook).status_code == 403
    assert owner.delete(hook).status_code == 204
