"""The program that passes the messages of AI agents on to a site."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.api.conftest import secret_of
from tests.checkout import ROOT
from tests.client.terminal import heed_signals
from tests.services import free_port

PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}


def run(url: str, token: str, *messages: object) -> list[dict]:
    process = start(url, token=token)
    output, _errors = process.communicate("".join(json.dumps(message) + "\n" for message in messages), timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines()]


def test_requests_are_answered_and_notifications_are_not(uvicorn, ana):
    token = secret_of(ana.user, "read")
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


@pytest.mark.parametrize(
    ("arguments", "token", "error"),
    [
        (("http://127.0.0.1:1",), "", "Give an API token in CHATSITE_TOKEN"),
        (("http://127.0.0.1:1",), "tökén", "This isn’t an API token"),
        (("http://127.0.0.1:1", "--token-file", "/nonexistent"), "", "/nonexistent: No such file or directory"),
        (("ftp://chat.example.org",), "secret", "isn’t the address of a site"),
        (("http://[::1",), "secret", "isn’t the address of a site"),
    ],
    ids=["no-token", "another-text", "no-file", "ftp", "broken-address"],
)
def test_wrong_usage_is_explained_in_a_line(arguments, token, error):
    process = start(*arguments, token=token)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert error in errors
    assert errors.count("\n") == 1


def test_the_address_needs_no_scheme_on_this_machine(uvicorn, ana):
    [answer] = run(f"127.0.0.1:{uvicorn.port}", secret_of(ana.user, "read"), PING)
    assert answer["result"] == {}


def test_ctrl_c_ends_it_quietly(uvicorn, ana):
    process = start(uvicorn.url, token=secret_of(ana.user, "read"))
    answer_to_ping(process)
    process.send_signal(signal.SIGINT)
    assert (process.wait(timeout=60), process.stderr.read()) == (130, "")


def test_an_agent_that_reads_no_answers_ends_it_quietly(uvicorn, ana):
    process = start(uvicorn.url, token=secret_of(ana.user, "read"))
    answer_to_ping(process)
    process.stdout.close()
    process.stdin.write(json.dumps(PING) + "\n")
    process.stdin.close()
    assert (process.wait(timeout=60), process.stderr.read()) == (141, "")


def start(*arguments: str, token: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client"), "CHATSITE_TOKEN": token}
    command = [sys.executable, "-m", "chatsite_mcp", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, text=True, preexec_fn=heed_signals
    )


def answer_to_ping(process: subprocess.Popen[str]) -> None:
    process.stdin.write(json.dumps(PING) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == PING["id"]
