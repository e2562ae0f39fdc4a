"""Commands are sent to their server once each, and their answers are posted once or shown, whatever that server does."""

import hashlib
import hmac
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.utils import timezone

from accounts.lifecycle.retention import prune
from accounts.lifecycle.suspension import reinstate, suspend
from integrations.models import SlashCommand, SlashCommandKey, SlashCommandRun
from integrations.servers.actions import switch_integration
from integrations.servers.signatures import sign, token_of
from integrations.slash_commands import runner
from integrations.slash_commands.errors import AlreadyRun, CommandFailed, StillRunning, TooMany
from integrations.slash_commands.runs import begin_run
from live.db_threads import call_with_database
from messaging.errors import Conflict, RateLimited, SlowMode
from messaging.models import Message
from messaging.posting.actions import delete_message
from messaging.runtime.protocol import RunCommand
from rooms.actions import archive_room, leave_room, remove_member
from rooms.blocking import block_person
from rooms.conversations import open_conversation
from rooms.errors import Archived, Blocked, Forbidden, NotAMember, NotFound
from rooms.models import Membership, Room
from rooms.moderation import ban_member, limit_posting
from tests.factories import make_room, make_user, post
from tests.push_service import Received, status
from tests.services import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

State = SlashCommandRun.State
MINUTE = timedelta(minutes=1)


def answer(content: object, kind: str = "application/json"):
    body = content if isinstance(content, str) else json.dumps(content)
    return status(200, body.encode(), Content_Type=kind)


def bodies(room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def fields_of(received: Received) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(received.body.decode(), keep_blank_values=True).items()}


# -- requests -------------------------------------------------------------------------------------


def test_what_was_typed_is_sent_with_a_signature(running, make_command, receiver, room, ben):
    make_command()
    result = running.run(ben, room, "deploy", "main --now")
    assert result["answer"] is None
    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/hook")
    sent, headers = json.loads(received.body), received.headers
    assert (sent["event"], sent["command"], sent["text"]) == ("command.run", "/deploy", "main --now")
    assert (sent["user"]["username"], sent["room"]["name"], sent["thread"]) == ("ben", "Garden", None)
    assert sent["response_url"].startswith("https://chat.example.org/command-responses/")
    assert headers["x-chatsite-event"] == "command.run"
    assert headers["x-chatsite-delivery"] == sent["run"] == result["run"]
    timestamp = int(headers["x-chatsite-timestamp"])
    assert abs(timestamp - timezone.now().timestamp()) < 60
    assert headers["x-chatsite-signature"] == sign(make_command.secret, timestamp, received.body)
    assert SlashCommandRun.objects.get().state == State.DONE


@pytest.mark.parametrize("dialect", ["slack", "mattermost"])
def test_the_form_of_slack_and_mattermost(dialect, running, make_command, receiver, room, ben):
    make_command(dialect=dialect)
    result = running.run(ben, room, "deploy", "a & b")
    (received,) = receiver.received
    fields = fields_of(received)
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (fields["command"], fields["text"], fields["token"]) == ("/deploy", "a & b", token_of(make_command.secret))
    assert (fields["user_id"], fields["user_name"]) == (str(ben.pk), "ben")
    assert (fields["channel_id"], fields["channel_name"]) == (str(room.pk), room.slug)
    assert (fields["team_domain"], fields["trigger_id"]) == ("chat.example.org", result["run"].replace("-", ""))
    assert "/command-responses/" in fields["response_url"]
    timestamp = received.headers.get("x-slack-request-timestamp")
    assert (timestamp is not None) == (dialect == "slack")
    if timestamp:
        base = f"v0:{timestamp}:".encode() + received.body
        expected = hmac.new(make_command.secret.encode(), base, hashlib.sha256).hexdigest()
        assert received.headers["x-slack-signature"] == f"v0={expected}"


def test_a_command_of_the_site_can_be_run_everywhere_and_its_bot_need_not_be_there(
    running, make_command, receiver, room, ben, admin
):
    receiver.reply = answer({"response_type": "in_channel", "text": "Done"})
    command = make_command(actor=admin, room=None)
    other = make_user("other")
    conversation = open_conversation(user=ben, others=[other])
    for place in (room, conversation):
        running.run(ben, place, "deploy")
        assert bodies(place) == ["Done"]
        assert not Membership.objects.filter(room=place, user=command.bot).exists()
    assert Message.objects.filter(sender=command.bot).count() == 2


# -- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "text", "posted"),
    [
        ("chatsite", "**bold** *it*", "**bold** *it*"),
        ("slack", "*bold* <https://example.org|link>", "**bold** [link](https://example.org)"),
        ("mattermost", "**bold** [link](https://example.org)", "**bold** [link](https://example.org)"),
    ],
    ids=["chatsite", "slack", "mattermost"],
)
def test_an_answer_for_the_channel_is_posted_by_the_bot(
    dialect, text, posted, running, make_command, receiver, room, ben
):
    receiver.reply = answer({"response_type": "in_channel", "text": text})
    command = make_command(dialect=dialect)
    result = running.run(ben, room)
    message = Message.objects.get(room=room)
    assert (message.body, message.sender_id) == (posted, command.bot_id)
    assert result["answer"] == {"response_type": "in_channel", "message": message.pk}


@pytest.mark.parametrize(
    ("dialect", "content", "kind", "shown"),
    [
        ("chatsite", {"text": "*Only* you"}, "application/json", "<p><em>Only</em> you</p>"),
        ("chatsite", {"response_type": "ephemeral", "text": "x"}, "application/json; charset=utf-8", "<p>x</p>"),
        ("chatsite", "Plain", "text/plain", "<p>Plain</p>"),
        ("slack", "*Plain*", "text/plain", "<p><strong>Plain</strong></p>"),
        ("slack", {"text": "*b*"}, "application/json", "<p><strong>b</strong></p>"),
        ("mattermost", {"text": "**b**", "goto_location": "x"}, "application/json", "<p><strong>b</strong></p>"),
        ("slack", {"attachments": [{"text": "a"}]}, "application/json", "a"),
    ],
    ids=["json", "typed", "text", "slack text", "slack", "mattermost", "attachment"],
)
def test_another_answer_is_shown_and_not_stored(
    dialect, content, kind, shown, running, make_command, receiver, room, ben
):
    receiver.reply = answer(content, kind)
    make_command(dialect=dialect)
    given = running.run(ben, room)["answer"]
    assert given["response_type"] == "ephemeral"
    assert shown in given["html"]
    assert bodies(room) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "application/json"),
        (" \n", "text/plain"),
        ({}, "application/json"),
        ({"response_type": "in_channel", "text": " "}, "application/json"),
        ("<p>ok</p>", "text/html"),
        ({"delete_original": True}, "application/json"),
    ],
    ids=["nothing", "blank", "empty", "no text", "html", "delete_original"],
)
@pytest.mark.parametrize("dialect", ["chatsite", "slack"])
def test_an_answer_without_text_is_nothing(dialect, content, kind, running, make_command, receiver, room, ben):
    receiver.reply = answer(content, kind)
    make_command(dialect=dialect)
    assert running.run(ben, room)["answer"] is None
    assert bodies(room) == []


def test_a_long_answer_is_cut(running, make_command, receiver, room, ben):
    receiver.reply = answer({"response_type": "in_channel", "text": "word " * 3_000})
    make_command()
    running.run(ben, room)
    [body] = bodies(room)
    assert 7_000 < len(body) <= 8_000
    assert body.endswith("…")


def test_an_answer_mentions_nobody_but_the_people_that_it_names(running, make_command, receiver, room, ana, ben):
    receiver.reply = answer({"response_type": "in_channel", "text": "@room @ana done"})
    make_command()
    running.run(ben, room)
    message = Message.objects.get(room=room)
    assert "data-mention-all" not in message.html
    assert f'"{ana.pk}"' in message.html or str(ana.pk) in message.html


def test_an_answer_stays_in_the_thread(running, make_command, receiver, room, ana, ben):
    receiver.reply = answer({"response_type": "in_channel", "text": "Done"})
    make_command()
    first = post(room, ana, "Shall we?")
    reply = post(room, ana, "Soon", reply_to_id=first.pk)
    running.run(ben, room, thread=first.pk)
    assert json.loads(receiver.received[0].body)["thread"] == first.pk
    assert Message.objects.get(body="Done").thread_id == first.pk
    delete_message(actor=ana, message_id=first.pk)
    running.run(ben, room, thread=first.pk)
    assert [each.thread_id for each in Message.objects.filter(body="Done")] == [first.pk, first.pk]
    with pytest.raises(NotFound, match="thread"):
        running.run(ben, room, thread=reply.pk)


# -- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "shown", "reason"),
    [
        (status(500, b"out of paint"), "500", "HTTP 500 out of paint"),
        (status(404), "404", "HTTP 404"),
        (lambda received: None, "reached", ""),
        (status(302, Location="https://example.org/"), "302", "HTTP 302"),
        (status(307, Location="https://169.254.169.254/latest"), "reached", "169.254.169.254"),
        (answer("{"), "can’t be shown", "JSON"),
        (answer([1]), "can’t be shown", "object"),
        (answer({"text": 7}), "can’t be shown", "string"),
        (answer("[" * 60_000), "can’t be shown", "JSON"),
        (answer({"text": "x" * 70_000}), "can’t be shown", "64 KB"),
        (status(200, b"\xff\xfe", Content_Type="text/plain"), "can’t be shown", "UTF-8"),
    ],
    ids=["500", "404", "closed", "302", "private", "broken", "list", "number", "deep", "huge", "encoding"],
)
def test_a_failure_is_explained_to_the_person_and_noted_for_the_owner(
    reply, shown, reason, running, make_command, receiver, room, ben
):
    receiver.reply = reply
    make_command()
    with pytest.raises(CommandFailed, match=shown) as raised:
        running.run(ben, room)
    assert receiver.host not in raised.value.detail
    command = SlashCommand.objects.get()
    assert reason in command.reason
    assert command.failed_at is not None
    assert SlashCommandRun.objects.get().state == State.FAILED
    assert bodies(room) == []
    receiver.reply = status(200)
    running.run(ben, room)
    command.refresh_from_db()
    assert (command.reason, command.failed_at) == ("", None)


def test_a_server_that_refuses_connections(running, make_command, receiver, room, ben):
    make_command(url=f"https://127.0.0.1:{free_port()}/")
    with pytest.raises(CommandFailed, match="reached"):
        running.run(ben, room)


def test_a_slow_server_is_given_up_and_holds_up_no_other(running, make_command, receiver, room, ben, ana, monkeypatch):
    released = threading.Event()

    def reply(received: Received):
        if received.path == "/slow":
            released.wait(20)
        return 200, {"Content-Type": "application/json"}, b'{"text": "quick"}'

    receiver.reply = reply
    make_command("slow", url=f"https://{receiver.host}/slow")
    make_command("quick", url=f"https://localhost:{receiver.port}/quick")
    slow = running.begin(ben, room, "slow")
    wait_until(lambda: any(each.path == "/slow" for each in receiver.received), "the slow one is asked")
    assert running.run(ana, room, "quick")["answer"]["body"] == "quick"
    assert isinstance(slow.result(10), CommandFailed)
    released.set()
    assert "3 seconds" in SlashCommand.objects.get(name="slow").reason


def test_a_command_ends_with_the_membership_of_its_bot(running, make_command, receiver, room, ana, ben):
    command = make_command()
    remove_member(actor=ana, room=room, user=command.bot)
    with pytest.raises(NotFound, match="command"):
        running.run(ben, room)
    assert receiver.received == []


def test_commands_stop_while_the_owner_of_their_bot_is_suspended(running, make_command, receiver, room, ana, ben):
    make_command()
    suspend(user=ana)
    with pytest.raises(NotFound, match="command"):
        running.run(ben, room)
    assert receiver.received == []
    reinstate(user=ana)
    running.run(ben, room)
    assert len(receiver.received) == 1


def test_an_answer_that_is_refused_is_noted(running, make_command, receiver, room, ana, ben):
    def reply(received: Received):
        archive_room(actor=ana, room=room)
        return 200, {"Content-Type": "application/json"}, b'{"response_type": "in_channel", "text": "Done"}'

    receiver.reply = reply
    make_command()
    with pytest.raises(Archived):
        running.run(ben, room)
    assert "refused" in SlashCommand.objects.get().reason
    assert bodies(room) == []


# -- once -----------------------------------------------------------------------------------------


def test_the_same_client_id_runs_once(running, make_command, receiver, room, ben, ana):
    receiver.reply = answer({"response_type": "in_channel", "text": "Done"})
    make_command()
    client_id = uuid.uuid4()
    first = running.run(ben, room, text="a", client_id=client_id)
    again = running.run(ben, room, text="a", client_id=client_id)
    assert again == {"run": first["run"], "answer": None}
    with pytest.raises(Conflict):
        running.run(ben, room, text="b", client_id=client_id)
    assert (len(receiver.received), bodies(room)) == (1, ["Done"])
    running.run(ana, room, text="a", client_id=client_id)  # somebody else's
    assert len(receiver.received) == 2


def test_a_repetition_waits_for_the_first_and_a_lost_run_is_never_repeated(running, make_command, receiver, room, ben):
    released = threading.Event()
    receiver.reply = lambda received: released.wait(20) and (200, {}, b"")
    make_command()
    client_id = uuid.uuid4()
    first = running.begin(ben, room, client_id=client_id)
    wait_until(lambda: receiver.received, "it is sent")
    with pytest.raises(StillRunning):
        running.run(ben, room, client_id=client_id)
    released.set()
    assert first.result(10).fields["answer"] is None
    lost = SlashCommandRun.objects.get()
    SlashCommandRun.objects.update(state=State.RUNNING, created_at=lost.created_at - MINUTE)
    with pytest.raises(CommandFailed):
        running.run(ben, room, client_id=client_id)
    assert len(receiver.received) == 1


def test_a_client_id_is_never_run_again_when_its_run_is_no_longer_kept(running, make_command, receiver, room, ben):
    old, of_a_deleted_command = uuid.uuid4(), uuid.uuid4()
    command = make_command()
    running.run(ben, room, client_id=old)
    SlashCommandRun.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert prune()["runs of slash commands"] == 1
    running.run(ben, room, client_id=of_a_deleted_command)
    command.delete()
    make_command("deploy", bot="weeder")
    for client_id in (old, of_a_deleted_command):
        with pytest.raises(AlreadyRun) as raised:
            running.run(ben, room, client_id=client_id)
        assert raised.value.as_data()["field"] == "client_id"
    assert len(receiver.received) == 2


def test_of_repetitions_at_the_same_time_one_is_run(running, make_command, room, ben):
    make_command()
    wanted = RunCommand(ref="1", room=room.pk, command="deploy", client_id=uuid.uuid4())

    def begin(_number: int) -> bool:
        try:
            return call_with_database(begin_run, ben.pk, wanted).request is not None
        except StillRunning:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(begin, range(4))) == 1
    assert SlashCommandRun.objects.count() == SlashCommandKey.objects.count() == 1


# -- who may --------------------------------------------------------------------------------------


def test_only_those_who_can_post_in_the_room_run_its_commands(running, make_command, receiver, room, ana, ben):
    make_command()
    private = make_room("Cellar", owner=ana, kind="private")
    with pytest.raises(NotAMember):
        running.run(make_user("stranger"), room)
    with pytest.raises(NotFound, match="Room"):
        running.run(ben, private)
    with pytest.raises(NotFound, match="command"):
        running.run(ana, private)
    limit_posting(actor=ana, room=room, is_read_only=True, slow_seconds=0)
    with pytest.raises(Forbidden):
        running.run(ben, room)
    limit_posting(actor=ana, room=room, is_read_only=False, slow_seconds=0)
    ban_member(actor=ana, room=room, user=ben)
    with pytest.raises(NotFound):
        running.run(ben, room)
    archive_room(actor=ana, room=room)
    with pytest.raises(Archived):
        running.run(ana, room)
    assert receiver.received == []


def test_a_command_counts_as_a_message_in_slow_mode(running, make_command, receiver, room, ana, ben):
    make_command()
    limit_posting(actor=ana, room=room, is_read_only=False, slow_seconds=60)
    running.run(ben, room)
    with pytest.raises(SlowMode) as raised:
        running.run(ben, room)
    assert 50 < raised.value.retry_after <= 60
    running.run(ana, room)
    running.run(ana, room)
    SlashCommandRun.objects.update(created_at=timezone.now() - MINUTE)
    post(room, ben, "Hello")
    with pytest.raises(SlowMode):
        running.run(ben, room)


def test_commands_end_with_a_block_in_a_direct_conversation(running, make_command, receiver, ben, admin):
    make_command(actor=admin, room=None)
    other = make_user("other")
    direct = open_conversation(user=ben, others=[other])
    block_person(user=other, other=ben)
    with pytest.raises((Blocked, NotFound)):
        running.run(ben, direct)
    assert receiver.received == []


def test_a_command_that_is_off_or_in_another_room_is_not_run(running, make_command, receiver, room, ana, ben):
    command = make_command()
    other = make_room("Cellar", owner=ana)
    with pytest.raises(NotFound, match="command"):
        running.run(ana, other)
    switch_integration(actor=ana, integration=command, is_enabled=False)
    with pytest.raises(NotFound, match="command"):
        running.run(ben, room)
    assert receiver.received == []


@pytest.mark.parametrize("limit", ["MAX_RUNNING", "MAX_RUNNING_IN_ROOM"])
def test_a_bounded_number_runs_at_a_time(limit, running, make_command, receiver, room, ana, ben, monkeypatch):
    released = threading.Event()
    receiver.reply = lambda received: released.wait(20) and (200, {}, b"")
    monkeypatch.setattr(runner, limit, 4)
    make_command()
    started = [running.begin(ben, room) for _ in range(3)]
    with pytest.raises(TooMany):
        running.run(ben, room)
    started.append(running.begin(ana, room))
    with pytest.raises(TooMany):
        running.run(ana, room)
    released.set()
    assert all(each.result(10).fields["answer"] is None for each in started)
    for _ in range(5):
        running.run(ben, room)
    with pytest.raises(RateLimited):
        for _ in range(10):
            running.run(ben, room)


def test_runs_are_deleted_with_their_room_and_command(running, make_command, room, ben):
    make_command()
    running.run(ben, room)
    leave_room(user=ben, room=room)
    Room.objects.get(pk=room.pk).delete()
    assert not SlashCommandRun.objects.exists()
