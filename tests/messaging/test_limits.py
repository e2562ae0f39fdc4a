"""Limits on commands, connections and users, whose refusals give the reason."""

import uuid
from contextlib import ExitStack, suppress

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from websockets.exceptions import ConnectionClosed

from tests.factories import make_bot, make_member, make_token
from tests.live_client import LiveClient, session_of
from tests.server import run_site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def serve(transactional_db, everyone, tmp_path):
    """Start a separate server with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, **settings)
        )


def close_frame_of(client: LiveClient):
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.socket.recv(timeout=30)
    return closed.value.rcvd


def connect_and_close(site, user):
    """Connect to a site that may be full, and return the close frame."""
    return close_frame_of(LiveClient(site, user))


class TestTooManyCommands:
    def test_commands_over_the_limit_are_refused_with_a_time_to_retry(self, serve, everyone):
        with LiveClient(serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)) as client:
            post = {"room": everyone.pk, "body": "Hello"}
            refs = [client.send("message.post", client_id=str(uuid.uuid4()), **post) for _ in range(7)]
            answers = [client.response_to(ref) for ref in refs]
            assert [answer["type"] for answer in answers] == ["ok"] * 5 + ["error"] * 2
            refused = answers[-1]
            assert (refused["code"], refused["ref"]) == ("rate_limited", "r7")
            assert 0 < refused["retry_after"] <= 3
            assert refused["detail"]

    def test_previews_are_limited_by_their_length(self, serve, everyone):
        with LiveClient(serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)) as client:
            refs = [client.send("message.preview", body="x" * 6000) for _ in range(2)]
            first, second = [client.response_to(ref) for ref in refs]
            assert (first["type"], second.get("code")) == ("ok", "rate_limited")

    def test_flooding_client_is_disconnected(self, serve, everyone):
        with LiveClient(serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)) as client:
            with suppress(ConnectionClosed):  # tokens may be refilled on a slow machine, so continue until closed
                for _ in range(1_000):
                    client.send("ping")
            assert close_frame_of(client).code == 4429

    def test_tabs_of_one_person_share_the_limit(self, serve, everyone):
        site, member = serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)
        with LiveClient(site, member) as one, LiveClient(site, member) as other:
            sent = [(client, client.send("ping")) for client in (one, other) * 3]
            assert sorted(client.response_to(ref)["type"] for client, ref in sent) == ["error"] + ["ok"] * 5
        with LiveClient(site, make_member(everyone)) as client:
            assert client.call("ping")["type"] == "ok"


class TestFull:
    def test_connection_over_the_limit_is_closed_with_the_reason(self, serve, everyone):
        site = serve(CHAT_MAX_CONNECTIONS="2")
        with LiveClient(site, make_member(everyone)), LiveClient(site, make_member(everyone)):
            refused = connect_and_close(site, make_member(everyone))
            assert (refused.code, refused.reason) == (1013, "The server has reached its connection limit.")

    def test_staff_can_connect_beyond_the_limit(self, serve, everyone):
        warden = make_member(everyone)
        warden.is_staff = True
        warden.save()
        site = serve(CHAT_MAX_CONNECTIONS="1")
        with LiveClient(site, make_member(everyone)), LiveClient(site, warden) as client:
            assert client.call("ping")["type"] == "ok"

    def test_person_with_too_many_connections_is_refused_but_not_others(self, serve, everyone):
        site, ana = serve(CHAT_MAX_CONNECTIONS_PER_PERSON="2"), make_member(everyone)
        with LiveClient(site, ana), LiveClient(site, ana):
            refused = connect_and_close(site, ana)
            assert (refused.code, refused.reason.startswith("You have 2 tabs")) == (1013, True)
            with LiveClient(site, make_member(everyone)) as client:
                assert client.call("ping")["type"] == "ok"

    def test_person_over_the_limit_is_refused_but_not_another_tab_or_staff(self, serve, everyone):
        site, ana = serve(CHAT_MAX_USERS="2"), make_member(everyone)
        with LiveClient(site, ana), LiveClient(site, ana), LiveClient(site, make_member(everyone)):
            refused = connect_and_close(site, make_member(everyone))
            assert refused.code == 1013
            assert "(2 people online)" in refused.reason
            warden = make_member(everyone)
            warden.is_staff = True
            warden.save()
            with LiveClient(site, warden) as client:
                assert client.welcome["user"]["id"] == warden.pk

    def test_bots_neither_need_nor_take_the_place_of_a_person(self, serve, everyone):
        site, bots = serve(CHAT_MAX_USERS="1"), [make_bot(), make_bot()]
        tokens = [make_token(bot).secret for bot in bots]
        with LiveClient(site, token=tokens[0]), LiveClient(site, make_member(everyone)):
            with LiveClient(site, token=tokens[1]) as client:
                assert client.call("ping")["type"] == "ok"
            assert connect_and_close(site, make_member(everyone)).code == 1013

    def test_person_connects_after_another_has_left(self, serve, everyone):
        site, late = serve(CHAT_MAX_USERS="1"), make_member(everyone)
        with LiveClient(site, make_member(everyone)):
            assert connect_and_close(site, late).code == 1013

        def connects() -> bool:
            try:
                with LiveClient(site, late):
                    return True
            except ConnectionClosed:
                return False

        wait_until(connects, "a place is free")  # a departure only counts after a grace period


def test_session_ended_by_another_process_closes_its_socket_without_redis(serve, everyone):
    """The row is deleted, as by another process, and nothing is published."""
    member = make_member(everyone)
    session = session_of(member)
    with LiveClient(serve(), session=session) as client:
        Session.objects.filter(session_key=session).delete()
        assert close_frame_of(client).code == 4401
