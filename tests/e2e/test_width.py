"""Nothing is wider than the window, regardless of names and messages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Connection, ServerProcess, User
from messaging.moderation.reports import report_message
from rooms.models import Membership, Room
from rooms.moderation import ban_member
from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.conftest import post_messages
from tests.factories import make_user

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"[:60]
RTL = "קבוצת התכנון של הקהילה"
TEXTS = [
    "x" * 500,
    "https://example.org/" + "very-long-path/" * 20,
    "```\n" + "code that goes on and on " * 20 + "\n```",
    "| a | b |\n|---|---|\n| " + "wide " * 60 + " | " + "x" * 200 + " |",
    "- " + "nested " * 30 + "\n  - " + "y" * 300,
    "> " + "z" * 300,
    "שלום לכולם, זה מבחן ארוך " * 8 + "and then English",
    "مرحبا " * 40,
    "`" + "w" * 300 + "`",
    "👩‍👩‍👧‍👦" * 100,
]
ROOMS = 500
PAGES = [
    "/rooms/",
    "/rooms/new/",
    "/rooms/{room}/settings/",
    "/rooms/{room}/members/",
    "/rooms/{room}/delete/",
    "/online/",
    "/people/",
    "/people/{person}/",
    "/profile/",
    "/profile/files/",
    "/profile/deletion/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/tokens/",
    "/bots/",
    "/invitations/",
    "/rooms/999999999/",
]
ADMIN_PAGES = [
    "/admin/",
    "/admin/reports/active-users/",
    "/admin/accounts/auditevent/",
    "/admin/accounts/user/",
    "/admin/accounts/user/{user}/change/",
    "/admin/messaging/message/",
    "/admin/messaging/report/",
    "/admin/messaging/report/{report}/change/",
    "/admin/rooms/ban/",
    "/admin/rooms/membership/",
    "/admin/rooms/room/",
]


@pytest.fixture
def crowded(register) -> Room:
    """Create a person with the longest name, in 500 rooms, one of them with unwieldy messages."""
    user = register(LONG, is_staff=True)
    room = Room.objects.create(name=LONG + " " + LONG[:19], topic="t" * 250, created_by=user)
    names = [f"{RTL} {n}" if n % 3 else f"{LONG[:50]}-{n}" for n in range(ROOMS)]
    rooms = [
        room,
        *Room.objects.bulk_create([Room(name=name, kind="private", slug=f"r{n}") for n, name in enumerate(names)]),
    ]
    Membership.objects.bulk_create([Membership(room=each, user=user, role="owner") for each in rooms])
    other = make_user("other", display_name=RTL * 2)
    Membership.objects.create(room=room, user=other)
    post_messages(room, other, *TEXTS)
    post_messages(room, user, *TEXTS)
    return room


def fits(page: Page) -> None:
    wide, inner = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert wide <= inner, f"{page.url} is {wide} wide in a window of {inner}"


def is_within(element: Locator) -> None:
    """Check the element itself, because the conversation hides content that is too wide."""
    left, right, width = element.evaluate(
        "(element) => { const box = element.getBoundingClientRect(); return [box.left, box.right, innerWidth]; }"
    )
    assert left >= 0 and right <= width, (element, left, right, width)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_window(uvicorn, enter, crowded, viewport):
    visitor = enter(uvicorn, crowded.created_by, viewport=viewport).open(crowded)
    page = visitor.page
    expect(page.locator(".msg")).to_have_count(2 * len(TEXTS))
    expect(page.locator('[data-list="rooms"] a.room-row')).to_have_count(ROOMS + 2)
    fits(page)
    for part in (".room__head", ".room__tools", ".composer__box", ".msg__main >> nth=0", ".log__list"):
        is_within(page.locator(part))
    for main in page.locator(".msg__main").all():
        is_within(main)
    assert page.locator(".log__scroll").evaluate("(log) => log.scrollWidth <= log.clientWidth")
    if viewport is PHONE:
        page.get_by_role("button", name="Rooms", exact=True).click()
        fits(page)
    assert page.locator(".rooms__list").evaluate("(list) => list.scrollWidth <= list.clientWidth")

    visitor.watch.allow("status of 404")
    for address in PAGES:
        page.goto(address.format(room=crowded.pk, person=crowded.created_by.username))
        fits(page)


def test_the_admins_lists_are_read_without_scrolling_sideways(uvicorn, enter, crowded):
    root, other = crowded.created_by, User.objects.get(username="other")
    User.objects.filter(pk=root.pk).update(is_superuser=True, email=f"{LONG}@example.org")
    ban_member(actor=root, room=Room.objects.get(slug="r1"), user=make_user("bo", display_name=LONG), reason="y" * 200)
    report = report_message(
        reporter=root, message_id=crowded.messages.filter(sender=other).first().pk, reason="y" * 500
    )
    process = ServerProcess.objects.create(
        host=LONG + ".example.org", pid=123_456, heartbeat_at=timezone.now() + timedelta(hours=1)
    )
    Connection.objects.create(
        process=process, user=root, address="2001:db8:85a3:8d3:1319:8a2e:370:7348", port=51_234, room_id=crowded.pk
    )
    visitor = enter(uvicorn, root)
    for address in ADMIN_PAGES:
        visitor.page.set_viewport_size(DESKTOP)
        visitor.page.goto(address.format(user=root.pk, report=report.pk))
        fits(visitor.page)
        for table in visitor.page.locator(".results:visible").all():
            assert table.evaluate("(table) => table.scrollWidth <= table.clientWidth"), address
        visitor.page.set_viewport_size(PHONE)
        fits(visitor.page)
