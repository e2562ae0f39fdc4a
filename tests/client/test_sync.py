"""The client for programs without asyncio: it has all that the other one has."""

import inspect

import pytest

from chatsite_client import Client, SyncClient
from chatsite_client.http import HttpSite
from chatsite_client.sync import SyncHttpSite
from tests.factories import post

ONLY_ASYNC = {"connect", "close", "request"}  # `with` connects and closes


def surface(kind: type) -> dict[str, list[inspect.Parameter]]:
    """Return the public methods with their parameters, and the properties."""
    members = {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}
    return {
        name: list(inspect.signature(member).parameters.values())[1:] if callable(member) else []
        for name, member in members.items()
        if name not in ONLY_ASYNC
    }


@pytest.mark.parametrize(
    ("asynchronous", "blocking", "more"),
    [(Client, SyncClient, {"room", "upload", "download", "state", "url"}), (HttpSite, SyncHttpSite, set())],
    ids=["live", "http"],
)
def test_both_clients_have_the_same_methods(asynchronous, blocking, more):
    found = {name: parameters for name, parameters in surface(blocking).items() if name not in more}
    assert found == surface(asynchronous)
    assert not [name for name in found if inspect.iscoroutinefunction(getattr(blocking, name))]


def test_threads_pins_and_drafts_without_asyncio(uvicorn, ana, mira, everyone):
    question = post(everyone, ana.user, "Where do we meet?")
    post(everyone, mira.user, "At the station", reply_to_id=question.pk)
    everyone.memberships.filter(user=ana.user).update(role="owner")
    with ana.sync_client(uvicorn) as client:
        assert client.url == client.http.url == uvicorn.url
        assert client.is_connected
        thread = client.http.thread(everyone.pk, question.pk)
        assert [message.body for message in thread.messages] == ["Where do we meet?", "At the station"]
        client.pin(question.pk)
        assert [message.id for message in client.http.pins(everyone.pk)] == [question.pk]
        draft = client.set_draft(everyone.pk, "When?", reply_to=question.pk)
        assert (draft.body, draft.reply_to.id) == ("When?", question.pk)
        client.queue(everyone.pk, "At eight")
        client.flush()
        assert client.waiting == []
