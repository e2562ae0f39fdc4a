"""The commands in docs/webhooks.md do what it says."""

import re
import subprocess

import pytest

from messaging.models import Message
from tests.checkout import ROOT

pytestmark = pytest.mark.slow

COMMANDS = re.findall(r"```\n(curl .*?)\n```", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL)


def test_commands_post_messages(uvicorn, new):
    for command in COMMANDS:
        environment = {"URL": f"{uvicorn.url}/hooks/{new.secret}", "PATH": "/usr/bin:/bin"}
        answer = subprocess.run(
            ["bash", "-c", f"{command} --silent --show-error"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout == "ok"
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == [
        "**Backup** finished",
        "**Deployed** [build 7](https://example.org/builds/7)",
        "Build 8 failed",
        "🔴 **Disk full**\n\n**Host** db1",
        "Invoice 42 was paid",
    ]
