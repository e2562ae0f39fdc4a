"""The program that passes the messages of AI agents on to a site."""

import json
import os
import subprocess
import sys

from accounts.auth.token_actions import create_token
from tests.checkout import ROOT
from tests.services import free_port

PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}


def run(url: str, token: str, *messages: object) -> list[dict]:
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client"), "CHATSITE_TOKEN": token}
    command = [sys.executable, "-m", "chatsite_mcp", url]
    done = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_requests_are_answered_and_notifications_are_not(uvicorn, ana):
    token = create_token(actor=None, user=ana.user, name="Agent", scopes=["read"]).secret
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_rooms", "arguments": {}}}
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    answers = run(uvicorn.url, token, PING, notification, call)
    assert [answer["id"] for answer in answers] == [7, 2]
    assert [room["name"] for room in answers[1]["result"]["structuredContent"]["rooms"]] == ["Everyone"]


def test_an_invalid_token_is_an_error_for_the_agent(uvicorn):
    [answer] = run(uvicorn.url, "chatsite_" + "x" * 43, PING)
    assert (answer["id"], answer["error"]["code"]) == (7, -32_000)
    assert "token" in answer["error"]["message"]


def test_a_site_that_cannot_be_reached_is_an_error_for_the_agent():
    [answer] = run(f"http://127.0.0.1:{free_port()}", "secret", PING)
    assert answer["error"]["message"].startswith("The site can't be reached")


def test_a_token_is_required():
    command = [sys.executable, "-m", "chatsite_mcp", "http://127.0.0.1:1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client"), "CHATSITE_TOKEN": ""}
    done = subprocess.run(command, env=environment, input="", capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "CHATSITE_TOKEN" in done.stderr
