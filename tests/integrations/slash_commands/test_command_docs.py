"""The program in the documentation answers a command."""

import json
import re
import threading
from http.server import HTTPServer

import pytest

from messaging.models import Message
from tests.checkout import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

DOCS = (ROOT / "docs/slash-commands.md").read_text()


@pytest.fixture
def example(settings):
    """The code of the documentation, served on a port of its own. Yields the host."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    namespace = {"__name__": "example"}
    exec(code, namespace)
    namespace["Roll"].log_message = lambda *args: None
    server = HTTPServer(("127.0.0.1", 0), namespace["Roll"])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    settings.CHAT_OUTGOING_ALLOWED_HOSTS = [host]
    yield host
    server.shutdown()
    server.server_close()


def test_the_example_rolls_dice(receiver, example, make_command, room, ben, start):
    make_command("roll", url=f"http://{example}/")
    running = start()
    for text in ("20", "", "x", "0"):
        running.run(ben, room, "roll", text)
    rolled = [re.fullmatch(r"@ben rolled \*\*(\d+)\*\*\.", body) for body in bodies(room)]
    assert len(rolled) == 4
    assert all(found and 1 <= int(found[1]) <= most for found, most in zip(rolled, (20, 6, 6, 1), strict=True))


def test_the_documented_request_has_the_fields_that_are_sent(make_command, receiver, running, room, ben):
    make_command()
    running.run(ben, room)
    [documented] = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    sent, documented = json.loads(receiver.received[0].body), json.loads(documented)
    assert sent.keys() == documented.keys()
    assert sent["room"].keys() == documented["room"].keys()
    assert sent["user"].keys() - {"is_bot"} == documented["user"].keys()


def bodies(room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))
