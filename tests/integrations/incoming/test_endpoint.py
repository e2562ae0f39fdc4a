"""Requests to the URL of a webhook, on a running site."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from integrations.incoming.actions import create_webhook, delete_webhook, regenerate_url, set_enabled
from integrations.models import IncomingWebhook, WebhookDelivery
from messaging.models import Message, Notification
from rooms.actions import archive_room, remove_member
from rooms.models import Room
from tests.factories import make_member, make_room, post
from tests.live_client import LiveClient
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def hook(uvicorn, new):
    return Hook(f"{uvicorn.url}/hooks/{new.secret}")


class Hook:
    """The URL of a webhook."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, payload: Any = None, **kwargs: Any) -> httpx.Response:
        return httpx.post(self.url, **({"json": payload} | kwargs if payload is not None else kwargs))


def bodies(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def results_of(count: int) -> list[WebhookDelivery]:
    wait_until(lambda: WebhookDelivery.objects.count() == count, "the results are stored")
    return list(WebhookDelivery.objects.order_by("pk"))


def test_message_appears_in_the_room(site, owner, room, new):
    with LiveClient(site, owner) as client:
        answer = httpx.post(f"{site.url}/hooks/{new.secret}", json={"text": "*Deployed* <https://x.org|api>"})
        event = client.wait_for("message.posted")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "ok", "text/plain; charset=utf-8")
    assert event["message"]["sender"]["name"] == "Deploy bot"
    assert event["message"]["sender"]["is_bot"] is True
    assert "<strong>Deployed</strong>" in event["message"]["html"]
    assert answer.headers["x-message-id"] == str(event["message"]["id"])


@pytest.mark.parametrize("path", ["{}", "{}/", "services/T1/B2/{}", "services/{}", "T1/B2/{}"], ids=str)
def test_shapes_of_the_url(uvicorn, room, new, path):
    answer = httpx.post(f"{uvicorn.url}/hooks/{path.format(new.secret)}", json={"text": "hi"})
    assert answer.text == "ok"
    assert bodies(room) == ["hi"]


def test_form_and_text(hook, room):
    assert hook.send(data={"payload": json.dumps({"text": "*one*"})}).text == "ok"
    answer = hook.send(content=b"**two**", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.text) == (201, "ok")
    assert answer.headers["location"].endswith(f"/rooms/{room.pk}/messages/2/")
    assert bodies(room) == ["**one**", "**two**"]


def test_refusals_in_slacks_words(uvicorn, hook, room, owner, new):
    assert hook.send(content=b"{", headers={"content-type": "application/json"}).text == "invalid_payload"
    assert (hook.send({"text": ""}).status_code, hook.send({"text": ""}).text) == (400, "no_text")
    unknown = httpx.post(f"{uvicorn.url}/hooks/{'a' * 32}", json={"text": "hi"})
    assert (unknown.status_code, unknown.text) == (404, "no_service")
    assert httpx.post(f"{uvicorn.url}/hooks/x", json={"text": "hi"}).text == "no_service"
    assert httpx.get(hook.url).status_code == 405
    assert hook.send({"text": "a" * 300_000}).status_code == 413
    remove_member(actor=None, room=room, user=new.webhook.bot)
    assert (hook.send({"text": "hi"}).status_code, hook.send({"text": "hi"}).text) == (403, "action_prohibited")
    set_enabled(actor=owner, webhook=new.webhook, enabled=True)
    assert hook.send({"text": "hi"}).text == "ok"
    archive_room(actor=owner, room=room)
    assert (hook.send({"text": "ho"}).status_code, hook.send({"text": "ho"}).text) == (410, "channel_is_archived")


def test_disabled_and_deleted_webhooks_and_old_urls_post_nothing(uvicorn, hook, room, owner, new):
    set_enabled(actor=owner, webhook=new.webhook, enabled=False)
    assert hook.send({"text": "hi"}).status_code == 404
    set_enabled(actor=owner, webhook=new.webhook, enabled=True)
    changed = Hook(f"{uvicorn.url}/hooks/{regenerate_url(actor=owner, webhook=new.webhook).secret}")
    assert hook.send({"text": "hi"}).status_code == 404
    assert changed.send({"text": "hi"}).text == "ok"
    delete_webhook(actor=owner, webhook=new.webhook)
    assert changed.send({"text": "ho"}).status_code == 404
    assert bodies(room) == ["hi"]


def test_results_are_listed(hook, new):
    hook.send({"text": "hi"})
    hook.send({"text": ""})
    hook.send({"zen": "Design for failure."}, headers={"x-github-event": "watch"})
    accepted, refused, ignored = results_of(3)
    assert (accepted.word, accepted.source, accepted.status) == ("ok", "Slack", 200)
    assert accepted.message_id == Message.objects.get().pk
    assert (refused.word, refused.status) == ("no_text", 400)
    assert (ignored.word, ignored.source, ignored.message_id) == ("ignored", "GitHub", None)
    webhook = IncomingWebhook.objects.get()
    assert (webhook.accepted, webhook.refused) == (2, 1)
    assert webhook.last_error == refused.detail
    assert webhook.last_used_at is not None


def test_only_the_newest_results_are_kept(hook, new):
    for number in range(25):
        hook.send({"text": f"message {number}"})
    wait_until(lambda: IncomingWebhook.objects.get().accepted == 25, "the results are stored")
    assert WebhookDelivery.objects.count() == 20


# -- repetitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-GitHub-Delivery", "X-Gitea-Delivery"])
def test_a_repeated_key_posts_nothing(hook, room, header):
    first, second = (hook.send({"text": "hi"}, headers={header: "b3f1"}) for _ in range(2))
    assert first.headers["x-message-id"] == second.headers["x-message-id"]
    assert hook.send({"text": "hi"}, headers={header: "b3f2"}).text == "ok"
    assert bodies(room) == ["hi", "hi"]
    assert [result.word for result in results_of(3)] == ["ok", "repeated", "ok"]


def test_a_key_with_other_content_is_a_conflict(hook, room):
    hook.send({"text": "hi"}, headers={"Idempotency-Key": "1"})
    assert hook.send({"text": "ho"}, headers={"Idempotency-Key": "1"}).status_code == 409
    assert bodies(room) == ["hi"]


def test_the_same_content_posts_nothing_for_a_minute(hook, room):
    answers = {hook.send({"text": "hi"}).headers["x-message-id"] for _ in range(3)}
    assert len(answers) == 1
    assert bodies(room) == ["hi"]


def test_the_same_requests_at_once_post_one_message(hook, room):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: hook.send({"text": "hi"}), range(8)))
    assert {answer.text for answer in answers} == {"ok"}
    assert len(bodies(room)) <= 2  # if a minute began in between
    assert len({answer.headers["x-message-id"] for answer in answers}) == len(bodies(room))


# -- what is posted --------------------------------------------------------------------------------


def test_replies(hook, room):
    first = hook.send({"text": "Build failed"}).headers["x-message-id"]
    second = hook.send({"text": "Build fixed", "thread_ts": first}).headers["x-message-id"]
    assert Message.objects.get(pk=second).reply_to_id == int(first)


def test_a_reply_to_nothing_here_is_a_message(hook, owner):
    elsewhere = post(make_room("Elsewhere", owner=owner), owner)
    for number, thread in enumerate(["1503435956.000247", str(elsewhere.pk), "999999999"]):
        answer = hook.send({"text": f"text {number}", "thread_ts": thread})
        assert Message.objects.get(pk=answer.headers["x-message-id"]).reply_to_id is None


def test_long_texts_are_several_messages(hook, room):
    hook.send({"text": "a line of text\n" * 1_000})
    parts = bodies(room)
    assert len(parts) == 2
    assert "\n".join(parts).count("a line of text") == 1_000


def test_message_is_shown_under_the_name_that_was_sent(site, owner, room, new):
    with LiveClient(site, owner) as client:
        httpx.post(
            f"{site.url}/hooks/{new.secret}",
            json={"text": "hi", "username": "Release *train*", "icon_emoji": ":train:"},
        )
        event = client.wait_for("message.posted")
    assert event["message"]["alias"] == {"name": "Release *train*", "emoji": "🚋"}
    assert event["message"]["sender"]["name"] == "Deploy bot"
    assert bodies(room) == ["hi"]


def test_all_parts_of_a_long_text_have_the_name(hook, room):
    hook.send({"text": "a line of text\n" * 1_000, "username": "Log"})
    assert {message.alias for message in Message.objects.filter(room=room)} == {"\nLog"}


def test_name_of_a_person_is_not_shown(hook, room, owner):
    hook.send({"text": "hi", "username": "0wner", "icon_emoji": ":train:"})
    assert Message.objects.get(room=room).alias == "🚋\n"
    (result,) = results_of(1)
    assert (result.word, "own name" in result.detail) == ("ok", True)


def test_senders_choose_no_name_if_they_must_not(hook, room):
    IncomingWebhook.objects.update(allows_alias=False)
    hook.send({"text": "hi", "username": "Release train"})
    assert Message.objects.get(room=room).alias is None


def test_webhooks_post_in_read_only_rooms_and_despite_slow_mode(hook, room):
    Room.objects.filter(pk=room.pk).update(is_read_only=True, slow_seconds=600)
    assert [hook.send({"text": text}).text for text in ("one", "two")] == ["ok", "ok"]
    assert bodies(room) == ["one", "two"]


def test_mentions(uvicorn, hook, room, owner):
    member = make_member(room)
    hook.send({"text": f"<@{member.pk}> and <@{owner.username}>, <!channel> @here"})
    message = Message.objects.get()
    assert message.mentions.split() == [str(member.pk), str(owner.pk)]
    everyone = create_webhook(actor=owner, room=room, name="Alerts", mentions_everyone=True)
    httpx.post(f"{uvicorn.url}/hooks/{everyone.secret}", json={"text": "<!channel>"})
    assert Message.objects.latest("pk").mentions == "room"
    notified = Notification.objects.filter(message__sender=everyone.webhook.bot)
    wait_until(lambda: {owner.pk, member.pk} <= set(notified.values_list("user", flat=True)), "both are notified")


def test_a_webhook_is_limited(hook, new):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: hook.send({"text": f"text {n}"}), range(60)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.text for answer in refused} == {"rate_limited"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
