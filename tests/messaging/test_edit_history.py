"""The page with the earlier texts of a message: its content, permissions and limits."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.history.revisions import PAGE, read_versions
from messaging.history.word_diff import Kind
from messaging.models import Message
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.web import edit_history
from rooms.blocking import block_person
from rooms.errors import NotFound
from tests.factories import log_in, make_member, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(people) -> Message:
    message = post(people["room"], people["member"], "Meet at three")
    for text in ("Meet at four", "Meet at four, Ana"):
        edit_message(actor=people["member"], message_id=message.pk, body=text)
    return message


def test_versions_are_the_newest_first_and_show_what_each_edit_changed(people, edited):
    versions = read_versions(people["other"], edited.pk).versions
    edited.refresh_from_db()
    assert [each.number for each in versions] == [3, 2, 1]
    assert [each.at for each in versions] == [
        edited.edited_at,
        edited.revisions.order_by("pk").last().written_at,
        edited.created_at,
    ]
    assert versions[0].parts == [(Kind.SAME, "Meet at four"), (Kind.ADDED, ", Ana")]
    assert versions[1].parts == [(Kind.SAME, "Meet at "), (Kind.REMOVED, "three"), (Kind.ADDED, "four")]
    assert versions[2].parts == [(Kind.SAME, "Meet at three")]


@pytest.mark.parametrize("who", ["former", "stranger", "root"])
def test_who_does_not_see_the_message_gets_the_same_404_as_for_none(people, edited, who):
    client = log_in(people[who])
    hidden, absent = (client.get(f"/messages/{pk}/history/") for pk in (edited.pk, edited.pk + 1_000))
    assert hidden.status_code == absent.status_code == 404
    without_nonces = [re.sub(rb'(nonce|value)="[^"]+"', b"", each.content) for each in (hidden, absent)]
    assert without_nonces[0] == without_nonces[1]


def test_history_of_a_blocked_author_is_hidden_even_from_moderators(people, edited):
    for who in ("other", "moderator"):
        block_person(user=people[who], other=people["member"])
        assert log_in(people[who]).get(f"/messages/{edited.pk}/history/").status_code == 404


def test_cleared_and_deleted_messages_have_no_history(people, edited):
    clear_history(user=people["other"], room_id=people["room"].pk)
    with pytest.raises(NotFound):
        read_versions(people["other"], edited.pk)
    assert len(read_versions(people["member"], edited.pk).versions) == 3
    delete_message(actor=people["member"], message_id=edited.pk)
    with pytest.raises(NotFound):
        read_versions(people["member"], edited.pk)
    assert not edited.revisions.exists()


def test_many_long_versions_come_in_pages_with_the_same_queries(people):
    message = post(people["room"], people["member"], "0 " + "a " * 3_990)
    client, path = log_in(people["other"]), f"/messages/{message.pk}/history/"
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert client.get(path).status_code == 200
    for number in range(1, 25):
        edit_message(actor=people["member"], message_id=message.pk, body=f"{number} " + "b " * 3_990)
    numbers, query = [], ""
    while path:
        with CaptureQueriesContext(connection) as many:
            page = client.get(path + query)
        assert len(many) <= len(few) + 1
        assert len(page.content) < PAGE * 2 * 8_000 + 40_000
        found = [each.number for each in page.context["history"].versions]
        assert len(found) <= PAGE
        numbers += found
        query = f"?before={page.context['history'].next}"
        path = path if page.context["history"].next else ""
    assert numbers == list(range(25, 0, -1))


def test_text_with_a_spoiler_is_covered(people):
    message = post(people["room"], people["member"], "It was ||the butler||")
    edit_message(actor=people["member"], message_id=message.pk, body="I won’t tell")
    content = log_in(people["other"]).get(f"/messages/{message.pk}/history/").content.decode()
    assert content.count('<details class="version__cover">') == 2


def test_markup_is_shown_as_text(people):
    message = post(people["room"], people["member"], "<script>alert(1)</script>")
    content = log_in(people["other"]).get(f"/messages/{message.pk}/history/").content.decode()
    assert "&lt;script&gt;alert(1)" in content


def test_wrong_page_and_too_many_requests_are_refused(people, edited, monkeypatch):
    client = log_in(people["other"], **{"X-Requested-With": "fetch"})
    assert client.get(f"/messages/{edited.pk}/history/?before=1").status_code == 200  # there are none
    wrong = client.get(f"/messages/{edited.pk}/history/?before=x")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "before")
    monkeypatch.setattr(edit_history, "_limits", edit_history.TokenBuckets(0.1, 2))
    assert [client.get(f"/messages/{edited.pk}/history/").status_code for _ in range(3)] == [200, 200, 429]
    assert log_in(make_member(people["room"])).get(f"/messages/{edited.pk}/history/").status_code == 200
