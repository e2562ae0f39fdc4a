"""Clients of Slack and Mattermost, and services with their own formats, post with a webhook's URL."""

import json

import apprise
import httpx
import pytest
from slack_sdk.models.blocks import DividerBlock, HeaderBlock, SectionBlock
from slack_sdk.webhook import WebhookClient

from integrations.incoming.actions import update_webhook
from messaging.models import Message
from tests.integrations.incoming.test_formats import SAMPLES

pytestmark = pytest.mark.slow


def body() -> str:
    return Message.objects.latest("pk").body


def test_slack_sdk(uvicorn, new):
    client = WebhookClient(f"{uvicorn.url}/hooks/services/T00000000/B00000000/{new.secret}")
    answer = client.send(text="*Hello* <https://example.org|there>")
    assert (answer.status_code, answer.body) == (200, "ok")
    assert body() == "**Hello** [there](https://example.org)"
    blocks = [HeaderBlock(text="Deployed"), SectionBlock(text="to *prod*"), DividerBlock()]
    reply = client.send(text="Deployed", blocks=blocks, headers={"Idempotency-Key": "1"})
    assert reply.body == "ok"
    assert body() == "### Deployed\n\nto **prod**\n\n---"
    sent = client.send_dict({"text": "done", "thread_ts": reply.headers["x-message-id"]})
    assert sent.body == "ok"
    assert Message.objects.latest("pk").reply_to_id == int(reply.headers["x-message-id"])
    assert client.send(text="").body == "no_text"


def test_apprise_for_mattermost(uvicorn, owner, new):
    update_webhook(
        actor=owner,
        webhook=new.webhook,
        name="Backups",
        description="",
        mentions_everyone=False,
        is_markdown=True,
        allows_alias=True,
    )
    sender = apprise.Apprise()
    assert sender.add(f"mmost://127.0.0.1:{uvicorn.port}/{new.secret}?image=no")
    assert sender.notify(title="Backup", body="finished in 3 min", body_format=apprise.NotifyFormat.MARKDOWN)
    assert "finished in 3 min" in body()


ALERTS = [path for path in SAMPLES if path.stem in ("alertmanager", "grafana", "grafana_legacy", "uptime_kuma")]


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_recorded_payloads_of_services(uvicorn, new, path):
    sample = json.loads(path.read_text())
    answer = httpx.post(f"{uvicorn.url}/hooks/{new.secret}", json=sample["payload"], headers=sample["headers"])
    assert (answer.status_code, answer.text) == (200, "ok")
    assert [*Message.objects.values_list("body", "sender")] == [("\n".join(sample["shown"]), new.webhook.bot_id)]
