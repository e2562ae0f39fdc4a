"""To other users, a private room looks like a room that doesn't exist, on pages, in requests and in commands."""

import re

import pytest
from playwright.sync_api import expect

from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_room

ABSENT = 999_999_999

REQUESTS = [
    ("GET", ""),
    ("GET", "messages/"),
    ("GET", "messages/?around=1"),
    ("GET", "messages/1/"),
    ("GET", "messages/2/"),
    ("GET", "conversation/"),
    ("GET", "conversation/?around=1"),
    ("GET", "info/"),
    ("GET", "settings/"),
    ("GET", "members/"),
    ("GET", "delete/"),
    ("POST", "settings/"),
    ("POST", "members/"),
    ("POST", "members/1/"),
    ("POST", "membership/"),
    ("POST", "archive/"),
    ("POST", "delete/"),
    ("DELETE", "history/"),
    ("DELETE", "membership/"),
    ("DELETE", "archive/"),
]

FETCH = """async ([method, url, accept]) => {
  const token = /csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  const answer = await fetch(url, { method, redirect: "manual", headers: { Accept: accept, "X-CSRFToken": token } });
  return [answer.status, answer.headers.get("content-type"), await answer.text()];
}"""

# A socket of the visitor's own page, which sends the commands and returns their replies.
COMMANDS = """async (commands) => {
  const socket = new WebSocket(new URL("/ws/", location.href.replace(/^http/, "ws")));
  const events = [];
  await new Promise((resolve) => {
    let awaited = commands.length;
    socket.onopen = () => commands.forEach((command, n) => socket.send(JSON.stringify({ ref: String(n), ...command })));
    socket.onmessage = ({ data }) => {
      for (const event of JSON.parse(data)) {
        if (event.type === "welcome" || event.type === "presence") continue;
        events.push(event);
        if ("ref" in event && --awaited === 0) resolve();
      }
    };
  });
  socket.close();
  return events;
}"""


@pytest.fixture
def private_room(register) -> Room:
    room = make_room("Secret plans", owner=register("Ana Ferreira"), kind="private")
    post_messages(room, room.created_by, "Nobody knows", "And nobody will")
    return room


@pytest.fixture
def stranger(uvicorn, enter, everyone, private_room) -> BrowserSession:
    visitor = enter(uvicorn, "Eve Stone").open(everyone)
    visitor.watch.allow("status of 404")
    return visitor


def bare(text: str) -> str:
    """Return a response without the parts that differ between requests, and without the requested id."""
    text = re.sub(r'(nonce=|csrfmiddlewaretoken" value=)"[^"]*"', "", text)
    return re.sub(r"/rooms/\d+/", "/rooms/N/", text)


def ask(visitor: BrowserSession, room: int, method: str, path: str, accept: str) -> tuple[int, str, str]:
    status, kind, text = visitor.page.evaluate(FETCH, [method, f"/rooms/{room}/{path}", accept])
    return status, kind, bare(text)


def test_every_url_responds_as_for_a_missing_room(stranger, private_room):
    for method, path in REQUESTS:
        for accept in ("text/html", "application/json"):
            answer = ask(stranger, private_room.pk, method, path, accept)
            assert answer == ask(stranger, ABSENT, method, path, accept), (method, path)
            assert answer[0] == 404, (method, path)
            assert "Secret" not in answer[2]


def test_no_page_shows_a_private_room(stranger, private_room):
    for page in (f"/rooms/{private_room.pk}/", "/rooms/", "/rooms/?q=secret", "/people/ana/", "/"):
        stranger.page.goto(page)
        expect(stranger.page.locator("body")).not_to_contain_text("Secret plans")
        assert "Nobody knows" not in stranger.page.content()


def test_every_command_fails_as_for_a_missing_room(stranger, private_room):
    first = private_room.messages.order_by("seq").first()

    def answers(room: int, message: int) -> list:
        post = {
            "type": "message.post",
            "room": room,
            "body": "Let me in",
            "client_id": "0a0b0c0d-0000-4000-8000-000000000000",
        }
        commands = [
            post,
            {"type": "message.edit", "message": message, "body": "Hijacked"},
            {"type": "message.delete", "message": message},
            {"type": "room.read", "room": room, "seq": 1},
            {"type": "room.typing", "room": room},
        ]
        return sorted(stranger.page.evaluate(COMMANDS, commands), key=lambda answer: answer["ref"])

    refused = answers(private_room.pk, first.pk)
    assert refused == answers(ABSENT, ABSENT)
    assert [(event["type"], event["code"]) for event in refused] == [("error", "not_found")] * 5
    for room in (private_room.pk, ABSENT):
        left, done = stranger.page.evaluate(COMMANDS, [{"type": "sync", "rooms": {str(room): 0}}])
        assert (left["type"], left["reason"], done["type"]) == ("room.left", "removed", "ok")
    first.refresh_from_db()
    assert first.body == "Nobody knows"


def test_no_event_of_a_private_room_is_received(uvicorn, enter, stranger, private_room, everyone):
    frames: list[str] = []
    stranger.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    stranger.open(everyone)
    ana = enter(uvicorn, private_room.created_by).open(private_room)
    ana.send("Still nobody knows")
    ana.sees_all_sent()
    ana.go_to("Everyone")
    ana.send("Something for all")
    stranger.sees("Something for all")
    assert any("Something for all" in frame for frame in frames)
    assert not any("nobody knows" in frame or "Secret" in frame for frame in frames)
