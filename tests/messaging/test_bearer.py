"""API tokens on the live protocol, for uploads and for downloads: who may connect, with what, and when it ends."""

import base64
import os
import re
import subprocess
import sys

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.auth.token_actions import revoke_token
from accounts.lifecycle.suspension import suspend
from accounts.models import APIToken, Connection
from live.close_codes import SIGNED_OUT
from messaging.models import Attachment
from messaging.runtime import protocol
from messaging.runtime.commands import HANDLERS
from rooms.actions import add_member
from tests.checkout import ROOT
from tests.factories import log_in, make_attachment, make_bot, make_member, make_room, make_token, make_user, post
from tests.live_client import LiveClient
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(site):
    return make_user("owner")


@pytest.fixture
def room(owner):
    return make_room(owner=owner)


@pytest.fixture
def bot(owner, room):
    bot = make_bot("helper", owner=owner)
    add_member(actor=owner, room=room, user=bot)
    return bot


def code_of(client: LiveClient) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.socket.recv(timeout=30)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def refused(site, **options: str) -> bool:
    with pytest.raises(InvalidStatus) as caught:
        LiveClient(site, **options)
    return caught.value.response.status_code == 403


class TestHandshake:
    def test_invalid_tokens_are_refused(self, site, bot, owner):
        ended = make_token(bot)
        revoke_token(actor=owner, token=ended.token)
        for token in ("nonsense", "chatsite_" + "x" * 43, ended.secret, ended.secret[:-1]):
            assert refused(site, token=token)
        _token, secret = make_token(owner)
        suspend(user=owner)
        assert refused(site, token=secret)

    def test_an_invalid_token_is_not_replaced_by_a_cookie(self, site, owner):
        assert refused(site, user=owner, token="chatsite_" + "x" * 43)

    def test_a_socket_needs_the_scope_read(self, site, bot):
        assert refused(site, token=make_token(bot, "write", "files", "moderate").secret)

    def test_pages_of_other_sites_are_refused_even_with_a_token(self, site, bot):
        assert refused(site, token=make_token(bot).secret, origin="https://evil.example")

    def test_a_bot_sees_its_rooms_only(self, site, bot, room):
        make_room()
        with LiveClient(site, token=make_token(bot).secret) as client:
            assert [each["id"] for each in client.welcome["rooms"]] == [room.pk]
            assert client.welcome["user"]["is_bot"] is True

    def test_use_and_kind_are_recorded(self, site, bot):
        token, secret = make_token(bot)
        with LiveClient(site, token=secret):
            wait_until(lambda: APIToken.objects.get(pk=token.pk).last_used_at is not None, "the use is recorded")
            wait_until(lambda: Connection.objects.filter(user=bot, kind="bot").exists(), "the connection is listed")
        assert APIToken.objects.get(pk=token.pk).last_used_address == "127.0.0.1"

    def test_session_says_whether_a_token_is_valid(self, site, bot):
        for secret, status in ((make_token(bot, "write").secret, 200), ("chatsite_" + "x" * 43, 401)):
            answer = httpx.get(f"{site.url}/session/", headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == status


class TestBot:
    def test_it_answers_a_mention(self, site, bot, owner, room):
        with (
            LiveClient(site, token=make_token(bot, "read", "write").secret) as program,
            LiveClient(site, owner) as page,
        ):
            page.post(room.pk, "Good morning")
            page.post(room.pk, "@helper are you there?")
            _morning, asked = (program.wait_for("message.posted")["message"] for _ in range(2))
            assert program.welcome["user"]["id"] in asked["mentions"]
            program.post(room.pk, "Yes", reply_to=asked["id"])
            *_own, answer = (page.wait_for("message.posted")["message"] for _ in range(3))
            assert (answer["body"], answer["sender"]["is_bot"], answer["reply_to"]["id"]) == ("Yes", True, asked["id"])

    def test_the_bot_of_the_readme_answers(self, site, bot, owner, room):
        [program] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        environment = {"CHATSITE_TOKEN": make_token(bot, "read", "write").secret, "CHATSITE_URL": site.socket_url}
        running = subprocess.Popen([sys.executable, "-c", program], env=os.environ | environment)
        try:
            wait_until(lambda: Connection.objects.filter(user=bot).exists(), "the program is connected")
            with LiveClient(site, owner) as page:
                asked = page.post(room.pk, "@helper where are you?")
                _own, answer = (page.wait_for("message.posted")["message"] for _ in range(2))
                assert (answer["body"], answer["sender"]["id"]) == ("Here I am.", bot.pk)
                assert answer["reply_to"]["id"] == asked["id"]
        finally:
            running.kill()
            running.wait()


class TestScopes:
    def test_every_command_but_ping_needs_one(self):
        assert [command for command, handler in HANDLERS.items() if handler.scope is None] == [protocol.Ping]

    def test_a_token_that_reads_does_nothing_else(self, site, bot, owner, room):
        message = post(room, bot)
        commands = {
            "message.post": {"room": room.pk, "client_id": "0" * 32, "body": "No"},
            "command.run": {"room": room.pk, "client_id": "0" * 32, "command": "deploy"},
            "message.edit": {"message": message.pk, "body": "No"},
            "message.preview": {"body": "No"},
            "message.delete": {"message": message.pk},
            "draft.set": {"room": room.pk, "body": "No", "known": 0},
            "reaction.add": {"message": message.pk, "emoji": "👍"},
            "reaction.remove": {"message": message.pk, "emoji": "👍"},
            "room.typing": {"room": room.pk},
            "message.pin": {"message": message.pk},
            "message.unpin": {"message": message.pk},
        }
        with LiveClient(site, token=make_token(bot, "read").secret) as client:
            for type, fields in commands.items():
                answer = client.call(type, **fields)
                assert (answer["type"], answer["code"]) == ("error", "forbidden"), type
                needed = "moderate" if type in ("message.pin", "message.unpin") else "write"
                assert f"“{needed}”" in answer["detail"]
            assert client.call("ping")["type"] == "ok"
            assert client.call("room.read", room=room.pk, seq=1)["type"] == "ok"
            assert client.call("sync", rooms={str(room.pk): 0})["type"] == "ok"
        message.refresh_from_db()
        assert (message.body, message.deleted_at, message.pinned_at) == ("Hello", None, None)

    def test_deleting_the_messages_of_others_is_moderating(self, site, owner, room):
        member = make_member(room)
        theirs, own = post(room, member), post(room, owner)
        with LiveClient(site, token=make_token(owner, "read", "write").secret) as client:
            refusal = client.call("message.delete", message=theirs.pk)
            assert (refusal["code"], "“moderate”" in refusal["detail"]) == ("forbidden", True)
            assert client.call("message.delete", message=own.pk)["type"] == "ok"
        with LiveClient(site, token=make_token(owner, "read", "write", "moderate").secret) as client:
            assert client.call("message.delete", message=theirs.pk)["type"] == "ok"
            assert client.call("message.pin", message=post(room, member).pk)["type"] == "ok"

    def test_a_scope_gives_no_rights(self, site, bot, owner, room):
        message = post(room, owner)
        with LiveClient(site, token=make_token(bot, "read", "write", "moderate").secret) as client:
            for type in ("message.delete", "message.pin"):
                assert client.call(type, message=message.pk)["code"] == "forbidden"


class TestEnd:
    def test_a_revoked_token_closes_its_sockets_only(self, site, bot, owner):
        token, secret = make_token(bot)
        with LiveClient(site, token=secret) as client, LiveClient(site, token=make_token(bot).secret) as other:
            revoke_token(actor=owner, token=token)
            assert code_of(client) == SIGNED_OUT
            assert other.call("ping")["type"] == "ok"

    def test_an_expired_token_closes_its_sockets(self, site, bot):
        """No event announces it."""
        token, secret = make_token(bot)
        with LiveClient(site, token=secret) as client:
            APIToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
            assert code_of(client) == SIGNED_OUT

    def test_a_suspension_closes_the_sockets_of_the_person_and_their_bots(self, site, bot, owner):
        with (
            LiveClient(site, token=make_token(owner).secret) as person,
            LiveClient(site, token=make_token(bot).secret) as program,
        ):
            suspend(user=owner)
            assert (code_of(person), code_of(program)) == (SIGNED_OUT, SIGNED_OUT)


class TestFiles:
    def headers(self, *scopes: str, user) -> dict[str, str]:
        return {"Authorization": f"Bearer {make_token(user, *scopes).secret}"}

    def test_downloads_need_the_scope_files(self, site, bot, owner, room):
        file = make_attachment(room, owner, message=post(room, owner))
        for path in (f"/attachments/{file.pk}/", f"/attachments/{file.pk}/facts/"):
            assert Client(headers=self.headers("files", user=bot)).get(path).status_code == 200
            refusal = Client(headers=self.headers("read", "write", user=bot)).get(path)
            assert (refusal.status_code, refusal.json()["code"]) == (403, "forbidden")
            assert "“files”" in refusal.json()["detail"]

    def test_rights_are_those_of_the_holder(self, site, bot, owner):
        other = make_room(owner=owner)
        file = make_attachment(other, owner, message=post(other, owner))
        answer = httpx.get(f"{site.url}/attachments/{file.pk}/", headers=self.headers("files", user=bot))
        assert answer.status_code == 404

    def test_an_invalid_token_is_refused_even_with_a_session(self, site, owner, room):
        file = make_attachment(room, owner, message=post(room, owner))
        cookie = log_in(owner).cookies["sessionid"].value
        headers = {"Authorization": "Bearer chatsite_" + "x" * 43, "Cookie": f"sessionid={cookie}"}
        answer = httpx.get(f"{site.url}/attachments/{file.pk}/", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "forbidden")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_tokens_change_nothing_on_pages(self, site, owner, room):
        file = make_attachment(room, owner, message=post(room, owner))
        headers = self.headers(user=owner)
        answer = httpx.post(f"{site.url}/attachments/{file.pk}/alt/", headers=headers, data={"alt": "No"})
        assert answer.status_code == 403
        assert httpx.get(f"{site.url}/profile/", headers=headers).status_code == 302

    def test_uploads_need_the_scope_files(self, site, bot, room):
        for scopes, status in ((("read", "write"), 403), (("files",), 201)):
            headers = self.headers(*scopes, user=bot) | {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
            headers["Upload-Metadata"] = f"filename {_base64('a.txt')},room {_base64(str(room.pk))}"
            answer = httpx.post(f"{site.url}/uploads/", headers=headers)
            assert answer.status_code == status, answer.text
        headers = {name: value for name, value in headers.items() if name in ("Authorization", "Tus-Resumable")}
        headers |= {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        answer = httpx.patch(site.url + answer.headers["Location"], headers=headers, content=b"abc")
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "3")
        file = Attachment.objects.get(room=room)
        answer = httpx.get(f"{site.url}/attachments/{file.pk}/", headers=headers)
        assert (answer.status_code, answer.content) == (200, b"abc")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
