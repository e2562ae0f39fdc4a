"""Pages are requested in the background, once for all messages with a link to them, and shown with the messages."""

import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.attachments import storage
from messaging.link_previews import lookup, queue
from messaging.link_previews.summary import previews_of
from messaging.models import DiscardedFile, LinkPreview, Message, MessageLink
from messaging.posting import link_previews
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.posting.link_previews import remove_preview
from messaging.runtime import link_preview_worker
from rooms.actions import delete_room
from rooms.errors import Forbidden, NotFound
from rooms.moderation import limit_posting
from tests.factories import log_in, make_member, make_room, make_user, post
from tests.hostile_files import image_file, png
from tests.page_server import Page
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TITLE = "<title>Lighthouses</title>"


@pytest.fixture
def room(people):
    return people["room"]


@pytest.fixture
def member(people):
    return people["member"]


def with_image(path: str = "/image.png") -> str:
    return f'{TITLE}<meta property="og:image" content="{path}">'


@pytest.fixture
def stored_images():
    """Return a function that lists the images that were stored since the test began."""

    def names() -> set[str]:
        return {each.name for each in storage.list_stored() if each.name.startswith(storage.PREVIEW_FOLDER)}

    before = names()
    return lambda: names() - before


# -- what is shown ------------------------------------------------------------------------------------


def test_a_preview_is_added_as_a_new_version(web, room, member, finish):
    url = web.add("/page", f'{with_image()}<meta name="description" content="They shine."><base href="/x">')
    web.pages["/image.png"] = Page(image_file((1600, 800)), "image/png")
    message = finish(posted := post(room, member, f"Look: {url}#top"))
    assert message.version == posted.version + 1
    assert message.edited_at is None
    [preview] = previews_of(message)
    image = {"url": f"/link-previews/{preview['id']}/image/", "width": 800, "height": 400}
    assert preview == {
        "id": preview["id"],
        "url": f"{url}#top",
        "title": "Lighthouses",
        "site": "127.0.0.1",
        "description": "They shine.",
        "image": image,
    }


@pytest.fixture
def rarely_looking(start, monkeypatch) -> None:
    """A worker that finds nothing by itself for an hour."""
    monkeypatch.setattr(link_preview_worker, "POLL_SECONDS", 3600.0)
    start()


def titles_of(message: Message) -> list[str]:
    wait_until(lambda: not MessageLink.objects.filter(is_pending=True).exists(), "the previews")
    return [each["title"] for each in previews_of(Message.objects.get(pk=message.pk))]


def test_posts_and_edits_wake_the_worker(web, room, member, rarely_looking):
    message = post(room, member, web.add("/page", TITLE))
    assert titles_of(message) == ["Lighthouses"]
    edit_message(actor=member, message_id=message.pk, body=web.add("/other", "<title>Harbors</title>"))
    assert titles_of(message) == ["Harbors"]


def test_a_slow_page_is_shown_as_soon_as_it_has_answered(web, room, member, rarely_looking, monkeypatch):
    looks: list[bool] = []
    is_any_ready = link_previews.is_any_ready
    monkeypatch.setattr(link_previews, "is_any_ready", lambda: looks.append(is_any_ready()) or looks[-1])

    def content() -> Iterator[bytes]:
        wait_until(lambda: len(looks) > 1, "the worker has nothing else to do")
        yield f"<html><head>{TITLE}</head></html>".encode()

    web.pages["/slow"] = Page(content)
    assert titles_of(post(room, member, web.url("/slow"))) == ["Lighthouses"]


def test_nothing_is_sent_about_the_message(web, room, member, finish, settings):
    settings.SITE_URL = "https://chat.example.org"
    finish(post(room, member, web.add("/page", TITLE)))
    [(_path, headers)] = web.received
    assert headers.keys() == {"host", "accept", "accept-encoding", "user-agent"}
    assert headers["user-agent"] == "Chatsite/1 (link preview; +https://chat.example.org)"


def test_a_direct_image_is_shown_by_itself(web, room, member, finish):
    web.pages["/photo"] = Page(image_file((300, 200), "JPEG"), "image/jpeg")
    [preview] = previews_of(finish(post(room, member, web.url("/photo"))))
    assert (preview["title"], preview["image"]["width"]) == ("", 300)


def test_up_to_three_links_in_their_order(web, room, member, finish):
    urls = [web.add(f"/{number}", f"<title>Page {number}</title>") for number in range(5)]
    message = finish(post(room, member, " ".join(urls)))
    assert [each["title"] for each in previews_of(message)] == ["Page 0", "Page 1", "Page 2"]


@pytest.mark.parametrize(
    "page",
    [
        Page(TITLE.encode(), status=404),
        Page(TITLE.encode(), status=500),
        Page(TITLE.encode(), type="text/plain"),
        Page(TITLE.encode(), type="application/octet-stream"),
        Page(b"<p>Nothing</p>"),
        Page(b"", status=302, headers={"Location": "http://127.0.0.1:1/"}),
        Page(b"", status=302, headers={"Location": "http://10.0.0.1/"}),
        Page(b"", status=302, headers={"Location": "http://[::ffff:169.254.169.254]/"}),
        Page(b"", status=302, headers={"Location": "/here"}),
        Page(b"", status=302, headers={"Location": "//[#"}),
        Page(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', type="image/svg+xml"),
        Page(png(100_000, 100_000), type="image/png"),
        Page(b"\x89PNG\r\n\x1a\nnonsense", type="image/png"),
        Page(image_file((16, 16)), type="image/png"),
        Page(b"nonsense", headers={"Content-Encoding": "gzip"}),
        Page(b"nonsense", headers={"Content-Encoding": "br"}),
    ],
    ids=[
        *(
            "not found",
            "error",
            "text",
            "binary",
            "no title",
            "another port",
            "private",
            "mapped",
            "endless",
            "invalid",
        ),
        *("SVG", "decompression bomb", "broken image", "icon", "broken gzip", "unknown encoding"),
    ],
)
def test_other_pages_have_no_preview(page, web, room, member, finish):
    web.pages["/here"] = page
    message = finish(posted := post(room, member, web.url("/here")))
    assert (message.previews, message.version) == ("", posted.version)
    assert LinkPreview.objects.get().expires_at < timezone.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    "image",
    [
        Page(b"<svg/>", type="image/svg+xml"),
        Page(png(100_000, 100_000), type="image/png"),
        Page(b"", status=404),
        Page(b"", status=302, headers={"Location": "http://192.168.0.1/"}),
    ],
    ids=["SVG", "decompression bomb", "not found", "private"],
)
def test_a_page_is_shown_without_an_image_that_cannot_be(image, web, room, member, finish):
    url = web.add("/page", with_image())
    web.pages["/image.png"] = image
    [preview] = previews_of(finish(post(room, member, url)))
    assert (preview["title"], preview["image"]) == ("Lighthouses", None)
    assert not DiscardedFile.objects.exists()


def endless():
    while True:
        yield b"x" * 65_536


def test_only_the_beginning_of_an_endless_page_is_read(web, room, member, finish):
    def content():
        yield TITLE.encode()
        yield from endless()

    web.pages["/page"] = Page(content)
    web.pages["/title"] = Page(lambda: [b"<title>", b"word " * 200_000])
    web.pages["/video"] = Page(endless, type="video/mp4")
    web.pages["/image"] = Page(endless, type="image/png")
    assert previews_of(finish(post(room, member, web.url("/page"))))[0]["title"] == "Lighthouses"
    assert len(previews_of(finish(post(room, member, web.url("/title"))))[0]["title"]) == 120
    assert not finish(post(room, member, f"{web.url('/video')} {web.url('/image')}")).previews


def test_what_a_page_decompresses_to_is_bounded(web, room, member, finish):
    bomb = gzip.compress(TITLE.encode() + bytes(100_000_000))
    web.pages["/bomb"] = Page(bomb, headers={"Content-Encoding": "gzip"})
    assert previews_of(finish(post(room, member, web.url("/bomb"))))[0]["title"] == "Lighthouses"


def test_a_slow_page_is_given_up_and_holds_up_no_other(web, room, people, member, finish, monkeypatch):
    def drip():
        while not web.stopped.wait(0.05):
            yield b" "

    web.pages["/slow"] = Page(drip)
    slow = post(room, member, web.url("/slow"))
    other = post(room, people["other"], web.add("/page", TITLE))
    wait_until(lambda: Message.objects.get(pk=other.pk).previews, "the other preview")
    assert MessageLink.objects.get(message=slow).is_pending
    assert not finish(slow).previews


# -- the cache ----------------------------------------------------------------------------------------


def test_a_page_is_requested_once_for_everyone(web, room, finish):
    url = web.add("/page", TITLE)
    messages = [post(room, make_member(room), f"{url}#{number}") for number in range(100)]
    finish(messages[0])
    assert web.paths == ["/page"]
    shown = [previews_of(message) for message in Message.objects.filter(pk__in=[each.pk for each in messages])]
    assert len(shown) == 100
    assert all(previews[0]["title"] == "Lighthouses" for previews in shown)
    finish(post(room, make_member(room), url))
    assert web.paths == ["/page"]


def test_failures_are_kept_too(web, room, member, finish):
    for _ in range(3):
        finish(post(room, member, web.url("/missing")))
    assert web.paths == ["/missing"]


def test_an_expired_page_is_requested_again_and_earlier_messages_stay(web, room, member, finish):
    url = web.add("/page", TITLE)
    first = finish(post(room, member, url))
    LinkPreview.objects.update(expires_at=timezone.now())
    web.add("/page", "<title>Harbors</title>")
    assert previews_of(finish(post(room, member, url)))[0]["title"] == "Harbors"
    assert previews_of(finish(first))[0]["title"] == "Lighthouses"
    assert web.paths == ["/page", "/page"]


def test_a_process_that_dies_is_replaced(web, room, member, start):
    message = post(room, member, web.add("/page", TITLE))
    assert lookup.look_up_some()
    [claimed] = queue.claim(queue.Busy(), 10)
    assert not queue.claim(queue.Busy(), 10)
    LinkPreview.objects.update(due_at=timezone.now())
    start()
    wait_until(lambda: Message.objects.get(pk=message.pk).previews, "the preview")
    queue.settle(claimed, queue.Found(title="Late"), None)  # by the process that was believed to be dead
    assert LinkPreview.objects.get().title == "Lighthouses"


def test_a_page_that_kills_processes_is_given_up(web, room, member, finish):
    message = post(room, member, web.url("/page"))
    LinkPreview.objects.update(attempts=queue.MAX_ATTEMPTS)
    assert not finish(message).previews


# -- turns --------------------------------------------------------------------------------------------


def claimed_by(busy: queue.Busy, most: int = 20) -> list[str]:
    return [each.url.rpartition("/")[2] for each in queue.claim(busy, most)]


def test_users_take_turns_and_hosts_get_few_requests(web, room, people):
    for number in range(5):
        post(room, people["member"], f"https://a.example/m{number}")
    for name in ("owner", "moderator"):
        post(room, people[name], f"https://a.example/{name}")
    post(room, people["other"], "https://b.example/other")
    while lookup.look_up_some():
        pass
    busy = queue.Busy()
    assert claimed_by(busy) == ["m0", "owner", "other"]  # of the host a.example, two at a time
    assert not queue.is_any_due(busy)
    busy.remove(people["owner"].pk, "a.example")
    assert claimed_by(busy) == ["moderator"]
    busy = queue.Busy()
    assert claimed_by(busy) == ["m1", "m2"]


def test_a_user_who_posts_hundreds_of_links_waits_alone(web, room, people, monkeypatch):
    monkeypatch.setattr(lookup, "MAX_WAITING", 4)
    for number in range(6):
        post(room, people["member"], f"https://a{number}.example/m{number}")
    post(room, people["other"], "https://b.example/other")
    while lookup.look_up_some():
        pass
    assert LinkPreview.objects.filter(requested_by=people["member"]).count() == 4
    assert MessageLink.objects.filter(is_pending=True).count() == 5
    assert claimed_by(queue.Busy(), 2) == ["m0", "other"]


# -- where there are none -----------------------------------------------------------------------------


def test_a_post_needs_no_further_query_without_previews(web, room, member):
    def count(body: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            post(room, member, body)
        return len(queries)

    url, brackets = "https://a.example/", "<https://a.example/>"
    count(url)  # also stores its words
    with_previews = count(url)
    assert count(brackets) == with_previews - 1
    limit_posting(actor=None, room=room, shows_link_previews=False)
    assert count(url) == with_previews - 1
    assert MessageLink.objects.count() == 2


def test_messages_of_webhooks_follow_the_switches_of_the_site_and_the_room(web, room, member, settings):
    def links_of_webhook(text: str) -> int:
        return MessageLink.objects.filter(message=post(room, member, text, is_exempt=True)).count()

    assert links_of_webhook("https://a.example/ <https://b.example/>") == 1
    limit_posting(actor=None, room=room, shows_link_previews=False)
    assert links_of_webhook("https://a.example/") == 0
    limit_posting(actor=None, room=room, shows_link_previews=True)
    settings.LINK_PREVIEWS = False
    assert links_of_webhook("https://a.example/") == 0


def test_the_site_shows_none_unless_an_admin_turns_them_on(web, room, member, settings):
    settings.LINK_PREVIEWS = False
    post(room, member, "https://a.example/")
    assert not MessageLink.objects.exists()


def test_a_room_that_is_switched_off_requests_nothing_more(web, room, member, start):
    message = post(room, member, web.add("/page", TITLE))
    limit_posting(actor=None, room=room, shows_link_previews=False)
    start()
    wait_until(lambda: not MessageLink.objects.filter(is_pending=True).exists(), "the links")
    assert not Message.objects.get(pk=message.pk).previews
    assert not web.received


# -- changes of messages ------------------------------------------------------------------------------


def test_an_edit_that_removes_a_link_removes_its_preview(web, room, member, finish, stored_images):
    first, second = web.add("/1", with_image()), web.add("/2", "<title>Harbors</title>")
    web.pages["/image.png"] = Page(image_file((300, 200)), "image/png")
    message = finish(post(room, member, f"{first} {second}"))
    [removed, kept] = previews_of(message)
    assert stored_images()
    message = finish(edit_message(actor=member, message_id=message.pk, body=f"{second} <{first}>"))
    assert previews_of(message) == [kept]
    assert LinkPreview.objects.count() == 1
    assert not stored_images()
    message = finish(edit_message(actor=member, message_id=message.pk, body=f"{first} {second}"))
    assert [each["title"] for each in previews_of(message)] == ["Lighthouses", "Harbors"]
    assert removed["id"] != previews_of(message)[0]["id"]


def test_the_preview_of_a_deleted_message_is_deleted_once_no_other_needs_it(
    web, room, member, people, finish, stored_images
):
    url = web.add("/page", with_image())
    web.pages["/image.png"] = Page(image_file((300, 200)), "image/png")
    first, second = post(room, member, url), finish(post(room, people["other"], url))
    finish(first)
    delete_message(actor=member, message_id=first.pk)
    assert len(stored_images()) == 1
    delete_room(actor=people["owner"], room=second.room)
    assert not stored_images()
    assert not LinkPreview.objects.exists()
    assert not MessageLink.objects.exists()


def test_a_message_deleted_during_the_request_gets_nothing(web, room, member, start):
    message = post(room, member, web.add("/page", TITLE))
    lookup.look_up_some()
    [claimed] = queue.claim(queue.Busy(), 10)
    delete_message(actor=member, message_id=message.pk)
    queue.settle(claimed, queue.Found(title="Late"), None)
    assert not LinkPreview.objects.exists()
    assert not Message.objects.get(pk=message.pk).previews


def test_authors_and_moderators_remove_previews(web, room, member, people, finish, stored_images):
    url = web.add("/page", with_image())
    web.pages["/image.png"] = Page(image_file((300, 200)), "image/png")
    message = finish(post(room, member, url))
    [preview] = previews_of(message)
    for name in ("other", "stranger"):
        with pytest.raises((Forbidden, NotFound)):
            remove_preview(actor=people[name], message_id=message.pk, preview_id=preview["id"])
    changed = remove_preview(actor=people["moderator"], message_id=message.pk, preview_id=preview["id"])
    assert (changed.previews, changed.version) == ("", message.version + 1)
    assert not stored_images()
    with pytest.raises(NotFound):
        remove_preview(actor=member, message_id=message.pk, preview_id=preview["id"])
    edited = finish(edit_message(actor=member, message_id=message.pk, body=f"Look: {url}"))
    assert not edited.previews
    assert web.paths == ["/page", "/image.png"]


# -- images -------------------------------------------------------------------------------------------


def test_an_image_is_sent_to_those_who_can_read_the_message(web, room, member, people, finish):
    url = web.add("/page", with_image())
    web.pages["/image.png"] = Page(image_file((300, 200)), "image/png")
    message = finish(post(room, member, url))
    [preview] = previews_of(message)
    path = preview["image"]["url"]
    response = log_in(people["other"]).get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response["X-Accel-Redirect"].startswith("/")
    assert response["Cache-Control"] == "private, no-cache"
    again = log_in(people["other"]).get(path, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    for name in ("stranger", "former"):
        assert log_in(people[name]).get(path).status_code == 404
    clear_history(user=people["other"], room_id=room.pk)
    assert log_in(people["other"]).get(path).status_code == 404
    delete_message(actor=member, message_id=message.pk)
    assert log_in(member).get(path).status_code == 404


def test_those_who_share_a_link_elsewhere_reach_only_their_own_message(web, people, member, finish, stored_images):
    """The same page in a room that is open to strangers doesn't open the image's address in the private room."""
    url = web.add("/page", with_image())
    web.pages["/image.png"] = Page(image_file((300, 200)), "image/png")
    private = finish(post(people["room"], member, url))
    stranger = people["stranger"]
    own = finish(post(make_room("Open", owner=stranger), stranger, url))
    paths = [previews_of(each)[0]["image"]["url"] for each in (private, own)]
    assert [log_in(stranger).get(path).status_code for path in paths] == [404, 200]
    assert len(stored_images()) == 1


def test_a_message_of_someone_else_with_the_same_link_shows_it_at_once(web, people, finish):
    url = web.add("/page", TITLE)
    user = make_user()
    finish(post(people["room"], people["member"], url))
    assert previews_of(finish(post(make_room(owner=user), user, url)))[0]["title"] == "Lighthouses"
    assert web.paths == ["/page"]


def test_a_link_that_is_too_long_to_store_is_posted_without_a_preview(web, room, member):
    message = post(room, member, f"[page](https://a.example/#{'x' * 3_000}) https://b.example/")
    assert [link.url for link in MessageLink.objects.filter(message=message)] == ["https://b.example/"]


def test_a_page_with_an_invalid_address_of_an_image_is_shown_without_it(web, room, member, finish):
    [preview] = previews_of(finish(post(room, member, web.add("/page", with_image("//[#x")))))
    assert (preview["title"], preview["image"]) == ("Lighthouses", None)
