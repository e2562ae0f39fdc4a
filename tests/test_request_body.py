"""Request bodies are taken in whole, within bounds, before anything else is done for them."""

import asyncio
import io
import socket

import httpx
import pytest

from chatsite.http.request_body import Gone, Refused, take_in


def receiving(*events):
    left = list(events)

    async def receive():
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def request(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_arrives_whole_whatever_its_pieces():
    body = io.BytesIO()
    await take_in(receiving(request(b"one ", True), request(b"", True), request(b"two")), body)
    assert body.getvalue() == b"one two"


async def test_what_is_too_large_is_refused_before_it_is_all_here():
    receive = receiving(request(b"x" * 600, True), request(b"x" * 600, True))
    with pytest.raises(Refused) as refused:
        await take_in(receive, io.BytesIO(), max_bytes=1000)
    assert refused.value.status == 413


async def test_what_takes_too_long_is_refused():
    with pytest.raises(Refused) as refused:
        await take_in(receiving(request(b"x", True)), io.BytesIO(), within=0.05)
    assert refused.value.status == 408


async def test_who_leaves_half_way_is_gone():
    with pytest.raises(Gone):
        await take_in(receiving(request(b"x", True), {"type": "http.disconnect"}), io.BytesIO())


def test_thirty_half_sent_forms_stall_no_page(uvicorn):
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    slow = [socket.create_connection(("127.0.0.1", uvicorn.port)) for _ in range(30)]
    try:
        for line in slow:
            line.sendall(head)
        assert httpx.get(f"{uvicorn.url}/accounts/login/", timeout=60, follow_redirects=True).status_code == 200
    finally:
        for line in slow:
            line.close()
