"""The live protocol from outside: commands, error codes and abuse, on both servers."""

import json
import time
import uuid

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from accounts.models import Connection, ServerProcess
from rooms import actions
from rooms.models import Membership, Room
from tests.factories import make_member, make_room, make_user, post
from tests.live_client import LiveClient, session_of

WAIT = 30


@pytest.fixture
def ana(everyone):
    return make_member(everyone, make_user("ana"))


@pytest.fixture
def mira(everyone):
    return make_member(everyone, make_user("mira"))


def new_post(room: Room, body: str = "Hello") -> dict:
    return {"room": room.pk, "body": body, "client_id": str(uuid.uuid4())}


def closed_with(client: LiveClient) -> int | None:
    """Read until the connection closes. Return the close code, or None if the connection was dropped."""
    try:
        while True:
            client.socket.recv(timeout=WAIT)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None


class TestHandshake:
    def test_without_a_session_the_handshake_is_refused(self, site):
        with pytest.raises(InvalidStatus) as refused:
            LiveClient(site)
        assert refused.value.response.status_code == 403

    def test_ended_session_is_refused(self, site, ana):
        from django.contrib.sessions.models import Session

        cookie = session_of(ana)
        Session.objects.all().delete()
        with pytest.raises(InvalidStatus) as refused:
            LiveClient(site, session=cookie)
        assert refused.value.response.status_code == 403

    def test_suspended_person_is_refused(self, site, ana):
        cookie = session_of(ana)
        ana.is_active = False
        ana.save()
        with pytest.raises(InvalidStatus):
            LiveClient(site, session=cookie)

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "http://127.0.0.1:1",
            "http://localhost.evil.example",
            "null",
            "https://127.0.0.1:{port}",
            "http://[",
            "http://127.0.0.1:99999",
        ],
    )
    def test_foreign_origin_is_refused(self, site, ana, origin):
        with pytest.raises(InvalidStatus) as refused:
            LiveClient(site, ana, origin=origin.format(port=site.port))
        assert refused.value.response.status_code in (400, 403)  # Daphne responds with 400 to an invalid origin

    def test_welcome_contains_rooms_people_and_limits(self, site, ana, mira, everyone):
        post(everyone, mira)
        with LiveClient(site, ana) as client:
            welcome = client.welcome
        assert welcome["protocol"] == 1
        assert welcome["user"]["username"] == "ana"
        assert welcome["limits"]["body"] == 8000
        assert ana.pk in welcome["online"]
        [room] = welcome["rooms"]
        assert {key: room[key] for key in ("id", "slug", "name", "kind", "version", "last_seq", "last_read_seq", "unread")} == {
            "id": everyone.pk, "slug": "everyone", "name": "Everyone", "kind": "public",
            "version": 1, "last_seq": 1, "last_read_seq": 0, "unread": 1,
        }  # fmt: skip


class TestPosting:
    def test_post_is_acknowledged_and_received_by_all_with_client_id_for_the_sender_alone(
        self, site, ana, mira, everyone
    ):
        with LiveClient(site, ana) as one, LiveClient(site, ana) as tab, LiveClient(site, mira) as other:
            fields = new_post(everyone, "Hello **all**")
            ok = one.call("message.post", **fields)
            assert ok["type"] == "ok"
            stored = ok["message"]
            assert stored["client_id"] == fields["client_id"]
            assert (stored["seq"], stored["version"], stored["html"]) == (1, 1, "<p>Hello <strong>all</strong></p>")
            received = other.wait_for("message.posted")
            assert (received["room"], received["version"]) == (everyone.pk, 1)
            assert "client_id" not in received["message"]
            assert received["message"] == {key: value for key, value in stored.items() if key != "client_id"}
            for own in (one, tab):
                assert own.wait_for("message.posted")["message"] == stored

    def test_ok_precedes_the_event(self, site, ana, everyone):
        with LiveClient(site, ana) as client:
            client.send("message.post", **new_post(everyone))
            order = []
            while len(order) < 2:
                order += [
                    event["type"]
                    for event in json.loads(client.socket.recv(timeout=WAIT))
                    if event["type"] != "presence"
                ]
            assert order == ["ok", "message.posted"]

    def test_many_posts_in_flight_keep_their_order(self, site, ana, mira, everyone):
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            refs = [client.send("message.post", **new_post(everyone, f"Number {n}")) for n in range(1, 101)]
            assert [client.response_to(ref)["message"]["seq"] for ref in refs] == list(range(1, 101))
            received = [other.wait_for("message.posted") for _ in range(100)]
            assert [event["version"] for event in received] == list(range(1, 101))
            assert [event["message"]["body"] for event in received] == [f"Number {n}" for n in range(1, 101)]

    def test_repeated_post_is_the_same_message_and_not_published_again(self, site, ana, mira, everyone):
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            fields = new_post(everyone)
            first, again = client.call("message.post", **fields), client.call("message.post", **fields)
            assert first["message"] == again["message"]
            other.wait_for("message.posted")
            assert [event["type"] for event in other.settle() if event["type"] == "message.posted"] == []

    def test_reply_contains_a_quote(self, site, ana, everyone):
        with LiveClient(site, ana) as client:
            first = client.post(everyone.pk, "What   time\nis it?")
            reply = client.post(everyone.pk, "Three", reply_to=first["id"])
            assert reply["reply_to"]["excerpt"] == "What time is it?"
            assert (reply["reply_to"]["id"], reply["reply_to"]["seq"]) == (first["id"], 1)


class OnOneServer:
    """Commands are handled identically by all servers, so one is enough."""

    @pytest.fixture
    def site(self, uvicorn):
        return uvicorn


class TestChanging(OnOneServer):
    def test_edits_and_deletions_are_received_in_order(self, site, ana, mira, everyone):
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            message = client.post(everyone.pk, "Helo")
            edited = client.call("message.edit", message=message["id"], body="Hello")["message"]
            assert edited["edited_at"]
            assert client.call("message.delete", message=message["id"])["type"] == "ok"
            changes = [other.wait_for("message.changed") for _ in range(2)]
            assert [event["version"] for event in changes] == [2, 3]
            assert changes[0]["message"]["body"] == "Hello"
            assert changes[1]["message"]["deleted_at"]
            assert not {"body", "html", "attachments"} & set(changes[1]["message"])

    def test_reading_notifies_ones_other_tabs_and_nobody_else(self, site, ana, mira, everyone):
        post(everyone, mira)
        with LiveClient(site, ana) as client, LiveClient(site, ana) as tab, LiveClient(site, mira) as other:
            assert client.call("room.read", room=everyone.pk, seq=1)["type"] == "ok"
            assert tab.wait_for("room.read")["seq"] == 1
            assert "room.read" not in [event["type"] for event in other.settle()]
        assert Membership.objects.get(user=ana, room=everyone).last_read_seq == 1

    def test_marking_as_unread_notifies_all_ones_tabs_and_nobody_else(self, site, ana, mira, everyone):
        for _ in range(3):
            post(everyone, mira)
        with LiveClient(site, ana) as client, LiveClient(site, ana) as tab, LiveClient(site, mira) as other:
            client.call("room.read", room=everyone.pk, seq=3)
            assert client.call("room.unread", room=everyone.pk, seq=2)["type"] == "ok"
            for page in (client, tab):
                event = page.wait_for("room.unread")
                assert (event["room"], event["seq"]) == (everyone.pk, 2)
            assert client.call("room.read", room=everyone.pk, seq=3, known=3)["type"] == "ok"
            assert "room.unread" not in [event["type"] for event in other.settle()]
        assert Membership.objects.get(user=ana, room=everyone).last_read_seq == 1

    def test_a_read_that_was_under_way_does_not_undo_marking_as_unread(self, site, ana, mira, everyone):
        for _ in range(3):
            post(everyone, mira)
        read = {"room": everyone.pk, "seq": 3}
        with LiveClient(site, ana) as client, LiveClient(site, ana) as device:
            assert client.welcome["rooms"][0]["marked_unread_at"] is None
            assert client.call("room.read", **read)["last_read_seq"] == 3
            assert device.call("room.unread", room=everyone.pk, seq=2)["last_read_seq"] == 1
            for known in ({}, {"known": 0}, {"marked_unread_at": None}):
                assert client.call("room.read", **read, **known)["last_read_seq"] == 1
            marked_at = client.wait_for("room.unread")["marked_unread_at"]
            assert client.call("room.read", **read, marked_unread_at=marked_at)["last_read_seq"] == 3
            device.call("room.unread", room=everyone.pk, seq=2)
            assert device.call("room.read", **read)["last_read_seq"] == 3  # after its own mark, on the same connection

    def test_read_marker_never_goes_back_or_past_the_end(self, site, ana, everyone):
        for _ in range(3):
            post(everyone, ana)
        with LiveClient(site, ana) as client:
            for seq in (2, 1, 10**9):
                assert client.call("room.read", room=everyone.pk, seq=seq)["type"] == "ok"
        assert Membership.objects.get(user=ana, room=everyone).last_read_seq == 3

    def test_typing_is_received_and_has_no_reply(self, site, ana, mira, everyone):
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            client.send("room.typing", room=everyone.pk)
            assert other.wait_for("room.typing") == {
                "type": "room.typing",
                "room": everyone.pk,
                "user": ana.pk,
                "person": {"id": ana.pk, "username": ana.username, "name": ana.name, "avatar": None},
            }
            assert "ok" not in [event["type"] for event in client.settle()]

    def test_presence_comes_and_goes(self, site, ana, mira):
        with LiveClient(site, ana) as client:
            with LiveClient(site, mira):
                while mira.pk not in client.wait_for("presence")["online"]:
                    pass
            while mira.pk not in client.wait_for("presence")["offline"]:
                pass


class TestSync(OnOneServer):
    def test_sync_returns_missed_messages_once_in_their_newest_state(self, site, ana, mira, everyone):
        first = post(everyone, ana, "one")
        with LiveClient(site, mira) as other:
            second = other.post(everyone.pk, "two")
            other.call("message.edit", message=second["id"], body="two!")
            other.call("message.delete", message=second["id"])
        with LiveClient(site, ana) as client:
            ref = client.send("sync", rooms={str(everyone.pk): 0})
            changes = client.wait_for("room.changes")
            assert client.response_to(ref)["type"] == "ok"
        assert (changes["room"], changes["since"], changes["version"]) == (everyone.pk, 0, 4)
        assert (changes["more"], changes["reset"]) == (False, False)
        assert [(m["id"], m["version"]) for m in changes["messages"]] == [(first.pk, 1), (second["id"], 4)]
        assert changes["messages"][0]["client_id"] == str(first.client_id)
        assert "client_id" not in changes["messages"][1]

    def test_sync_resets_a_client_that_is_ahead(self, site, ana, everyone):
        with LiveClient(site, ana) as client:
            client.send("sync", rooms={str(everyone.pk): 77})
            assert client.wait_for("room.changes")["reset"] is True

    def test_sync_reports_private_and_absent_rooms_alike(self, site, ana, mira):
        private = make_room(owner=mira, kind="private")
        with LiveClient(site, ana) as client:
            client.send("sync", rooms={str(private.pk): 0, "999999": 0})
            answers = [client.wait_for("room.left") for _ in range(2)]
        assert [{**answer, "room": None} for answer in answers] == [
            {"type": "room.left", "room": None, "reason": "removed"}
        ] * 2

    def test_cleared_room_stays_cleared_in_a_sync(self, site, ana, everyone):
        from messaging.posting.actions import clear_history

        post(everyone, ana)
        clear_history(user=ana, room_id=everyone.pk)
        with LiveClient(site, ana) as client:
            client.send("sync", rooms={str(everyone.pk): 0})
            assert client.wait_for("room.changes")["messages"] == []


class TestRooms(OnOneServer):
    """Changes by another process that shares only the database with the server."""

    def test_new_room_arrives_within_five_seconds_and_is_live(self, site, ana, mira):
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            room = actions.create_room(owner=ana, name="Launch")
            joined = client.wait_for("room.joined")
            assert (joined["room"]["id"], joined["room"]["role"]) == (room.pk, "owner")
            client.post(room.pk, "First")
            assert client.wait_for("message.posted")["room"] == room.pk
            assert [e["type"] for e in other.settle() if e["type"].startswith(("room.", "message."))] == []

    def test_renamed_archived_and_deleted_room_is_announced(self, site, ana):
        room = make_room("Launch", owner=ana)
        with LiveClient(site, ana) as client:
            actions.update_room(actor=None, room=room, name="Landing")
            assert client.wait_for("room.updated")["room"]["name"] == "Landing"
            actions.archive_room(actor=None, room=room)
            assert client.wait_for("room.updated")["room"]["archived_at"]
            assert client.call("message.post", **new_post(room))["code"] == "archived"
            actions.delete_room(actor=None, room=room)
            assert client.wait_for("room.left") == {"type": "room.left", "room": room.pk, "reason": "deleted"}

    def test_removed_member_receives_nothing(self, site, ana, mira):
        room = make_room("Launch", owner=ana, kind="private")
        make_member(room, mira)
        with LiveClient(site, ana) as client, LiveClient(site, mira) as other:
            actions.remove_member(actor=ana, room=room, user=mira)
            assert other.wait_for("room.left")["room"] == room.pk
            client.post(room.pk, "Between us")
            assert "message.posted" not in [event["type"] for event in other.settle()]
            assert other.call("message.post", **new_post(room))["code"] == "not_found"

    def test_message_stored_by_another_process_is_received(self, site, ana, everyone):
        with LiveClient(site, ana) as client:
            client.settle()
            stored = post(everyone, ana, "From elsewhere")
            changes = client.wait_for("room.changes")
            assert [message["id"] for message in changes["messages"]] == [stored.pk]
            assert client.post(everyone.pk, "From here")["version"] == 2
            assert client.wait_for("message.posted")["version"] == 2

    def test_former_superuser_has_no_rights_on_an_open_socket(self, site, ana, mira, everyone):
        hers = post(everyone, mira, "Mine")
        ana.is_superuser = True
        ana.save()
        with LiveClient(site, ana) as client:
            ana.is_superuser = False
            ana.save()
            assert client.call("message.delete", message=hers.pk)["code"] == "forbidden"

    def test_person_taken_for_offline_is_announced_again(self, site, ana):
        with LiveClient(site, ana) as client:
            while ana.pk not in client.welcome["online"] + client.wait_for("presence")["online"]:
                pass
            ServerProcess.objects.all().delete()  # like another process after a long time without a heartbeat
            deadline = time.monotonic() + WAIT
            while not Connection.objects.filter(user=ana).exists():
                assert time.monotonic() < deadline
                client.call("ping")

    def test_suspension_closes_the_socket(self, site, ana):
        with LiveClient(site, ana) as client:
            ana.is_active = False
            ana.save()
            assert closed_with(client) == 4401


UUID = "7b0c3a52-6d0e-4f57-9b1c-0a6f2f5a7c11"
BAD_FIELDS = [
    ("message.post", {"client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": None, "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": "1", "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": 1.5, "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": True, "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": 2**70, "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": -1, "client_id": UUID, "body": "x"}, "room"),
    ("message.post", {"room": 1, "body": "x"}, "client_id"),
    ("message.post", {"room": 1, "client_id": None, "body": "x"}, "client_id"),
    ("message.post", {"room": 1, "client_id": "not a uuid", "body": "x"}, "client_id"),
    ("message.post", {"room": 1, "client_id": "x" * 9000, "body": "x"}, "client_id"),
    ("message.post", {"room": 1, "client_id": UUID}, "body"),
    ("message.post", {"room": 1, "client_id": UUID, "body": None}, "body"),
    ("message.post", {"room": 1, "client_id": UUID, "body": ["x"]}, "body"),
    ("message.post", {"room": 1, "client_id": UUID, "body": "x", "reply_to": "5"}, "reply_to"),
    ("message.post", {"room": 1, "client_id": UUID, "body": "x", "attachments": "x"}, "attachments"),
    ("message.post", {"room": 1, "client_id": UUID, "body": "x", "attachments": [1]}, "attachments"),
    ("message.post", {"room": 1, "client_id": UUID, "body": "x", "attachments": [UUID] * 11}, "attachments"),
    ("command.run", {"room": 1, "client_id": UUID}, "command"),
    ("command.run", {"room": 1, "client_id": UUID, "command": ""}, "command"),
    ("command.run", {"room": 1, "client_id": UUID, "command": "x", "text": "x" * 8001}, "text"),
    ("command.run", {"room": 1, "client_id": UUID, "command": "x", "thread": 0}, "thread"),
    ("command.run", {"room": 1, "client_id": "x", "command": "x"}, "client_id"),
    ("message.edit", {"body": "x"}, "message"),
    ("message.edit", {"message": None, "body": "x"}, "message"),
    ("message.edit", {"message": {}, "body": "x"}, "message"),
    ("message.edit", {"message": 1}, "body"),
    ("message.edit", {"message": 1, "body": 5}, "body"),
    ("message.edit", {"message": 1, "body": "x", "edited_at": "yesterday"}, "edited_at"),
    ("message.delete", {}, "message"),
    ("message.delete", {"message": None}, "message"),
    ("message.delete", {"message": "1"}, "message"),
    ("room.read", {"seq": 1}, "room"),
    ("room.read", {"room": 1}, "seq"),
    ("room.read", {"room": 1, "seq": -1}, "seq"),
    ("room.read", {"room": 1, "seq": None}, "seq"),
    ("room.read", {"room": 1, "seq": 1, "known": -1}, "known"),
    ("room.read", {"room": 1, "seq": 1, "marked_unread_at": "noon"}, "marked_unread_at"),
    ("room.read", {"room": 1, "seq": 1, "marked_unread_at": "9999-12-31T23:59:59Z"}, "marked_unread_at"),
    ("message.edit", {"message": 1, "body": "a", "edited_at": "2030-01-01T00:00:00"}, "edited_at"),
    ("message.edit", {"message": 1, "body": "a", "edited_at": "0001-01-01T00:00:00+14:00"}, "edited_at"),
    ("room.unread", {"room": 1, "seq": 0}, "seq"),
    ("room.unread", {"room": 1}, "seq"),
    ("room.typing", {}, "room"),
    ("room.typing", {"room": None}, "room"),
    ("sync", {}, "rooms"),
    ("sync", {"rooms": None}, "rooms"),
    ("sync", {"rooms": [1]}, "rooms"),
    ("sync", {"rooms": {"one": 1}}, "rooms"),
    ("sync", {"rooms": {"1": "x"}}, "rooms"),
    ("sync", {"rooms": {"1": -1}}, "rooms"),
    ("sync", {"rooms": {str(n): 0 for n in range(1, 1002)}}, "rooms"),
    ("sync", {"rooms": {}, "events": {str(n): 0 for n in range(1, 22)}}, "events"),
    ("room.explode", {}, "type"),
    (None, {}, "type"),
    (5, {}, "type"),
]


class TestErrors:
    def test_invalid_fields_are_named_and_the_socket_stays_open(self, site, ana):
        with LiveClient(site, ana) as client:
            for type_, fields, named in BAD_FIELDS:
                error = client.call(type_, **fields)
                assert (error["type"], error["code"]) == ("error", "invalid"), (type_, fields, error)
                assert error["detail"].startswith(named), (type_, fields, error)
            assert client.call("ping")["type"] == "ok"

    @pytest.mark.parametrize("ref", [None, 5, "", "x" * 65, ["r"]])
    def test_unreadable_ref_is_null_in_the_error(self, uvicorn, ana, ref):
        with LiveClient(uvicorn, ana) as client:
            client.socket.send(json.dumps({"type": "ping", "ref": ref}))
            error = client.response_to(None)
            assert (error["code"], error["detail"][:4]) == ("invalid", "ref:")

    def test_each_error_code_occurs(self, site, ana, mira, everyone):
        hers = post(everyone, mira, "Mine")
        private = make_room(owner=mira, kind="private")
        public = make_room(owner=mira)
        with LiveClient(site, ana) as client:
            used = new_post(everyone)
            client.call("message.post", **used)
            occasions = {
                ("message.post", "invalid"): new_post(everyone, "  "),
                ("message.post", "too_long"): new_post(everyone, "x" * 8001),
                ("message.post", "not_found"): new_post(private),
                ("message.post", "conflict"): {**used, "body": "Another"},
                ("message.edit", "forbidden"): {"message": hers.pk, "body": "Yours"},
                ("message.edit", "not_found"): {"message": 10**9, "body": "x"},
                ("message.edit", "too_long"): {"message": hers.pk, "body": "x" * 8001},
                ("message.delete", "forbidden"): {"message": hers.pk},
                ("message.delete", "not_found"): {"message": 10**9},
                ("room.read", "not_found"): {"room": private.pk, "seq": 0},
                ("room.typing", "not_found"): {"room": private.pk},
                ("command.run", "not_found"): {"room": everyone.pk, "client_id": UUID, "command": "deploy"},
            }
            for (type_, code), fields in occasions.items():
                error = client.call(type_, **fields)
                assert (error["type"], error.get("code")) == ("error", code), (type_, fields, error)
                assert error["detail"]
            assert client.call("message.post", **new_post(public))["code"] == "not_found"
            unknown_file = client.call("message.post", **new_post(everyone), attachments=[UUID])
            assert unknown_file["code"] == "not_found"

    def test_private_and_absent_rooms_get_the_same_error(self, site, ana, mira):
        private = make_room(owner=mira, kind="private")
        message = post(private, mira, "Secret")
        with LiveClient(site, ana) as client:
            for hidden, absent in [
                (("message.post", new_post(private)), ("message.post", {**new_post(private), "room": 10**9})),
                (
                    ("message.edit", {"message": message.pk, "body": "x"}),
                    ("message.edit", {"message": 10**9, "body": "x"}),
                ),
                (("message.delete", {"message": message.pk}), ("message.delete", {"message": 10**9})),
                (("room.read", {"room": private.pk, "seq": 1}), ("room.read", {"room": 10**9, "seq": 1})),
                (
                    ("room.unread", {"room": private.pk, "seq": 1}),
                    ("room.unread", {"room": 10**9, "seq": 1}),
                ),
                (("room.typing", {"room": private.pk}), ("room.typing", {"room": 10**9})),
                (
                    ("command.run", {"room": private.pk, "client_id": UUID, "command": "x"}),
                    ("command.run", {"room": 10**9, "client_id": UUID, "command": "x"}),
                ),
            ]:
                answers = [client.call(type_, ref="same", **fields) for type_, fields in (hidden, absent)]
                assert answers[0] == answers[1]


class TestAbuse:
    """A hostile client gets an error or a close code, and others are unaffected."""

    @pytest.fixture
    def witness(self, site, mira, everyone):
        with LiveClient(site, mira) as client:
            yield client
            assert client.post(everyone.pk, "Still here")["body"] == "Still here"

    @pytest.mark.parametrize(
        "frame",
        [
            "",
            "nonsense",
            "[]",
            "5",
            "null",
            '"text"',
            "{",
            "[" * 10_000,
            '{"a":' * 10_000,
            '{"ref":"r","type":"ping","x":' + "[" * 10_000 + "]" * 10_000 + "}",
        ],
        ids=[
            "empty",
            "word",
            "list",
            "number",
            "null",
            "string",
            "half",
            "deep lists",
            "deep objects",
            "deep in a command",
        ],
    )
    def test_frame_that_is_no_command_is_an_error(self, site, ana, witness, frame):
        with LiveClient(site, ana) as client:
            client.socket.send(frame)
            assert client.response_to(None)["code"] == "invalid"
            assert client.call("ping")["type"] == "ok"

    def test_binary_frame_is_an_error(self, site, ana, witness):
        with LiveClient(site, ana) as client:
            client.socket.send(b'{"type":"ping","ref":"r"}')
            assert client.response_to(None)["code"] == "invalid"

    def test_ten_malformed_frames_in_a_row_close_and_nine_do_not(self, site, ana, witness):
        with LiveClient(site, ana) as client:
            for _ in range(9):
                client.socket.send("nonsense")
            assert client.call("ping")["type"] == "ok"
            for _ in range(10):
                client.socket.send("nonsense")
            assert closed_with(client) == 4400

    def test_frame_of_64_kib_is_accepted_and_one_byte_more_closes(self, site, ana, witness):
        with LiveClient(site, ana) as client:
            frame = json.dumps({"type": "ping", "ref": "big", "padding": ""})
            client.socket.send(frame.replace('"padding": ""', '"padding": "' + "x" * (64 * 1024 - len(frame)) + '"'))
            assert client.response_to("big")["type"] == "ok"
            client.socket.send("x" * (64 * 1024 + 1))
            # Autobahn, under Daphne, sends no code between 1001 and 2999.
            assert closed_with(client) == (1009 if site.kind == "uvicorn" else 1000)

    def test_bad_utf8_closes(self, site, ana, witness):
        with LiveClient(site, ana) as client:
            protocol = client.socket.protocol
            with client.socket.protocol_mutex:
                protocol.send_frame(Frame(Opcode.TEXT, b'{"ref":"\xff\xfe"}'))
                client.socket.send_data()
            assert closed_with(client) == (1007 if site.kind == "uvicorn" else None)

    def test_half_a_surrogate_pair_is_refused(self, site, ana, witness, everyone):
        with LiveClient(site, ana) as client:
            client.socket.send(
                f'{{"type":"message.post","ref":"r","room":{everyone.pk},"client_id":"{UUID}","body":"\\ud800"}}'
            )
            assert client.response_to(None)["code"] == "invalid"
