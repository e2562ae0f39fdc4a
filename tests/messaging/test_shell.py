"""The chat page's shell: each page has its own data in it, as if the template had been rendered for it."""

import json
import re

import pytest
from django.test import Client

from messaging.web import shell
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

NONCE = re.compile(r'nonce="([^"]+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DATA = re.compile(r'<script id="chatsite-page" type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def room(everyone):
    return make_room("Tea & <biscuits>", owner=make_member(everyone, make_user("owner")))


def page_for(user, address):
    client = Client()
    client.force_login(user)
    return client.get(address)


def test_each_page_has_its_own_title_data_token_and_nonce(room, everyone):
    pages = {}
    for name in ("ana", "bo"):
        user = make_member(everyone, make_user(name))
        for at in (everyone, room):
            pages[name, at.name] = response = page_for(user, at.get_absolute_url())
            text = response.content.decode()
            data = json.loads(DATA.search(text)[1])
            assert (data["me"]["username"], data["conversation"]["room"]["name"]) == (name, at.name)
            assert NONCE.search(text)[1] in response["Content-Security-Policy"]
            assert len(TOKEN.search(text)[1]) == 64
            assert "mark-" not in text
    text = pages["bo", room.name].content.decode()
    assert "<title>Tea &amp; &lt;biscuits&gt; · Chatsite</title>" in text
    assert '<bdi class="room__name">Tea &amp; &lt;biscuits&gt;</bdi>' in text
    for pattern in (NONCE, TOKEN):
        assert len({pattern.search(page.content.decode())[1] for page in pages.values()}) == 4


def test_a_page_is_the_same_as_one_rendered_by_the_template(room, monkeypatch):
    member = make_member(room)
    address = room.get_absolute_url()
    texts = [page_for(member, address).content.decode()]
    monkeypatch.setattr(shell, "get_messages", lambda request: ["for this page"])  # renders the template for it
    texts.append(page_for(member, address).content.decode())
    without_secrets = [TOKEN.sub("", NONCE.sub("", text)) for text in texts]
    assert without_secrets[0] == without_secrets[1]


def test_language_theme_and_notices_belong_to_the_user(room, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    first, second = make_member(room), make_member(room)
    address = room.get_absolute_url()
    page_for(first, address)
    second.theme, second.language, second.notices = "dark", "de", "Your report was settled.\n"
    second.save()
    text = page_for(second, address).content.decode()
    assert '<html lang="de" dir="ltr" data-theme="dark">' in text
    assert "Your report was settled." in text
    for user in (first, second):
        assert "Your report was settled." not in page_for(user, address).content.decode()


def test_administrators_have_a_link_and_others_do_not(room):
    """Also if the first page was the one that the browser keeps."""
    admin, member = make_member(room, make_user("root", is_staff=True)), make_member(room)
    page_for(admin, "/offline/")
    for user in (admin, member, admin):
        text = page_for(user, room.get_absolute_url()).content.decode()
        assert ('href="/admin/"' in text) is user.is_staff


def test_data_comes_through_whole_and_ends_no_element(room):
    body = '</script><script>alert(1)</script> <!-- & é \u2028 \\ "'
    member = make_member(room)
    post(room, member, body)
    found = DATA.search(page_for(member, room.get_absolute_url()).content.decode())[1]
    assert not re.search("[<>&]", found)
    assert json.loads(found)["conversation"]["messages"][0]["body"] == body


def test_only_those_who_may_invite_find_links_for_it(room, settings):
    address = room.get_absolute_url()
    member, admin = make_member(room), make_member(room, make_user(is_staff=True))
    assert page_for(member, address).content.decode().count("Invite people") == 2
    settings.REGISTRATION = "closed"
    assert "Invite people" not in page_for(member, address).content.decode()
    assert "Invite people" in page_for(admin, address).content.decode()
