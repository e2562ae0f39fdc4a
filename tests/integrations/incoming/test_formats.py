"""Well-known services' own payloads are shown as short messages. `payloads/` has a sample of each with its source."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from integrations.incoming.payload import FORM, read_post
from messaging.rendering import render

SAMPLES = sorted(Path(__file__).with_name("payloads").glob("*.json"))
NAMES = {"uptime": "Uptime Kuma", "github": "GitHub", "gitlab": "GitLab"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(path):
    sample = json.loads(path.read_text())
    headers = {name.lower(): value for name, value in sample["headers"].items()} | {"content-type": "application/json"}
    post = read_post(headers, json.dumps(sample["payload"]).encode())
    first = path.stem.split("_")[0]
    assert post.source == NAMES.get(first, first.capitalize())
    assert post.body.split("\n") == (sample["shown"] or [""])
    assert "<bdi>" not in render(post.body).html  # which would be mentions


def test_github_can_send_forms():
    sample = json.loads(Path(__file__).with_name("payloads").joinpath("github_ping.json").read_text())
    body = urlencode({"payload": json.dumps(sample["payload"])}).encode()
    assert read_post({"content-type": FORM, "x-github-event": "ping"}, body).source == "GitHub"
