"""Connection records of open sockets, and disconnecting them."""

from datetime import timedelta

import httpx
import pytest
from allauth.usersessions.models import UserSession
from django.db import connection as database
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from accounts.auth.revocation import disconnect
from accounts.models import ActivitySample, AuditEvent, Connection
from tests.factories import make_member, make_room, make_user, post
from tests.live_client import LiveClient, session_of
from tests.server import run_site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def row_of(user) -> Connection:
    wait_until(lambda: user.connections.exists(), "the connection is written")
    return user.connections.get()


def test_the_viewed_room_and_the_number_of_messages_are_recorded(site, everyone):
    user = make_member(everyone)
    with LiveClient(site, user, headers={"User-Agent": "chatsite-terminal/1.0"}) as client:
        client.send("room.view", room=everyone.pk)
        client.post(everyone.pk, "One")
        client.post(everyone.pk, "Two")
        client.call("message.post", room=everyone.pk, body=" ", client_id="00000000-0000-4000-8000-000000000000")
        wait_until(lambda: row_of(user).messages >= 2, "they are written")
        row = row_of(user)
        assert (row.kind, row.room_id, row.messages, row.address) == ("terminal", everyone.pk, 2, "127.0.0.1")
        client.send("room.view", room=None)
        wait_until(lambda: row_of(user).room_id is None, "no room is in view")
    assert sum(ActivitySample.objects.values_list("messages", flat=True)) >= 2


def test_a_repeated_post_counts_once(uvicorn, everyone):
    user = make_member(everyone)
    with LiveClient(uvicorn, user) as client:
        for _ in range(3):
            client.call("message.post", room=everyone.pk, body="Once", client_id="00000000-0000-4000-8000-000000000001")
        wait_until(lambda: row_of(user).messages, "it is written")
        assert row_of(user).messages == 1


def test_a_room_without_access_cannot_be_viewed(uvicorn, everyone):
    private = make_room("Secret", owner=make_user(), kind="private")
    with LiveClient(uvicorn, make_member(everyone)) as client:
        for room in (private.pk, 987_654_321):
            assert client.call("room.view", room=room)["code"] == "not_found"
        assert client.call("room.view", room="x")["code"] == "invalid"


def test_a_ping_does_not_count_as_activity(uvicorn, everyone):
    user = make_member(everyone)
    with LiveClient(uvicorn, user) as client:
        before = row_of(user).last_active_at
        client.call("ping")
        client.call("sync", rooms={})
        heart = Connection.objects.get(user=user).process.heartbeat_at
        wait_until(lambda: Connection.objects.get(user=user).process.heartbeat_at > heart, "the next batch is written")
        assert row_of(user).last_active_at == before


def is_closed_with(client: LiveClient, code: int) -> bool:
    with pytest.raises(ConnectionClosed) as closed:
        client.wait_for("nothing: this reads until the close")
    return closed.value.rcvd.code == code


def test_a_disconnected_user_can_reconnect(site, everyone):
    """Without Redis, the flag in the connection's row takes effect on another process within five seconds."""
    user = make_member(everyone)
    with LiveClient(site, user) as one:
        row = row_of(user)
        with LiveClient(site, user) as other:
            wait_until(lambda: user.connections.count() == 2, "the second is written")
            disconnect(connections=[row])
            assert is_closed_with(one, 4410)
            other.call("ping")
        with LiveClient(site, user) as again:
            again.call("ping")
    wait_until(lambda: not Connection.objects.dismissed(), "its row goes with it")


def test_an_admin_disconnects_a_user_in_the_report(uvicorn, everyone):
    user, root = make_member(everyone), make_user("root", is_staff=True, is_superuser=True)
    with LiveClient(uvicorn, user) as client, httpx.Client(base_url=uvicorn.url) as browser:
        browser.cookies.set("sessionid", session_of(root))
        row = row_of(user)
        page = browser.get("/admin/reports/active-users/")
        assert str(row.pk) in page.text
        form = {"action": "disconnect", "selected": str(row.pk), "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        response = browser.post("/admin/reports/active-users/", data=form, headers={"Referer": uvicorn.url})
        assert response.status_code == 302
        assert is_closed_with(client, 4410)


class TestBehindAProxy:
    HEADERS = {"X-Forwarded-For": "203.0.113.9"}

    def address_of(self, site, user) -> str:
        with LiveClient(site, user, headers=self.HEADERS):
            return row_of(user).address

    def test_a_trusted_proxy_sets_the_client_address(self, transactional_db, everyone, tmp_path):
        name = database.settings_dict["NAME"]
        with run_site("uvicorn", name, tmp_path, TRUSTED_PROXIES="127.0.0.1") as site:
            assert self.address_of(site, make_member(everyone)) == "203.0.113.9"

    def test_other_clients_cannot_set_it(self, uvicorn, everyone):
        assert self.address_of(uvicorn, make_member(everyone)) == "127.0.0.1"

    def test_an_unlisted_proxy_cannot_set_it(self, transactional_db, everyone, tmp_path):
        name = database.settings_dict["NAME"]
        with run_site("uvicorn", name, tmp_path, TRUSTED_PROXIES="192.0.2.1") as site:
            assert self.address_of(site, make_member(everyone)) == "127.0.0.1"


def test_actions_through_a_socket_are_audited_with_its_address(uvicorn, everyone):
    ana, bo = make_member(everyone), make_member(everyone, role="moderator")
    with LiveClient(uvicorn, bo) as client:
        client.call("message.delete", message=post(everyone, ana, "a secret").pk)
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.MESSAGE_DELETED)
    assert (event.actor, event.address) == (bo, "127.0.0.1")


def test_an_open_page_keeps_its_session_in_use(transactional_db, everyone, tmp_path):
    """Otherwise the list of sessions would show an open page as unused since it was loaded."""
    user = make_member(everyone)
    key, other_key, long_ago = session_of(user), session_of(user), timezone.now() - timedelta(days=1)
    used = {"user": user, "ip": "127.0.0.1", "user_agent": "Firefox/1", "last_seen_at": long_ago}
    UserSession.objects.create(session_key=key, **used)
    UserSession.objects.create(session_key=other_key, **used)
    with run_site("uvicorn", database.settings_dict["NAME"], tmp_path) as site, LiveClient(site, session=key):
        wait_until(lambda: UserSession.objects.get(session_key=key).last_seen_at > long_ago, "its use is noted")
    assert UserSession.objects.get(session_key=other_key).last_seen_at == long_ago
