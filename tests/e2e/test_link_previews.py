"""Link previews in the page."""

from collections.abc import Iterator

import httpx
import pytest
from django.db import connection
from playwright.sync_api import Locator, expect

from integrations.incoming.actions import create_webhook
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.factories import make_member, make_room
from tests.hostile_files import image_file
from tests.page_server import Page, PageServer, page_server
from tests.server import Site, run_site


@pytest.fixture
def web() -> Iterator[PageServer]:
    with page_server() as server:
        yield server


@pytest.fixture
def site(web, uvicorn_site, daphne_site, transactional_db, everyone, tmp_path) -> Iterator[Site]:
    """A site that shows previews, alone: without Redis, none may run beside it."""
    uvicorn_site.stop()
    daphne_site.stop()
    environment = {"LINK_PREVIEWS": "yes", "LINK_PREVIEWS_ALLOWED_HOSTS": web.host}
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, **environment) as site:
        yield site


@pytest.fixture
def people(register):
    return register("Ana Ferreira"), register("Mira Sol")


@pytest.fixture
def room(people) -> Room:
    ana, mira = people
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    return room


def previews(session: BrowserSession, text: str) -> Locator:
    return session.page.locator(".msg", has_text=text).locator(".link-preview")


def test_a_preview_appears_for_everyone_and_its_author_removes_it(site, web, enter, people, room):
    url = web.add("/page", '<title>Lighthouses</title><meta property="og:image" content="/image.png">')
    web.pages["/image.png"] = Page(image_file((600, 300)), "image/png")
    ana, mira = (enter(site, person).open(room) for person in people)
    mira.send(f"Look at {url}")
    for session in (ana, mira):
        card = previews(session, "Look at")
        expect(card.get_by_role("link", name="Lighthouses")).to_have_attribute("href", url)
        expect(card.locator("img")).to_have_js_property("naturalWidth", 600)
    previews(mira, "Look at").hover()
    previews(mira, "Look at").get_by_role("button", name="Remove preview").click()
    for session in (ana, mira):
        expect(previews(session, "Look at")).to_have_count(0)
        session.sees(f"Look at {url}")


def test_messages_of_webhooks_have_them(site, web, enter, people, room):
    url = web.add("/page", "<title>Lighthouses</title>")
    secret = create_webhook(actor=people[0], room=room, name="Deploy bot").secret
    ana = enter(site, people[0]).open(room)
    assert httpx.post(f"{site.url}/hooks/{secret}", json={"text": f"Done: <{url}|the page>"}).text == "ok"
    expect(previews(ana, "Done:").get_by_role("link", name="Lighthouses")).to_have_attribute("href", url)


def test_a_link_to_an_image_shows_it_within_limits(site, web, enter, people, room):
    url = web.add("/tower.png", "")
    web.pages["/tower.png"] = Page(image_file((500, 700)), "image/png")
    ana = enter(site, people[0]).open(room)
    ana.send(f"Look at {url}")
    image = previews(ana, "Look at").locator("img")
    expect(image).not_to_have_js_property("naturalWidth", 0)
    box = image.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == pytest.approx((214, 300), abs=2)


def test_only_authors_and_moderators_can_remove_a_preview(site, web, enter, people, room):
    url = web.add("/page", "<title>Lighthouses</title>")
    ana, mira = (enter(site, person).open(room) for person in people)
    ana.send(f"Look at {url}")
    mira.send(f"Seen: {url}")
    expect(previews(mira, "Look at")).to_be_visible()
    previews(mira, "Look at").hover()
    expect(previews(mira, "Look at").get_by_role("button", name="Remove preview")).to_be_hidden()
    previews(ana, "Seen").hover()  # as the owner
    previews(ana, "Seen").get_by_role("button", name="Remove preview").click()
    expect(previews(mira, "Seen")).to_have_count(0)
    expect(previews(mira, "Look at")).to_have_count(1)


def test_a_page_cannot_write_markup(site, web, enter, people, room):
    title = "&lt;img src=x onerror=alert(1)&gt; <script>alert(1)</script>"
    url = web.add("/page", f"<title>{title}</title>")
    ana = enter(site, people[0]).open(room)
    ana.send(url)
    link = ana.page.locator(".link-preview__title")
    expect(link).to_have_text("<img src=x onerror=alert(1)> <script>alert(1)</script>")
    expect(link.locator("*")).to_have_count(0)


def test_an_edit_that_removes_the_link_removes_the_preview(site, web, enter, people, room):
    url = web.add("/page", "<title>Lighthouses</title>")
    ana, mira = (enter(site, person).open(room) for person in people)
    ana.send(f"Look at {url}")
    expect(previews(mira, "Look at")).to_be_visible()
    ana.edit(f"Look at {url}", "Look at nothing")
    mira.sees("Look at nothing")
    expect(previews(mira, "Look at nothing")).to_have_count(0)


def test_a_room_without_previews_shows_none(site, web, enter, people, room):
    url = web.add("/page", "<title>Lighthouses</title>")
    ana = enter(site, people[0]).open(f"/rooms/{room.pk}/settings/")
    ana.page.get_by_label("Show link previews").uncheck()
    ana.page.locator("#set-the-limits").click()
    expect(ana.page.get_by_label("Show link previews")).not_to_be_checked()
    ana.open(room)
    ana.send(f"Look at {url}")
    room.refresh_from_db()
    assert not room.shows_link_previews
    other = make_room("Elsewhere", owner=people[0])
    ana.open(other)
    ana.send(f"Look at {url}")
    expect(previews(ana, "Look at")).to_be_visible()
    ana.open(room)
    ana.sees(f"Look at {url}")
    expect(previews(ana, "Look at")).to_have_count(0)
