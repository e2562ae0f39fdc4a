"""The bot in the documentation, as it is printed there."""

import os
import re
import subprocess
import sys

import pytest

from chatsite_client import Client, files
from rooms.models import Membership
from tests.checkout import ROOT
from tests.factories import make_bot, make_token
from tests.live_client import LiveClient


@pytest.fixture
def bot(transactional_db, everyone):
    """A bot in Everyone, and its token."""
    user = make_bot("robot")
    Membership.objects.create(room=everyone, user=user)
    return user, make_token(user).secret


def test_the_bot_of_the_documentation_answers(uvicorn, bot, mira, everyone, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "client/README.md").read_text(), re.DOTALL)
    (program,) = [block for block in blocks if "asyncio.run" in block]
    user, token = bot
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT / 'client'}:{':'.join(sys.path)}",
        "CHATSITE_URL": uvicorn.url,
        "CHATSITE_TOKEN": token,
    }
    with LiveClient(uvicorn, mira.user) as page:
        process = subprocess.Popen([sys.executable, "-c", program], env=environment)
        try:
            while user.pk not in page.wait_for("presence").get("online", []):
                pass
            question = page.post(everyone.pk, "Hello @robot")
            answer = page.wait_for("message.posted")["message"]
            while answer["id"] == question["id"]:
                answer = page.wait_for("message.posted")["message"]
        finally:
            process.kill()
            process.wait()
    assert (answer["body"], answer["sender"]["id"], answer["reply_to"]["id"]) == (
        "Hello mira!",
        user.pk,
        question["id"],
    )


async def test_a_token_reads_writes_and_sends_files(uvicorn, bot, everyone, tmp_path):
    (tmp_path / "notes.txt").write_text("one\n")
    async with Client(uvicorn.url, token=bot[1], outbox_folder=tmp_path / "outbox") as client:
        upload = await files.upload(client.http, everyone.pk, tmp_path / "notes.txt")
        message = await client.post(everyone.pk, "The notes", attachments=[upload])
        (stored,) = (await client.http.history(everyone.pk)).messages
        assert (stored.id, stored.attachments[0].name) == (message.id, "notes.txt")
        assert await client.http.is_logged_in()
        with (tmp_path / "copy.txt").open("wb") as file:
            await files.download(client.http, stored.attachments[0], file)
        assert (tmp_path / "copy.txt").read_text() == "one\n"
