"""The command in a real terminal of 80 × 24 characters."""

import pytest

from chatsite_terminal.login_store import LoginStore
from tests.client.terminal import Terminal, environment_of
from tests.live_client import LiveClient
from tests.waiting import PATIENCE


@pytest.fixture
def terminal(ana, uvicorn, tmp_path):
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    terminal = Terminal([uvicorn.url], environment_of(tmp_path))
    yield terminal
    terminal.close()


def test_it_chats_and_leaves_the_terminal_as_it_was(terminal, uvicorn, mira, everyone):
    with LiveClient(uvicorn, mira.user) as page:
        terminal.wait_for("#everyone")
        page.post(everyone.pk, "Hello\x1b]0;evil\x07\x1b[2J @ana")
        terminal.wait_for("Hello @ana")
        assert "evil" not in terminal.screen.title
        terminal.type("Hello @mira\r")
        while page.wait_for("message.posted")["message"]["body"] != "Hello @mira":
            pass
        terminal.wait_for("Hello @mira")
        terminal.type("/quit\r")
        assert terminal.process.wait(PATIENCE) == 0
