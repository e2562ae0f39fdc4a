"""Every door by which a bot acts is closed while its owner is suspended, and open again afterwards."""

import base64
import uuid
from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import User
from live.close_codes import SIGNED_OUT
from messaging.models import Message
from messaging.posting.batch import Draft
from rooms.actions import add_member
from rooms.models import Room
from tests.factories import make_attachment, make_bot, make_room, make_token, make_user, post, post_drafts
from tests.live_client import LiveClient
from tests.server import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Program:
    """A bot with a token, in a room of its owner."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.owner = make_user("owner")
        self.room: Room = make_room(owner=self.owner)
        self.bot: User = make_bot("helper", owner=self.owner)
        add_member(actor=self.owner, room=self.room, user=self.bot)
        self.secret = make_token(self.bot).secret
        self.message: Message = post(self.room, self.bot, "Mine")
        self.file = make_attachment(self.room, self.owner, message=post(self.room, self.owner))

    def request(self, method: str, path: str, **options: object) -> bool:
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}  # type: ignore[dict-item]
        response = httpx.request(method, self.site.url + path, headers=headers, **options)  # type: ignore[arg-type]
        assert response.status_code in (200, 201, 204, 401), response.text
        return response.status_code != 401

    def api(self, method: str, path: str, **body: object) -> bool:
        return self.request(method, f"/api/v1{path}", **({"json": body} if body else {}))

    def post(self) -> bool:
        return self.api("POST", f"/rooms/{self.room.pk}/messages", client_id=str(uuid.uuid4()), body="Hi")

    def edit(self) -> bool:
        return self.api("PATCH", f"/messages/{self.message.pk}", body="Mine, too")

    def read(self) -> bool:
        return self.api("GET", f"/rooms/{self.room.pk}/messages")

    def wait(self) -> bool:
        return self.api("GET", "/events")

    def agent(self) -> bool:
        call = {"name": "list_rooms", "arguments": {}}
        return self.request("POST", "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})

    def upload(self) -> bool:
        fields = {"filename": "a.txt", "room": str(self.room.pk)}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": metadata}
        return self.request("POST", "/uploads/", headers=headers)

    def download(self) -> bool:
        return self.request("GET", f"/attachments/{self.file.pk}/facts/")

    def connect(self) -> bool:
        try:
            with LiveClient(self.site, token=self.secret) as client:
                return client.post(self.room.pk, "Hi")["id"] > 0
        except InvalidStatus:
            return False

    def queue(self) -> bool:
        """Post as webhooks, slash commands and scheduled messages do."""
        [result] = post_drafts([Draft(self.bot.pk, self.room.pk, uuid.uuid4(), "Hi", is_exempt=True)])
        return isinstance(result, Message)


DOORS = ["post", "edit", "read", "wait", "agent", "upload", "download", "connect", "queue"]


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_closed_while_the_owner_is_suspended(uvicorn, door):
    program = Program(uvicorn)
    enter: Callable[[], bool] = getattr(program, door)
    assert enter()
    suspend(user=program.owner)
    assert not enter()
    reinstate(user=program.owner)
    assert enter()


def test_an_open_socket_is_closed(uvicorn):
    program = Program(uvicorn)
    with LiveClient(uvicorn, token=program.secret) as client:
        suspend(user=program.owner)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                client.socket.recv(timeout=30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == SIGNED_OUT
