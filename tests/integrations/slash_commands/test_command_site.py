"""Commands on a running site: both doors, who sees the answers, and later answers to their URLs, also after a restart."""

import json
import threading
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from accounts.auth.token_actions import create_token
from accounts.bots.actions import disable_bot, enable_bot
from accounts.models import Scope
from integrations.models import SlashCommandRun
from integrations.servers.actions import switch_integration
from messaging.models import Message
from rooms.actions import leave_room
from rooms.blocking import block_person
from tests.factories import make_member, make_user
from tests.integration_server import respond
from tests.live_client import LiveClient
from tests.push_service import status
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def answer(content: object):
    return status(200, json.dumps(content).encode(), Content_Type="application/json")


def bodies(room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def run(client: LiveClient, room, text: str = "", **fields) -> dict:
    fields = {"client_id": str(uuid4()), "command": "deploy", **fields}
    return client.call("command.run", room=room.pk, text=text, **fields)


def test_an_ephemeral_answer_reaches_all_connections_of_one_person_only(site, make_command, receiver, room, ana, ben):
    receiver.reply = answer({"text": "*Only* you"})
    make_command()
    others = {"owner": ana, "member": make_member(room), "moderator": make_member(room, role="moderator")}
    others |= {"stranger": make_user("stranger"), "staff": make_user("staff", is_staff=True, is_superuser=True)}
    others["blocker"] = make_member(room)
    block_person(user=others["blocker"], other=ben)
    with ExitStack() as clients:
        client, other_tab = (clients.enter_context(LiveClient(site, ben)) for _ in range(2))
        witnesses = {who: clients.enter_context(LiveClient(site, user)) for who, user in others.items()}
        reply = run(client, room, "main")
        assert (reply["type"], reply["answer"]["html"]) == ("ok", "<p><em>Only</em> you</p>")
        for each in (client, other_tab):
            event = each.wait_for("command.answer", room=room.pk, command="deploy")
            assert (event["html"], event["run"], event["thread"]) == (reply["answer"]["html"], reply["run"], None)
        for who, witness in witnesses.items():
            assert witness.call("ping")["type"] == "ok"  # after whatever was sent before
            assert not [event for event in witness.events if "Only" in json.dumps(event)], who
    assert bodies(room) == []


def test_a_slow_command_holds_up_no_other_command_of_the_socket(site, make_command, receiver, room, ben):
    released = threading.Event()
    receiver.reply = lambda received: released.wait(20) and (200, {}, b"")
    make_command()
    with LiveClient(site, ben) as client:
        ref = client.send("command.run", room=room.pk, command="deploy", client_id=str(uuid4()))
        wait_until(lambda: receiver.received, "it is sent")
        client.post(room.pk, "Meanwhile")
        released.set()
        assert client.response_to(ref)["type"] == "ok"


def test_both_doors_refuse_alike(site, make_command, receiver, room, ana, ben):
    receiver.reply = status(500)
    make_command()
    secret = create_token(actor=None, user=ben, name="Test", scopes=[Scope.READ, Scope.WRITE]).secret
    url, headers = f"{site.url}/api/v1/rooms/{room.pk}/commands", {"authorization": f"Bearer {secret}"}
    listed = httpx.get(url, headers=headers, timeout=30).json()
    assert listed == {"commands": [{"name": "deploy", "description": "Deploy a branch", "argument_hint": "[branch]"}]}
    with LiveClient(site, ben) as client:
        for name, fields, code in (
            ("deploy", {}, 502),
            ("other", {}, 404),
            ("deploy", {"thread": 10**9}, 404),
            ("deploy", {"text": "x" * 8_001}, 400),
            ("x" * 33, {}, 400),
        ):
            refused = run(client, room, command=name, **fields)
            response = httpx.post(f"{url}/{name}", headers=headers, json=fields, timeout=30)
            assert response.status_code == code, response.text
            expected = {key: value for key, value in refused.items() if key not in ("type", "ref")}
            assert response.json() == expected
    receiver.reply = answer({"response_type": "in_channel", "text": "Done"})
    body = {"client_id": str(uuid4())}
    first, again = (httpx.post(f"{url}/deploy", headers=headers, json=body, timeout=30).json() for _ in range(2))
    message = Message.objects.get(room=room)
    assert first["answer"] == {"response_type": "in_channel", "message": message.pk}
    assert again == {"run": first["run"], "answer": None}


def test_later_answers_are_accepted_five_times_also_after_a_restart(serve, make_command, receiver, room, ben):
    make_command(dialect="chatsite")
    with serve("first") as site, LiveClient(site, ben) as client:
        run(client, room)
        assert respond(site, receiver, {"text": "*Working*"}) == (200, "ok")
        assert client.wait_for("command.answer")["html"] == "<p><em>Working</em></p>"
        site.process.kill()
    with serve("second") as site:
        for number in range(2, 6):
            content = {"response_type": "in_channel", "text": f"Step {number}", "replace_original": True}
            assert respond(site, receiver, content) == (200, "ok")
        assert respond(site, receiver, {"text": "too many"}) == (404, "used_url")
        assert bodies(room) == [f"Step {number}" for number in range(2, 6)]
        assert "Traceback" not in site.log


@pytest.mark.parametrize("dialect", ["chatsite", "slack"])
@pytest.mark.parametrize("true", [True, "true"], ids=["boolean", "string"])
def test_later_answers_replace_and_remove_what_the_person_sees(dialect, true, site, make_command, receiver, room, ben):
    receiver.reply = answer({"text": "Working"})
    make_command(dialect=dialect)
    with LiveClient(site, ben) as client, LiveClient(site, make_member(room)) as witness:
        place = {"room": room.pk, "run": run(client, room)["run"], "thread": None}
        assert client.wait_for("command.answer", **place, body="Working")["replaces"] is False
        assert respond(site, receiver, {"text": "Half", "replace_original": true}) == (200, "ok")
        client.wait_for("command.answer", **place, body="Half", replaces=True)
        assert respond(site, receiver, {"text": "ignored", "delete_original": true}) == (200, "ok")
        client.wait_for("command.withdrawn", **place)
        content = {"response_type": "in_channel", "text": "Done", "replace_original": true}
        assert respond(site, receiver, content) == (200, "ok")
        client.wait_for("message.posted", room=room.pk)
        client.wait_for("command.withdrawn", **place)
        assert "ignored" not in json.dumps(client.events)
        assert witness.call("ping")["type"] == "ok"  # after whatever was sent before
        assert not [each for each in witness.events if each["type"].startswith("command.")]
    assert bodies(room) == ["Done"]


def test_later_answers_are_refused_when_they_are_late_or_broken(site, make_command, receiver, room, ana, ben):
    command = make_command(dialect="slack")
    receiver.reply = status(200)
    with LiveClient(site, ben) as client:
        run(client, room)
    assert respond(site, receiver, content=b"{", headers={"content-type": "application/json"})[0] == 400
    assert respond(site, receiver, content=b"x" * 70_000)[0] == 413
    assert respond(site, receiver, {"delete_original": True}) == (200, "ok")
    assert respond(site, receiver, data={"payload": '{"response_type": "in_channel", "text": "*b*"}'}) == (200, "ok")
    assert bodies(room) == ["**b**"]
    assert httpx.post(f"{site.url}/command-responses/{'x' * 32}", json={}).text == "expired_url"
    assert httpx.post(f"{site.url}/command-responses/x", json={}).text == "expired_url"
    assert httpx.get(f"{site.url}/command-responses/{'x' * 32}").status_code == 405
    switch_integration(actor=ana, integration=command, is_enabled=False)
    assert respond(site, receiver, {"text": "x"}) == (404, "expired_url")
    switch_integration(actor=ana, integration=command, is_enabled=True)
    disable_bot(actor=None, bot=command.bot)
    assert respond(site, receiver, {"text": "x"}) == (404, "expired_url")
    enable_bot(actor=None, bot=command.bot)
    assert respond(site, receiver, {"text": "x"}) == (200, "ok")
    leave_room(user=ben, room=room)
    assert respond(site, receiver, {"text": "x"}) == (404, "expired_url")
    SlashCommandRun.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    assert respond(site, receiver, {"text": "x"}) == (404, "expired_url")
    assert "Traceback" not in site.log
