"""Many webhooks that send the most demanding payloads at once delay neither pages nor sockets."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from integrations.incoming.actions import create_webhook
from messaging.models import Message
from tests.attacks.wire import MAX_DELAY_SECONDS, slowest_ping
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient

pytestmark = pytest.mark.slow

WEBHOOKS = 15
CLIENTS = 30
REQUESTS = 150


def test_many_webhooks_at_once(uvicorn, everyone):
    owner = make_user()
    room = make_room(owner=owner)
    urls = [
        f"{uvicorn.url}/hooks/{create_webhook(actor=owner, room=room, name=f'Flood {number}').secret}"
        for number in range(WEBHOOKS)
    ]
    is_over = threading.Event()

    def send(number: int) -> int:
        payload = {"text": f"{number} " + "*_~`<" * 8_000}
        return httpx.post(urls[number % WEBHOOKS], json=payload, timeout=60).status_code

    with LiveClient(uvicorn, make_member(everyone)) as bystander, ThreadPoolExecutor(CLIENTS + 2) as executor:
        slowest = executor.submit(slowest_ping, bystander, is_over=is_over)
        page = executor.submit(_slowest_page, uvicorn.url, is_over)
        answers = set(executor.map(send, range(REQUESTS)))
        is_over.set()
        assert slowest.result() < MAX_DELAY_SECONDS
        assert page.result() < MAX_DELAY_SECONDS
    assert answers <= {200, 429, 503}
    assert Message.objects.filter(room=room).exists()
    assert "Traceback" not in uvicorn.log


def _slowest_page(url: str, is_over: threading.Event) -> float:
    slowest = 0.0
    while not is_over.is_set():
        begun = time.perf_counter()
        assert httpx.get(f"{url}/accounts/login/", timeout=60).status_code == 200
        slowest = max(slowest, time.perf_counter() - begun)
    return slowest
