"""A connection that sends frames as fast as possible does not delay others."""

from contextlib import closing

import pytest

from live.close_codes import FLOODING
from tests.attacks.wire import (
    CLOSE,
    CONTINUATION,
    MAX_DELAY_SECONDS,
    PING,
    PONG,
    TEXT,
    close_code_of,
    connect,
    flooding,
    frame,
    handshake,
    open_websocket,
    read_to_end,
    slowest_ping,
)
from tests.factories import make_member
from tests.live_client import LiveClient, session_of

pytestmark = pytest.mark.slow

SECONDS = 3.0
AT_ONCE = 4000  # frames in each packet

OTHER_FRAMES = {
    "pings": (b"", frame(PING)),
    "long pings": (b"", frame(PING, b"x" * 125)),
    "pongs": (b"", frame(PONG)),
    "empty fragments": (frame(TEXT, is_final=False), frame(CONTINUATION, is_final=False)),
}
COMMANDS = {
    "commands": frame(TEXT, b'{"type":"ping","ref":"a"}'),
    "invalid commands": frame(TEXT, b"{}"),
    "malformed frames": frame(TEXT, b"x"),
    "invalid UTF-8": frame(TEXT, b"\xff"),
    "reserved opcodes": frame(11),
}


@pytest.mark.parametrize(("first", "repeated"), OTHER_FRAMES.values(), ids=OTHER_FRAMES)
def test_flood_of_other_frames_is_cut_off(uvicorn, everyone, first, repeated):
    with (
        closing(open_websocket(uvicorn, session_of(make_member(everyone)))) as flooder,
        LiveClient(uvicorn, make_member(everyone)) as other,
    ):
        flooder.sendall(first)
        with flooding(flooder, repeated * AT_ONCE) as received:
            assert slowest_ping(other, seconds=SECONDS) < MAX_DELAY_SECONDS
        assert close_code_of(bytes(received)) == FLOODING


@pytest.mark.parametrize("repeated", COMMANDS.values(), ids=COMMANDS)
def test_flood_of_commands_delays_no_one_else(uvicorn, everyone, repeated):
    """The test server has no CHAT_RATE, so other clients are only protected by fair reading."""
    with (
        closing(open_websocket(uvicorn, session_of(make_member(everyone)))) as flooder,
        LiveClient(uvicorn, make_member(everyone)) as other,
        flooding(flooder, repeated * AT_ONCE),
    ):
        assert slowest_ping(other, seconds=SECONDS) < MAX_DELAY_SECONDS


def test_a_message_in_many_fragments_is_accepted(uvicorn, everyone):
    command = b'{"type":"ping","ref":"fragmented"}'
    with closing(open_websocket(uvicorn, session_of(make_member(everyone)))) as connection:
        connection.sendall(frame(TEXT, command[:1], is_final=False))
        for number in range(1, len(command) - 1):
            connection.sendall(frame(CONTINUATION, command[number : number + 1], is_final=False))
        connection.sendall(frame(CONTINUATION, command[-1:]))
        received = b""
        while b'"ref":"fragmented"' not in received:
            received += connection.recv(65_536)
        assert b'"type":"ok"' in received


def test_large_command_is_handled_during_floods(uvicorn, everyone):
    """A command larger than a slice waits for its turn, not for the floods to end."""
    with (
        closing(open_websocket(uvicorn, session_of(make_member(everyone)))) as flooder,
        LiveClient(uvicorn, make_member(everyone)) as other,
        flooding(flooder, COMMANDS["commands"] * AT_ONCE),
    ):
        assert other.post(everyone.pk, "x" * 8_000)["body"] == "x" * 8_000


def test_nothing_is_sent_before_the_handshake_is_complete(uvicorn, everyone):
    with closing(connect(uvicorn)) as connection:
        connection.sendall(handshake(uvicorn, f"Cookie: sessionid={session_of(make_member(everyone))}"))
        for _ in range(10):
            connection.sendall(frame(PING, b"early"))
        connection.sendall(frame(CLOSE))
        assert read_to_end(connection).startswith(b"HTTP/1.1 101")
