"""Blocked users are excluded everywhere, live and on pages."""

import json

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Connection, User
from live.envelope import encoded
from messaging.history import events, journal, redaction
from messaging.history.conversation import serialize_conversation
from messaging.models import Message
from messaging.posting import actions
from messaging.uploads.actions import set_alt_text
from rooms.actions import open_direct_room
from rooms.blocking import allow_direct_messages, block_person, mute_person, mute_room, unblock_person
from rooms.errors import Blocked, Invalid, NotFound
from rooms.models import Membership, Room
from rooms.people_search import search_people
from rooms.queries import members_of, presence_in
from rooms.serializers import serialize_room_for, serialize_rooms_for
from tests.factories import make_attachment, make_draft, make_member, make_room, make_user, post, post_drafts
from tests.live_client import LiveClient, session_of
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def bo():
    return make_user("bo")


@pytest.fixture
def room(ana, bo):
    room = make_room("Garden", owner=make_user("cleo"))
    for person in (ana, bo):
        make_member(room, person)
    return room


def fresh(user: User) -> User:
    """Reload the user, like another request."""
    return User.objects.get(pk=user.pk)


def bodies(page: journal.Page) -> list[str]:
    return [message.body for message in page.messages]


# -- history ------------------------------------------------------------------------------------------


def test_history_leaves_out_blocked_people_on_every_page(room, ana, bo):
    for number in range(6):
        post(room, bo if number % 2 else ana, f"number {number}")
    block_person(user=ana, other=bo)
    assert bodies(journal.latest(room.pk, viewer=ana)) == ["number 0", "number 2", "number 4"]
    assert bodies(journal.before(room.pk, 5, viewer=ana, limit=1)) == ["number 2"]
    assert bodies(journal.after(room.pk, 1, viewer=ana, limit=1)) == ["number 2"]
    assert bodies(journal.around(room.pk, 4, viewer=ana, limit=2)) == ["number 2", "number 4"]
    assert journal.before(room.pk, 2, viewer=ana).has_older is False
    assert len(journal.latest(room.pk, viewer=bo).messages) == 6  # the other way round nothing changes
    unblock_person(user=ana, other=bo)
    assert len(journal.latest(room.pk, viewer=fresh(ana)).messages) == 6


def test_sync_leaves_out_blocked_people_and_reaches_the_newest_version(room, ana, bo):
    post(room, bo, "hidden")
    own = post(room, ana, "seen")
    post(room, bo, "hidden too")
    block_person(user=ana, other=bo)
    changes = journal.changes_since(room.pk, 0, viewer=ana)
    assert [message.pk for message in changes.messages] == [own.pk]
    assert changes.version == Room.objects.get(pk=room.pk).version == 3


def test_quotes_of_blocked_people_are_removed_and_the_reply_stays(room, ana, bo):
    quoted = post(room, bo, "do not quote me")
    reply = post(room, make_member_named(room, "dora"), "agreed", reply_to_id=quoted.pk)
    block_person(user=ana, other=bo)
    [shown] = events.serialize_for(ana, Message.objects.complete().get(pk=reply.pk))
    assert (shown["body"], shown["reply_to"]) == ("agreed", None)
    [shown] = events.serialize_for(bo, Message.objects.complete().get(pk=reply.pk))
    assert shown["reply_to"]["id"] == quoted.pk


def test_messages_of_blocked_people_cannot_be_replied_to(room, ana, bo):
    message = post(room, bo)
    absent = post_drafts([make_draft(room, ana, reply_to_id=message.pk + 1000)])[0]
    block_person(user=ana, other=bo)
    refused = post_drafts([make_draft(room, ana, reply_to_id=message.pk)])[0]
    assert isinstance(refused, NotFound)
    assert refused.detail == absent.detail


def make_member_named(room: Room, name: str) -> User:
    return make_member(room, make_user(name))


# -- rooms and people ---------------------------------------------------------------------------------


def test_unread_counts_leave_out_blocked_people(room, ana, bo):
    post(room, bo, "one")
    post(room, make_member_named(room, "dora"), "two")
    assert unread_of(ana, room) == 2
    block_person(user=ana, other=bo)
    assert unread_of(ana, room) == 1
    assert serialize_room_for(ana, Room.objects.get(pk=room.pk))["unread"] == 1
    unblock_person(user=ana, other=bo)
    assert unread_of(ana, room) == 2


def unread_of(user: User, room: Room) -> int:
    return next(each["unread"] for each in serialize_rooms_for(fresh(user)) if each["id"] == room.pk)


def test_direct_room_is_hidden_for_the_blocker_only(ana, bo, client):
    direct = open_direct_room(user=ana, other=bo)
    post(direct, bo, "psst")
    block_person(user=ana, other=bo)
    assert direct.pk not in {each["id"] for each in serialize_rooms_for(ana)}
    assert direct.pk in {each["id"] for each in serialize_rooms_for(bo)}
    client.force_login(ana)
    assert client.get(f"/rooms/{direct.pk}/").status_code == 404
    assert client.get(f"/rooms/{direct.pk}/messages/").status_code == 404
    client.force_login(bo)
    assert client.get(f"/rooms/{direct.pk}/").status_code == 200
    unblock_person(user=ana, other=bo)
    assert direct.pk in {each["id"] for each in serialize_rooms_for(fresh(ana))}


def refusal_of(room: Room, sender: User) -> tuple[str, str]:
    result = post_drafts([make_draft(room, sender)])[0]
    assert isinstance(result, Blocked)
    return result.code, result.detail


def test_direct_messages_are_refused_both_ways_as_if_disallowed(ana, bo):
    direct = open_direct_room(user=ana, other=bo)
    shy = make_user("shy")
    with_shy = open_direct_room(user=bo, other=shy)
    allow_direct_messages(user=shy, allowed=False)
    expected = refusal_of(with_shy, bo)
    block_person(user=ana, other=bo)
    assert refusal_of(direct, bo) == refusal_of(direct, ana) == expected
    unblock_person(user=ana, other=bo)
    assert post(direct, bo, "again")


@pytest.mark.parametrize("who", ["blocked", "blocker"])
def test_no_direct_room_is_created_between_them(ana, bo, who):
    shy, stranger = make_user("shy"), make_user("stranger")
    allow_direct_messages(user=shy, allowed=False)
    with pytest.raises(Blocked) as expected:
        open_direct_room(user=stranger, other=shy)
    block_person(user=ana, other=bo)
    user, other = (bo, ana) if who == "blocked" else (ana, bo)
    with pytest.raises(Blocked) as found:
        open_direct_room(user=user, other=other)
    assert found.value.detail == expected.value.detail
    assert not Room.objects.filter(kind="direct").exists()


def test_retry_of_a_post_from_before_the_block_gets_its_first_result(ana, bo):
    direct = open_direct_room(user=ana, other=bo)
    draft = make_draft(direct, bo)
    first = post_drafts([draft])[0]
    block_person(user=ana, other=bo)
    assert post_drafts([draft])[0].pk == first.pk


def test_lists_of_people_leave_out_blocked_people(room, ana, bo, client):
    block_person(user=ana, other=bo)
    assert bo not in [membership.user for membership in members_of(room, viewer=ana)]
    presence = presence_in(room, viewer=ana)
    assert bo not in [*presence.online, *presence.offline]
    assert bo not in search_people(ana, bo.username)
    assert serialize_conversation(ana, room)["members"] == 2
    client.force_login(ana)
    assert "@bo" not in client.get("/people/").content.decode()
    assert "@bo" not in client.get(f"/rooms/{room.pk}/members/").content.decode()
    assert "2 members" in client.get(f"/rooms/{room.pk}/members/").content.decode()
    client.force_login(bo)
    assert "@ana" in client.get("/people/").content.decode()


def test_moderators_see_blocked_people_in_the_list_of_members(room, ana, bo, client):
    Membership.objects.filter(room=room, user=ana).update(role="moderator")
    block_person(user=ana, other=bo)
    client.force_login(ana)
    assert "@bo" in client.get(f"/rooms/{room.pk}/members/").content.decode()


def test_people_cannot_block_or_mute_themselves(ana):
    with pytest.raises(Invalid):
        block_person(user=ana, other=ana)
    with pytest.raises(Invalid):
        mute_person(user=ana, other=ana)


CHANGES = {
    "edit": lambda user, message, file: actions.edit_message(actor=user, message_id=message.pk, body="changed"),
    "pin": lambda user, message, file: actions.pin_message(actor=user, message_id=message.pk),
    "unpin": lambda user, message, file: actions.unpin_message(actor=user, message_id=message.pk),
    "alt text": lambda user, message, file: set_alt_text(user=user, attachment_id=file.pk, alt="changed"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_blocked", [True, False], ids=["blocked", "direct messages off"])
def test_messages_of_a_closed_direct_room_can_only_be_deleted(ana, bo, change, is_blocked, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    direct = open_direct_room(user=ana, other=bo)
    message = post(direct, bo, "before")
    file = make_attachment(direct, bo, message=message)
    if is_blocked:
        block_person(user=ana, other=bo)
    else:
        allow_direct_messages(user=ana, allowed=False)
    direct.refresh_from_db()
    version = direct.version
    with pytest.raises(Blocked):
        CHANGES[change](bo, message, file)
    direct.refresh_from_db()
    assert direct.version == version
    actions.delete_message(actor=bo, message_id=message.pk)
    assert Message.objects.get(pk=message.pk).deleted_at


# -- pages --------------------------------------------------------------------------------------------


def test_page_of_blocked_and_muted(room, ana, bo, client):
    client.force_login(ana)
    client.post(reverse("rooms:block", args=["bo"]))
    client.post(reverse("rooms:mute", args=["cleo"]))
    client.post(reverse("rooms:room_mute", args=[room.pk]))
    shown = client.get(reverse("rooms:privacy")).content.decode()
    assert all(f"Un{deed}<span" in shown for deed in ("block", "mute"))
    assert "@bo" in shown and "@cleo" in shown and "Garden" in shown
    client.post(reverse("rooms:block", args=["bo"]), {"_method": "DELETE"})
    client.delete(reverse("rooms:mute", args=["cleo"]))
    client.delete(reverse("rooms:room_mute", args=[room.pk]))
    client.get(reverse("rooms:privacy"))  # shows the pending message
    shown = client.get(reverse("rooms:privacy")).content.decode()
    assert "@bo" not in shown and "@cleo" not in shown and "Garden" not in shown


def test_people_are_blocked_by_name_on_the_privacy_page(ana, bo, client):
    client.force_login(ana)
    refused = client.post(reverse("rooms:privacy"), {"user": "nobody"})
    assert "No one found with that name" in refused.content.decode()
    assert client.post(reverse("rooms:privacy"), {"user": "@Bo"}).status_code == 302
    assert fresh(ana).blocked_ids == {bo.pk}
    assert fresh(ana).allows_direct_messages


def test_profile_offers_to_undo_a_block_or_mute(ana, bo, client):
    client.force_login(ana)
    assert ">Block<" in client.get("/people/bo/").content.decode()
    block_person(user=ana, other=bo)
    assert ">Unblock<" in client.get("/people/bo/").content.decode()
    assert ">Message<" not in client.get("/people/bo/").content.decode()
    client.force_login(bo)
    seen = client.get("/people/ana/").content.decode()
    assert ">Block<" in seen and ">Message<" in seen


def test_unknown_people_cannot_be_blocked(ana, client):
    client.force_login(ana)
    answer = client.post("/people/nobody/block/", headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert Client().post("/people/ana/block/", headers={"X-Requested-With": "fetch"}).status_code == 401


# -- muting -------------------------------------------------------------------------------------------


def test_messages_of_muted_people_are_visible_but_not_unread(room, ana, bo):
    post(room, bo, "chatter")
    mute_person(user=ana, other=bo)
    assert unread_of(ana, room) == 0
    assert bodies(journal.latest(room.pk, viewer=fresh(ana))) == ["chatter"]
    mute_person(user=ana, other=bo, muted=False)
    assert unread_of(ana, room) == 1


def test_muted_rooms_are_marked(room, ana):
    mute_room(user=ana, room=room)
    assert next(each["muted"] for each in serialize_rooms_for(ana) if each["id"] == room.pk) is True


# -- live ---------------------------------------------------------------------------------------------


def post_by_http(site, user: User, path: str, *, method: str = "POST") -> None:
    session = session_of(user)
    with httpx.Client(base_url=site.url, cookies={"sessionid": session}) as client:
        token = client.get("/profile/").cookies["csrftoken"]
        headers = {"X-CSRFToken": token, "X-Requested-With": "fetch", "Origin": site.url}
        client.request(method, path, headers=headers).raise_for_status()


def test_block_takes_effect_at_once_on_every_socket(uvicorn, room, ana, bo):
    with LiveClient(uvicorn, ana) as first, LiveClient(uvicorn, ana) as second, LiveClient(uvicorn, bo) as other:
        post_by_http(uvicorn, ana, "/people/bo/block/")
        for client in (first, second):
            assert client.wait_for("person.hidden")["user"] == bo.pk
            client.settle()
        other.send("room.typing", room=room.pk)
        hidden = other.post(room.pk, "hidden")
        other.call("message.edit", message=hidden["id"], body="still hidden")
        for client in (first, second):
            events = [event for event in client.settle() if event.get("room") == room.pk]
            assert [(event["type"], event["version"]) for event in events] == [("room.version", 1), ("room.version", 2)]
        with LiveClient(uvicorn, make_member_named(room, "dora")) as dora:
            dora.post(room.pk, "agreed", reply_to=hidden["id"])
        reply = first.wait_for("message.posted")["message"]
        assert (reply["body"], reply["reply_to"]) == ("agreed", None)
        assert other.wait_for("message.posted", version=3)["message"]["reply_to"]["id"] == hidden["id"]


def test_messages_of_unblocked_people_are_received_again(uvicorn, room, ana, bo):
    block_person(user=ana, other=bo)
    with LiveClient(uvicorn, ana) as client, LiveClient(uvicorn, bo) as other:
        wait_until(lambda: Connection.objects.filter(user=bo).exists(), "bo is counted")
        post_by_http(uvicorn, ana, "/people/bo/block/", method="DELETE")
        event = client.wait_for("person.shown")
        assert (event["user"], event["online"]) == (bo.pk, [bo.pk])
        other.post(room.pk, "hello again")
        assert client.wait_for("message.posted")["message"]["body"] == "hello again"


def test_blocked_people_are_not_online(uvicorn, room, ana, bo):
    block_person(user=ana, other=bo)
    with LiveClient(uvicorn, ana) as here:
        with LiveClient(uvicorn, bo) as other, LiveClient(uvicorn, make_user("eve")) as eve:
            while eve.welcome["user"]["id"] not in (here.wait_for("presence")["online"]):
                pass
            wait_until(lambda: Connection.objects.filter(user=bo).exists(), "bo is counted")
            with LiveClient(uvicorn, ana) as again:
                assert bo.pk not in again.welcome["online"]
            assert ana.pk in other.wait_for("presence")["online"] or ana.pk in other.welcome["online"]
        online = {person for event in here.settle() if event["type"] == "presence" for person in event["online"]}
        assert bo.pk not in online


def test_block_by_another_process_reaches_open_pages_without_redis(uvicorn, room, ana, bo):
    direct = open_direct_room(user=ana, other=bo)
    with LiveClient(uvicorn, ana) as client, LiveClient(uvicorn, bo) as other:
        block_person(user=ana, other=bo)
        assert client.wait_for("person.hidden")["user"] == bo.pk
        assert client.wait_for("room.left")["room"] == direct.pk
        other.post(room.pk, "hidden")
        assert client.wait_for("room.version")["room"] == room.pk
        unblock_person(user=ana, other=bo)
        assert client.wait_for("person.shown")["user"] == bo.pk
        assert client.wait_for("room.joined")["room"]["id"] == direct.pk
        other.post(room.pk, "seen")
        assert client.wait_for("message.posted")["message"]["body"] == "seen"


def test_earlier_tab_receives_a_block_that_only_a_later_one_knows(uvicorn, room, ana, bo):
    with LiveClient(uvicorn, ana) as first:
        block_person(user=ana, other=bo)
        with LiveClient(uvicorn, ana) as second:
            assert second.welcome["blocked"] == [bo.pk]
            assert first.wait_for("person.hidden")["user"] == bo.pk


def test_reply_to_a_repeated_post_quotes_no_blocked_person(uvicorn, room, ana, bo):
    quoted = post(room, bo)
    draft = make_draft(room, ana, "yes", reply_to_id=quoted.pk)
    post_drafts([draft])
    block_person(user=ana, other=bo)
    with LiveClient(uvicorn, ana) as client:
        fields = {"room": room.pk, "body": "yes", "client_id": str(draft.client_id), "reply_to": quoted.pk}
        assert client.call("message.post", **fields)["message"]["reply_to"] is None


# -- redacted events ------------------------------------------------------------------------------------


def test_catch_up_events_leave_out_blocked_people(room, ana, bo):
    quoted = post(room, bo, "hidden")
    post(room, ana, "seen", reply_to_id=quoted.pk)
    changes = journal.changes_since(room.pk, 0, viewer=None)
    text = encoded(events.room_changes(room.pk, 0, changes, viewer=None))
    left = json.loads(redaction.redact_event(text, frozenset([bo.pk])))
    assert [(message["body"], message["reply_to"]) for message in left["messages"]] == [("seen", None)]
    assert left["version"] == 2
