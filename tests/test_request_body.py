"""Request bodies are received completely, within limits, before a page thread is used."""

import asyncio
import io
import socket

import httpx
import pytest

from live.http.request_body import (
    MAX_BYTES,
    TOTAL_SECONDS,
    BodyRejected,
    ClientDisconnected,
    check_charset,
    receive_body,
)


def receiving(*events):
    left = list(events)

    async def receive():
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def request(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_is_joined_from_its_pieces():
    body = io.BytesIO()
    await receive_body(receiving(request(b"one ", True), request(b"", True), request(b"two")), body)
    assert body.getvalue() == b"one two"


async def test_a_large_body_is_rejected_before_it_is_complete():
    receive = receiving(*[request(b"x" * 1_000_000, True)] * 17)
    with pytest.raises(BodyRejected) as rejected:
        await receive_body(receive, io.BytesIO())
    assert (rejected.value.status, str(rejected.value)) == (413, "That’s over the limit of 16 MB.")


async def test_the_rest_of_a_body_over_a_lower_limit_is_read_but_not_kept():
    """A proxy that is still sending the request would not read the response."""
    body, rest = io.BytesIO(), [request(b"x" * 600, True), request(b"x" * 600, True), request(b"x" * 600)]
    with pytest.raises(BodyRejected) as rejected:
        await receive_body(receiving(*rest), body, max_bytes=1000)
    assert rejected.value.status == 413
    assert len(body.getvalue()) <= 1000


async def test_a_body_that_stops_is_rejected():
    with pytest.raises(BodyRejected) as rejected:
        await receive_body(receiving(request(b"x", True)), io.BytesIO(), silence=0.05)
    assert rejected.value.status == 408


async def trickle() -> dict:
    await asyncio.sleep(0.02)
    return request(b"x", True)


async def test_a_body_that_takes_too_long_in_total_is_rejected():
    with pytest.raises(BodyRejected) as rejected:
        await receive_body(trickle, io.BytesIO(), silence=10, within=0.2)
    assert rejected.value.status == 408


async def test_a_slow_body_that_keeps_arriving_is_accepted():
    """A photo of 5 MB takes 40 s at 1 Mbit/s, longer than the server waits for silent clients."""
    pieces = [request(b"x", True)] * 10 + [request(b"x")]

    async def receive() -> dict:
        await asyncio.sleep(0.02)
        return pieces.pop()

    pieces.reverse()
    body = io.BytesIO()
    await receive_body(receive, body, silence=0.1)
    assert len(body.getvalue()) == 11


def test_an_ordinary_body_at_one_megabit_per_second_arrives():
    bytes_per_second = 1_000_000 / 8
    assert MAX_BYTES / bytes_per_second < TOTAL_SECONDS


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset=idna",
        'text/plain; charset="zlib"',
        "text/plain; charset*=zlib''x",
        "text/plain; charset=latin-1",
    ],
)
def test_bodies_in_other_charsets_are_rejected(content_type):
    with pytest.raises(BodyRejected) as rejected:
        check_charset([(b"content-type", content_type.encode())])
    assert rejected.value.status == 415


def test_repeated_content_type_is_parsed_as_by_django():
    with pytest.raises(BodyRejected):
        check_charset([(b"content-type", b"text/plain; charset=utf-8"), (b"content-type", b"text/plain")])


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "text/plain; charset=UTF-8", "multipart/form-data; boundary=b"]
)
def test_bodies_in_utf_8_are_accepted(content_type):
    check_charset([(b"content-type", content_type.encode())])


async def test_a_disconnect_in_the_middle_is_noticed():
    with pytest.raises(ClientDisconnected):
        await receive_body(receiving(request(b"x", True), {"type": "http.disconnect"}), io.BytesIO())


def test_thirty_incomplete_forms_delay_no_page(uvicorn):
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    connections = [socket.create_connection(("127.0.0.1", uvicorn.port)) for _ in range(30)]
    try:
        for connection in connections:
            connection.sendall(head)
        assert httpx.get(f"{uvicorn.url}/accounts/login/", timeout=60, follow_redirects=True).status_code == 200
    finally:
        for connection in connections:
            connection.close()
