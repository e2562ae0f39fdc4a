"""The bot in the documentation checks signatures and answers, with a real delivery."""

import re
import threading
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

import pytest

from integrations.models import OutgoingDelivery
from messaging.models import Message
from tests.checkout import ROOT
from tests.factories import post
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def example():
    """The code of the documentation, served on a port of its own. Yields the namespace and the host."""
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/outgoing-webhooks.md").read_text(), re.DOTALL)
    namespace = {"__name__": "example"}
    exec(code, namespace)
    namespace["Bot"].log_message = lambda *args: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), namespace["Bot"])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield namespace, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_example_answers_a_mention(example, make_webhook, settings, start, room, ana):
    namespace, host = example
    settings.CHAT_OUTGOING_ALLOWED_HOSTS = [host]
    make_webhook("mention", url=f"http://{host}/")
    namespace["SECRET"] = make_webhook.secret
    start()
    post(room, ana, "@gardener hello")
    wait_until(lambda: Message.objects.filter(room=room, body="Hello, ana!").exists(), "the answer", 20)
    wait_until(lambda: OutgoingDelivery.objects.filter(state="delivered").exists(), "it is settled", 20)


def test_the_example_refuses_what_is_not_signed(example):
    _, host = example
    for headers in ({}, {"X-Chatsite-Timestamp": "1", "X-Chatsite-Signature": "sha256=00"}):
        connection = HTTPConnection(host, timeout=5)
        connection.request("POST", "/", b"{}", headers)
        assert connection.getresponse().status == 403
        connection.close()
