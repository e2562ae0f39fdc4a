"""The chat page and its JSON: contents, permissions and numbers of queries."""

import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from chatsite.bundles import SHEETS
from messaging.posting.actions import edit_message
from messaging.posting.batch import Draft
from rooms.actions import archive_room, open_direct_room
from rooms.models import Membership
from tests.factories import make_member, make_room, make_user, post, post_drafts
from tests.live_client import session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(everyone):
    return make_member(everyone, make_user("owner"))


@pytest.fixture
def room(owner):
    return make_room("Workshop", owner=owner, kind="private")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(response) -> dict:
    found = re.search(
        r'<script id="chatsite-page" type="application/json">(.*?)</script>', response.content.decode(), re.S
    )
    assert found, response.content[:500]
    return json.loads(found[1])


SINCE = "since=2026-01-01T00:00:00Z"
ADDRESSES = [
    *("/rooms/{}/", "/rooms/{}/messages/", "/rooms/{}/conversation/", "/rooms/{}/messages/1/"),
    f"/rooms/{{}}/messages/first/?{SINCE}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_anonymous_visitors_are_redirected_to_the_login(room, address):
    response = Client().get(address.format(room.pk))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("address", ADDRESSES)
def test_private_and_absent_rooms_look_the_same_to_strangers(room, owner, address):
    post(room, owner)
    client = signed_in(make_user())
    answers = [client.get(address.format(pk)) for pk in (room.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    same = [
        re.sub(rb'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"', b"", answer.content) for answer in answers
    ]
    assert same[0].replace(str(room.pk).encode(), b"") == same[1].replace(b"999999", b"")


def test_clearing_a_private_room_is_the_same_404_as_an_absent_one(room):
    client = signed_in(make_user())
    assert [client.delete(f"/rooms/{pk}/history/").status_code for pk in (room.pk, 999_999)] == [404, 404]


def test_page_contains_room_messages_and_sidebar(room, owner, everyone):
    message = post(room, owner, "Hello")
    page = page_of(signed_in(owner).get(f"/rooms/{room.pk}/"))
    assert page["me"]["username"] == "owner"
    assert {shown["id"] for shown in page["rooms"]} == {room.pk, everyone.pk}
    conversation = page["conversation"]
    assert conversation["room"]["name"] == "Workshop"
    assert (conversation["is_member"], conversation["can_post"], conversation["can_moderate"]) == (True, True, True)
    assert [(shown["id"], shown["client_id"]) for shown in conversation["messages"]] == [
        (message.pk, str(message.client_id))
    ]
    assert conversation["version"] == 1


def test_public_room_can_be_read_but_not_posted_in_before_joining(owner):
    public = make_room("Open", owner=owner)
    post(public, owner)
    conversation = signed_in(make_user()).get(f"/rooms/{public.pk}/conversation/").json()
    assert (conversation["is_member"], conversation["can_post"], len(conversation["messages"])) == (False, False, 1)
    assert "client_id" not in conversation["messages"][0]


@pytest.mark.parametrize(
    ("unread", "query", "first", "last"),
    [
        (50, "", 71, 120),  # all on the page of the newest
        (51, "", 45, 94),
        (100, "", 1, 50),
        (100, "?latest", 71, 120),
        (100, "?around=60", 35, 84),
    ],
)
def test_a_conversation_begins_where_the_user_stopped_reading(everyone, unread, query, first, last):
    ana, bo = make_user("ana"), make_user("bo")
    for user in (ana, bo):
        make_member(everyone, user)
    post_drafts([Draft(bo.pk, everyone.pk, uuid.uuid4(), f"Text {n}") for n in range(120)])
    Membership.objects.filter(user=ana, room=everyone).update(last_read_seq=120 - unread)
    page = signed_in(ana).get(f"/rooms/{everyone.pk}/conversation/{query}").json()
    assert [page["messages"][0]["seq"], page["messages"][-1]["seq"]] == [first, last]
    assert (page["has_older"], page["has_newer"]) == (first > 1, last < 120)


def test_archived_room_can_be_read_but_not_posted_in(room, owner):
    archive_room(actor=owner, room=room)
    assert signed_in(owner).get(f"/rooms/{room.pk}/conversation/").json()["can_post"] is False


def test_direct_room_is_named_after_the_other_person(owner):
    mira = make_user("mira", display_name="Mira Okafor")
    direct = open_direct_room(user=owner, other=mira)
    shown = signed_in(owner).get(f"/rooms/{direct.pk}/conversation/").json()["room"]
    assert (shown["name"], shown["peer"]["username"]) == ("Mira Okafor", "mira")
    assert signed_in(mira).get(f"/rooms/{direct.pk}/conversation/").json()["room"]["name"] == "owner"


def test_history_has_pages_of_fifty_in_both_directions(room, owner):
    for number in range(120):
        post(room, owner, str(number))
    client = signed_in(owner)

    def seqs(query: str) -> list[int]:
        return [message["seq"] for message in client.get(f"/rooms/{room.pk}/messages/{query}").json()["messages"]]

    assert seqs("") == list(range(71, 121))
    assert seqs("?before=71") == list(range(21, 71))
    assert seqs("?after=100") == list(range(101, 121))
    assert 60 in seqs("?around=60")


def test_the_first_message_since_a_time_has_its_own_url(room, owner, django_assert_max_num_queries):
    for _ in range(3):
        post(room, owner)
    client = signed_in(owner)
    client.get(f"/rooms/{room.pk}/conversation/")  # the first request of a session takes more queries
    with django_assert_max_num_queries(7):
        assert client.get(f"/rooms/{room.pk}/messages/first/?{SINCE}").json() == {"seq": 1}
    client.delete(f"/rooms/{room.pk}/history/")
    assert client.get(f"/rooms/{room.pk}/messages/first/?{SINCE}").json() == {"seq": None}


@pytest.mark.parametrize(
    "since", ["", "soon", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00"]
)
def test_invalid_times_are_refused(room, owner, since):
    response = signed_in(owner).get(
        f"/rooms/{room.pk}/messages/first/?since={since}", headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["field"] == "since"


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=-1", "?after=", "?around=1.5", "?before=1&after=2", "?before=" + "9" * 30]
)
def test_invalid_numbers_in_history_urls_are_refused(room, owner, query):
    response = signed_in(owner).get(f"/rooms/{room.pk}/messages/{query}")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"


def test_permalink_opens_an_old_message(room, owner):
    for number in range(120):
        post(room, owner, str(number))
    conversation = page_of(signed_in(owner).get(f"/rooms/{room.pk}/messages/5/"))["conversation"]
    assert conversation["around"] == 5
    assert 5 in [message["seq"] for message in conversation["messages"]]
    assert conversation["has_newer"] is True


def test_clearing_affects_ones_own_view_alone(room, owner):
    other = make_member(room)
    post(room, owner, "Before")
    assert signed_in(owner).delete(f"/rooms/{room.pk}/history/").json() == {"cleared_seq": 1}
    assert signed_in(owner).get(f"/rooms/{room.pk}/messages/").json()["messages"] == []
    assert len(signed_in(other).get(f"/rooms/{room.pk}/messages/").json()["messages"]) == 1


def test_home_redirects_to_the_last_open_room(room, owner, everyone):
    client = signed_in(owner)
    post(everyone, owner)
    assert client.get("/")["Location"] == f"/rooms/{everyone.pk}/"
    client.get(f"/rooms/{room.pk}/")
    assert client.get("/")["Location"] == f"/rooms/{room.pk}/"


def test_home_without_rooms_is_a_page(db):
    response = signed_in(make_user()).get("/")
    assert response.status_code == 200
    assert page_of(response)["conversation"] is None


def test_lazy_modules_are_mapped_but_not_preloaded(room, owner):
    names, preloaded = modules_of(signed_in(owner).get(f"/rooms/{room.pk}/"))
    later = ("controllers/uploads_controller.js", "elements/lightbox.js", "vendor/tus/tus.js")
    assert {names[f"chatsite/{name}"] for name in later}.isdisjoint(preloaded)
    assert names["chatsite/vendor/tus/tus.js"].startswith("/static/vendor/tus/tus.")
    bundled = {names[f"chatsite/{name}"] for name in ("net/socket.js", "net/backoff.js", "i18n.js")}
    assert bundled == {"/static/js/chat.js"}
    assert preloaded == [names["chatsite/catalog.js"], *bundled, names["chatsite/app.js"]]


def test_modules_and_style_sheets_are_separate_files_while_debugging(room, owner, settings):
    settings.DEBUG = True
    response = signed_in(owner).get(f"/rooms/{room.pk}/")
    names, preloaded = modules_of(response)
    bundled = [names[f"chatsite/{name}"] for name in ("net/backoff.js", "net/socket.js", "app.js")]
    assert [url for url in preloaded if url in bundled] == bundled
    assert len(preloaded) == len(set(preloaded)) > 90
    assert response.content.count(b'<link rel="stylesheet"') == len(SHEETS)


def modules_of(response):
    """Return the import map and the URLs of preloaded modules."""
    text = response.content.decode()
    names = json.loads(re.search(r'<script type="importmap"[^>]*>(.*?)</script>', text)[1])["imports"]
    return names, re.findall(r'<link rel="modulepreload" href="([^"]+)">', text)


def test_user_text_cannot_escape_the_pages_json(room, owner):
    post(room, owner, "</script><script>alert(1)</script>")
    content = signed_in(owner).get(f"/rooms/{room.pk}/").content.decode()
    assert "<script>alert(1)" not in content


class TestBudgets:
    """The number of queries doesn't depend on the number of rooms, users and messages."""

    @pytest.fixture
    def crowd(self, room, owner):
        for _ in range(100):
            make_room(owner=owner)
            open_direct_room(user=owner, other=make_user())
        others = [make_member(room) for _ in range(20)]
        for number in range(60):
            message = post(room, others[number % 20], f"Number {number}")
            reply = post(room, others[(number + 1) % 20], "Yes", reply_to_id=message.pk)
            edit_message(actor=reply.sender, message_id=reply.pk, body="No")
        return signed_in(owner)

    @pytest.mark.parametrize(
        ("address", "most"),
        [("/rooms/{}/", 16), ("/rooms/{}/conversation/", 12), ("/rooms/{}/messages/?before=100", 9)],
    )
    def test_reading(self, crowd, room, address, most, django_assert_max_num_queries):
        crowd.get(address.format(room.pk))
        with django_assert_max_num_queries(most):
            assert crowd.get(address.format(room.pk)).status_code == 200

    def test_admitting_and_welcoming_many_at_once(self, crowd, room, owner, django_assert_num_queries):
        from accounts.auth.credentials import Credential
        from messaging.runtime.welcome import admit_all, make_welcomes

        people = [owner, *(membership.user for membership in room.memberships.exclude(user=owner))]
        credentials = [Credential(session_of(person)) for person in people]
        with django_assert_num_queries(4):
            assert len(admit_all(credentials)[0].room_ids) == 202
        with django_assert_num_queries(11):
            assert [len(welcome.rooms) for welcome in make_welcomes(people)][:2] == [202, 1]

    def test_syncing_a_hundred_rooms(self, crowd, owner, django_assert_max_num_queries):
        from messaging.runtime import protocol
        from messaging.runtime.commands import execute

        known = dict(Membership.objects.filter(user=owner).values_list("room_id", "room__version"))
        with django_assert_max_num_queries(3):
            reply = execute(owner, protocol.Sync(ref="r", rooms=known))
        assert [json.loads(event)["messages"] for event in reply.events] == [[]] * 202
