"""A WebSocket client written only from docs/protocol.md."""

import itertools
import json
import time
import uuid
from typing import Any

from django.test import Client
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from tests.server import Site

WAIT = 30.0

Event = dict[str, Any]


def session_of(user: User) -> str:
    """Log in as this user and return the session cookie."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class LiveClient:
    """One socket. `events` holds the received events in order, except those returned by `call` and `wait_for`."""

    def __init__(
        self,
        site: Site,
        user: User | None = None,
        *,
        session: str = "",
        token: str = "",
        origin: str | None = "own",
        source: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        cookie = session or (session_of(user) if user is not None else "")
        headers = (headers or {}) | ({"Cookie": f"sessionid={cookie}"} if cookie else {})
        if token:  # programs send no Origin header, unlike browsers
            headers["Authorization"] = f"Bearer {token}"
            origin = None if origin == "own" else origin
        self.socket: ClientConnection = connect(
            site.socket_url,
            origin=site.url if origin == "own" else origin,  # type: ignore[arg-type]
            additional_headers=headers,
            open_timeout=WAIT,
            max_size=None,
            compression=None,
            legacy=True,
            source_address=(source, 0) if source else None,
        )
        self.events: list[Event] = []
        self._refs = itertools.count(1)
        self.welcome: Event = {}

    def __enter__(self) -> "LiveClient":
        self.welcome = self.wait_for("welcome")
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, type: str, **fields: Any) -> str:
        ref = fields.pop("ref", f"r{next(self._refs)}")
        self.socket.send(json.dumps({"type": type, "ref": ref, **fields}))
        return ref

    def call(self, type: str, **fields: Any) -> Event:
        """Send a command and return its `ok` or `error`."""
        ref = self.send(type, **fields)
        return self.response_to(ref)

    def response_to(self, ref: str | None) -> Event:
        return self._take(lambda event: event["type"] in ("ok", "error") and event["ref"] == ref)

    def post(self, room: int, body: str, **fields: Any) -> Event:
        """Post and return the stored message."""
        answer = self.call("message.post", room=room, body=body, client_id=str(uuid.uuid4()), **fields)
        assert answer["type"] == "ok", answer
        return answer["message"]

    def wait_for(self, *types: str, **fields: Any) -> Event:
        """Return the first event of one of these types with these fields."""
        return self._take(lambda event: event["type"] in types and all(event.get(k) == v for k, v in fields.items()))

    def settle(self) -> list[Event]:
        """Return all events up to the reply to a ping."""
        self.call("ping")
        events, self.events = self.events, []
        return events

    def _take(self, matches: Any) -> Event:
        for index, event in enumerate(self.events):
            if matches(event):
                return self.events.pop(index)
        deadline = time.monotonic() + WAIT
        while True:
            frame = self.socket.recv(timeout=max(0.01, deadline - time.monotonic()))
            batch = json.loads(frame)
            assert isinstance(batch, list) and batch, frame
            for index, event in enumerate(batch):
                if matches(event):
                    self.events += batch[:index] + batch[index + 1 :]
                    return event
            self.events += batch
