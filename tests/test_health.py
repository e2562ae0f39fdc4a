"""The process answers for itself, whatever becomes of the pages."""

import httpx

from chatsite.health import AliveFirst


async def test_being_alive_hangs_on_no_page():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(AliveFirst(None)), base_url="http://site") as client:
        answer = await client.get("/health/live")
    assert (answer.status_code, answer.text) == (200, "ok\n")
