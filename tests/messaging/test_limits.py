"""What a server refuses because it is too much, and that it says why."""

import uuid
from contextlib import ExitStack, suppress

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from websockets.exceptions import ConnectionClosed

from tests.factories import make_member
from tests.live_client import LiveClient, session_of
from tests.server import run_site


@pytest.fixture
def serve(transactional_db, everyone, tmp_path):
    """Start a server of its own with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, **settings)
        )


def closing_of(client: LiveClient):
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.socket.recv(timeout=30)
    return closed.value.rcvd


def knock(site, user):
    """Come to a site that may be full; return the close frame."""
    return closing_of(LiveClient(site, user))


class TestTooManyCommands:
    def test_who_sends_too_much_is_told_when_to_go_on_and_nothing_of_it_is_done(self, serve, everyone):
        with LiveClient(serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)) as client:
            post = {"room": everyone.pk, "body": "Hello"}
            refs = [client.send("message.post", client_id=str(uuid.uuid4()), **post) for _ in range(7)]
            answers = [client.answer(ref) for ref in refs]
            assert [answer["type"] for answer in answers] == ["ok"] * 5 + ["error"] * 2
            refused = answers[-1]
            assert (refused["code"], refused["ref"]) == ("rate_limited", "r7")
            assert 0 < refused["retry_after"] <= 3
            assert refused["detail"]

    def test_who_does_not_stop_is_thrown_out(self, serve, everyone):
        with LiveClient(serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)) as client:
            with suppress(ConnectionClosed):  # on a slow machine a token comes back meanwhile: go on until it is over
                for _ in range(1_000):
                    client.send("ping")
            assert closing_of(client).code == 4429

    def test_several_tabs_share_what_a_person_may_send(self, serve, everyone):
        site, member = serve(CHAT_RATE="1", CHAT_BURST="5"), make_member(everyone)
        with LiveClient(site, member) as one, LiveClient(site, member) as other:
            sent = [(client, client.send("ping")) for client in (one, other) * 3]
            assert sorted(client.answer(ref)["type"] for client, ref in sent) == ["error"] + ["ok"] * 5
        with LiveClient(site, make_member(everyone)) as somebody:
            assert somebody.call("ping")["type"] == "ok"


class TestFull:
    def test_one_socket_too_many_is_sent_away_with_the_reason(self, serve, everyone):
        site = serve(CHAT_MAX_CONNECTIONS="2")
        with LiveClient(site, make_member(everyone)), LiveClient(site, make_member(everyone)):
            refused = knock(site, make_member(everyone))
            assert (refused.code, refused.reason) == (1013, "The server has reached its connection limit.")

    def test_one_person_too_many_is_sent_away_but_not_another_tab_nor_staff(self, serve, everyone):
        site, ana = serve(CHAT_MAX_USERS="2"), make_member(everyone)
        with LiveClient(site, ana), LiveClient(site, ana), LiveClient(site, make_member(everyone)):
            refused = knock(site, make_member(everyone))
            assert refused.code == 1013
            assert "(2 people online)" in refused.reason
            warden = make_member(everyone)
            warden.is_staff = True
            warden.save()
            with LiveClient(site, warden) as client:
                assert client.welcome["user"]["id"] == warden.pk

    def test_who_comes_when_somebody_has_left_finds_a_place(self, serve, everyone):
        site, late = serve(CHAT_MAX_USERS="1"), make_member(everyone)
        with LiveClient(site, make_member(everyone)):
            assert knock(site, late).code == 1013
        for _ in range(100):  # a departure counts after a moment of grace
            client = LiveClient(site, late)
            try:
                with client:
                    return
            except ConnectionClosed:
                continue
        raise AssertionError("there was never a place")


def test_without_redis_a_session_that_somebody_else_ended_ends_its_socket(serve, everyone):
    """The row goes, as by another process; nobody publishes anything."""
    member = make_member(everyone)
    session = session_of(member)
    with LiveClient(serve(), session=session) as client:
        Session.objects.filter(session_key=session).delete()
        assert closing_of(client).code == 4401
