"""Messages are sent to webhooks once each, and their answers are posted once, whatever the other server does."""

import json
import time
from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.db import connection as database
from django.utils import timezone

from accounts.bots.actions import create_bot
from accounts.lifecycle.suspension import reinstate, suspend
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing import backlog, queue
from integrations.outgoing.actions import send_again
from integrations.servers.actions import switch_integration
from integrations.servers.signatures import sign, token_of
from messaging.models import Message
from messaging.posting.actions import delete_message
from rooms.actions import archive_room, remove_member
from rooms.blocking import block_person
from tests.factories import make_member, make_user, post
from tests.integration_server import run_allowed_site
from tests.push_service import Received, status
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

State = OutgoingDelivery.State


def is_settled() -> bool:
    """Return whether nothing is waiting to be found, sent or stored."""
    return not backlog.is_any_left() and not OutgoingDelivery.objects.filter(due_at__isnull=False).exists()


def finish() -> None:
    wait_until(is_settled, "all deliveries are settled", 20)


def make_due() -> None:
    OutgoingDelivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now(), claim=None)
    OutgoingWebhook.objects.update(rests_until=None)


def texts(receiver) -> list[str]:
    return [json.loads(each.body)["message"]["body"] for each in receiver.received]


def bodies(room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def answer(text: str, kind: str = "application/json"):
    return status(200, text.encode(), Content_Type=kind)


def test_a_message_is_sent_as_the_bot_sees_it(running, make_webhook, receiver, room, ana):
    webhook = make_webhook()
    message = post(room, ana, "*Hello*")
    finish()
    (received,) = receiver.received
    delivery = OutgoingDelivery.objects.get()
    assert (received.method, received.path) == ("POST", "/hook")
    headers = received.headers
    assert headers["content-type"].startswith("application/json")
    assert headers["x-chatsite-event"] == "message.posted"
    assert headers["x-chatsite-delivery"] == str(delivery.pk)
    timestamp = int(headers["x-chatsite-timestamp"])
    assert abs(timestamp - timezone.now().timestamp()) < 60
    assert headers["x-chatsite-signature"] == sign(make_webhook.secret, timestamp, received.body)
    sent = json.loads(received.body)
    assert sent["message"]["id"] == message.pk
    assert sent["message"]["sender"]["username"] == "ana"
    assert sent["message"]["html"] == "<p><em>Hello</em></p>"
    assert "client_id" not in sent["message"]
    assert sent["room"]["name"] == "Garden"
    assert sent["url"] == f"https://chat.example.org/rooms/{room.pk}/messages/{message.seq}/"
    assert (delivery.state, delivery.status, delivery.webhook_id) == (State.DELIVERED, 200, webhook.pk)


def test_only_what_triggers_it_is_sent(running, make_webhook, receiver, room, ana):
    make_webhook("mention")
    for body in ("hello", "@gardener water", "`@gardener`", "@GARDENER again", "@gardeners"):
        post(room, ana, body)
    finish()
    assert sorted(texts(receiver)) == ["@GARDENER again", "@gardener water"]


def test_a_word_at_the_beginning_triggers_it(running, make_webhook, receiver, room, ana):
    make_webhook("words", words="deploy, !status")
    for body in ("deploy", "Deploy now", "deployment", "please deploy", "!status?", "!statuses", "deploy: x"):
        post(room, ana, body)
    finish()
    assert set(texts(receiver)) == {"deploy", "Deploy now", "!status?", "deploy: x"}


def test_what_bots_write_triggers_nothing(running, make_webhook, receiver, room):
    webhook = make_webhook()
    other = make_member(room, create_bot(actor=None, username="other"))
    post(room, webhook.bot, "I am the bot")
    post(room, other, "@gardener and another one")
    finish()
    assert receiver.received == []


def test_an_answer_is_posted_by_the_bot_and_triggers_nothing(running, make_webhook, receiver, room, ana):
    receiver.reply = answer('{"text": "Watered."}')
    webhook = make_webhook()
    post(room, ana, "water")
    finish()
    assert bodies(room) == ["water", "Watered."]
    assert Message.objects.get(room=room, body="Watered.").sender == webhook.bot
    finish()
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("allows_alias", "alias"), [(True, "🌧️\nThe weather"), (False, None)], ids=["a name", "no name"]
)
def test_an_answer_chooses_a_name(allows_alias, alias, running, make_webhook, receiver, room, ana):
    receiver.reply = answer('{"text": "Watered.", "username": "The weather", "icon_emoji": "🌧"}')
    make_webhook(allows_alias=allows_alias)
    post(room, ana, "water")
    finish()
    assert Message.objects.get(room=room, body="Watered.").alias == alias


def test_nothing_is_sent_or_posted_for_the_bot_of_a_suspended_person(running, make_webhook, receiver, room, ana):
    receiver.reply = answer('{"text": "Watered."}')
    webhook = make_webhook()
    member = make_member(room)
    suspend(user=webhook.bot.owner)
    post(room, member, "water")
    finish()
    assert receiver.received == []
    reinstate(user=webhook.bot.owner)
    post(room, member, "again")
    finish()
    assert bodies(room) == ["water", "again", "Watered."]


def test_an_answer_that_comes_after_the_suspension_is_refused(running, make_webhook, receiver, room, ana):
    webhook = make_webhook()

    def reply(received):
        suspend(user=webhook.bot.owner)
        return answer('{"text": "Watered."}')(received)

    receiver.reply = reply
    post(room, make_member(room), "water")
    finish()
    assert bodies(room) == ["water"]
    assert OutgoingDelivery.objects.get().reason.startswith("the answer was refused")


def test_an_answer_in_a_thread_stays_there(running, make_webhook, receiver, room, ana):
    receiver.reply = answer('{"text": "Watered."}')
    make_webhook("mention")
    root = post(room, ana, "water?")
    post(room, ana, "@gardener water", reply_to_id=root.pk)
    finish()
    assert Message.objects.get(room=room, body="Watered.").thread_id == root.pk


@pytest.mark.parametrize(
    ("dialect", "kind", "body", "posted"),
    [
        ("chatsite", "application/json", '{"text": ""}', ""),
        ("chatsite", "application/json", "[]", ""),
        ("chatsite", "text/plain", "ok", ""),
        ("slack", "application/json", '{"text": "*hi*", "username": "x"}', "*hi*"),
        ("slack", "text/html", "ok", ""),
        ("campfire", "text/plain", "hi", "hi"),
        ("campfire", "text/html; charset=utf-8", "<p>a &amp; b</p><script>x</script><p>c</p>", "a & b\nc"),
        ("chatsite", "application/json", json.dumps({"text": "x" * 9_000}), "x" * 7_999 + "…"),
    ],
    ids=["empty", "a list", "text for JSON", "slack", "slack HTML", "campfire", "campfire HTML", "long"],
)
def test_answers_are_read_as_the_format_says(dialect, kind, body, posted, running, make_webhook, receiver, room, ana):
    receiver.reply = answer(body, kind)
    make_webhook(dialect=dialect)
    post(room, ana, "hello")
    finish()
    assert bodies(room)[1:] == ([posted] if posted else [])
    assert OutgoingDelivery.objects.get().state == State.DELIVERED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "JSON"),
        ('{"text": 7}', "string"),
        (json.dumps({"text": "x" * 70_000}), "too long"),
        ("[" * 60_000, "JSON"),
    ],
    ids=["broken", "a number", "huge", "deep"],
)
def test_an_answer_that_cannot_be_read_is_noted(body, reason, running, make_webhook, receiver, room, ana):
    receiver.reply = answer(body)
    make_webhook()
    post(room, ana, "hello")
    finish()
    delivery = OutgoingDelivery.objects.get()
    assert delivery.state == State.DELIVERED
    assert reason in delivery.reason
    assert bodies(room) == ["hello"]


def test_slacks_format_is_a_form_with_a_token(running, make_webhook, receiver, room, ana):
    make_webhook("words", words="deploy", dialect="slack")
    message = post(room, ana, "deploy & run")
    finish()
    fields = {name: value for name, [value] in parse_qs(receiver.received[0].body.decode()).items()}
    assert fields["token"] == token_of(make_webhook.secret)
    assert (fields["user_name"], fields["channel_name"], fields["text"]) == ("ana", room.slug, "deploy & run")
    assert (fields["trigger_word"], fields["post_id"]) == ("deploy", str(message.pk))


def test_campfires_format(running, make_webhook, receiver, room, ana):
    make_webhook(dialect="campfire")
    message = post(room, ana, "**hi**")
    finish()
    sent = json.loads(receiver.received[0].body)
    assert sent == {
        "user": {"id": ana.pk, "name": "ana"},
        "room": {"id": room.pk, "name": "Garden", "path": f"/rooms/{room.pk}/"},
        "message": {
            "id": message.pk,
            "body": {"html": "<p><strong>hi</strong></p>", "plain": "hi"},
            "path": f"/rooms/{room.pk}/messages/{message.seq}/",
        },
    }


# -- outages --------------------------------------------------------------------------------------


def test_a_message_is_sent_again_after_an_error_with_the_same_id(running, make_webhook, receiver, room, ana):
    receiver.reply = status(503)
    make_webhook()
    post(room, ana, "hello")
    wait_until(lambda: OutgoingDelivery.objects.filter(status=503, claim=None).exists(), "it failed", 20)
    delivery, webhook = OutgoingDelivery.objects.get(), OutgoingWebhook.objects.get()
    assert (delivery.state, webhook.failures) == (State.WAITING, 1)
    assert delivery.due_at > timezone.now() + timedelta(seconds=5)
    assert webhook.rests_until == delivery.due_at
    receiver.reply = answer('{"text": "at last"}')
    make_due()
    finish()
    assert len({each.headers["x-chatsite-delivery"] for each in receiver.received}) == 1
    assert bodies(room) == ["hello", "at last"]
    webhook.refresh_from_db()
    assert (webhook.failing_since, webhook.failures, webhook.reason) == (None, 0, "")


def test_while_a_server_is_unavailable_others_wait_for_their_turn(running, make_webhook, receiver, room, ana):
    receiver.reply = status(503)
    make_webhook()
    for n in range(20):
        post(room, ana, str(n))
    wait_until(lambda: OutgoingWebhook.objects.filter(rests_until__isnull=False).exists(), "it rests", 20)
    wait_until(lambda: not backlog.is_any_left() and not queue.is_any_due({}), "nothing is due", 20)
    wait_until(lambda: not OutgoingDelivery.objects.filter(claim__isnull=False).exists(), "none is being made", 20)
    assert len(receiver.received) <= 2 * queue.PER_WEBHOOK
    receiver.reply = status(200)
    make_due()
    finish()
    assert sorted(texts(receiver)[-20:], key=int) == [str(n) for n in range(20)]


def test_retry_after_is_respected(running, make_webhook, receiver, room, ana):
    receiver.reply = status(429, Retry_After="1800")
    make_webhook()
    post(room, ana, "hello")
    wait_until(lambda: OutgoingDelivery.objects.filter(status=429, claim=None).exists(), "it was refused", 20)
    assert OutgoingDelivery.objects.get().due_at > timezone.now() + timedelta(minutes=29)


def test_an_answer_that_arrives_twice_is_posted_once(make_webhook, start, receiver, room, ana):
    """As after a crash between the post and the note that the message was delivered."""
    receiver.reply = answer('{"text": "done"}')
    make_webhook()
    post(room, ana, "hello")
    first = start()
    finish()
    first.stop()
    OutgoingDelivery.objects.update(state=State.WAITING, due_at=timezone.now())
    start()
    finish()
    assert len(receiver.received) == 2
    assert bodies(room) == ["hello", "done"]


def test_two_processes_send_each_message_once(make_webhook, start, receiver, room, ana):
    make_webhook()
    for n in range(60):
        post(room, ana, str(n))
    start()
    start()
    finish()
    assert Counter(texts(receiver)) == Counter(str(n) for n in range(60))


def test_a_message_whose_process_died_is_sent_after_the_lease(make_webhook, start, receiver, room, ana):
    make_webhook()
    post(room, ana, "hello")
    backlog.find_deliveries()
    assert len(queue.claim({})) == 1
    assert queue.claim({}) == []
    OutgoingDelivery.objects.update(due_at=timezone.now())
    start()
    finish()
    assert texts(receiver) == ["hello"]


def test_a_slow_server_holds_up_no_other(running, make_webhook, receiver, room, ana):
    def reply(received: Received):
        if received.path == "/slow":
            wait_until(lambda: any(each.path == "/fast9" for each in receiver.received), "the fast ones are sent", 8)
        return 200, {}, b""

    receiver.reply = reply
    make_webhook(url=f"https://{receiver.host}/slow")
    for n in range(1, 10):
        make_webhook(bot=f"fast{n}", url=f"https://localhost:{receiver.port}/fast{n}")
    post(room, ana, "hello")
    finish()
    assert Counter(each.path for each in receiver.received)["/slow"] == 1
    assert set(OutgoingDelivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_after_a_day_of_failures_it_is_switched_off_and_its_creator_is_told(make_webhook, receiver, room, ana):
    webhook = make_webhook()
    post(room, ana, "hello")
    backlog.find_deliveries()
    failed = queue.Outcome(queue.Kind.LATER, "HTTP 503", 503, is_unavailable=True)
    for hours in (0, 23, 25):
        OutgoingDelivery.objects.update(due_at=timezone.now())
        OutgoingWebhook.objects.filter(failing_since__isnull=False).update(
            rests_until=None, failing_since=timezone.now() - timedelta(hours=hours)
        )
        [delivery] = queue.claim({})
        queue.settle(delivery, failed)
        webhook.refresh_from_db()
        assert webhook.is_enabled == (hours < 24)
    ana.refresh_from_db()
    assert "gardener" in ana.notices
    assert "HTTP 503" in ana.notices
    assert OutgoingDelivery.objects.get().state == State.FAILED
    post(room, ana, "not sent")
    assert not backlog.is_any_left()


def test_a_server_that_is_gone_is_switched_off_at_once(running, make_webhook, receiver, room, ana):
    receiver.reply = status(410)
    make_webhook()
    post(room, ana, "hello")
    finish()
    assert not OutgoingWebhook.objects.get().is_enabled


@pytest.mark.parametrize(
    "location", ["https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/", "http://{host}/"]
)
def test_a_redirect_to_a_private_address_is_not_followed(location, running, make_webhook, receiver, room, ana):
    receiver.reply = status(307, Location=location.format(host=receiver.host))
    make_webhook()
    post(room, ana, "hello")
    wait_until(lambda: OutgoingDelivery.objects.exclude(reason="").exists(), "it failed", 20)
    assert len(receiver.received) == 1


# -- what the bot may see -------------------------------------------------------------------------


def test_a_message_that_was_deleted_meanwhile_is_not_sent(make_webhook, start, receiver, room, ana):
    make_webhook()
    message = post(room, ana, "oops")
    backlog.find_deliveries()
    delete_message(actor=ana, message_id=message.pk)
    start()
    finish()
    assert receiver.received == []
    assert OutgoingDelivery.objects.get().state == State.DROPPED


def test_a_bot_that_was_removed_sends_nothing(running, make_webhook, receiver, room, ana):
    webhook = make_webhook()
    remove_member(actor=ana, room=room, user=webhook.bot)
    post(room, ana, "secret")
    finish()
    assert receiver.received == []
    assert OutgoingDelivery.objects.count() == 0


def test_messages_from_before_the_webhook_and_from_while_it_was_off_are_not_sent(
    running, make_webhook, receiver, room, ana
):
    post(room, ana, "before")
    webhook = make_webhook()
    switch_integration(actor=ana, integration=webhook, is_enabled=False)
    post(room, ana, "while it was off")
    switch_integration(actor=ana, integration=webhook, is_enabled=True)
    post(room, ana, "after")
    finish()
    assert texts(receiver) == ["after"]


def test_nothing_is_missed_however_much_was_posted(make_webhook, start, receiver, room, ana):
    make_webhook()
    for n in range(2 * backlog.MESSAGES + 7):
        post(room, ana, str(n))
    start()
    finish()
    assert Counter(texts(receiver)) == Counter(str(n) for n in range(2 * backlog.MESSAGES + 7))


def test_messages_that_are_posted_while_it_looks_are_found_once(make_webhook, room, ana):
    make_webhook()
    post(room, ana, "before")
    [webhook] = backlog._left()
    post(room, ana, "meanwhile")  # the room as it was read doesn't count it
    backlog._look_through(webhook)
    assert OutgoingDelivery.objects.count() == 2
    assert not backlog.is_any_left()


def test_more_than_may_wait_are_dropped(make_webhook, room, ana, monkeypatch):
    monkeypatch.setattr(backlog, "MAX_WAITING", 3)
    make_webhook()
    for n in range(5):
        post(room, ana, str(n))
    backlog.find_deliveries()
    states = Counter(OutgoingDelivery.objects.values_list("state", flat=True))
    assert states == {State.WAITING: 3, State.DROPPED: 2}


def test_sending_again_uses_the_same_id(running, make_webhook, receiver, room, ana):
    make_webhook()
    post(room, ana, "hello")
    finish()
    send_again(actor=ana, delivery=OutgoingDelivery.objects.get())
    finish()
    ids = [each.headers["x-chatsite-delivery"] for each in receiver.received]
    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_an_answer_that_may_not_be_posted_is_noted(running, make_webhook, receiver, room, ana):
    receiver.reply = lambda received: (
        archive_room(actor=None, room=room) and (200, {"Content-Type": "application/json"}, b'{"text": "hi"}')
    )
    make_webhook()
    post(room, ana, "hello")
    finish()
    assert "refused" in OutgoingDelivery.objects.get().reason
    assert bodies(room) == ["hello"]


def test_what_someone_writes_whom_the_bot_blocks_is_not_sent(running, make_webhook, receiver, room, ana):
    webhook = make_webhook()
    mira = make_member(room, make_user("mira"))
    block_person(user=webhook.bot, other=mira)
    post(room, mira, "spam")
    post(room, ana, "hello")
    finish()
    assert texts(receiver) == ["hello"]


@pytest.mark.slow
@pytest.mark.skipif(
    database.vendor != "sqlite",
    reason="kills a site on the tests' database, which must be SQLite; runs in the main test run",
)
def test_a_killed_server_loses_nothing_and_answers_once(make_webhook, receiver, room, ana, tmp_path):
    """Messages that were being sent are sent again by the next server, with the same ids, and answered once."""
    make_webhook()

    def reply(received: Received):
        body = json.dumps({"text": f"answer to {json.loads(received.body)['message']['body']}"})
        time.sleep(0.05)  # plays a slow receiver, so that deliveries are still queued when the server is killed
        return 200, {"Content-Type": "application/json"}, body.encode()

    receiver.reply = reply
    wanted = [str(n) for n in range(60)]
    for body in wanted:
        post(room, ana, body)
    with run_allowed_site(receiver, tmp_path / "first") as site:
        wait_until(lambda: len(receiver.accepted) >= 20, "some are sent")
        site.process.kill()
    assert len(receiver.accepted) < 60
    make_due()  # after the lease
    with run_allowed_site(receiver, tmp_path / "second"):
        wait_until(is_settled, "all are sent")
    assert set(texts(receiver)) == set(wanted)
    assert len({each.headers["x-chatsite-delivery"] for each in receiver.received}) == 60
    assert sorted(bodies(room)) == sorted([*wanted, *(f"answer to {body}" for body in wanted)])
